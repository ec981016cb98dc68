"""/hls/{room}/replay/… of rooms that have ended: playlists, segments and chapters of what was kept of them."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.errors import NotFound
from livehub.media.captions.replay import ReplayCaptions
from livehub.media.hls.playlist import Subtitles
from livehub.media.recording.replay import INTERPRETED, PLAYLIST_TYPE, Replay, webvtt
from livehub.rooms.access import Access
from livehub.rooms.kinds import Visibility
from livehub.rooms.model import RoomState
from livehub.translation.locale import LOCALES
from livehub.translation.texts import Source
from livehub.web.body import answer
from livehub.web.openapi import API, Operation
from livehub.web.origin import check_let_in
from livehub.web.reader import VARY, asked_locale, kept_words, reader_locale
from livehub.web.recordings import RECORDINGS
from livehub.web.rooms import room_access

REPLAY_CAPTIONS: web.AppKey[ReplayCaptions] = web.AppKey("replay_captions", ReplayCaptions)
#: how long caches may keep what can be deleted: a playlist shows at once what went, a segment is of no use without it
PLAYLIST_AGE_S: Final = 10
SEGMENT_AGE_S: Final = 3600
_TRACK = re.compile(r"[a-z0-9-]{1,40}")
_TYPES: Final = {".m4s": "video/iso.segment", ".mp4": "video/mp4"}


class NoReplay(NotFound):
    code, title = "no_replay", "This room cannot be watched again"


class ChapterView(msgspec.Struct):
    title: str
    offer: str | None
    start_s: float
    end_s: float


class StretchView(msgspec.Struct):
    """From ``start_s`` of the replay on the interpreter is heard for ``duration_s``, in the channel's playlist from
    ``at_s`` on."""

    start_s: float
    at_s: float
    duration_s: float


class ChannelView(msgspec.Struct):
    """``url``: a playlist with nothing but the interpreters' sound."""

    locale: str
    url: str
    stretches: list[StretchView]


class ChaptersView(msgspec.Struct):
    duration_s: float
    items: list[ChapterView]


async def check_may_see(request: web.Request, access: Access) -> None:
    """Of public rooms everybody sees the replay, through any cache; of others, those who may watch.

    Raises: Unauthenticated, Forbidden; Banned.
    """
    if access.room.visibility is not Visibility.PUBLIC:
        access.require(Action.WATCH)
        await check_let_in(request, access)


def cached(access: Access, age_s: int) -> dict[str, str]:
    """Headers by which a CDN may carry what is public, and nobody but the reader's own browser what is not."""
    if access.room.visibility is Visibility.PUBLIC:
        return {"Cache-Control": f"public, max-age={age_s}", "Access-Control-Allow-Origin": "*"}
    return {"Cache-Control": f"private, max-age={age_s}"}


async def replay_of(request: web.Request, access: Access) -> Replay:
    """Raises: Unauthenticated, Forbidden; NoReplay."""
    await check_may_see(request, access)
    found = None
    if access.room.state is RoomState.ENDED:
        found = await request.app[RECORDINGS].library.replay(access.room.id)
    if found is None or not found.tracks:
        raise NoReplay
    return found


async def answer_index(request: web.Request, access: Access) -> web.Response:
    """The multivariant playlist of a room that has ended. Raises: as :func:`replay_of`."""
    replay = await replay_of(request, access)
    said = request.app.get(REPLAY_CAPTIONS)
    text = replay.multivariant(_subtitles(await said.locales(access.room.id) if said is not None else ()))
    return web.Response(text=text, content_type=PLAYLIST_TYPE, headers=cached(access, PLAYLIST_AGE_S))


def _subtitles(locales: Sequence[str]) -> Sequence[Subtitles]:
    """Of a language that nobody has read what was said in nothing is kept, and none is made for a list."""
    return [
        Subtitles(f"captions-{locale}/index.m3u8", locale, LOCALES[locale].native_name, index == 0)
        for index, locale in enumerate(locales)
        if locale in LOCALES
    ]


async def get_index(request: web.Request) -> web.Response:
    return await answer_index(request, await room_access(request))


async def get_playlist(request: web.Request) -> web.Response:
    access, track = await room_access(request), request.match_info["track"]
    replay = await replay_of(request, access)
    text = replay.media(track) if _TRACK.fullmatch(track) else None
    if text is None:
        raise NoReplay
    return web.Response(text=text, content_type=PLAYLIST_TYPE, headers=cached(access, PLAYLIST_AGE_S))


async def get_segment(request: web.Request) -> web.StreamResponse:
    access = await room_access(request)
    await check_may_see(request, access)
    recording, name = request.match_info["recording"], request.match_info["name"]
    path = await request.app[RECORDINGS].library.file(access.room.id, recording, name)
    kind = _TYPES.get(path.suffix)
    if kind is None or access.room.state is not RoomState.ENDED:
        raise NoReplay
    return web.FileResponse(path, headers={**cached(access, SEGMENT_AGE_S), "Content-Type": kind})


async def get_chapters(request: web.Request) -> web.Response:
    access = await room_access(request)
    replay = await replay_of(request, access)
    items = [
        ChapterView(chapter.title, chapter.offer or None, chapter.start_s, chapter.end_s)
        for chapter in replay.chapters()
    ]
    return answer(ChaptersView(round(replay.duration_s, 3), items), headers=cached(access, PLAYLIST_AGE_S))


async def get_chapters_vtt(request: web.Request) -> web.Response:
    """In the reader's language, as far as the titles are there in it. Caches in front get them where the address says
    which language it is."""
    access = await room_access(request)
    replay = await replay_of(request, access)
    chapters, store = replay.chapters(), access.room.store_id
    headers = cached(access, PLAYLIST_AGE_S)
    if asked_locale(request) is None:
        headers |= {"Cache-Control": f"private, max-age={PLAYLIST_AGE_S}", "Vary": VARY}
    if store is not None:
        sources = [Source(f"store:{store}", chapter.title, access.room.locale) for chapter in chapters]
        words = await kept_words(request, sources, await reader_locale(request))
        chapters = [replace(chapter, title=words.get(chapter.title, chapter.title)) for chapter in chapters]
    return web.Response(text=webvtt(chapters), content_type="text/vtt", headers=headers)


async def list_channels(request: web.Request) -> web.Response:
    """What interpreters said, and where in the replay. Off the loop: a long room has tens of thousands of segments."""
    access = await room_access(request)
    replay = await replay_of(request, access)

    def views() -> list[ChannelView]:
        return [
            ChannelView(locale, f"/hls/{access.room.id}/replay/{INTERPRETED}{locale}.m3u8", _stretches(replay, locale))
            for locale in replay.channels
        ]

    items = await asyncio.to_thread(views)
    return answer({"items": items, "next": None}, headers=cached(access, PLAYLIST_AGE_S))


def _stretches(replay: Replay, locale: str) -> list[StretchView]:
    return [
        StretchView(round(each.start_s, 3), round(each.at_s, 3), round(each.duration_s, 3))
        for each in replay.stretches(locale)
    ]


def routes() -> list[web.RouteDef]:
    return [
        web.get("/hls/{room}/replay/index.m3u8", get_index),
        web.get("/hls/{room}/replay/{track}.m3u8", get_playlist),
        web.get("/hls/{room}/replay/{recording}/{name}", get_segment),
        web.get("/hls/{room}/replay/chapters.vtt", get_chapters_vtt),
        web.get(f"{API}/rooms/{{room}}/chapters", get_chapters),
        web.get(f"{API}/rooms/{{room}}/replay/channels", list_channels),
    ]


OPERATIONS = [
    Operation(
        "GET",
        f"{API}/rooms/{{room}}/chapters",
        "Chapters of a room's replay: what was pinned, and when",
        None,
        ChaptersView,
        (200, 401, 403, 404),
        "none",
    ),
    Operation(
        "GET",
        f"{API}/rooms/{{room}}/replay/channels",
        "What interpreters said in a room's replay: a playlist for each language, and where it is heard",
        None,
        ChannelView,
        (200, 401, 403, 404),
        "none",
        True,
    ),
]
