"""What can go wrong with following and notices."""

from livehub.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable


class TooManyFollows(Conflict):
    code, title = "too_many_follows", "You follow as many as one may; leave one first"


class NothingToRemind(Conflict):
    code, title = "nothing_to_remind", "This room has begun already; there is nothing to be reminded of"


class MailOff(Unavailable):
    code, title = "mail_off", "This server sends no e-mail"


class NoAddress(InvalidInput):
    code, title = "email_missing", "Say which address"


class LetterInvalid(NotFound):
    code, title = "letter_invalid", "This link is not good any more"


class PushRefused(InvalidInput):
    code, title = "push_refused", "This is no subscription that notices can be sent to"


class ScopeOfToken(Forbidden):
    code, title = "account_or_guest_required", "Who comes with a join token is told by the site that made it"
