"""/api/v1/rooms/{room}/messages/search and /export, /pinned-message: finding lines, taking them away, pinning one."""

import msgspec
from aiohttp import web

from livehub.chat.conversation import Conversation
from livehub.chat.transcript import Format
from livehub.errors import InvalidInput
from livehub.web.body import answer, answer_list, page_limit, read_json
from livehub.web.chat import MessageView, locale_of, seq_of
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part
from livehub.web.rooms import room_access

CONVERSATION: web.AppKey[Conversation] = web.AppKey("conversation", Conversation)

_TYPES: dict[Format, str] = {"csv": "text/csv", "json": "application/json"}


class PinBody(msgspec.Struct):
    id: str


class PinnedView(msgspec.Struct):
    message: MessageView | None


async def search(request: web.Request) -> web.Response:
    """Newest first. A page may hold fewer than ``limit``, even none, and have a ``next``: it has looked far enough."""
    access = await taking_part(request)
    locale = locale_of(request) or (access.principal.locale if access.principal else None)
    page = await request.app[CONVERSATION].search.find(
        access,
        request.query.get("q", ""),
        limit=page_limit(request),
        before=seq_of(request, "after"),
        locale=locale,
        author=_author(request),
    )
    following = str(page.next_before) if page.next_before is not None else None
    return answer_list([message.present(locale) for message in page.messages], following)


def _author(request: web.Request) -> str | None:
    author = request.query.get("author") or None
    if author and (len(author) > 160 or "\x00" in author):
        raise InvalidInput("author is an identity", field="author")
    return author


async def export(request: web.Request) -> web.StreamResponse:
    """As long as the chat is, and never in memory as a whole. A break in the middle breaks the connection off."""
    access = await room_access(request)
    transcripts = request.app[CONVERSATION].transcripts
    wanted = request.query.get("format", "csv")
    if wanted not in _TYPES:
        raise InvalidInput("format is csv or json", field="format")
    form: Format = "json" if wanted == "json" else "csv"
    transcripts.check(access)
    response = web.StreamResponse(
        headers={
            "Content-Type": f"{_TYPES[form]}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="chat-{access.room.id}.{form}"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    async for piece in transcripts.written(access.room.id, form):
        await response.write(piece)
    await response.write_eof()
    return response


async def get_pinned(request: web.Request) -> web.Response:
    access = await taking_part(request)
    locale = locale_of(request) or (access.principal.locale if access.principal else None)
    message = await request.app[CONVERSATION].pins.read(access, locale)
    return answer({"message": message.present(locale) if message else None})


async def put_pinned(request: web.Request) -> web.Response:
    access = await room_access(request)
    body = await read_json(request, PinBody)
    message = await request.app[CONVERSATION].pins.pin(access, body.id)
    return answer({"message": message.present()})


async def delete_pinned(request: web.Request) -> web.Response:
    await request.app[CONVERSATION].pins.unpin(await room_access(request))
    return web.Response(status=204)


_MESSAGES, _PINNED = f"{API}/rooms/{{room}}/messages", f"{API}/rooms/{{room}}/pinned-message"


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{_MESSAGES}/search", search),
        web.get(f"{_MESSAGES}/export", export),
        web.get(_PINNED, get_pinned),
        web.put(_PINNED, put_pinned),
        web.delete(_PINNED, delete_pinned),
    ]


OPERATIONS = [
    Operation(
        "GET", f"{_MESSAGES}/search", "Lines that have all of these words in them, newest first", None, MessageView,
        (200, 401, 403, 404, 422, 429), "any", True,
        {
            "q": 'Words, and phrases between double quotes; case, accents and width do not matter',
            "author": "An identity: only lines of theirs",
            "locale": "Translations in this language are looked through as well; yours unless given",
            "after": "The next of the page before",
            "limit": "1 to 200",
        },
    ),
    Operation(
        "GET", f"{_MESSAGES}/export", "All lines as a file (host)", None, None, (200, 401, 403, 404, 422, 429),
        "account",
        query={"format": "csv (the default) or json"}, answer_type="text/csv",
    ),
    Operation("GET", _PINNED, "The line on top", None, PinnedView, (200, 401, 403, 404, 422)),
    Operation("PUT", _PINNED, "Pin a line, in place of any other", PinBody, PinnedView, (200, 401, 403, 404, 410, 422)),
    Operation("DELETE", _PINNED, "Take the pinned line off", None, None, (204, 401, 403, 404)),
]  # fmt: skip
