"""The endpoints of WHIP, to publish (RFC 9725), and of WHEP, to watch (draft-ietf-wish-whep).

docs/whip-whep.md has every requirement of the two and the test that holds it.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from aiohttp import web

from livehub.accounts.permissions import Action, Role
from livehub.accounts.principal import Principal
from livehub.errors import Forbidden, InvalidInput
from livehub.media.errors import MediaSessionNotFound, RoomNotLive
from livehub.media.service import SessionState
from livehub.media.stage import INTERPRETATION, SOURCES
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState
from livehub.web import media_sessions
from livehub.web.auth import require_principal
from livehub.web.ice_servers import ICE_SERVERS, ice_server_links
from livehub.web.media_body import FRAGMENT_TYPE, SDP_TYPE, read_description
from livehub.web.media_sessions import MEDIA
from livehub.web.media_throttle import MEDIA_THROTTLE
from livehub.web.openapi import API, Operation
from livehub.web.origin import DOORKEEPER, check_let_in, origin_of, taking_part
from livehub.web.rooms import room_access

__all__ = ["DOORKEEPER", "MEDIA", "ROOM_ORIGINS", "STAGE", "require_watchable", "routes"]

#: room id → origin of the server that carries this room's media, for those that this one does not carry
ROOM_ORIGINS: web.AppKey[Mapping[str, str]] = web.AppKey("room_origins", Mapping)

_SLOTS = re.compile(r"[0-9]{1,2}")


class StageDoor(Protocol):
    """Knows who was sent off a stage; implemented by :class:`livehub.rooms.stage.StageDesk`."""

    def check_may_publish(self, room_id: str, identity: str) -> None:
        """Raises: a Forbidden."""

    def check_may_interpret(self, room_id: str, identity: str) -> None:
        """Raises: a Forbidden, for those whom no host has asked to."""


STAGE: web.AppKey[StageDoor] = web.AppKey("stage", StageDoor)


async def whip(request: web.Request) -> web.Response:
    access, principal = await _admitted(request)
    source = _one_of(request, "source", (*SOURCES, INTERPRETATION))
    _check_may_send(request, access, principal, source)
    offer = await read_description(request, SDP_TYPE, request.app[MEDIA].limits.max_sdp_bytes)
    access = await taking_part(request)  # see whep
    _check_may_send(request, access, principal, source)
    session = await request.app[MEDIA].publish(
        access.room.id,
        principal.identity,
        principal.display_name,
        offer,
        source=source,
        is_host=access.role in {Role.HOST, Role.COHOST},
        most=access.room.policy.max_publishers,
        origin=origin_of(request, access),
    )
    await _check_still_let_in(request, access, session)
    return _created(request, session)


def _check_may_send(request: web.Request, access: Access, principal: Principal, source: str) -> None:
    """Raises: Unauthenticated, Forbidden, Gone."""
    stage, is_interpreter = request.app[STAGE], source == INTERPRETATION
    access.require(Action.WATCH if is_interpreter else Action.PUBLISH)
    check = stage.check_may_interpret if is_interpreter else stage.check_may_publish
    check(access.room.id, principal.identity)
    access.room.require_not_ended()
    if not is_interpreter and access.room.state is RoomState.SCHEDULED:
        access.require(Action.REHEARSE)


async def whep(request: web.Request) -> web.Response:
    access, principal = await _admitted(request)
    require_watchable(access)
    slots = _video_slots(request)
    with_own, wait = (_one_of(request, name, ("0", "1")) == "1" for name in ("own", "wait"))
    offer = await read_description(request, SDP_TYPE, request.app[MEDIA].limits.max_sdp_bytes)
    # It took as long as its sender liked: the room may be over by now, or they banned from it.
    access = await taking_part(request)
    require_watchable(access)
    session = await request.app[MEDIA].play(
        access.room.id,
        principal.identity,
        offer,
        slots,
        with_own=with_own,
        wait=wait,
        origin=origin_of(request, access),
    )
    await _check_still_let_in(request, access, session)
    return _created(request, session)


async def _check_still_let_in(request: web.Request, access: Access, session: SessionState) -> None:
    """A ban that came on its way to a worker ended no session there: there was none yet. Raises: Banned."""
    try:
        await check_let_in(request, access)
    except Forbidden:
        with suppress(MediaSessionNotFound):
            await request.app[MEDIA].close_session(session.id)
        raise


def require_watchable(access: Access) -> None:
    """Watching needs a live room; those who rehearse see it before.

    Raises: Unauthenticated, Forbidden, Gone, RoomNotLive.
    """
    access.require(Action.WATCH)
    access.room.require_not_ended()
    if access.room.state is RoomState.SCHEDULED and not access.may(Action.REHEARSE):
        raise RoomNotLive("The room has not started. Ask again when it is live.")


async def _admitted(request: web.Request) -> tuple[Access, Principal]:
    """
    Raises:
        HTTPTemporaryRedirect: another server carries the media of this room.
    """
    throttle = request.app[MEDIA_THROTTLE]
    throttle.check_address(request)
    access = await room_access(request)
    principal = await require_principal(request)
    throttle.check_offer(principal.identity)
    origin = request.app.get(ROOM_ORIGINS, {}).get(access.room.id)
    if origin is not None:
        raise web.HTTPTemporaryRedirect(f"{origin}{request.path_qs}")
    await check_let_in(request, access)
    return access, principal


def _video_slots(request: web.Request) -> int:
    text, most = request.query.get("video", "1"), request.app[MEDIA].limits.max_video_slots
    if not _SLOTS.fullmatch(text) or int(text) > most:
        raise InvalidInput(f"video must be from 0 to {most}", field="video")
    return int(text)


def _one_of(request: web.Request, name: str, values: Sequence[str]) -> str:
    """The query's ``name``, or the first of ``values`` without it."""
    value = request.query.get(name, values[0])
    if value not in values:
        raise InvalidInput(f"{name} must be one of: {', '.join(values)}", field=name)
    return value


def _created(request: web.Request, session: SessionState) -> web.Response:
    response = web.Response(status=201, text=session.answer_sdp, content_type=SDP_TYPE)
    response.headers["Location"] = f"{API}/media/{session.id}"
    response.headers["Accept-Patch"] = FRAGMENT_TYPE
    response.etag = session.etag
    for link in ice_server_links(request.app[ICE_SERVERS].for_identity(session.identity)):
        response.headers.add("Link", link)
    return response


async def endpoint_options(_request: web.Request) -> web.Response:
    """Nobody is asked who they are, and no ICE servers are told: they come with the answer to the offer."""
    return web.Response(headers={"Allow": "GET, HEAD, OPTIONS, POST", "Accept-Post": SDP_TYPE})


async def get_endpoint(_request: web.Request) -> web.Response:
    """An endpoint has no representation (RFC 9725 section 4.1); whether there is such a room is not told either."""
    return web.Response(status=204)


_ROOM = f"{API}/rooms/{{room}}"


def routes() -> list[web.RouteDef]:
    ways = (("whip", whip), ("whep", whep))
    return [
        *(web.post(f"{_ROOM}/{way}", handler) for way, handler in ways),
        *(web.options(f"{_ROOM}/{way}", endpoint_options) for way, _ in ways),
        *(web.get(f"{_ROOM}/{way}", get_endpoint) for way, _ in ways),
        *media_sessions.routes(),
    ]


_OFFER_STATUSES = (201, 307, 400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 503)
_SLOTS_QUERY = {
    "video": "Video slots, 0 to 16; 1 unless given",
    "own": "1: show also what you publish yourself, from another program",
    "wait": "1: connect also while nobody publishes; else that is 409 with Retry-After",
}
_SOURCE_QUERY = {"source": "camera (unless given) or screen; a new session replaces yours of the same source"}
OPERATIONS = [
    Operation(
        "POST",
        f"{_ROOM}/whip",
        "Publish (WHIP)",
        None,
        None,
        _OFFER_STATUSES,
        query=_SOURCE_QUERY,
        body_type=SDP_TYPE,
        answer_type=SDP_TYPE,
    ),
    Operation(
        "POST",
        f"{_ROOM}/whep",
        "Watch (WHEP)",
        None,
        None,
        _OFFER_STATUSES,
        query=_SLOTS_QUERY,
        body_type=SDP_TYPE,
        answer_type=SDP_TYPE,
    ),
    Operation("GET", f"{_ROOM}/whip", "Nothing: an endpoint has no representation", statuses=(204,), auth="none"),
    Operation("GET", f"{_ROOM}/whep", "Nothing: an endpoint has no representation", statuses=(204,), auth="none"),
    *media_sessions.OPERATIONS,
]
