"""/api/v1/media/{session}: what a client does with the session that WHIP or WHEP gave it (RFC 9725 section 4)."""

from typing import Final

from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.media.errors import EntityTagMissing, MediaSessionNotFound
from livehub.media.service import MediaService, SessionState
from livehub.media.session_stats import SessionStats
from livehub.web.auth import require_principal
from livehub.web.body import answer, answer_list, page_limit
from livehub.web.media_body import FRAGMENT_TYPE, read_description
from livehub.web.media_throttle import MEDIA_THROTTLE
from livehub.web.openapi import API, Operation
from livehub.web.rooms import access_to, room_access

MAX_CURSOR_CHARS: Final = 100
MEDIA: web.AppKey[MediaService] = web.AppKey("media", MediaService)


async def _own_session(request: web.Request) -> SessionState:
    """The session of the path, if it is the caller's; to everybody else there is none."""
    principal = await require_principal(request)
    session = await request.app[MEDIA].find(request.match_info["session"])
    if principal.identity != session.identity:
        raise MediaSessionNotFound
    return session


async def get_session(request: web.Request) -> web.Response:
    """A session has no representation (RFC 9725 section 4.1): that it is there is all that GET tells."""
    await _own_session(request)
    return web.Response(status=204)


async def get_stats(request: web.Request) -> web.Response:
    """For the session's owner, and for those who may see everybody's."""
    principal = await require_principal(request)
    stats = await request.app[MEDIA].session_stats(request.match_info["session"])
    if stats.identity != principal.identity:
        access = await access_to(request, stats.room)
        if not access.may(Action.MEDIA_SEE):
            raise MediaSessionNotFound
    return answer(stats, headers={"Cache-Control": "no-store"})


async def get_room_stats(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.MEDIA_SEE)
    limit, after = page_limit(request), request.query.get("after", "")[:MAX_CURSOR_CHARS]
    found = await request.app[MEDIA].room_stats(access.room.id, after, limit + 1)
    items, more = found[:limit], len(found) > limit
    return answer_list(items, items[-1].id if more else None)


async def delete_session(request: web.Request) -> web.Response:
    """Entity tags do not matter here, whatever If-Match says (RFC 9725 section 4.3.1)."""
    session = await _own_session(request)
    request.app[MEDIA_THROTTLE].check_change(session.identity)
    await request.app[MEDIA].close_session(session.id)
    return web.Response()


async def patch_session(request: web.Request) -> web.Response:
    """Trickled candidates need no answer from an ICE-lite server; new credentials restart ICE."""
    session = await _own_session(request)
    request.app[MEDIA_THROTTLE].check_change(session.identity)
    media = request.app[MEDIA]
    fragment = await read_description(request, FRAGMENT_TYPE, media.limits.max_fragment_bytes)
    if not request.if_match:
        raise EntityTagMissing
    # RFC 9110 section 13.1.1: If-Match compares strongly, and a weak tag never matches so
    strong = [tag.value for tag in request.if_match if not tag.is_weak]
    restarted = await media.restart_ice(session.id, fragment, strong)
    if restarted is None:
        return web.Response(status=204)
    tag, text = restarted
    response = web.Response(text=text, content_type=FRAGMENT_TYPE)
    response.etag = tag
    return response


async def session_options(_request: web.Request) -> web.Response:
    """Nobody is asked who they are: a browser's preflight carries no credentials (Fetch standard)."""
    return web.Response(headers={"Allow": "DELETE, GET, HEAD, OPTIONS, PATCH", "Accept-Patch": FRAGMENT_TYPE})


async def stats_options(_request: web.Request) -> web.Response:
    return web.Response(headers={"Allow": "GET, HEAD, OPTIONS"})


_SESSION = f"{API}/media/{{session}}"
_ROOM = f"{API}/rooms/{{room}}/media"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_SESSION, get_session),
        web.delete(_SESSION, delete_session),
        web.patch(_SESSION, patch_session),
        web.options(_SESSION, session_options),
        web.get(f"{_SESSION}/stats", get_stats),
        web.options(f"{_SESSION}/stats", stats_options),
        web.get(_ROOM, get_room_stats),
    ]


OPERATIONS = [
    Operation("GET", _SESSION, "Whether a media session of yours is still there", statuses=(204, 401, 404)),
    Operation("GET", f"{_SESSION}/stats", "How a media session of yours fares", None, SessionStats, (200, 401, 404)),
    Operation(
        "GET",
        _ROOM,
        "How all media sessions of your room fare",
        None,
        SessionStats,
        (200, 401, 403, 404),
        listed=True,
        query={"limit": "At most 200", "after": "next of the page before"},
    ),
    Operation("DELETE", _SESSION, "End a media session", None, None, (200, 401, 404, 429)),
    Operation(
        "PATCH",
        _SESSION,
        "Trickle candidates, or restart ICE with If-Match: *",
        None,
        None,
        (200, 204, 400, 401, 404, 412, 413, 415, 428, 429),
        headers={"If-Match": "The session's ETag, or *"},
        body_type=FRAGMENT_TYPE,
        answer_type=FRAGMENT_TYPE,
    ),
]
