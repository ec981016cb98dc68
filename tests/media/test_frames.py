"""Taps: whole frames in order out of what a lossy network makes of them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.frames import AUDIO_WAIT_S, VIDEO_WAIT_S, Frame, FrameAssembler, FrameTap
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.h264 import ParameterSets, annex_b, avcc
from tests.media.conftest import Studio, send_frames, until
from tests.media.rtp.test_depacketize import fragments

SPS, PPS = b"\x67\x42\xe0\x1f\x01", b"\x68\xce\x3c"
STAP = b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in (SPS, PPS))


class Sink:
    def __init__(self, codec: Codec = Codec.H264) -> None:
        self.frames: list[Frame] = []
        self.asked = 0
        self.assembler = FrameAssembler(codec, self.frames.append, self._ask)

    def _ask(self) -> None:
        self.asked += 1

    def push(self, packets: Sequence[Packet]) -> None:
        for packet in packets:
            self.assembler.push(packet)

    @property
    def timestamps(self) -> list[int]:
        return [frame.timestamp for frame in self.frames]


def picture(index: int, *, key: bool, first: int, pieces: int = 3, at_s: float | None = None) -> list[Packet]:
    """One picture of 30 a second from sequence number ``first`` on: ``pieces`` packets, and one more in a keyframe."""
    unit = (b"\x65" if key else b"\x61") + bytes((index % 256,)) * (pieces * 10)
    payloads = ([STAP] if key else []) + fragments(unit, 10)
    arrived_s = index / 30 if at_s is None else at_s
    return [
        Packet((first + n) & 0xFFFF, (index * 3000) & 0xFFFFFFFF, n == len(payloads) - 1, payload, arrived_s)
        for n, payload in enumerate(payloads)
    ]


def stream(count: int, *, first: int = 0, first_index: int = 0, every: int = 10) -> list[Packet]:
    packets: list[Packet] = []
    for index in range(first_index, first_index + count):
        packets += picture(index, key=(index - first_index) % every == 0, first=first + len(packets))
    return packets


def test_pictures_come_whole_with_their_parameter_sets_apart() -> None:
    sink = Sink()
    sink.push(stream(12))
    assert sink.timestamps == [3000 * index for index in range(12)]
    assert [frame.keyframe for frame in sink.frames] == [index % 10 == 0 for index in range(12)]
    first = sink.frames[0]
    assert first.parameter_sets == ParameterSets(SPS, PPS)
    assert first.parameter_sets.codec_string == "avc1.42e01f"
    assert first.data == avcc([b"\x65" + bytes(30)])
    assert annex_b(first.data) == b"\x00\x00\x00\x01\x65" + bytes(30)
    assert sink.frames[1].parameter_sets == first.parameter_sets
    assert not any(frame.after_gap or frame.restarted for frame in sink.frames)
    assert sink.asked == 0


@given(st.data())
def test_any_order_within_the_window_gives_the_same_frames(data: st.DataObject) -> None:
    first = data.draw(st.sampled_from([0, 100, 65_500, 65_535]))
    index = data.draw(st.sampled_from([0, (1 << 32) // 3000 - 5]))
    packets = stream(20, first=first, first_index=index)
    expected = Sink()
    expected.push(packets)
    # Each packet is late by up to eight places; the very first stays, as the one that tells where to begin.
    lateness = [0.0] + [data.draw(st.integers(0, 8)) + number / 1e6 for number in range(1, len(packets))]
    order = sorted(range(len(packets)), key=lambda at: at + lateness[at] if at else -1)
    doubled = [packets[at] for at in order for _ in range(data.draw(st.integers(1, 2)))]
    sink = Sink()
    sink.push(doubled)
    strip = [(frame.timestamp, frame.data, frame.keyframe) for frame in sink.frames]
    assert strip == [(frame.timestamp, frame.data, frame.keyframe) for frame in expected.frames]
    assert len(sink.frames) == 20
    assert all(later > earlier for earlier, later in zip(sink.timestamps, sink.timestamps[1:], strict=False))


@given(st.data())
def test_whatever_is_lost_no_frame_comes_without_what_it_needs(data: st.DataObject) -> None:
    packets = stream(40, every=8)
    lost = data.draw(st.sets(st.integers(1, len(packets) - 1), max_size=12))
    sink = Sink()
    for number, packet in enumerate(packets):
        sink.assembler.expire(packet.arrived_s)
        if number not in lost:
            sink.assembler.push(packet)
    sink.assembler.expire(packets[-1].arrived_s + 10)
    whole = {frame.timestamp: frame.data for frame in _frames_of(packets)}
    damaged = {packets[number].timestamp for number in lost}
    for before, frame in zip([None, *sink.frames], sink.frames, strict=False):
        assert whole[frame.timestamp] == frame.data
        assert frame.timestamp not in damaged
        if not frame.keyframe:
            assert before is not None
            assert frame.timestamp - before.timestamp == 3000
    for start in range(0, 40, 8):  # a group nothing of which is lost comes whole
        group = {3000 * (start + n) for n in range(8)}
        if not group & damaged:
            assert group <= set(sink.timestamps)


def _frames_of(packets: Sequence[Packet]) -> list[Frame]:
    sink = Sink()
    sink.push(packets)
    return sink.frames


def test_a_gap_waits_for_its_repair() -> None:
    sink = Sink()
    packets = stream(6)
    missing = packets.pop(5)
    sink.push(packets)
    assert sink.timestamps == [0]
    due_s = sink.assembler.due_s
    assert due_s == pytest.approx(packets[5].arrived_s + VIDEO_WAIT_S)
    sink.assembler.expire(packets[5].arrived_s + VIDEO_WAIT_S - 0.001)
    sink.push([missing])
    assert sink.timestamps == [3000 * index for index in range(6)]
    assert sink.assembler.due_s is None
    assert sink.assembler.lost_packets == 0
    assert sink.asked == 0


def test_a_lost_packet_costs_everything_up_to_the_next_keyframe_which_is_asked_for() -> None:
    sink = Sink()
    packets = stream(12)
    del packets[5]
    sink.push(packets)
    sink.assembler.expire(packets[5].arrived_s + VIDEO_WAIT_S)
    assert sink.timestamps == [0, 30_000, 33_000]
    assert [frame.after_gap for frame in sink.frames] == [False, True, False]
    assert sink.assembler.lost_packets == 1
    assert sink.asked >= 1


def test_more_than_can_wait_ends_the_waiting() -> None:
    sink = Sink()
    sink.assembler = FrameAssembler(Codec.H264, sink.frames.append, sink._ask, max_waiting=20)
    packets = stream(30)
    del packets[2]
    sink.push(packets)
    assert sink.timestamps[:2] == [30_000, 33_000]


def test_a_tap_in_the_middle_begins_with_a_keyframe() -> None:
    sink = Sink()
    sink.push(stream(12)[7:])
    assert sink.timestamps == [30_000, 33_000]
    assert sink.asked > 0


def test_a_picture_without_marker_ends_where_the_next_begins() -> None:
    sink = Sink()
    packets = [
        Packet(packet.sequence_number, packet.timestamp, False, packet.payload, packet.arrived_s)
        for packet in stream(5)
    ]
    sink.push(packets)
    assert sink.timestamps == [0, 3000, 6000, 9000]


def test_an_idr_picture_without_parameter_sets_in_it_uses_those_known() -> None:
    sink = Sink()
    packets = stream(2)
    packets += [Packet(len(packets), 6000, True, b"\x65" + bytes(10), 0.1)]
    sink.push(packets)
    assert sink.frames[2].keyframe
    assert sink.frames[2].parameter_sets == ParameterSets(SPS, PPS)


def test_a_source_that_begins_anew_says_so() -> None:
    sink = Sink()
    sink.push(stream(3))
    sink.assembler.restart()
    sink.push(stream(3, first=40_000, first_index=7_000))
    assert [frame.restarted for frame in sink.frames] == [False, False, False, True, False, False]


def test_opus_goes_on_behind_a_gap() -> None:
    sink = Sink(Codec.OPUS)
    packets = [Packet(n, 0xFFFFFFFF - 960 + 960 * n & 0xFFFFFFFF, False, b"opus%d" % n, n / 50) for n in range(6)]
    sink.push([packets[0], packets[2], packets[1], packets[4]])
    assert [frame.data for frame in sink.frames] == [b"opus0", b"opus1", b"opus2"]
    sink.assembler.expire(packets[4].arrived_s + AUDIO_WAIT_S)
    assert sink.frames[3].after_gap
    sink.push([packets[3], packets[5]])
    assert [frame.data for frame in sink.frames[3:]] == [b"opus4", b"opus5"]
    assert [frame.timestamp - sink.frames[0].timestamp for frame in sink.frames] == [0, 960, 1920, 3840, 4800]
    assert sink.asked == 0


def test_vp8_frames_come_without_their_descriptors() -> None:
    sink = Sink(Codec.VP8)
    key, delta = b"\x10\x02\x00\x9d\x01\x2a", b"\x11\x02\x00"
    sink.push(
        [
            Packet(1, 0, True, b"\x10" + delta, 0.0),
            Packet(2, 3000, False, b"\x90\x80\x05" + key, 0.0),
            Packet(3, 3000, True, b"\x00rest", 0.0),
            Packet(4, 6000, True, b"\x10" + delta, 0.1),
        ]
    )
    assert [(frame.data, frame.keyframe) for frame in sink.frames] == [(key + b"rest", True), (delta, False)]


@given(
    st.sampled_from([Codec.H264, Codec.VP8, Codec.OPUS]),
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 5), st.booleans(), st.binary(max_size=20), st.booleans()),
        max_size=60,
    ),
)
def test_hostile_packets_raise_nothing(codec: Codec, packets: Sequence[tuple[int, int, bool, bytes, bool]]) -> None:
    sink = Sink(codec)
    for at, (number, timestamp, marker, payload, begins) in enumerate(packets):
        data = STAP if begins and codec is Codec.H264 else payload
        sink.push([Packet(number, timestamp * 3000, marker, data, at / 100)])
        sink.assembler.expire(at / 100)
    sink.assembler.expire(1e6)
    assert sink.assembler.due_s is None
    assert all(frame.data for frame in sink.frames)


async def test_a_tap_on_a_real_track_gets_what_viewers_get(studio: Studio) -> None:
    host, session = await studio.publisher()
    await send_frames(host, 1)
    assert session.publisher is not None
    publisher = session.publisher
    await until(lambda: publisher.tracks)
    track = next(iter(publisher.tracks.values()))
    frames: list[Frame] = []
    ended: list[bool] = []
    tap = FrameTap(track, studio.plane.timers, frames.append, lambda: ended.append(True))
    assert track.requests_sent == 1
    host.send_rtp(track.ssrc, 102, 3000, STAP)
    host.send_rtp(track.ssrc, 102, 3000, b"\x65" + bytes(30), marker=True)
    host.send_rtp(track.ssrc, 102, 6000, b"\x61" + bytes(30), marker=True)
    await until(lambda: len(frames) == 2)
    assert [frame.keyframe for frame in frames] == [True, False]
    await studio.plane.close_session(session.id)
    assert ended == [True]
    tap.close()
    assert ended == [True]


async def test_a_consumer_that_fails_loses_its_tap_and_no_viewer_a_packet(studio: Studio) -> None:
    host, session = await studio.publisher(identity="host")
    viewer, _ = await studio.viewer()
    await send_frames(host, 1)
    assert session.publisher is not None
    publisher = session.publisher
    await until(lambda: publisher.tracks)
    track = next(iter(publisher.tracks.values()))
    ended: list[bool] = []

    def fail(_frame: Frame) -> None:
        raise ValueError("broken consumer")

    FrameTap(track, studio.plane.timers, fail, lambda: ended.append(True))
    host.send_rtp(track.ssrc, 102, 3000, STAP)
    host.send_rtp(track.ssrc, 102, 3000, b"\x65" + bytes(30), marker=True)
    host.send_rtp(track.ssrc, 102, 6000, b"\x61" + bytes(30), marker=True)
    await until(lambda: len(viewer.video()) == 4)
    assert ended == [True]
    assert track.taps == ()
