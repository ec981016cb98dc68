"""What can go wrong with recordings."""

from livehub.errors import Conflict, NotFound, Unavailable


class RecordingNotFound(NotFound):
    """Also the answer for what was deleted, and for what is somebody else's."""

    code, title = "recording_not_found", "There is no such recording"


class RecordingIsOff(Conflict):
    code, title = "recording_off", "This room is not to be recorded"


class NotRecording(Conflict):
    code, title = "not_recording", "Nothing is being recorded"


class AlreadyRecording(Conflict):
    code, title = "already_recording", "The room is being recorded already"


class StillRecording(Conflict):
    code, title = "still_recording", "This recording is still being made"


class FileNotReady(Conflict):
    """``progress`` is from 0 to 1; null when nobody has asked for the file."""

    code, title = "file_not_ready", "The file is not ready"


class DiskFull(Unavailable):
    code, title = "disk_full", "The server has no room left to record"
