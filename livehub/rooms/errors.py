"""What can go wrong with rooms."""

from livehub.errors import Conflict, Forbidden, InvalidInput, NotFound


class RoomNotFound(NotFound):
    """Also the answer for a private room that the caller was not admitted to: its existence is private too."""

    code, title = "room_not_found", "There is no such room"


class RoomIsLive(Conflict):
    code, title = "room_is_live", "End the room first"


class RoomHasStarted(Conflict):
    code, title = "room_has_started", "This can only be changed before the room starts"


class RecordingNotAllowed(InvalidInput):
    """``allowed`` lists what this kind of room may do."""

    code, title = "recording_not_allowed", "A room of this kind is not recorded in this way"


class StoreNotYours(InvalidInput):
    code, title = "store_not_yours", "Choose one of your own stores"


class TooManyRoles(Conflict):
    """``limit`` says how many."""

    code, title = "too_many_roles", "As many people have a role in this room as may"


class InvitationNotFound(NotFound):
    code, title = "invitation_not_found", "There is no invitation to the stage any more; ask the host for another"


class OffStage(Forbidden):
    code, title = "off_stage", "The host has taken you off the stage; wait until you are invited again"


class NotForTheStage(Conflict):
    """``role`` says what they are."""

    code, title = "not_for_the_stage", "Somebody with this role is not invited to the stage or sent off it"


class StageListFull(Conflict):
    """``limit`` says how many."""

    code, title = "stage_list_full", "As many are listed as may be"
