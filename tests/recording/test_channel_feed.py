"""What interpreters say is kept beside the programme, and is no part of it."""

from dataclasses import dataclass

from livehub.events import Event
from livehub.media.hls.channels import name_of
from livehub.media.hls.events import OfChannel
from tests.recording.conftest import Packaging, Studio


@dataclass
class Channel(Packaging):
    """The packaging of one channel."""

    def tell(self, event: Event) -> None:
        self.bus.publish(OfChannel(event))


def channel_of(studio: Studio, room_id: str, locale: str) -> Packaging:
    return Channel(studio.bus, studio.clock, studio.root / "channels", name_of(room_id, locale), studio.made).start()


async def test_a_channel_is_a_track_of_its_own(studio: Studio) -> None:
    access = await studio.room()
    room_id = access.room.id
    floor, thai = studio.packaging(room_id), channel_of(studio, room_id, "th")
    for _ in range(2):
        floor.segment()
        thai.segment()
    thai.part(0)  # not whole when it ends: kept as far as it came
    thai.end()
    await studio.settle()
    await studio.rooms.end(access)
    floor.end()
    await studio.settle()
    replay = await studio.recordings.library.replay(room_id)
    assert replay is not None
    assert sorted(replay.tracks) == ["interpreter-th", "video"]
    assert "interpreter" not in replay.multivariant()
    playlist = replay.media("interpreter-th")
    assert playlist is not None
    assert playlist.count("#EXTINF") == 3
    assert replay.duration_s == 4, "positions are told by the programme"
    assert sum("interpreter-th-" in name for name in studio.files()) == 4


async def test_nothing_of_a_channel_is_kept_in_a_pause_or_without_a_recording(studio: Studio) -> None:
    access = await studio.room()
    room_id = access.room.id
    floor, thai = studio.packaging(room_id), channel_of(studio, room_id, "th")
    floor.segment()
    thai.segment()
    await studio.settle()
    await studio.recordings.pause(access)
    floor.segment()
    thai.segment()
    await studio.settle()
    await studio.recordings.stop(access)
    thai.segment()
    await studio.settle()
    assert [name for name in studio.files() if "interpreter-th-" in name and name.endswith(".m4s")] == [
        f"{studio.files()[0].split('/')[0]}/interpreter-th-0.m4s"
    ]
