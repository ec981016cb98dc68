"""Tracks that real encoders fill, under timers moved by hand, and the packager that listens to them."""

import asyncio
from pathlib import Path
from typing import TypeVar

from livehub.events import Event, EventBus, StageChanged
from livehub.media.hls.events import (
    HlsEnded,
    HlsEraBegan,
    HlsPartWritten,
    HlsRemoved,
    HlsRenditions,
    HlsSegmentWritten,
    HlsStarted,
)
from livehub.media.hls.packager import Packager
from livehub.media.limits import HlsLimits, MediaLimits
from livehub.media.port import MediaPort
from livehub.media.rows import SendRows
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.timeline import ntp_from_unix
from livehub.media.source import Source
from livehub.media.track import Track
from tests.media.hls.pictures import units_of
from tests.media.hls.test_mixer import opus
from tests.media.manual_timers import ManualTimers

E = TypeVar("E", bound=Event)
SIZE = 320, 180
#: fragments of a unit stay below what a datagram takes
PIECE = 1_100


class Stage:
    """One room ``r``. Frames are sent 25 a second, with the sound of their time."""

    def __init__(self, folder: Path, limits: HlsLimits | None = None) -> None:
        self.timers, self.bus = ManualTimers(), EventBus()
        self.limits = MediaLimits()
        self.port = MediaPort(("127.0.0.1",), 0)
        self.rows = SendRows(self.port, self.timers, self.limits)
        self.sources: list[Source] = []
        #: of further rooms
        self.elsewhere: dict[str, list[Source]] = {}
        self.events: list[Event] = []
        for kind in (HlsStarted, HlsRenditions, HlsEraBegan, HlsPartWritten, HlsSegmentWritten, HlsEnded, HlsRemoved):
            self.bus.subscribe(kind, self.events.append)
        self.packager = Packager(folder, limits)
        self.packager.attach(self.timers, self.bus, lambda room: self.elsewhere.get(room, self.sources))
        self.packagers = [self.packager]
        self._tone = opus(440, 2_000)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def camera(self, *, pli: bool = True, ssrc: int = 1) -> "Sender":
        return Sender(self, Codec.H264, ssrc, frozenset({"nack pli"} if pli else ()))

    def microphone(self, ssrc: int = 11) -> "Sender":
        return Sender(self, Codec.OPUS, ssrc, frozenset())

    def simulcast(self, *sizes: tuple[int, int], skew_s: float = 0.004) -> "list[Sender]":
        """A camera in layers, from the smallest on; each one's clock is ``skew_s`` further from the truth."""
        source = Source("host", Codec.H264)
        senders = [
            Sender(self, Codec.H264, 100 + index, frozenset({"nack pli"}), layer=(source, f"l{index}"), size=size)
            for index, size in enumerate(sizes)
        ]
        for index, sender in enumerate(senders):
            anchor = ntp_from_unix(self.timers.unix() + skew_s * index)
            sender.track.clock.anchor(anchor, sender.timestamp & 0xFFFFFFFF)
        return senders

    def show_elsewhere(self, room: str, *sources: Source) -> None:
        """What is on air in another room from now on."""
        self.elsewhere[room] = list(sources)
        self.bus.publish(StageChanged(room, ()))

    async def show(self, *senders: "Sender", seconds: float, every: int = 50, size: tuple[int, int] = SIZE) -> None:
        """Let them send for a while; the camera makes a keyframe every so many pictures, and when it is asked."""
        for _ in range(round(seconds * 25)):
            for sender in senders:
                sender.send(every, size, self._tone)
            self.timers.advance(0.04)
            await self.settle()  # the threads' time is not that of the timers: they must not fall behind it

    async def settle(self) -> None:
        """Until the threads have nothing left to do."""
        for packager in self.packagers:
            for room in packager._rooms.values():
                while (job := room._sound._job) is not None:
                    await asyncio.wait([job])
                    await asyncio.sleep(0)
            done = asyncio.Event()
            packager._files.then(done.set)
            await done.wait()

    async def close(self) -> None:
        await self.packager.close()
        self.port.close()


class Sender:
    """``layer``: the source that it is a layer of, and its name. ``size``: of its pictures, whatever the show's is."""

    def __init__(
        self,
        stage: Stage,
        codec: Codec,
        ssrc: int,
        feedback: frozenset[str],
        *,
        layer: tuple[Source, str] | None = None,
        size: tuple[int, int] | None = None,
    ) -> None:
        self.stage = stage
        self.size = size
        self.number = 65_500
        self.timestamp = (1 << 32) - 100_000
        self.index = 0
        self.asked = 0
        self._since_keyframe = 10_000
        self.track = Track(
            "host",
            codec,
            ssrc,
            self.number,
            feedback=feedback,
            rows=stage.rows,
            limits=stage.limits,
            timers=stage.timers,
            send_rtcp=self._feedback,
        )
        self.track.clock.anchor(ntp_from_unix(stage.timers.unix()), self.timestamp & 0xFFFFFFFF)
        self.source, rid = layer or (Source("host", codec), "")
        self.source.put(rid, self.track, stage.timers.monotonic())
        if self.source not in stage.sources:
            stage.sources.append(self.source)
        stage.bus.publish(StageChanged("r", ()))

    def _feedback(self, _data: bytes) -> None:
        self.asked += 1
        self._since_keyframe = 10_000

    def leave(self) -> None:
        self.stage.sources.remove(self.source)
        self.track.close()
        self.stage.bus.publish(StageChanged("r", ()))

    def send(self, every: int, size: tuple[int, int], tone: list[bytes]) -> None:
        """What 40 ms bring."""
        size = self.size or size
        if self.track.kind == "audio":
            for _ in range(2):
                self._packet(tone[self.index % len(tone)], marker=False)
                self.index += 1
                self.timestamp += 960
            return
        if self._since_keyframe >= every:
            self._since_keyframe = 0
        units = units_of(200, size, every=200)[self._since_keyframe]
        for place, unit in enumerate(units):
            last = place == len(units) - 1
            if len(unit) <= PIECE:
                self._packet(unit, marker=last)
                continue
            body = unit[1:]
            for at in range(0, len(body), PIECE):
                end = at + PIECE >= len(body)
                head = bytes(((unit[0] & 0xE0) | 28, (0x80 if not at else 0) | (0x40 if end else 0) | unit[0] & 31))
                self._packet(head + body[at : at + PIECE], marker=last and end)
        self._since_keyframe += 1
        self.timestamp += 3600

    def _packet(self, payload: bytes, *, marker: bool) -> None:
        now_s = self.stage.timers.monotonic()
        number, timestamp = self.number & 0xFFFF, self.timestamp & 0xFFFFFFFF
        self.track.receive(Packet(number, timestamp, marker, payload, now_s))
        self.number += 1
