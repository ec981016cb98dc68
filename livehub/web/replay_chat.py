"""/api/v1/rooms/{room}/replay/messages: what was said, at its place in the replay."""

import math

import msgspec
from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.chat.replay import MAX_LINES
from livehub.errors import InvalidInput
from livehub.rooms.access import Access
from livehub.rooms.kinds import Visibility
from livehub.web.body import answer
from livehub.web.chat import MessageView, locale_of, seq_of
from livehub.web.openapi import API, Operation
from livehub.web.origin import check_let_in
from livehub.web.replay import PLAYLIST_AGE_S, cached, replay_of
from livehub.web.rooms import room_access
from livehub.web.talk import CONVERSATION

#: longer than any replay
MAX_POSITION_S = 10_000_000


class SaidView(msgspec.Struct):
    """``at_s``: where in the replay, in seconds."""

    at_s: float
    message: MessageView


class ReplayMessagesView(msgspec.Struct):
    items: list[SaidView]
    next: str | None


async def list_said(request: web.Request) -> web.Response:
    access = await room_access(request)
    is_open = is_open_to_all(access)
    if not is_open:
        access.require(Action.WATCH)
        await check_let_in(request, access)
    replay = await replay_of(request, access)
    locale = locale_of(request)
    page = await request.app[CONVERSATION].replay.page(
        access.room.id,
        replay.moment_ms(_position(request)),
        replay.position_s,
        after=seq_of(request, "after"),
        limit=MAX_LINES,
        locale=locale,
    )
    items = [{"at_s": said.at_s, "message": said.message.present(locale)} for said in page.items]
    following = str(page.next_after) if page.next_after is not None else None
    headers = cached(access, PLAYLIST_AGE_S) if is_open else {"Cache-Control": f"private, max-age={PLAYLIST_AGE_S}"}
    return answer({"items": items, "next": following}, headers=headers)


def is_open_to_all(access: Access) -> bool:
    """Whether everybody could come in and read; else what was said is for those who may watch, and in no cache but
    their browser's: of a room of accounts also where its picture is public."""
    return access.room.visibility is Visibility.PUBLIC and access.room.policy.guests


def _position(request: web.Request) -> float:
    text = request.query.get("from_s", "0")
    try:
        position = float(text)
    except ValueError:
        position = math.nan
    if not 0 <= position <= MAX_POSITION_S:
        raise InvalidInput("from_s is a number of seconds", field="from_s")
    return position


_PATH = f"{API}/rooms/{{room}}/replay/messages"


def routes() -> list[web.RouteDef]:
    return [web.get(_PATH, list_said)]


OPERATIONS = [
    Operation(
        "GET", _PATH, "What was said, each line at its place in the replay", None, ReplayMessagesView,
        (200, 401, 403, 404, 422), "none", False,
        {
            "from_s": "Where in the replay to begin, in seconds; 0 unless given",
            "after": "The next of the page before, with the same from_s",
            "locale": "The language to bring translations in; none unless given",
        },
    ),
]  # fmt: skip
