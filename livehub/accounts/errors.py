"""What can go wrong with accounts."""

from livehub.errors import Conflict, NotFound, Unauthenticated


class EmailTaken(Conflict):
    code, title = "email_taken", "There is an account with this e-mail address; sign in instead"


class WrongCredentials(Unauthenticated):
    """One answer for an unknown address and a wrong password."""

    code, title = "wrong_credentials", "The e-mail address or the password is wrong"


class TokenInvalid(Unauthenticated):
    code, title = "token_invalid", "This token is not valid here"


class TokenExpired(Unauthenticated):
    code, title = "token_expired", "This token has expired; get a new one"


class ApiKeyNotFound(NotFound):
    code, title = "api_key_not_found", "There is no such API key"


class TooManyApiKeys(Conflict):
    code, title = "too_many_api_keys", "Revoke an API key that is not used any more first"
