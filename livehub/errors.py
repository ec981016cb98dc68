"""Every error livehub raises on purpose, as one tree.

Each class carries a stable ``code`` that clients may switch on, and the HTTP status that the web layer answers with.
Only two places turn these into wire formats: :mod:`livehub.web.problem` (RFC 9457 problem documents) and
:mod:`livehub.signalling.namespace` (acknowledgements). A domain adds its own subclasses in its ``errors.py``.

::

    LivehubError
    ├── InvalidInput 422 (MalformedRequest 400, RequestTimeout 408, PayloadTooLarge 413, UnsupportedMedia 415)
    ├── Unauthenticated 401
    ├── Forbidden 403
    ├── NotFound 404
    ├── Conflict 409 (IllegalTransition)
    ├── Gone 410
    ├── RateLimited 429
    └── Unavailable 503
"""

from collections.abc import Mapping
from typing import ClassVar


class LivehubError(Exception):
    """Base of all expected failures. ``detail`` is one sentence for the person who caused it: what to do next."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str = "", *, code: str | None = None, **extra: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.error_code = code or self.code
        #: further members of the problem document, JSON-serialisable (RFC 9457 section 3.2)
        self.extra: Mapping[str, object] = extra


class InvalidInput(LivehubError):
    code, status, title = "invalid_input", 422, "The request has a value that cannot be accepted"


class MalformedRequest(InvalidInput):
    code, status, title = "malformed_request", 400, "The request could not be read"


class RequestTimeout(InvalidInput):
    """The connection ends with the answer: what is left of the request is not read."""

    code, status, title = "request_timeout", 408, "The request did not come in time"


class PayloadTooLarge(InvalidInput):
    code, status, title = "payload_too_large", 413, "The request is larger than allowed"


class UnsupportedMedia(InvalidInput):
    code, status, title = "unsupported_media_type", 415, "This content type is not accepted here"


class Unauthenticated(LivehubError):
    code, status, title = "unauthenticated", 401, "Sign in, or send a valid token"


class Forbidden(LivehubError):
    code, status, title = "forbidden", 403, "You may not do this here"


class NotFound(LivehubError):
    code, status, title = "not_found", 404, "There is nothing here"


class Conflict(LivehubError):
    """A class whose state passes by itself says in ``retry_after_s`` when to ask again."""

    code, status, title = "conflict", 409, "This does not fit the present state"
    retry_after_s: ClassVar[float | None] = None


class IllegalTransition(Conflict):
    """A status change outside its transition table."""

    code, title = "illegal_transition", "That step is not possible from the present state"


class Gone(LivehubError):
    code, status, title = "gone", 410, "This is over"


class RateLimited(LivehubError):
    """``retry_after_s`` goes out as the Retry-After header (RFC 9110 section 10.2.3)."""

    code, status, title = "rate_limited", 429, "Too many requests, slow down"

    def __init__(self, detail: str = "", *, retry_after_s: float = 1.0, code: str | None = None) -> None:
        super().__init__(detail, code=code, retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


class Unavailable(LivehubError):
    code, status, title = "unavailable", 503, "The server cannot do this right now"

    def __init__(self, detail: str = "", *, retry_after_s: float = 5.0, code: str | None = None) -> None:
        super().__init__(detail, code=code, retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s
