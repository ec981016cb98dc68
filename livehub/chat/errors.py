"""What can go wrong in chat."""

from livehub.errors import Forbidden, InvalidInput, NotFound


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
