"""Tracks that real encoders fill, under timers moved by hand, and the packager that listens to them."""

import asyncio
from pathlib import Path
from typing import TypeVar

from livehub.events import Event, EventBus, StageChanged
from livehub.media.hls.events import HlsEnded, HlsEraBegan, HlsPartWritten, HlsRemoved, HlsSegmentWritten, HlsStarted
from livehub.media.hls.packager import Packager
from livehub.media.limits import HlsLimits, MediaLimits
from livehub.media.port import MediaPort
from livehub.media.rows import SendRows
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.timeline import ntp_from_unix
from livehub.media.track import Track
from tests.media.conftest import until
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
        self.tracks: list[Track] = []
        self.events: list[Event] = []
        for kind in (HlsStarted, HlsEraBegan, HlsPartWritten, HlsSegmentWritten, HlsEnded, HlsRemoved):
            self.bus.subscribe(kind, self.events.append)
        self.packager = Packager(folder, limits)
        self.packager.attach(self.timers, self.bus, lambda _room: self.tracks)
        self._tone = opus(440, 2_000)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def camera(self, *, pli: bool = True, ssrc: int = 1) -> "Sender":
        return Sender(self, Codec.H264, ssrc, frozenset({"nack pli"} if pli else ()))

    def microphone(self, ssrc: int = 11) -> "Sender":
        return Sender(self, Codec.OPUS, ssrc, frozenset())

    async def show(self, *senders: "Sender", seconds: float, every: int = 50, size: tuple[int, int] = SIZE) -> None:
        """Let them send for a while; the camera makes a keyframe every so many pictures, and when it is asked."""
        for _ in range(round(seconds * 25)):
            for sender in senders:
                sender.send(every, size, self._tone)
            self.timers.advance(0.04)
            await asyncio.sleep(0)
            if self.events and not len(self.events) % 5:
                await asyncio.sleep(0.001)  # threads want their turn
        await self.settle()

    async def settle(self) -> None:
        """Until the threads have nothing left to do."""
        for room in self.packager._rooms.values():
            await until(lambda room=room: room._sound._job is None)  # type: ignore[misc]
        done: list[bool] = []
        self.packager._files.then(lambda: done.append(True))
        await until(lambda: done)

    async def close(self) -> None:
        await self.packager.close()
        self.port.close()


class Sender:
    def __init__(self, stage: Stage, codec: Codec, ssrc: int, feedback: frozenset[str]) -> None:
        self.stage = stage
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
        stage.tracks.append(self.track)
        stage.bus.publish(StageChanged("r", ()))

    def _feedback(self, _data: bytes) -> None:
        self.asked += 1
        self._since_keyframe = 10_000

    def leave(self) -> None:
        self.stage.tracks.remove(self.track)
        self.track.close()
        self.stage.bus.publish(StageChanged("r", ()))

    def send(self, every: int, size: tuple[int, int], tone: list[bytes]) -> None:
        """What 40 ms bring."""
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
