"""Layers of a camera become renditions that players change between: the same cuts, the same sound, other pictures."""

import io
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from livehub.events import StageChanged
from livehub.media.events import LayersChanged
from livehub.media.hls.events import HlsEraBegan, HlsPartWritten, HlsRenditions, HlsSegmentWritten, HlsStarted
from livehub.media.limits import HlsLimits
from tests.media.conftest import until
from tests.media.hls.studio import Sender, Stage
from tests.media.hls.test_mixer import power

SIZES = (160, 96), (320, 180), (640, 360)
NAMES = "small", "medium", "video"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path / "hls", HlsLimits(window_s=30, slack_s=2, linger_s=5))
    await made.packager.start()
    yield made
    await made.close()


def segments(stage: Stage, rendition: str) -> list[HlsSegmentWritten]:
    return [event for event in stage.of(HlsSegmentWritten) if event.rendition == rendition]


def eras(stage: Stage, rendition: str) -> list[HlsEraBegan]:
    return [event for event in stage.of(HlsEraBegan) if event.rendition == rendition]


def cuts(stage: Stage, rendition: str) -> list[tuple[int, int, int, int, float]]:
    """Where each part of whole segments begins and how long it is."""
    whole = {event.msn for event in segments(stage, rendition)}
    parts = [event for event in stage.of(HlsPartWritten) if event.rendition == rendition and event.msn in whole]
    return [(part.era, part.msn, part.part, part.at_ms, part.duration_s) for part in parts]


def film(stage: Stage, *paths: str) -> av.container.InputContainer:
    return av.open(io.BytesIO(b"".join((stage.packager.folder / path).read_bytes() for path in paths)), "r")


async def on_air(stage: Stage, seconds: float = 9, skew_s: float = 0.004) -> tuple[list[Sender], Sender]:
    stage.packager.hold("r", "hls")
    layers, microphone = stage.simulcast(*SIZES, skew_s=skew_s), stage.microphone()
    await stage.show(*layers, microphone, seconds=seconds)
    return layers, microphone


@pytest.mark.parametrize("skew_s", [0.0, 0.009, -0.013, 0.025])
async def test_layers_are_cut_alike_and_each_segment_begins_with_a_keyframe(stage: Stage, skew_s: float) -> None:
    await on_air(stage, skew_s=skew_s)
    assert stage.of(HlsStarted)[0].renditions == ("video",)
    assert stage.of(HlsRenditions)[-1].renditions == ("video", "medium", "small")
    assert [eras(stage, name)[0].width for name in NAMES] == [160, 320, 640]
    leading = cuts(stage, "video")
    assert len(segments(stage, "video")) >= 3
    for name in ("small", "medium"):
        own = cuts(stage, name)
        assert own == leading[len(leading) - len(own) :][: len(own)] or own == leading[: len(own)]
        assert len(own) >= len(leading) - 8
        assert all(event.independent for event in segments(stage, name))


async def test_every_rendition_plays_by_itself_and_goes_on_in_any_other(stage: Stage) -> None:
    await on_air(stage)
    for name, size in zip(NAMES, SIZES, strict=True):
        own = segments(stage, name)
        with film(stage, eras(stage, name)[0].path, *(item.path for item in own)) as played:
            pictures = list(played.decode(video=0))
        assert {(picture.width, picture.height) for picture in pictures} == {size}
        assert len(pictures) == pytest.approx(25 * sum(item.duration_s for item in own), abs=4)
        with film(stage, eras(stage, name)[0].path, *(item.path for item in own)) as played:
            sound = np.concatenate([frame.to_ndarray().T for frame in played.decode(audio=0)])
        assert power(sound[24_000:72_000], 440) == pytest.approx(0.3, abs=0.05)
    # From one to the other and on: time goes on, and every picture can be decoded.
    ends = []
    for msn, name in ((1, "video"), (2, "small"), (3, "medium")):
        (path,) = [item.path for item in segments(stage, name) if item.msn == msn]
        with film(stage, eras(stage, name)[0].path, path) as played:
            times = [float(picture.time or 0) for picture in played.decode(video=0)]
        assert len(times) >= 40
        ends.append((times[0], times[-1]))
    assert all(0 < after[0] - before[1] < 0.12 for before, after in pairwise(ends))


async def test_smaller_layers_are_made_for_viewers_and_not_for_a_recording(stage: Stage) -> None:
    stage.packager.hold("r", "recording")
    layers, microphone = stage.simulcast(*SIZES), stage.microphone()
    await stage.show(*layers, microphone, seconds=5)
    assert {event.rendition for event in stage.of(HlsSegmentWritten)} == {"video"}
    assert not layers[0].track.taps
    stage.packager.hold("r", "hls")
    assert stage.of(HlsRenditions)[-1].renditions == ("video", "medium", "small")
    await stage.show(*layers, microphone, seconds=5)
    assert {event.rendition for event in stage.of(HlsSegmentWritten)} == set(NAMES)
    first = next(event for event in stage.of(HlsPartWritten) if event.rendition == "small")
    assert first.part == 0
    stage.packager.release("r", "hls")
    assert stage.of(HlsRenditions)[-1].renditions == ("video",)
    assert not layers[0].track.taps, "and nobody keeps the publisher sending it"
    run = stage.packager.folder / "r" / stage.of(HlsStarted)[0].run
    assert (run / "small").is_dir()
    stage.timers.advance(stage.limits.layer_stopped_s + stage.packager.limits.linger_s)
    await until(lambda: not (run / "small").exists())
    stage.packager.hold("r", "hls")
    assert stage.of(HlsRenditions)[-1].renditions == ("video", "medium-2", "small-2")


async def test_a_layer_that_stops_is_shown_by_the_next_smaller_one_and_comes_back(stage: Stage) -> None:
    layers, microphone = await on_air(stage, seconds=5)
    await stage.show(*layers[:2], microphone, seconds=1.5)
    layers[0].source.check(stage.timers.monotonic())
    stage.bus.publish(LayersChanged("r"))
    await stage.show(*layers[:2], microphone, seconds=6)
    assert [era.width for era in eras(stage, "video")] == [640, 320]
    assert [era.width for era in eras(stage, "medium")] == [320, 320]
    layers[2]._since_keyframe = 10_000
    layers[2].timestamp = layers[1].timestamp
    await stage.show(*layers, microphone, seconds=1)
    layers[0].source.check(stage.timers.monotonic())
    stage.bus.publish(LayersChanged("r"))
    await stage.show(*layers, microphone, seconds=5)
    assert [era.width for era in eras(stage, "video")][-1] == 640
    for name in ("small", "medium"):
        own = cuts(stage, name)
        assert set(own) <= set(cuts(stage, "video"))
        numbers = [event.msn for event in segments(stage, name)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no hole in its numbers"


async def test_another_camera_without_layers_is_shown_by_all_renditions(stage: Stage) -> None:
    layers, microphone = await on_air(stage, seconds=5)
    for layer in layers:
        layer.track.close()
    stage.sources.remove(layers[0].source)
    stage.bus.publish(StageChanged("r", ()))
    other = stage.camera(ssrc=2)
    await stage.show(other, microphone, seconds=7)
    assert stage.of(HlsRenditions)[-1].renditions == ("video", "medium", "small")
    assert [eras(stage, name)[-1].width for name in NAMES] == [320, 320, 320]
    for name in ("small", "medium"):
        numbers = [event.msn for event in segments(stage, name)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert numbers[-1] >= segments(stage, "video")[-1].msn - 1


async def test_a_smaller_layer_that_changes_its_size_begins_an_era_for_all(stage: Stage) -> None:
    layers, microphone = await on_air(stage, seconds=5)
    layers[0].size, layers[0]._since_keyframe = (128, 72), 10_000
    await stage.show(*layers, microphone, seconds=6)
    assert [era.width for era in eras(stage, "small")] == [160, 128]
    assert [era.width for era in eras(stage, "video")] == [640, 640]
    with film(stage, eras(stage, "small")[1].path, segments(stage, "small")[-1].path) as played:
        assert {picture.width for picture in played.decode(video=0)} == {128}


async def test_sound_alone_is_in_all_of_them(stage: Stage) -> None:
    layers, microphone = await on_air(stage, seconds=5)
    for layer in layers:
        layer.track.close()
    stage.sources.remove(layers[0].source)
    stage.bus.publish(StageChanged("r", ()))
    await stage.show(microphone, seconds=9)
    for name in NAMES:
        assert [era.width for era in eras(stage, name)][-1] == 0
        with film(stage, eras(stage, name)[-1].path, segments(stage, name)[-1].path) as played:
            assert not played.streams.video
            assert played.streams.audio


async def test_the_end_writes_what_is_whole(stage: Stage) -> None:
    await on_air(stage, seconds=5)
    stage.packager.release("r", "hls")
    await stage.settle()
    for name in ("small", "medium"):
        assert segments(stage, name)[-1].msn == segments(stage, "video")[-1].msn
