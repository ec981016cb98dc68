"""/api/v1: captions of a room; /hls: what was said as WebVTT, for players and beside the replay."""

import re
from typing import Final, Literal

import msgspec
from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.errors import InvalidInput, NotFound
from livehub.media.captions.replay import Cue, search
from livehub.media.captions.vtt import document, passage
from livehub.media.recording.replay import PLAYLIST_TYPE
from livehub.translation.locale import LOCALES
from livehub.web.body import answer, answer_list, page_limit, read_json
from livehub.web.hls_captions import CAPTIONS
from livehub.web.openapi import API, Operation
from livehub.web.recordings import RECORDINGS
from livehub.web.replay import PLAYLIST_AGE_S, REPLAY_CAPTIONS, cached, replay_of
from livehub.web.rooms import room_access

#: what a reader looks for, and how far a list may be paged
_MAX_QUERY_CHARS: Final = 100
_CURSOR: Final = re.compile(r"\d{1,6}")
_PASSAGE: Final = re.compile(r"(\d{1,6})\.vtt")


class CaptionsBody(msgspec.Struct):
    """``locale``: what is spoken; the room's language when left out."""

    action: Literal["start", "stop"]
    locale: str | None = None


class CaptionsView(msgspec.Struct):
    """``remote``: sound leaves the server's machine for ``engine``. ``failed``: they are on, and none come."""

    state: Literal["off", "on", "failed"]
    locale: str | None
    engine: str | None
    remote: bool
    since: str | None


class CueView(msgspec.Struct):
    """``source``: what was said, where ``text`` is its translation."""

    start_s: float
    end_s: float
    text: str
    locale: str
    source: str | None
    source_locale: str


async def get_captions(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.WATCH)
    return answer(request.app[CAPTIONS].present(access.room.id), headers={"Cache-Control": "no-store"})


async def act_on_captions(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.CAPTION)
    body, captions = await read_json(request, CaptionsBody), request.app[CAPTIONS]
    if body.locale is not None:
        _require_locale(body.locale)
    state = await captions.begin(access, body.locale) if body.action == "start" else await captions.stop(access)
    return answer(state)


def _require_locale(tag: str) -> str:
    if tag not in LOCALES:
        raise InvalidInput(f"Choose one of: {', '.join(LOCALES)}", field="locale")
    return tag


async def list_lines(request: web.Request) -> web.Response:
    """What was said in a room that can be watched again, all of it or where ``q`` occurs."""
    access = await room_access(request)
    replay = await replay_of(request, access)
    query, after = request.query.get("q", "").strip(), request.query.get("after", "0")
    locale = _require_locale(request.query["locale"]) if "locale" in request.query else None
    if len(query) > _MAX_QUERY_CHARS:
        raise InvalidInput(f"At most {_MAX_QUERY_CHARS} characters", field="q")
    if not _CURSOR.fullmatch(after):
        raise InvalidInput("Pass the cursor back as it was given", field="after")
    cues = await request.app[REPLAY_CAPTIONS].cues(access.room.id, replay, locale)
    found = search(cues, query) if query else cues
    start, limit = int(after), page_limit(request)
    items = [_view(cue) for cue in found[start : start + limit]]
    more = str(start + limit) if len(found) > start + limit else None
    return answer_list(items, more)


def _view(cue: Cue) -> CueView:
    return CueView(cue.start_s, cue.end_s, cue.text, cue.locale, cue.source, cue.source_locale)


async def get_replay_vtt(request: web.Request) -> web.Response:
    """``captions-original.vtt`` is what was said, ``captions-th.vtt`` its translation."""
    access, name = await room_access(request), request.match_info["locale"]
    if name != "original" and name not in LOCALES:
        raise NotFound
    replay = await replay_of(request, access)
    cues = await request.app[REPLAY_CAPTIONS].cues(access.room.id, replay, None if name == "original" else name)
    text = document((cue.start_s, cue.end_s, cue.text) for cue in cues)
    return web.Response(text=text, content_type="text/vtt", headers=cached(access, PLAYLIST_AGE_S))


async def get_replay_subtitles(request: web.Request) -> web.Response:
    """The replay's subtitles for players: a playlist, and what was said in each of its passages."""
    access, locale, file = await room_access(request), request.match_info["locale"], request.match_info["file"]
    if locale not in LOCALES:
        raise NotFound
    replay, headers = await replay_of(request, access), cached(access, PLAYLIST_AGE_S)
    if file == "index.m3u8":
        return web.Response(text=replay.subtitles(), content_type=PLAYLIST_TYPE, headers=headers)
    matched, passages = _PASSAGE.fullmatch(file), replay.passages()
    if matched is None or int(matched[1]) >= len(passages):
        raise NotFound("There is no such piece.")
    wanted = passages[int(matched[1])]
    cues = await request.app[REPLAY_CAPTIONS].cues(access.room.id, replay, locale)
    text = passage(
        ((cue.start_s, cue.end_s, cue.text) for cue in cues),
        start_s=wanted.start_s,
        end_s=wanted.end_s,
        zero_s=wanted.stretch_s,
        clock_s=await request.app[RECORDINGS].library.begins_s(wanted),
    )
    return web.Response(text=text, content_type="text/vtt", headers=headers)


_ROOM = f"{API}/rooms/{{room}}/captions"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_ROOM, get_captions),
        web.post(_ROOM, act_on_captions),
        web.get(f"{_ROOM}/lines", list_lines),
        web.get("/hls/{room}/replay/captions-{locale}.vtt", get_replay_vtt),
        web.get("/hls/{room}/replay/captions-{locale}/{file}", get_replay_subtitles),
    ]


OPERATIONS = [
    Operation("GET", _ROOM, "Whether captions are made", None, CaptionsView, (200, 401, 403, 404)),
    Operation(
        "POST", _ROOM, "Have what is said written, or stop it", CaptionsBody, CaptionsView,
        (200, 401, 403, 404, 409, 422, 503),
    ),
    Operation(
        "GET", f"{_ROOM}/lines", "What was said in a room's replay", None, CueView, (200, 401, 403, 404, 422), "none",
        True,
        {
            "q": "Words that occur in it",
            "locale": "Translate into this language",
            "after": "The cursor of the page before",
            "limit": "1 to 200",
        },
    ),
]  # fmt: skip
