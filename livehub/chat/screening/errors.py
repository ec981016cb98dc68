"""What a moderator that did not answer raises. People see none of it: the room's rules say what becomes of the line.

Plug-ins may raise these, or anything else; ``detail`` goes to the log, and never holds a key or the line.
"""

from livehub.errors import Unavailable


class ModerationFailed(Unavailable):
    code, title = "moderation_failed", "The automatic moderator did not answer"


class ModerationTimedOut(ModerationFailed):
    title = "The automatic moderator did not answer in time"


class ModerationDenied(ModerationFailed):
    title = "The automatic moderator does not accept the key"


class ModerationMalformed(ModerationFailed):
    title = "The automatic moderator answered something else"


class ModerationQuotaExceeded(ModerationFailed):
    """It wants to be left alone for ``retry_after_s``."""

    title = "The automatic moderator has been asked enough"
