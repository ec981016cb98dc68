"""``livehub bench switch``: from a viewer's choice to the first picture of the other camera, or of another layer.

Two cameras in three sizes, thirty pictures a second, whose encoders answer a request with a keyframe as the next
picture, as a browser's do. Everything in one process: what is measured is how the server goes over, not a decoder.
"""

import asyncio
import contextlib
import statistics
import time
from typing import Any

from livehub.bench.light import LAYER_SSRC, VP8_PT, LightClient, OfferOptions
from livehub.bench.machine import describe
from livehub.clock import SystemClock
from livehub.events import EventBus
from livehub.media.plane import MediaPlane
from livehub.media.rtp import rtcp
from livehub.media.stage import SlotWish
from livehub.media.subscriber import Subscriber
from livehub.media.track import Track
from livehub.media.transport import Certificate

RIDS = ("q", "h", "f")
SIZES = ((320, 180), (640, 360), (1280, 720))
FRAME_S = 1 / 30
#: packets of a picture in each size
PACKETS = (1, 2, 8)


class Camera:
    """Sends until cancelled. A keyframe is four times as long as another picture."""

    def __init__(self, client: LightClient) -> None:
        self._client = client
        self._frame = 0
        self._wanted = {0, 1, 2}

    async def run(self) -> None:
        while True:
            self._read()
            for layer in range(3):
                self._send(layer, key=layer in self._wanted)
            self._wanted.clear()
            self._frame += 1
            await asyncio.sleep(FRAME_S)

    def _read(self) -> None:
        for data in self._client.rtcp:
            for packet in rtcp.parse_compound(data):
                if isinstance(packet, rtcp.KeyframeRequest):
                    self._wanted.add(packet.media_ssrc - LAYER_SSRC)
        self._client.rtcp.clear()

    def _send(self, layer: int, *, key: bool) -> None:
        width, height = SIZES[layer]
        size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
        count = PACKETS[layer] * (4 if key else 1)
        for index in range(count):
            ids = (0x8000 | self._frame & 0x7FFF).to_bytes(2, "big")
            head = (b"\x90\x80" if not index else b"\x80\x80") + ids
            head += b"\x10\x02\x00\x9d\x01\x2a" + size if key and not index else b"\x11"
            self._client.send_layer(layer, VP8_PT, 3000 * self._frame, head + bytes(1000), marker=index == count - 1)


async def run(*, switches: int = 60) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    plane = MediaPlane(0, ("127.0.0.1",), bus=EventBus(), clock=SystemClock())
    await plane.start()
    clients: list[LightClient] = []
    try:
        async with contextlib.AsyncExitStack() as stack:
            return await _measure(plane, clients, stack, switches)
    finally:
        for client in clients:
            client.close()
        await plane.close()


async def _measure(
    plane: MediaPlane, clients: list[LightClient], stack: contextlib.AsyncExitStack, switches: int
) -> dict[str, Any]:
    certificate = await asyncio.to_thread(Certificate.generateCertificate)
    for name in ("ann", "ben"):
        host = LightClient(certificate, OfferOptions("sendonly", h264=False, vp8=True, rids=RIDS))
        clients.append(host)
        await host.use_answer((await plane.publish("room", name, name, host.offer)).answer_sdp)
        task = asyncio.create_task(Camera(host).run())
        stack.push_async_callback(_end, task)
    viewer = LightClient(certificate, OfferOptions("recvonly", h264=False, vp8=True))
    clients.append(viewer)
    session = await plane.play("room", "viewer", viewer.offer)
    await viewer.use_answer(session.answer_sdp)
    subscriber = session.subscriber
    if subscriber is None:
        raise RuntimeError("a viewing session has a subscriber")
    switching = Switching(plane, session.id, viewer, subscriber)
    await switching.wait(None)
    cameras, layers = [], []
    for _ in range(switches // 2):
        cameras += [await switching.choose("ben", 300), await switching.choose("ann", 300)]
    for _ in range(switches // 2):
        layers += [await switching.choose("ann", 600), await switching.choose("ann", 300)]
    return {
        "bench": "switch",
        "machine": describe(),
        "conditions": {"switches": switches, "pictures_per_s": 30, "encoder": "a keyframe as the next picture"},
        "figures": {
            "slot_switch_ms_p50": round(statistics.median(cameras), 1),
            "slot_switch_ms_p95": round(statistics.quantiles(cameras, n=20)[-1], 1),
            "layer_switch_ms_p95": round(statistics.quantiles(layers, n=20)[-1], 1),
        },
    }


class Switching:
    """One viewer with one slot, who chooses again and again."""

    def __init__(self, plane: MediaPlane, session_id: str, client: LightClient, subscriber: Subscriber) -> None:
        self._plane = plane
        self._session_id = session_id
        self._client = client
        (self._slot,) = subscriber.video_slots
        self._shown = asyncio.Event()
        self._shown_s = 0.0
        self._before: Track | None = None
        self._slot.on_shown = self._note

    def _note(self) -> None:
        """At the moment itself: until a task is told of it a busy machine may do much else."""
        if self._slot.track is not None and self._slot.track is not self._before:
            self._shown_s = time.perf_counter()
            self._shown.set()

    async def wait(self, before: Track | None) -> None:
        """Until the slot sends another track than ``before``, which goes on until then: nothing freezes."""
        async with asyncio.timeout(10.0):
            while self._slot.track is None or self._slot.track is before:
                self._shown.clear()
                await self._shown.wait()

    async def choose(self, publisher: str, width: int) -> float:
        """Milliseconds until it is sent."""
        self._client.check()  # a session lives on these
        self._before = before = self._slot.track
        begun_s = time.perf_counter()  # a loop's own time stands still for as long as a round of it takes
        await self._plane.choose(self._session_id, "viewer", [SlotWish(0, publisher, width=width)])
        await self.wait(before)
        took_s = self._shown_s - begun_s
        await asyncio.sleep(0.9)  # requests are coalesced: the next switch must not live on this one's keyframe
        return took_s * 1000


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
