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
    check_may_read(access)
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
    return answer({"items": items, "next": following}, headers=cached(access, PLAYLIST_AGE_S))


def check_may_read(access: Access) -> None:
    """Everybody, where everybody could come in and read; else those who may watch.

    Raises: Unauthenticated, Forbidden.
    """
    if access.room.visibility is not Visibility.PUBLIC or not access.room.policy.guests:
        access.require(Action.WATCH)


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
