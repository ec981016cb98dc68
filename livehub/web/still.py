"""/api/v1/rooms/{room}/still: what the room shows, for cards and link previews."""

from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.errors import NotFound
from livehub.media.still import FRESH_S, Stills
from livehub.rooms.access import Access
from livehub.rooms.kinds import Visibility
from livehub.rooms.model import RoomState
from livehub.web.openapi import API, Operation
from livehub.web.origin import check_let_in
from livehub.web.recordings import RECORDINGS
from livehub.web.rooms import room_access

STILLS: web.AppKey[Stills] = web.AppKey("stills", Stills)

#: how long a picture of a replay may be kept: it is gone when the replay is
POSTER_AGE_S = 600


class NoStill(NotFound):
    code, title = "no_still", "The room is not on air, and has no replay"


async def get_still(request: web.Request) -> web.StreamResponse:
    """Of what is shown now, or of the replay once that is over.

    Of public rooms for everybody, as the start page lists them for everybody; of others for those who may watch.
    """
    access = await room_access(request)
    if access.room.visibility is not Visibility.PUBLIC:
        access.require(Action.WATCH)
        await check_let_in(request, access)
    if access.room.state is RoomState.ENDED and access.room.has_replay:
        return await _poster(request, access)
    if access.room.state is not RoomState.LIVE:
        raise NoStill
    webp = await request.app[STILLS].of(access.room.id)
    if webp is None:  # no error: a room that nobody sends a picture to is as it should be, and browsers log each 404
        return web.Response(status=204, headers={"Cache-Control": "no-store"})
    return web.Response(body=webp, content_type="image/webp", headers=_cached(access, FRESH_S))


async def _poster(request: web.Request, access: Access) -> web.StreamResponse:
    path = await request.app[RECORDINGS].library.poster(access.room.id)
    if path is None:
        raise NoStill
    return web.FileResponse(path, headers={**_cached(access, POSTER_AGE_S), "Content-Type": "image/webp"})


def _cached(access: Access, age_s: float) -> dict[str, str]:
    scope = "public" if access.room.visibility is Visibility.PUBLIC else "private"
    return {"Cache-Control": f"{scope}, max-age={age_s:.0f}"}


def routes() -> list[web.RouteDef]:
    return [web.get(f"{API}/rooms/{{room}}/still", get_still)]


OPERATIONS = [
    Operation(
        "GET",
        f"{API}/rooms/{{room}}/still",
        "A picture of what the room shows, at most 15 s old, or of its replay; 204 while it shows nothing",
        statuses=(200, 204, 401, 403, 404),
        auth="none",
        answer_type="image/webp",
    )
]
