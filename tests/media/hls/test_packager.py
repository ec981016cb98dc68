"""Rooms become files and events: real encoders' packets in, real demuxers' pictures out."""

import io
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from livehub.events import RoomEnded
from livehub.media.errors import PackagingUnavailable
from livehub.media.hls.events import HlsEnded, HlsEraBegan, HlsPartWritten, HlsRemoved, HlsSegmentWritten, HlsStarted
from livehub.media.hls.files import clean
from livehub.media.limits import HlsLimits
from tests.media.conftest import until
from tests.media.hls.studio import Stage
from tests.media.hls.test_mixer import power


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path / "hls", HlsLimits(window_s=10, slack_s=2, parts_s=12, max_rooms=2))
    await made.packager.start()
    yield made
    await made.close()


def contents(stage: Stage, *paths: str) -> bytes:
    return b"".join((stage.packager.folder / path).read_bytes() for path in paths)


async def test_a_camera_and_its_sound_become_parts_segments_and_events(stage: Stage) -> None:
    stage.packager.hold("r", "hls")
    camera, microphone = stage.camera(), stage.microphone()
    await stage.show(camera, microphone, seconds=9)
    started = stage.of(HlsStarted)
    assert [(item.room_id, item.renditions) for item in started] == [("r", ("video",))]
    assert [(era.era, era.codecs, era.width, era.height) for era in stage.of(HlsEraBegan)] == [
        (0, "avc1.42c00c,mp4a.40.2", 320, 180)
    ]
    segments, parts = stage.of(HlsSegmentWritten), stage.of(HlsPartWritten)
    assert len(segments) == 4
    assert [segment.msn for segment in segments] == [0, 1, 2, 3]
    assert all(segment.independent and 1.7 < segment.duration_s < 2.3 for segment in segments)
    assert camera.asked >= 4  # an encoder that is asked makes segments of their target
    for segment in segments:
        own = [part for part in parts if part.msn == segment.msn]
        assert [part.part for part in own] == list(range(segment.parts))
        assert contents(stage, segment.path) == contents(stage, *(part.path for part in own))
        assert segment.at_ms == own[0].at_ms
        assert segment.duration_s == pytest.approx(sum(part.duration_s for part in own))
    with av.open(io.BytesIO(contents(stage, stage.of(HlsEraBegan)[0].path, *(s.path for s in segments))), "r") as film:
        seconds = sum(segment.duration_s for segment in segments)
        assert len(list(film.decode(video=0))) == pytest.approx(25 * seconds, abs=1), "every picture of their time"
    with av.open(io.BytesIO(contents(stage, stage.of(HlsEraBegan)[0].path, *(s.path for s in segments))), "r") as film:
        pcm = np.concatenate([frame.to_ndarray().T for frame in film.decode(audio=0)])
    assert power(pcm[48_000:96_000], 440) == pytest.approx(0.3, abs=0.05)
    assert not list(stage.packager.folder.rglob("*.tmp"))


async def test_sound_stands_beside_the_picture_of_its_moment(stage: Stage) -> None:
    """A flash and a tone that begin together in the sender's clock begin together in the file."""
    stage.packager.hold("r", "hls")
    camera, microphone = stage.camera(), stage.microphone()
    await stage.show(camera, seconds=2)
    begun_ms = round(stage.timers.unix() * 1000)
    # While it was silent its clock went on.
    microphone.timestamp += 2 * 48_000
    await stage.show(camera, microphone, seconds=3)
    era, segments = stage.of(HlsEraBegan)[0], stage.of(HlsSegmentWritten)
    with av.open(io.BytesIO(contents(stage, era.path, *(item.path for item in segments))), "r") as film:
        frames = list(film.decode(audio=0))
    pcm = np.concatenate([frame.to_ndarray().T for frame in frames])
    first = int(np.flatnonzero(np.abs(pcm[:, 0]) > 0.1)[0])
    at_ms = segments[0].at_ms + first / 48
    assert at_ms == pytest.approx(begun_ms, abs=30)


async def test_a_publisher_that_takes_no_requests_is_begun_from_what_is_kept(stage: Stage) -> None:
    camera = stage.camera(pli=False)
    await stage.show(camera, seconds=3, every=200)
    stage.packager.hold("r", "hls")
    await stage.show(camera, seconds=6, every=200)
    parts, segments = stage.of(HlsPartWritten), stage.of(HlsSegmentWritten)
    assert camera.asked == 0
    assert parts[0].independent
    assert stage.of(HlsStarted)[0].started_ms - parts[0].at_ms == pytest.approx(3000, abs=100)
    assert all(3.5 < segment.duration_s <= 4 for segment in segments)
    assert segments[0].independent
    assert not segments[1].independent


async def test_another_size_and_another_publisher_are_discontinuities(stage: Stage) -> None:
    stage.packager.hold("r", "hls")
    camera, microphone = stage.camera(), stage.microphone()
    await stage.show(camera, microphone, seconds=3)
    camera._since_keyframe = 10_000
    await stage.show(camera, microphone, seconds=3, size=(160, 96))
    camera.leave()
    await stage.show(microphone, seconds=1)
    other = stage.camera(ssrc=2)
    await stage.show(other, microphone, seconds=4)
    eras = stage.of(HlsEraBegan)
    assert [(era.era, era.width) for era in eras] == [(0, 320), (1, 160), (2, 320)]
    segments = stage.of(HlsSegmentWritten)
    assert [segment.msn for segment in segments] == list(range(len(segments)))
    assert sorted({segment.era for segment in segments}) == [0, 1, 2]
    for before, after in pairwise(segments):  # no hole: the sound went on
        assert after.at_ms == pytest.approx(before.at_ms + before.duration_s * 1000, abs=2)


async def test_a_long_absence_is_bridged_by_sound_alone(stage: Stage) -> None:
    stage.packager.hold("r", "hls")
    camera, microphone = stage.camera(), stage.microphone()
    await stage.show(camera, microphone, seconds=3)
    camera.leave()
    await stage.show(microphone, seconds=9)
    other = stage.camera(ssrc=2)
    await stage.show(other, microphone, seconds=4)
    assert [(era.era, era.codecs.count(","), era.width) for era in stage.of(HlsEraBegan)] == [
        (0, 1, 320),
        (1, 0, 0),
        (2, 1, 320),
    ]
    assert [item.msn for item in stage.of(HlsSegmentWritten)] == list(range(len(stage.of(HlsSegmentWritten))))


async def test_a_publisher_that_begins_anew_is_a_discontinuity(stage: Stage) -> None:
    stage.packager.hold("r", "hls")
    camera, microphone = stage.camera(), stage.microphone()
    await stage.show(camera, microphone, seconds=3)
    camera.number += 20_000
    camera.timestamp += 900_000_000
    camera.track.clock._anchor = None  # its reports are still those of its earlier life
    await stage.show(camera, microphone, seconds=4)
    assert [era.era for era in stage.of(HlsEraBegan)] == [0, 1]


async def test_files_leave_the_disk_behind_the_window_and_linked_ones_stay_with_whoever_linked_them(
    stage: Stage, tmp_path: Path
) -> None:
    stage.packager.hold("r", "hls")
    kept = tmp_path / "kept.m4s"

    def keep(event: HlsSegmentWritten) -> None:
        if event.msn == 0:
            kept.hardlink_to(stage.packager.folder / event.path)

    stage.bus.subscribe(HlsSegmentWritten, keep)
    await stage.show(stage.camera(), stage.microphone(), seconds=40)
    folder = stage.packager.folder / "r" / stage.of(HlsStarted)[0].run / "video"
    names = [path.name for path in folder.iterdir()]
    segments = [name for name in names if name.count(".") == 1 and name.endswith(".m4s")]
    assert 5 <= len(segments) <= 8
    assert len(names) <= 60
    assert "init-0.mp4" in names
    assert kept.stat().st_size == stage.of(HlsSegmentWritten)[0].size


async def test_the_last_reason_ends_the_run_and_its_folder_goes_later(stage: Stage) -> None:
    stage.packager.hold("r", "hls")
    stage.packager.hold("r", "recording")
    await stage.show(stage.camera(), stage.microphone(), seconds=3)
    stage.packager.release("r", "hls")
    assert stage.packager.running == 1
    stage.packager.release("r", "recording")
    await until(lambda: stage.of(HlsEnded))
    assert [event.reason for event in stage.of(HlsEnded)] == ["stopped"]
    segments = stage.of(HlsSegmentWritten)
    # what was on its way is written
    assert segments[-1].at_ms + segments[-1].duration_s * 1000 > stage.timers.unix() * 1000 - 500
    run = stage.packager.folder / "r" / stage.of(HlsStarted)[0].run
    assert run.is_dir()
    stage.timers.advance(stage.packager.limits.linger_s + 1)
    await until(lambda: stage.of(HlsRemoved))
    assert not run.exists()


async def test_the_end_of_the_room_ends_its_run_and_a_new_one_has_another_name(stage: Stage) -> None:
    stage.packager.hold("r", "hls")
    camera = stage.camera()
    await stage.show(camera, seconds=2)
    stage.bus.publish(RoomEnded("r"))
    await until(lambda: stage.of(HlsEnded))
    assert stage.of(HlsEnded)[0].reason == "room_ended"
    await stage.show(camera, seconds=1)
    assert len(stage.of(HlsStarted)) == 1
    stage.packager.hold("r", "hls")
    assert len({event.run for event in stage.of(HlsStarted)}) == 2


async def test_a_room_without_anything_on_air_is_begun_when_something_comes(stage: Stage) -> None:
    stage.packager.hold("r", "hls")
    assert stage.events == []
    await stage.show(stage.camera(), seconds=1)
    assert len(stage.of(HlsPartWritten)) >= 1


async def test_more_rooms_than_may_be_are_refused(stage: Stage) -> None:
    camera = stage.camera().source
    for room in "abc":
        stage.show_elsewhere(room, camera)
    stage.packager.hold("a", "hls")
    stage.packager.hold("b", "hls")
    stage.packager.hold("b", "recording")
    with pytest.raises(PackagingUnavailable):
        stage.packager.hold("c", "hls")


async def test_a_room_that_shows_nothing_takes_no_place_from_those_that_do(stage: Stage) -> None:
    camera = stage.camera().source
    for room in "abcd":
        stage.show_elsewhere(room)
        stage.packager.hold(room, "recording")  # more than may be: nothing has to be done for them yet
    for room in "abc":
        stage.show_elsewhere(room, camera)
    assert [event.room_id for event in stage.of(HlsStarted)] == ["a", "b"]
    stage.show_elsewhere("b")
    stage.show_elsewhere("a")
    assert stage.of(HlsEnded) == []  # they may be back in a moment, and nobody needs their places yet
    stage.packager.hold("c", "hls")
    await until(lambda: stage.of(HlsEnded))
    assert [(event.room_id, event.reason) for event in stage.of(HlsEnded)] == [("b", "idle")]
    stage.show_elsewhere("a", camera)
    stage.show_elsewhere("b", camera)
    assert [event.room_id for event in stage.of(HlsStarted)] == ["a", "b", "c"]
    with pytest.raises(PackagingUnavailable):
        stage.packager.hold("b", "recording")
    stage.bus.publish(RoomEnded("c"))
    assert [event.room_id for event in stage.of(HlsStarted)] == ["a", "b", "c", "b"]
    assert stage.packager.running == 2


async def test_a_disk_that_fails_ends_the_run(stage: Stage) -> None:
    stage.packager.hold("r", "hls")
    camera, microphone = stage.camera(), stage.microphone()
    (stage.packager.folder / "r").write_text("a file where the folder has to be")
    await stage.show(camera, microphone, seconds=2)
    stage.timers.advance(1)
    await until(lambda: stage.of(HlsEnded))
    assert stage.of(HlsEnded)[0].reason == "failed"
    assert stage.of(HlsPartWritten) == []
    assert stage.packager.running == 0
    assert camera.track.taps == ()


async def test_what_an_earlier_process_or_worker_left_is_removed(stage: Stage) -> None:
    left = stage.packager.folder / "r" / "run_of_a_worker_that_died" / "video" / "0.m4s"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"old")
    stage.packager.hold("r", "hls")
    await stage.show(stage.camera(), seconds=1)
    runs = {path.name for path in (stage.packager.folder / "r").iterdir()}
    assert runs == {stage.of(HlsStarted)[0].run}
    clean(stage.packager.folder)
    assert not stage.packager.folder.exists()
