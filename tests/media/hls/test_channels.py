"""What interpreters say, packaged apart from the floor: a run for each language, whoever of it is on."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest

from livehub.events import Event, RoomEnded
from livehub.media.events import InterpretationChanged
from livehub.media.hls.channels import ChannelPackager, name_of, room_and_locale
from livehub.media.hls.events import HlsEnded, HlsEraBegan, HlsPartWritten, HlsSegmentWritten, OfChannel
from livehub.media.source import Source
from tests.media.hls.studio import Sender, Stage
from tests.media.hls.test_mixer import opus, power


class Room(Stage):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "hls")
        self.said: dict[str, Source | None] = {}
        self.channels = ChannelPackager(folder / "channels")
        self.channels.attach(self.timers, self.bus, lambda _room: self.said)
        self.packagers.append(self.channels._packager)
        self.told: list[Event] = []
        self.bus.subscribe(OfChannel, lambda event: self.told.append(event.event))

    async def close(self) -> None:
        await self.channels.close()
        await super().close()

    def interpreter(self, who: str, frequency: int, ssrc: int) -> Sender:
        """Whose sound is of their channel alone."""
        sender, own = self.microphone(ssrc), opus(frequency, 2_000)
        send = sender.send

        def send_own(every: int, size: tuple[int, int], tone: list[bytes]) -> None:
            assert tone is not own
            send(every, size, own)

        sender.send = send_own  # type: ignore[method-assign]
        sender.source.publisher = who
        self.sources.remove(sender.source)  # no part of the floor
        return sender

    def on(self, locale: str, sender: Sender | None) -> None:
        self.said[locale] = sender.source if sender else None
        self.bus.publish(InterpretationChanged("r"))

    def sound(self, locale: str) -> np.ndarray:
        of = [event for event in self.told if getattr(event, "room_id", "") == name_of("r", locale)]
        folder = self.channels._packager.folder
        paths = [event.path for event in of if isinstance(event, HlsEraBegan)][:1]
        paths += [event.path for event in of if isinstance(event, HlsSegmentWritten)]
        data = b"".join((folder / path).read_bytes() for path in paths)
        with av.open(io.BytesIO(data), "r") as film:
            return np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)]).reshape(-1, 1)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    made = Room(tmp_path)
    await made.packager.start()
    await made.channels.start()
    yield made
    await made.close()


def test_a_channel_is_named_by_room_and_language() -> None:
    assert room_and_locale(name_of("room_1", "zh")) == ("room_1", "zh")


async def test_each_channel_is_a_run_of_its_own_without_the_floor(room: Room) -> None:
    room.channels.hold("r", "recording", None)
    floor = room.microphone(11)
    thai, arab = room.interpreter("ann", 1_000, 12), room.interpreter("amr", 2_000, 13)
    room.on("th", thai)
    room.on("ar", arab)
    await room.show(floor, thai, arab, seconds=9)
    for locale, own, other in (("th", 1_000, 2_000), ("ar", 2_000, 1_000)):
        kept = room.sound(locale)[48_000:96_000]
        assert power(kept, own) > 0.1
        assert power(kept, other) < 0.01
        assert power(kept, 440) < 0.01
    assert not any(event.width for event in room.told if isinstance(event, HlsEraBegan))
    assert room.events == [], "viewers are told nothing of it"


async def test_a_hand_over_goes_on_in_the_same_run(room: Room) -> None:
    room.channels.hold("r", "recording", None)
    ann, ben = room.interpreter("ann", 1_000, 12), room.interpreter("ben", 2_000, 13)
    room.on("th", ann)
    await room.show(ann, ben, seconds=5)
    room.on("th", ben)
    await room.show(ann, ben, seconds=5)
    runs = {event.run for event in room.told if isinstance(event, HlsEraBegan)}
    assert len(runs) == 1
    kept = room.sound("th")
    assert power(kept[24_000:96_000], 1_000) > 0.1
    assert power(kept[-96_000:-24_000], 2_000) > 0.1


async def test_it_begins_with_the_first_word_and_anew_after_a_long_pause(room: Room) -> None:
    room.channels.hold("r", "recording", None)
    ann = room.interpreter("ann", 1_000, 12)
    began_ms = room.timers.unix() * 1000
    room.on("th", ann)
    await room.show(ann, seconds=5)
    room.timers.advance(60)
    ann.timestamp += 60 * 48_000
    await room.show(ann, seconds=5)
    await room.settle()
    first, *_ = [event for event in room.told if isinstance(event, HlsPartWritten)]
    assert first.at_ms - began_ms < 500
    eras = [event.era for event in room.told if isinstance(event, HlsEraBegan)]
    assert eras == [0, 1]
    kept_s = sum(event.duration_s for event in room.told if isinstance(event, HlsPartWritten))
    assert 7 < kept_s < 11, "a minute of nothing is no part of it"


async def test_who_did_not_agree_is_not_kept_and_nothing_is_without_a_reason(room: Room) -> None:
    ann = room.interpreter("ann", 1_000, 12)
    room.on("th", ann)
    await room.show(ann, seconds=2)
    assert room.told == []
    room.channels.hold("r", "recording", ["somebody else"])
    await room.show(ann, seconds=3)
    assert room.told == []


async def test_it_ends_with_the_room(room: Room) -> None:
    room.channels.hold("r", "recording", None)
    ann = room.interpreter("ann", 1_000, 12)
    room.on("th", ann)
    await room.show(ann, seconds=4)
    room.bus.publish(RoomEnded("r"))
    await room.settle()
    assert isinstance(room.told[-1], HlsEnded)
    assert room.told[-1].reason == "room_ended"
    room.channels.release("r", "recording")
