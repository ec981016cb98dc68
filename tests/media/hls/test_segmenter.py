"""Parts and segments keep their promises whatever the pictures do."""

import io
import math

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.hls.boxes import VIDEO_RATE, VideoFormat, init_segment
from livehub.media.hls.mixer import CONFIG, Mixer
from livehub.media.hls.segmenter import GRID, Part, Segmenter, Targets
from tests.media.hls.pictures import encode, format_of_stream

TARGETS = Targets()


class Feed:
    """Pictures and their sound, which comes a little behind."""

    def __init__(self, start: int = 100 * VIDEO_RATE, *, with_video: bool = True) -> None:
        self.parts: list[Part] = []
        self.segmenter = Segmenter(TARGETS, self.parts.append)
        self.segmenter.begin(start, with_video=with_video)
        self.sound = self.segmenter.wants_sound_from
        self.count = 0

    def picture(self, time: int, *, key: bool = False, new_era: bool = False, lag: int = 9_000) -> None:
        self.segmenter.add_picture(time, keyframe=key, data=b"%d" % self.count, new_era=new_era)
        self.count += 1
        self.hear(time - lag)

    def hear(self, until: int) -> None:
        frames = max(0, (until - self.sound) // GRID)
        if frames:
            self.segmenter.add_sound(self.sound, [b"aac"] * frames)
            self.sound += frames * GRID

    def segments(self) -> list[list[Part]]:
        found: list[list[Part]] = []
        for part in self.parts:
            while len(found) <= part.msn:
                found.append([])
            if part.data:
                found[part.msn].append(part)
        return found


def check(feed: Feed) -> None:
    """What RFC 8216bis section 4.4.3.7 and 4.4.4.9 ask of parts, and the order that playlists rely on."""
    target = TARGETS.part_s * VIDEO_RATE
    written = [part for part in feed.parts if part.data]
    for before, part in zip([None, *written], written, strict=False):
        assert 0 < part.duration <= target
        if before is not None:
            assert part.start == before.start + before.duration
            assert (part.msn, part.index) in {(before.msn, before.index + 1), (before.msn + 1, 0)}
    for parts in feed.segments()[:-1]:
        for part in parts[:-1]:
            assert part.duration >= 0.85 * target
        assert sum(part.duration for part in parts) / VIDEO_RATE < TARGETS.longest_s + 0.5
        assert len({part.era for part in parts}) == 1


@given(
    st.lists(st.integers(1, 60_000), min_size=10, max_size=200),
    st.sets(st.integers(0, 199)),
    st.integers(0, 20_000),
)
def test_parts_are_of_their_target_and_segments_begin_where_keyframes_allow(
    intervals: list[int], keys: set[int], lag: int
) -> None:
    feed = Feed()
    time = 100 * VIDEO_RATE + 777
    for index, interval in enumerate(intervals):
        feed.picture(time, key=index == 0 or index in keys, lag=lag)
        time += interval
    feed.segmenter.end()
    check(feed)
    assert not feed.parts or feed.parts[0].independent


def test_thirty_pictures_a_second_with_a_keyframe_every_two_seconds() -> None:
    feed = Feed()
    for index in range(301):
        feed.picture(100 * VIDEO_RATE + 3000 * index, key=index % 60 == 0)
    check(feed)
    segments = feed.segments()[:4]
    assert [parts[0].start for parts in segments] == pytest.approx(
        [100 * VIDEO_RATE + 180_000 * index for index in range(4)], abs=GRID
    )
    assert all(parts[0].begins_independent and parts[0].independent for parts in segments)
    assert not any(part.independent for parts in segments for part in parts[1:])
    assert [len(parts) for parts in segments] == [6, 6, 6, 6]


def test_without_keyframes_a_segment_ends_at_its_longest() -> None:
    feed = Feed()
    for index in range(600):
        feed.picture(100 * VIDEO_RATE + 3000 * index, key=index == 0)
    check(feed)
    lengths = [sum(part.duration for part in parts) / VIDEO_RATE for parts in feed.segments()[:4]]
    assert all(math.floor(length) == 3 for length in lengths)
    assert not feed.segments()[1][0].begins_independent


def test_a_picture_that_lasts_long_is_bridged_by_parts_of_sound() -> None:
    feed = Feed()
    feed.picture(100 * VIDEO_RATE, key=True)
    feed.picture(103 * VIDEO_RATE)
    feed.picture(103 * VIDEO_RATE + 3000)
    feed.hear(104 * VIDEO_RATE)
    check(feed)
    assert len(feed.parts) >= 8


def test_a_new_format_begins_an_era_and_a_segment_without_a_hole() -> None:
    feed = Feed()
    for index in range(90):
        feed.picture(100 * VIDEO_RATE + 3000 * index, key=index in (0, 31), new_era=index == 31)
    check(feed)
    changed = [part for part in feed.parts if part.era == 1]
    assert changed[0].msn == 1
    assert changed[0].start == pytest.approx(100 * VIDEO_RATE + 3000 * 31, abs=GRID)
    assert changed[0].begins_independent


def test_the_end_writes_what_is_whole_and_a_new_beginning_counts_on() -> None:
    feed = Feed()
    for index in range(40):
        feed.picture(100 * VIDEO_RATE + 3000 * index, key=index == 0)
    feed.segmenter.end()
    assert feed.parts[-1].last
    feed.segmenter.begin(200 * VIDEO_RATE, with_video=True)
    feed.sound = feed.segmenter.wants_sound_from
    for index in range(40):
        feed.picture(200 * VIDEO_RATE + 3000 * index, key=index == 0)
    assert feed.parts[-1].era == 1
    assert feed.parts[-1].msn == feed.parts[0].msn + 1


def test_sound_alone_is_cut_by_time() -> None:
    feed = Feed(with_video=False)
    for second in range(1, 11):
        feed.hear(100 * VIDEO_RATE + second * VIDEO_RATE)
    check(feed)
    assert len(feed.segments()) >= 4
    assert all(part.independent for part in feed.parts)


def test_what_is_written_plays_in_a_real_demuxer_with_times_and_pictures_intact() -> None:
    pictures = encode(75, every=25)
    sound = Mixer().drain(48_000 * 4)
    parts: list[Part] = []
    segmenter = Segmenter(TARGETS, parts.append)
    segmenter.begin(0, with_video=True)
    for index, (data, key) in enumerate(pictures):
        segmenter.add_picture(3600 * index, keyframe=key, data=data)
    segmenter.add_sound(0, sound)
    segmenter.end()
    shape = format_of_stream()
    assert isinstance(shape, VideoFormat)
    data = init_segment(shape, CONFIG) + b"".join(part.data for part in parts)
    with av.open(io.BytesIO(data), "r") as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height, video.codec_context.name) == (320, 180, "h264")
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48_000, 2)
        packets = [packet for packet in container.demux(video) if packet.size]
        assert [packet.pts for packet in packets] == [3600 * index for index in range(75)]
        assert [packet.duration for packet in packets[:-1]] == [3600] * 74
        assert [packet.is_keyframe for packet in packets] == [index % 25 == 0 for index in range(75)]
    with av.open(io.BytesIO(data), "r") as container:
        assert len(list(container.decode(video=0))) == 75
    with av.open(io.BytesIO(data), "r") as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
        assert samples / 48_000 == pytest.approx(3.0, abs=0.05)
