"""Request bodies into typed structs and back, with a problem document that names the wrong member."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from livehub.errors import InvalidInput, MalformedRequest, PayloadTooLarge, UnsupportedMedia

MAX_JSON_BYTES = 64 * 1024
MAX_PAGE = 200
T = TypeVar("T")
_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")


async def read_bytes(request: web.Request, limit: int) -> bytes:
    """The body, of at most ``limit`` bytes, whether or not Content-Length tells the truth.

    Raises: PayloadTooLarge.
    """
    if request.content_length is not None and request.content_length > limit:
        raise PayloadTooLarge(f"At most {limit} bytes are accepted here", limit=limit)
    chunks, size = [], 0
    async for chunk in request.content.iter_chunked(65536):
        size += len(chunk)
        if size > limit:
            raise PayloadTooLarge(f"At most {limit} bytes are accepted here", limit=limit)
        chunks.append(chunk)
    return b"".join(chunks)


async def read_json(request: web.Request, kind: type[T]) -> T:
    """The body as ``kind`` (a msgspec Struct).

    Raises:
        UnsupportedMedia: not application/json.
        PayloadTooLarge: over MAX_JSON_BYTES.
        MalformedRequest: not JSON.
        InvalidInput: JSON that does not fit; ``field`` says where.
    """
    if request.content_type != "application/json":
        raise UnsupportedMedia("Send the body as application/json")
    body = await read_bytes(request, MAX_JSON_BYTES)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        text = str(error)
        at = _AT.search(text)
        extra = {"field": at["path"]} if at else {}
        raise InvalidInput(text[: at.start()] if at else text, **extra) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequest(f"The body is not JSON: {error}") from None


def answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(value), content_type="application/json", headers=headers
    )


def answer_list(items: Sequence[Any], next_cursor: str | None = None) -> web.Response:
    return answer({"items": items, "next": next_cursor})


def page_limit(request: web.Request, default: int = 50) -> int:
    """``?limit=``, from 1 to MAX_PAGE. Raises: InvalidInput."""
    text = request.query.get("limit", "")
    if not text:
        return default
    if not text.isdigit() or not 1 <= int(text) <= MAX_PAGE:
        raise InvalidInput(f"limit must be from 1 to {MAX_PAGE}", field="limit")
    return int(text)
