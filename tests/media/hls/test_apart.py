"""Segments of those alone who are named: their sound in the mix, their picture, and nothing of anybody else."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest

from livehub.events import Event, RoomEnded, StageChanged
from livehub.media.hls.apart import ApartPackager
from livehub.media.hls.events import HlsEnded, HlsEraBegan, HlsSegmentWritten, SetApart
from tests.media.hls.studio import Sender, Stage
from tests.media.hls.test_mixer import opus, power


class Room(Stage):
    """Two packagers on one stage."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "hls")
        self.apart = ApartPackager(folder / "apart")
        self.apart.attach(self.timers, self.bus, lambda _room: self.sources)
        self.packagers.append(self.apart._packager)
        self.told: list[Event] = []
        self.bus.subscribe(SetApart, lambda event: self.told.append(event.event))

    async def close(self) -> None:
        await self.apart.close()
        await super().close()

    def voice(self, who: str, frequency: int, ssrc: int) -> Sender:
        sender, own = self.microphone(ssrc), opus(frequency, 2_000)
        send = sender.send

        def send_own(every: int, size: tuple[int, int], tone: list[bytes]) -> None:
            assert tone is not own
            send(every, size, own)

        sender.send = send_own  # type: ignore[method-assign]
        self.rename(sender, who)
        return sender

    def rename(self, sender: Sender, who: str) -> None:
        sender.source.publisher = who
        self.bus.publish(StageChanged("r", ()))

    def sound(self, apart: bool) -> np.ndarray:
        """What was mixed, of one channel."""
        folder = self.apart._packager.folder if apart else self.packager.folder
        events = self.told if apart else self.events
        paths = [event.path for event in events if isinstance(event, HlsEraBegan)][:1]
        paths += [event.path for event in events if isinstance(event, HlsSegmentWritten)]
        data = b"".join((folder / path).read_bytes() for path in paths)
        with av.open(io.BytesIO(data), "r") as film:
            return np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    made = Room(tmp_path)
    await made.packager.start()
    await made.apart.start()
    yield made
    await made.close()


async def test_who_is_not_named_is_neither_seen_nor_heard(room: Room) -> None:
    room.packager.hold("r", "hls")
    room.apart.hold("r", "recording", ["host"])
    camera, host, guest = room.camera(), room.voice("host", 440, 11), room.voice("guest", 1_000, 12)
    await room.show(camera, host, guest, seconds=7)
    watched, kept = room.sound(apart=False), room.sound(apart=True)
    window = slice(48_000, 144_000)
    assert power(watched[window].reshape(-1, 1), 1_000) > 0.1
    assert power(kept[window].reshape(-1, 1), 1_000) < 0.01
    assert power(kept[window].reshape(-1, 1), 440) > 0.1
    assert all(event.width for event in room.told if isinstance(event, HlsEraBegan))


async def test_a_picture_of_somebody_else_is_left_out(room: Room) -> None:
    room.apart.hold("r", "recording", ["host"])
    camera, host = room.camera(), room.voice("host", 440, 11)
    room.rename(camera, "guest")
    await room.show(camera, host, seconds=7)
    eras = [event for event in room.told if isinstance(event, HlsEraBegan)]
    assert eras
    assert not any(event.width for event in eras)


async def test_who_takes_the_agreement_back_is_out_from_then_on(room: Room) -> None:
    room.apart.hold("r", "recording", ["guest", "host"])
    camera, host, guest = room.camera(), room.voice("host", 440, 11), room.voice("guest", 1_000, 12)
    await room.show(camera, host, guest, seconds=4)
    room.apart.hold("r", "recording", ["host"])
    await room.show(camera, host, guest, seconds=5)
    kept = room.sound(apart=True).reshape(-1, 1)
    assert power(kept[24_000:96_000], 1_000) > 0.1
    assert power(kept[-72_000:], 1_000) < 0.01
    assert power(kept[-72_000:], 440) > 0.1


async def test_it_ends_with_the_room_and_nobody_else_hears_of_it(room: Room) -> None:
    room.apart.hold("r", "recording", ["host"])
    camera, host = room.camera(), room.voice("host", 440, 11)
    await room.show(camera, host, seconds=3)
    room.bus.publish(RoomEnded("r"))
    await room.settle()
    assert isinstance(room.told[-1], HlsEnded)
    assert room.told[-1].reason == "room_ended"
    assert room.events == []
    room.apart.release("r", "recording")
