"""/hls/{room}/{run}/captions/{locale}/…: what is said as a subtitle rendition of the live stream, for any player.

A line is written seconds after it was said, so these playlists end some seconds before those of the picture; players
that keep the usual distance of three segments do not notice. livehub's own pages get captions by Socket.IO.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aiohttp import web

from livehub.errors import NotFound
from livehub.media.captions.service import Captions
from livehub.media.captions.vtt import segment
from livehub.media.hls.events import LEADING
from livehub.media.hls.playlist import Subtitles
from livehub.translation.locale import LOCALES

if TYPE_CHECKING:
    from livehub.web.hls_delivery import Stream

CAPTIONS: web.AppKey[Captions] = web.AppKey("captions", Captions)
_SEGMENT: Final = re.compile(r"(?P<msn>\d{1,12})\.vtt")


def subtitles_of(request: web.Request, room_id: str, stream: "Stream") -> Sequence[Subtitles]:
    """Those that the room has now, as its multivariant playlist names them."""
    captions = request.app.get(CAPTIONS)
    locales = captions.locales(room_id) if captions is not None else ()
    return [
        Subtitles(f"{stream.run}/captions/{locale}/index.m3u8", locale, LOCALES[locale].native_name, index == 0)
        for index, locale in enumerate(locales)
    ]


def playlist_text(captions: Captions, stream: "Stream", now_ms: int) -> str:
    return stream.playlists[LEADING].subtitles(now_ms - round(captions.limits.settle_s * 1000))


def segment_text(captions: Captions, stream: "Stream", room_id: str, locale: str, file: str) -> str:
    """
    Raises:
        NotFound: no such segment, or no longer.
    """
    matched = _SEGMENT.fullmatch(file)
    times = stream.playlists[LEADING].times_of(int(matched["msn"])) if matched else None
    if times is None:
        raise NotFound("This piece is not there, or no longer.")
    start_ms, end_ms = times
    return segment(
        captions.recent(room_id), locale, started_ms=stream.started.started_ms, start_ms=start_ms, end_ms=end_ms
    )
