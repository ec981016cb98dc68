"""Request bodies into typed structs and back, with a problem document that names the wrong member."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import msgspec
from aiohttp import web

from livehub.clock import parse_iso
from livehub.errors import InvalidInput, MalformedRequest, PayloadTooLarge, RequestTimeout, UnsupportedMedia

MAX_JSON_BYTES = 64 * 1024
MAX_PAGE = 200
#: the eleven of livehub.translation.locale, spelt out so that bodies are checked and documented by them
LocaleTag = Literal["ar", "id", "zh", "en", "fr", "ja", "ru", "es", "th", "tr", "vi"]
T = TypeVar("T")
_NUL = b"\\u0000"
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")


@dataclass(frozen=True, slots=True)
class BodyPace:
    """How long a body may take to come: ``grace_s``, and beside it as long as it takes at ``least_bytes_per_s``.

    So a photograph comes over a telephone line, and nobody holds what waits for their body by a byte now and then.
    """

    grace_s: float = 20.0
    least_bytes_per_s: float = 4096.0


BODY_PACE: web.AppKey[BodyPace] = web.AppKey("body_pace", BodyPace)
_PACE: Final = BodyPace()


@asynccontextmanager
async def in_time(request: web.Request) -> AsyncIterator[Callable[[int], None]]:
    """Around reading a body. What it gives is to be told how many bytes have come by now.

    Raises: RequestTimeout.
    """
    pace, loop = request.app.get(BODY_PACE, _PACE), asyncio.get_running_loop()
    ends = loop.time() + pace.grace_s
    until = asyncio.timeout_at(ends)
    try:
        async with until:
            yield lambda size: until.reschedule(ends + size / pace.least_bytes_per_s)
    except TimeoutError:
        if not until.expired():
            raise
        raise RequestTimeout("The body came too slowly, or not at all; send it again") from None


async def read_bytes(request: web.Request, limit: int) -> bytes:
    """The body, of at most ``limit`` bytes, whether or not Content-Length tells the truth.

    Raises: PayloadTooLarge; RequestTimeout.
    """
    if request.content_length is not None and request.content_length > limit:
        raise PayloadTooLarge(f"At most {limit} bytes are accepted here", limit=limit)
    if request.content.is_eof():  # a short one has come together with its head
        whole = request.content.read_nowait()
        if len(whole) > limit:
            raise PayloadTooLarge(f"At most {limit} bytes are accepted here", limit=limit)
        return whole
    chunks, size = [], 0
    async with in_time(request) as came:
        while chunk := await request.content.readany():
            size += len(chunk)
            if size > limit:
                raise PayloadTooLarge(f"At most {limit} bytes are accepted here", limit=limit)
            chunks.append(chunk)
            came(size)
    return b"".join(chunks)


async def read_json(request: web.Request, kind: type[T], limit: int = MAX_JSON_BYTES) -> T:
    """The body as ``kind`` (a msgspec Struct).

    Raises:
        UnsupportedMedia: not application/json.
        PayloadTooLarge: over ``limit``.
        RequestTimeout: slower than :class:`BodyPace` lets it.
        MalformedRequest: not JSON.
        InvalidInput: JSON that does not fit; ``field`` says where.
    """
    if request.headers.get("Content-Type") != "application/json" and request.content_type != "application/json":
        raise UnsupportedMedia("Send the body as application/json")
    body = await read_bytes(request, limit)
    if _NUL in body:
        raise MalformedRequest("Leave out the NUL character: no text has a use for it, and PostgreSQL cannot keep it")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _misfit(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequest(f"The body is not JSON: {error}") from None
    except RecursionError:
        raise MalformedRequest("The body is nested too deeply") from None


def _misfit(text: str) -> InvalidInput:
    """msgspec's message as ours: a missing member is named by its own path, not its parent's."""
    at = _AT.search(text)
    path, sentence = (at["path"], text[: at.start()]) if at else ("", text)
    missing = _MISSING.fullmatch(sentence)
    if missing:
        path = f"{path}.{missing['name']}" if path else missing["name"]
    return InvalidInput(sentence, field=path) if path else InvalidInput(sentence)


def read_time(text: str | None, field: str) -> int | None:
    """RFC 3339 into milliseconds since the epoch. Raises: InvalidInput."""
    if text is None:
        return None
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise InvalidInput("Give a time such as 2026-01-31T18:00:00Z", field=field) from None


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
    # Not isdigit alone: "²" is a digit that int() does not read, nor does it read thousands of them.
    if not (text.isascii() and text.isdigit() and len(text) <= 4) or not 1 <= int(text) <= MAX_PAGE:
        raise InvalidInput(f"limit must be from 1 to {MAX_PAGE}", field="limit")
    return int(text)
