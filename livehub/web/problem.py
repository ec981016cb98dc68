"""Errors as ``application/problem+json`` (RFC 9457): the only place where an error becomes an HTTP status."""

import logging
import math
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec
from aiohttp import web

from livehub.errors import Conflict, LivehubError, MalformedRequest, NotFound, RequestTimeout, Unauthenticated

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ODD = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_KEY = re.compile("(?<=.)/key/[^/]*")
_INVOICE = re.compile(r"^/invoices/inv_[\w-]+")
_STATUS_CODES = {
    400: "malformed_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
}


def loggable_path(path: str) -> str:
    """The path without the key that an HLS address of a private room carries, and without an invoice's name: whoever
    has it may watch, or read."""
    return _INVOICE.sub("/invoices/-", _KEY.sub("/key/-", path))


def problem(status: int, code: str, title: str, detail: str, **extra: object) -> web.Response:
    document = {"type": "about:blank", "status": status, "code": code, "title": title, "detail": detail, **extra}
    return web.Response(status=status, body=msgspec.json.encode(document), content_type="application/problem+json")


def from_error(error: LivehubError) -> web.Response:
    response = problem(error.status, error.error_code, error.title, error.detail, **error.extra)
    retry_after_s = error.retry_after_s if isinstance(error, Conflict) else error.extra.get("retry_after_s")
    if isinstance(retry_after_s, int | float):
        response.headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    if isinstance(error, RequestTimeout):
        response.force_close()  # RFC 9110 section 15.5.9
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="livehub"'
    return response


def _require_plain_target(request: web.Request) -> None:
    """No control character and no half of a surrogate pair in the address: not every database can be asked for those.

    Raises: NotFound, MalformedRequest.
    """
    if _ODD.search(request.path):
        raise NotFound("Nothing here has such a name")
    if _ODD.search(request.query_string):
        raise MalformedRequest("Leave control characters out of the query")


@web.middleware
async def problem_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns what a handler raises into a problem document; pages outside /api answer the same way."""
    try:
        _require_plain_target(request)
        return await handler(request)
    except LivehubError as error:
        return from_error(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        title = HTTPStatus(error.status).phrase
        response = problem(error.status, _STATUS_CODES.get(error.status, "http_error"), title, error.text or title)
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return response
    except ConnectionResetError:
        raise
    except Exception:
        log.exception("%s %s failed", request.method, loggable_path(request.path))
        return problem(500, "internal", "Something went wrong", "The server failed; it has been logged. Try again.")
