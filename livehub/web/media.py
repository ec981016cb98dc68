"""WHIP to publish (RFC 9725), WHEP to watch (draft-ietf-wish-whep), and the media sessions that they make."""

import re
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from aiohttp import web

from livehub.accounts.permissions import Action, Role
from livehub.accounts.principal import Principal
from livehub.errors import InvalidInput, UnsupportedMedia
from livehub.media.errors import (
    EntityTagMismatch,
    EntityTagMissing,
    MalformedSdp,
    MediaSessionNotFound,
    RoomNotLive,
)
from livehub.media.service import MediaService, SessionState
from livehub.media.stage import SOURCES
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState
from livehub.web.auth import require_principal
from livehub.web.body import answer, read_bytes
from livehub.web.ice_servers import ICE_SERVERS, ice_server_links
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access

MEDIA: web.AppKey[MediaService] = web.AppKey("media", MediaService)

SDP_TYPE = "application/sdp"
FRAGMENT_TYPE = "application/trickle-ice-sdpfrag"
MAX_FRAGMENT_BYTES = 16 * 1024
_SLOTS = re.compile(r"[0-9]{1,2}")


class Doorkeeper(Protocol):
    """Knows who was sent out of a room; implemented by :class:`livehub.chat.moderation.Moderation`."""

    async def check_may_enter(self, room_id: str, identity: str) -> None:
        """Raises: a Forbidden, for those who may not come back."""


class StageDoor(Protocol):
    """Knows who was sent off a stage; implemented by :class:`livehub.rooms.stage.StageDesk`."""

    def check_may_publish(self, room_id: str, identity: str) -> None:
        """Raises: a Forbidden."""


STAGE: web.AppKey[StageDoor] = web.AppKey("stage", StageDoor)
DOORKEEPER: web.AppKey[Doorkeeper] = web.AppKey("doorkeeper", Doorkeeper)


class MediaSessionView(msgspec.Struct):
    """``undecodable``: codecs on air of which this viewer's player offered none; empty when all is well.

    ``source`` of one who publishes: camera or screen. ``slots`` of one who watches, those that show something:
    ``{mid, kind, slot, publisher, source}``.
    """

    id: str
    room: str
    kind: str
    connected: bool
    undecodable: list[str]
    source: str
    slots: list[dict[str, Any]]


async def whip(request: web.Request) -> web.Response:
    access, principal = await _admitted(request)
    access.require(Action.PUBLISH)
    request.app[STAGE].check_may_publish(access.room.id, principal.identity)
    access.room.require_not_ended()
    if access.room.state is RoomState.SCHEDULED:
        access.require(Action.REHEARSE)
    source = _one_of(request, "source", SOURCES)
    offer = await _read_text(request, SDP_TYPE, request.app[MEDIA].limits.max_sdp_bytes)
    session = await request.app[MEDIA].publish(
        access.room.id,
        principal.identity,
        principal.display_name,
        offer,
        source=source,
        is_host=access.role is Role.HOST,
        most=access.room.policy.max_publishers,
    )
    return _created(request, session)


async def whep(request: web.Request) -> web.Response:
    access, principal = await _admitted(request)
    require_watchable(access)
    slots, with_own = _video_slots(request), _one_of(request, "own", ("0", "1")) == "1"
    offer = await _read_text(request, SDP_TYPE, request.app[MEDIA].limits.max_sdp_bytes)
    session = await request.app[MEDIA].play(access.room.id, principal.identity, offer, slots, with_own=with_own)
    return _created(request, session)


def require_watchable(access: Access) -> None:
    """Watching needs a live room; those who rehearse see it before.

    Raises: Unauthenticated, Forbidden, Gone, RoomNotLive.
    """
    access.require(Action.WATCH)
    access.room.require_not_ended()
    if access.room.state is RoomState.SCHEDULED and not access.may(Action.REHEARSE):
        raise RoomNotLive("The room has not started. Ask again when it is live.")


async def _admitted(request: web.Request) -> tuple[Access, Principal]:
    access = await room_access(request)
    principal = await require_principal(request)
    await request.app[DOORKEEPER].check_may_enter(access.room.id, principal.identity)
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


async def _read_text(request: web.Request, content_type: str, limit: int) -> str:
    if request.content_type != content_type:
        raise UnsupportedMedia(f"Send the body as {content_type}")
    try:
        return (await read_bytes(request, limit)).decode()
    except UnicodeDecodeError:
        raise MalformedSdp("The description is not UTF-8 text.") from None


def _created(request: web.Request, session: SessionState) -> web.Response:
    response = web.Response(status=201, text=session.answer_sdp, content_type=SDP_TYPE)
    response.headers["Location"] = f"{API}/media/{session.id}"
    response.headers["Accept-Patch"] = FRAGMENT_TYPE
    response.etag = session.etag
    for link in ice_server_links(request.app[ICE_SERVERS].for_identity(session.identity)):
        response.headers.add("Link", link)
    return response


async def _own_session(request: web.Request) -> SessionState:
    """The session of the path, if it is the caller's; to everybody else there is none."""
    session = await request.app[MEDIA].find(request.match_info["session"])
    principal = await require_principal(request)
    if principal.identity != session.identity:
        raise MediaSessionNotFound
    return session


async def get_session(request: web.Request) -> web.Response:
    session = await _own_session(request)
    codecs = sorted(str(codec) for codec in session.undecodable)
    view = MediaSessionView(
        session.id,
        session.room_id,
        session.kind,
        session.is_connected,
        codecs,
        session.source,
        [dict(slot) for slot in session.slots],
    )
    return answer(view, headers={"Cache-Control": "no-store"})


async def delete_session(request: web.Request) -> web.Response:
    session = await _own_session(request)
    await request.app[MEDIA].close_session(session.id)
    return web.Response()


async def patch_session(request: web.Request) -> web.Response:
    """Trickled candidates need no answer from an ICE-lite server; new credentials restart ICE."""
    session = await _own_session(request)
    fragment = await _read_text(request, FRAGMENT_TYPE, MAX_FRAGMENT_BYTES)
    given = request.if_match
    if not given:
        raise EntityTagMissing
    if all(tag.value not in {"*", session.etag} for tag in given):
        raise EntityTagMismatch("The session's ICE was restarted. Use the ETag of that answer.")
    restarted = await request.app[MEDIA].restart_ice(session.id, fragment)
    if restarted is None:
        return web.Response(status=204)
    response = web.Response(text=restarted, content_type=FRAGMENT_TYPE)
    response.etag = (await request.app[MEDIA].find(session.id)).etag
    return response


async def endpoint_options(request: web.Request) -> web.Response:
    return web.Response(status=204, headers={"Allow": "OPTIONS, POST", "Accept-Post": SDP_TYPE})


async def session_options(request: web.Request) -> web.Response:
    return web.Response(
        status=204, headers={"Allow": "DELETE, GET, HEAD, OPTIONS, PATCH", "Accept-Patch": FRAGMENT_TYPE}
    )


_ROOM = f"{API}/rooms/{{room}}"
_SESSION = f"{API}/media/{{session}}"


def routes() -> list[web.RouteDef]:
    return [
        web.post(f"{_ROOM}/whip", whip),
        web.post(f"{_ROOM}/whep", whep),
        web.options(f"{_ROOM}/whip", endpoint_options),
        web.options(f"{_ROOM}/whep", endpoint_options),
        web.get(_SESSION, get_session),
        web.delete(_SESSION, delete_session),
        web.patch(_SESSION, patch_session),
        web.options(_SESSION, session_options),
    ]


_OFFER_STATUSES = (201, 400, 401, 403, 404, 409, 410, 413, 415, 422, 503)
_SLOTS_QUERY = {
    "video": "Video slots, 0 to 16; 1 unless given",
    "own": "1: show also what you publish yourself, from another program",
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
    Operation("GET", _SESSION, "A media session of yours", None, MediaSessionView, (200, 401, 404)),
    Operation("DELETE", _SESSION, "End a media session", None, None, (200, 401, 404)),
    Operation(
        "PATCH",
        _SESSION,
        "Trickle candidates, or restart ICE with If-Match: *",
        None,
        None,
        (200, 204, 400, 401, 404, 412, 415, 428),
        headers={"If-Match": "The session's ETag, or *"},
        body_type=FRAGMENT_TYPE,
        answer_type=FRAGMENT_TYPE,
    ),
]
