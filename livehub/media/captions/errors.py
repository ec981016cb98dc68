"""What can go wrong with captions."""

from livehub.errors import Conflict, InvalidInput, LivehubError, NotFound, Unavailable


class PluginInvalid(LivehubError):
    """A transcriber that cannot be used; said when it is loaded."""

    code, title = "transcriber_invalid", "A transcriber cannot be used"


class TranscriptionFailed(Exception):
    """Nothing came of one utterance. The message is for the operator's log: no key, nothing of what was said."""


class CaptionsUnavailable(NotFound):
    code, title = "captions_unavailable", "This server makes no captions"


class CaptionsBusy(Unavailable):
    code, title = "captions_busy", "As many rooms have captions as this server can make at once"


class CaptionsNotRunning(Conflict):
    code, title = "captions_not_running", "This room has no captions"


class LanguageNotHeard(InvalidInput):
    code, title = "language_not_heard", "The server cannot write this language"
