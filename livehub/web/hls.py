"""/hls/{room}/…: playlists and files of low-latency HLS (RFC 8216bis), for players, nginx and CDNs.

Public and unlisted rooms are open, and every answer may be cached by anybody. Others need a key in the address, which
``GET /api/v1/rooms/{room}/hls`` gives to those who may watch (:mod:`livehub.web.hls_token`).
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from livehub.accounts.permissions import Action, Role
from livehub.clock import iso
from livehub.errors import Forbidden, MalformedRequest, NotFound
from livehub.media.errors import RoomNotLive
from livehub.media.hls.events import LEADING
from livehub.media.hls.playlist import PositionTooFar
from livehub.rooms.kinds import Visibility
from livehub.rooms.model import Room, RoomState
from livehub.translation.locale import LOCALES
from livehub.web.body import answer
from livehub.web.etag import answer_cached
from livehub.web.hls_captions import CAPTIONS, playlist_text, segment_text, subtitles_of
from livehub.web.hls_delivery import PLAYLIST_TYPE, HlsDelivery, HlsLate, HlsOff, HlsRunOver, Stream, wait
from livehub.web.hls_files import FileCache
from livehub.web.hls_token import HlsKeys
from livehub.web.media import require_watchable
from livehub.web.openapi import API, Operation
from livehub.web.origin import DOORKEEPER, came_from, check_let_in, origin_of
from livehub.web.rooms import ROOMS, room_access

#: in target durations (Apple, "HLS Authoring": blocking answers are of their address for ever, others of the moment)
_BLOCKING_FOR, _WAIT_FOR = 6, 3
_ENDED_FOR_S = 60
_FILE = re.compile(r"(?:(?P<msn>\d{1,12})(?:\.(?P<part>\d{1,4}))?\.m4s|init-\d{1,6}\.mp4)")
_NUMBER = re.compile(r"\d{1,12}")
_DIRECTIVES: Final = frozenset({"_HLS_msn", "_HLS_part", "_HLS_skip"})


@dataclass(frozen=True, slots=True)
class Hls:
    """What the routes need; None in the application where HLS is off."""

    delivery: HlsDelivery
    keys: HlsKeys
    folder: Path
    files: FileCache


HLS: web.AppKey[Hls | None] = web.AppKey("hls", Hls)


class HlsKeyNeeded(Forbidden):
    code, title = "hls_key_needed", "This room's HLS address needs a key; ask for it under /api/v1/rooms/{room}/hls"


class HlsDirectiveWrong(MalformedRequest):
    code, title = "hls_directive_wrong", "A delivery directive (_HLS_…) that no player of this playlist would send"


class HlsAddress(msgspec.Struct):
    """``url`` is relative to this server. ``expires_at`` is null where it needs no key."""

    url: str
    expires_at: str | None
    type: str = "application/vnd.apple.mpegurl"


def _hls(request: web.Request) -> Hls:
    hls = request.app[HLS]
    if hls is None:
        raise HlsOff
    return hls


def is_open(room: Room) -> bool:
    """Whether everybody may watch it, signed in or not."""
    return room.visibility is not Visibility.PRIVATE and room.policy.guests and room.may(Role.VIEWER, Action.WATCH)


async def get_address(request: web.Request) -> web.Response:
    """Where this room's HLS is, for those who may watch; it begins to be made."""
    hls, access = _hls(request), await room_access(request)
    path, expires_at = f"/hls/{access.room.id}/index.m3u8", None
    if is_open(access.room) and access.room.state is not RoomState.SCHEDULED:
        access.room.require_not_ended()
    else:
        require_watchable(access)
        if access.room.state is not RoomState.LIVE:
            raise RoomNotLive("A rehearsal cannot be watched by HLS.")
    await check_let_in(request, access)
    if not is_open(access.room):
        key, expires_ms = hls.keys.issue(
            access.room.id, access.require_principal().identity, origin_of(request, access)
        )
        path, expires_at = f"/hls/{access.room.id}/key/{key}/index.m3u8", iso(expires_ms)
    await hls.delivery.open(access.room.id)
    return answer(HlsAddress(path, expires_at))


async def admit(request: web.Request) -> tuple[Hls, Room, bool]:
    """The room, and whether its answers may be cached by anybody.

    Raises:
        HlsKeyNeeded, HlsKeyInvalid, RoomNotFound, RoomNotLive; Banned: the key's owner was sent out meanwhile, or where
        they or whoever asks came from.
    """
    hls = _hls(request)
    room = await request.app[ROOMS].get(request.match_info["room"])
    key = request.match_info.get("key")
    if key is not None:
        holder, door = hls.keys.read(room.id, key), request.app[DOORKEEPER]
        await door.check_may_enter(room.id, holder.identity, holder.origin)
        if holder.origin is not None:
            await door.check_may_enter(room.id, holder.identity, came_from(request))
    elif not is_open(room):
        raise HlsKeyNeeded
    if room.state is RoomState.SCHEDULED:
        raise RoomNotLive("The room has not started. Ask again when it is live.")
    return hls, room, key is None


async def get_multivariant(request: web.Request) -> web.StreamResponse:
    hls, room, is_public = await admit(request)
    stream: Stream | None
    if room.state is RoomState.LIVE:
        stream = await hls.delivery.stream(room.id)
    else:
        stream = hls.delivery.last_of(room.id)
        if stream is None and room.has_replay:  # where the replay is asked for, it is asked who may see it
            return opened(web.Response(status=307, headers={"Location": f"/hls/{room.id}/replay/index.m3u8"}))
        if stream is None:
            room.require_not_ended()
            raise HlsRunOver
    representation = stream.multivariant(subtitles_of(request, room.id, stream))
    return opened(answer_cached(request, representation, cache_control=cache_for(is_public, 1)))


async def get_playlist(request: web.Request) -> web.StreamResponse:
    hls, room, is_public = await admit(request)
    rendition = request.match_info["rendition"]
    stream = hls.delivery.find(room.id, request.match_info["run"], rendition)
    msn, part, skip = read_directives(request)
    target_s = stream.started.target_duration_s
    if msn is not None:
        await _reach(stream, rendition, msn, part)
    kept_s = _ENDED_FOR_S if stream.ended else _BLOCKING_FOR * target_s if msn is not None else 1
    representation = stream.playlist(rendition, skip=skip)
    return opened(answer_cached(request, representation, cache_control=cache_for(is_public, kept_s)))


def read_directives(request: web.Request) -> tuple[int | None, int | None, bool]:
    """``_HLS_msn``, ``_HLS_part``, ``_HLS_skip`` (RFC 8216bis section 6.2.5).

    Raises:
        HlsDirectiveWrong: not numbers, a part without its segment, or one given twice.
    """
    query = request.query  # other names with this prefix are of specifications to come
    for name in _DIRECTIVES & query.keys():
        if len(query.getall(name)) > 1:
            raise HlsDirectiveWrong(f"{name} is given twice.")
    numbers: list[int | None] = []
    for name in ("_HLS_msn", "_HLS_part"):
        text = query.get(name)
        if text is not None and not _NUMBER.fullmatch(text):
            raise HlsDirectiveWrong(f"{name} must be a number.")
        numbers.append(None if text is None else int(text))
    msn, part = numbers
    if part is not None and msn is None:
        raise HlsDirectiveWrong("_HLS_part needs _HLS_msn.")
    skip = query.get("_HLS_skip")
    if skip not in {None, "YES", "v2"}:
        raise HlsDirectiveWrong("_HLS_skip must be YES or v2.")
    return msn, part, skip is not None


async def _reach(stream: Stream, rendition: str, msn: int, part: int | None) -> None:
    """Until the playlist has this position, for at most three target durations.

    Raises:
        HlsDirectiveWrong, HlsLate.
    """
    try:
        if stream.playlists[rendition].has(msn, part):
            return
    except PositionTooFar as error:
        raise HlsDirectiveWrong(f"{error}: load the playlist again without directives.") from None
    try:
        await wait(stream.until(rendition, msn, part), _WAIT_FOR * stream.started.target_duration_s)
    except TimeoutError:
        raise HlsLate(retry_after_s=1.0) from None


async def get_file(request: web.Request) -> web.StreamResponse:
    """A part, a segment or an initialisation segment; one that the preload hint named is waited for."""
    hls, room, is_public = await admit(request)
    run, rendition, name = (request.match_info[key] for key in ("run", "rendition", "file"))
    stream = hls.delivery.find(room.id, run, rendition)
    matched = _FILE.fullmatch(name)
    if matched is None:
        raise NotFound
    if matched["part"] is not None:
        await _hinted(stream, rendition, int(matched["msn"]), int(matched["part"]))
    path = hls.folder / room.id / run / rendition / name
    headers = {"Cache-Control": cache_for(is_public, 86_400) + ", immutable"}
    content_type = "video/mp4" if name.endswith(".mp4") else "video/iso.segment"
    try:
        if "Range" in request.headers:
            return opened(web.FileResponse(path, headers={**headers, "Content-Type": content_type}))
        data = await hls.files.read(path)
    except FileNotFoundError:
        raise NotFound("This piece is not there, or no longer.") from None
    response = web.Response(body=data, content_type=content_type, headers=headers)
    response.etag = f"{run}-{name}"  # a file that has been named never changes
    if any(tag.value in {f"{run}-{name}", "*"} for tag in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
        response.etag = f"{run}-{name}"
    return opened(response)


async def _hinted(stream: Stream, rendition: str, msn: int, part: int) -> None:
    playlist = stream.playlists[rendition]
    following = playlist.next_part
    if not stream.ended and (msn, part) == (following.msn, following.part):
        try:
            await wait(stream.until(rendition, msn, part), _WAIT_FOR * stream.started.target_duration_s)
        except TimeoutError:
            raise HlsLate(retry_after_s=1.0) from None


async def get_captions(request: web.Request) -> web.StreamResponse:
    """The playlist of what is said, and its segments."""
    hls, room, is_public = await admit(request)
    captions, locale = request.app.get(CAPTIONS), request.match_info["locale"]
    stream = hls.delivery.find(room.id, request.match_info["run"], LEADING)
    if captions is None or locale not in LOCALES:
        raise NotFound
    file = request.match_info["file"]
    if file == "index.m3u8":
        text, content_type, age_s = playlist_text(captions, stream, hls.delivery.now_ms()), PLAYLIST_TYPE, 1
    else:
        text, content_type = segment_text(captions, stream, room.id, locale, file), "text/vtt"
        age_s = stream.started.target_duration_s
    headers = {"Cache-Control": cache_for(is_public, age_s)}
    return opened(web.Response(text=text, content_type=content_type, headers=headers))


def cache_for(is_public: bool, seconds: int) -> str:
    return f"{'public' if is_public else 'private'}, max-age={seconds}"


def opened(response: web.StreamResponse) -> web.StreamResponse:
    """Pages of other sites may play it: nothing here depends on who asks, for the key is in the address."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Age, Date, ETag"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


async def preflight(_request: web.Request) -> web.StreamResponse:
    headers = {
        "Access-Control-Allow-Methods": "GET, HEAD",
        "Access-Control-Allow-Headers": "Range, If-None-Match",
        "Access-Control-Max-Age": "86400",
    }
    return opened(web.Response(status=204, headers=headers))


ROOTS: Final = ("/hls/{room}", "/hls/{room}/key/{key}")
_RUN: Final = "{run:run_[0-9a-z]{1,30}}"
_RENDITION: Final = _RUN + "/{rendition:[a-z0-9-]{1,20}}"


def routes() -> list[web.RouteDef]:
    made = [web.get(f"{API}/rooms/{{room}}/hls", get_address)]
    for root in ROOTS:
        paths = {
            f"{root}/index.m3u8": get_multivariant,
            f"{root}/{_RENDITION}/index.m3u8": get_playlist,
            f"{root}/{_RENDITION}/{{file}}": get_file,
            f"{root}/{_RUN}/captions/{{locale}}/{{file}}": get_captions,
        }
        made += [web.get(path, handler) for path, handler in paths.items()]
        made += [web.options(path, preflight) for path in paths]
    return made


OPERATIONS = [
    Operation(
        "GET",
        f"{API}/rooms/{{room}}/hls",
        "Where the room's low-latency HLS is",
        None,
        HlsAddress,
        (200, 401, 403, 404, 409, 410, 503),
        auth="none",
    )
]
