"""A fresh still of what a room shows, for cards and link previews.

The one place where video is decoded: a single keyframe, in one thread, when somebody asks and the last still is old.
The forwarding path never waits for it.
"""

import asyncio
import io
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import av
import av.error
from av.video.codeccontext import VideoCodecContext
from PIL import Image

from livehub.clock import Clock
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.depacketize import join_frame
from livehub.media.rtp.errors import RtpError

FRESH_S: Final = 15.0
MAX_ROOMS: Final = 200
HEIGHT: Final = 540
#: a picture larger than this is not decoded, whatever the stream says
MAX_PIXELS: Final = 4096 * 2304
_DECODERS: Final = {Codec.H264: "h264", Codec.VP8: "vp8"}

#: room id → codec and payloads of its last keyframe, or None when there is none
Keyframes = Callable[[str], Awaitable[tuple[Codec, Sequence[bytes]] | None]]


@dataclass(frozen=True, slots=True)
class Still:
    """``webp`` is None when the room had nothing to show."""

    taken_s: float
    webp: bytes | None


class Stills:
    """Keeps the last still of at most :data:`MAX_ROOMS` rooms; takes one at most every :data:`FRESH_S` seconds."""

    def __init__(self, keyframes: Keyframes, clock: Clock) -> None:
        self._keyframes = keyframes
        self._clock = clock
        self._kept: OrderedDict[str, Still] = OrderedDict()
        self._under_way: dict[str, asyncio.Future[Still]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="livehub-still")

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    async def of(self, room_id: str) -> bytes | None:
        """WebP, or None. Callers who come together share one decoding."""
        kept = self._kept.get(room_id)
        if kept is not None and self._clock.monotonic() - kept.taken_s < FRESH_S:
            return kept.webp
        future = self._under_way.get(room_id)
        if future is None:
            future = asyncio.ensure_future(self._take(room_id, kept))
            self._under_way[room_id] = future
            future.add_done_callback(lambda _: self._under_way.pop(room_id, None))
        return (await asyncio.shield(future)).webp

    async def _take(self, room_id: str, last: Still | None) -> Still:
        found = await self._keyframes(room_id)
        webp = None
        if found is not None:
            webp = await asyncio.get_running_loop().run_in_executor(self._thread, picture, *found)
            # Between two keyframes of a stream that is on air, an older still is better than none.
            webp = webp or (last.webp if last else None)
        still = Still(self._clock.monotonic(), webp)
        self._kept[room_id] = still
        self._kept.move_to_end(room_id)
        if len(self._kept) > MAX_ROOMS:
            self._kept.popitem(last=False)
        return still


def picture(codec: Codec, payloads: Sequence[bytes]) -> bytes | None:
    """The keyframe as WebP, at most :data:`HEIGHT` high; None for one that cannot be decoded."""
    try:
        frame = _decode(codec, join_frame(codec, payloads))
    except (RtpError, av.error.FFmpegError):
        return None
    if frame is None or frame.width * frame.height > MAX_PIXELS:
        return None
    height = min(HEIGHT, frame.height)
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    out = io.BytesIO()
    image.resize((max(1, round(frame.width * height / frame.height)), height)).save(out, "WEBP", quality=78)
    return out.getvalue()


def _decode(codec: Codec, data: bytes) -> av.VideoFrame | None:
    context = av.CodecContext.create(_DECODERS[codec], "r")
    if not isinstance(context, VideoCodecContext):
        return None
    context.options = {"max_pixels": str(MAX_PIXELS)}
    frames = context.decode(av.Packet(data)) or context.decode(None)
    return frames[0] if frames else None
