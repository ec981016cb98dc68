"""What can go wrong in chat."""

from livehub.errors import Conflict, Forbidden, InvalidInput, NotFound, RateLimited


class MessageEmpty(InvalidInput):
    code, title = "message_empty", "Write something first"


class MessageTooLong(InvalidInput):
    code, title = "message_too_long", "The message is too long"


class MessageNotFound(NotFound):
    code, title = "message_not_found", "There is no such message"


class UnknownReaction(InvalidInput):
    code, title = "unknown_reaction", "Choose one of the reactions on offer"


class Muted(Forbidden):
    """``until`` says when it is over (RFC 3339)."""

    code, title = "muted", "You are muted here for now"


class Banned(Forbidden):
    code, title = "banned", "You were removed from this room"


class OutranksYou(Forbidden):
    """Nobody acts on an equal or a higher rank."""

    code, title = "outranks_you", "This person's role is not below yours"


class SlowMode(RateLimited):
    """``retry_after_s`` says when the next line is taken."""

    code, title = "slow_mode", "Slow mode: wait a little before the next line"


class Repeated(RateLimited):
    code, title = "repeated", "You have said this already"


class RoomBusy(RateLimited):
    code, title = "room_busy", "Too many lines at once are written here; try again in a moment"


class LineRefused(InvalidInput):
    """``by``: words, links, or what else refused it."""

    code, title = "line_refused", "This line is not wanted here"


class QueueFull(RateLimited):
    code, title = "review_full", "Too many lines wait for a moderator; try again later"


class HeldNotFound(NotFound):
    code, title = "held_not_found", "There is no such line"


class DecidedAlready(Conflict):
    code, title = "decided_already", "Somebody has decided this already"


class EntryNotFound(NotFound):
    code, title = "entry_not_found", "There is no such entry in the log"


class NotUndoable(Conflict):
    code, title = "not_undoable", "This cannot be undone, or was undone already"
