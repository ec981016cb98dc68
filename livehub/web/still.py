"""/api/v1/rooms/{room}/still: what the room shows, for cards and link previews."""

from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.errors import NotFound
from livehub.media.still import FRESH_S, Stills
from livehub.rooms.kinds import Visibility
from livehub.rooms.model import RoomState
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access

STILLS: web.AppKey[Stills] = web.AppKey("stills", Stills)


class NoStill(NotFound):
    code, title = "no_still", "The room shows nothing right now"


async def get_still(request: web.Request) -> web.Response:
    """Of public rooms for everybody, as the start page lists them for everybody; of others for those who may watch."""
    access = await room_access(request)
    if access.room.visibility is not Visibility.PUBLIC:
        access.require(Action.WATCH)
    if access.room.state is not RoomState.LIVE:
        raise NoStill
    webp = await request.app[STILLS].of(access.room.id)
    if webp is None:
        raise NoStill
    scope = "public" if access.room.visibility is Visibility.PUBLIC else "private"
    headers = {"Cache-Control": f"{scope}, max-age={FRESH_S:.0f}"}
    return web.Response(body=webp, content_type="image/webp", headers=headers)


def routes() -> list[web.RouteDef]:
    return [web.get(f"{API}/rooms/{{room}}/still", get_still)]


OPERATIONS = [
    Operation(
        "GET",
        f"{API}/rooms/{{room}}/still",
        "A picture of what the room shows, at most 15 s old",
        statuses=(200, 401, 403, 404),
        auth="none",
        answer_type="image/webp",
    )
]
