"""What can go wrong with a restream target, as its owner sees it. Failures of sending are states, not errors."""

from livehub.errors import Conflict, InvalidInput, NotFound


class TargetNotFound(NotFound):
    code, title = "restream_target_not_found", "There is no such target"


class TooManyTargets(Conflict):
    code, title = "too_many_restream_targets", "You have as many targets as you may"


class TargetUrlRefused(InvalidInput):
    code, title = "restream_url_refused", "This is no address that a show can be sent to"


class TargetKeyRefused(InvalidInput):
    code, title = "restream_key_refused", "This is no key that can be sent"


class TargetBusy(Conflict):
    """A target takes one show at a time: its service would cut one of two off."""

    code, title = "restream_busy", "This target carries another show right now"


class KeyUnreadable(Conflict):
    """LIVEHUB_SECRET is another than the one the key was sealed with."""

    code, title = "restream_key_unreadable", "The key cannot be read any more; enter it again"


class NotOnAir(Conflict):
    code, title = "room_not_live", "This room is not live yet"
