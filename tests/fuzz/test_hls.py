"""Hostile addresses and directives of HLS, and hostile frames into its boxes: only documented errors come out."""

from contextlib import suppress

from aiohttp.test_utils import make_mocked_request
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from livehub.accounts.origin import Origin
from livehub.clock import ManualClock
from livehub.media.frames import Frame
from livehub.media.hls.boxes import init_segment
from livehub.media.hls.mixer import CONFIG, Mixer, Sound
from livehub.media.hls.video import format_of
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.h264 import ParameterSets
from livehub.web.hls import HlsDirectiveWrong, read_directives
from livehub.web.hls_token import HlsKeyInvalid, HlsKeys, KeyHolder

KEYS = HlsKeys("0123456789abcdef0123456789abcdef", ManualClock())
HOLDER = KeyHolder("gst_1", Origin("203.0.113.7", "d" * 22))
KEY, _ = KEYS.issue("room_1", HOLDER.identity, HOLDER.origin)
NAMES = st.sampled_from(["_HLS_msn", "_HLS_part", "_HLS_skip", "_HLS_other", "x"])
VALUES = st.one_of(st.text(max_size=30), st.integers(-(10**20), 10**20).map(str), st.sampled_from(["YES", "v2"]))


@given(st.one_of(st.text(max_size=500), st.tuples(st.integers(0, len(KEY) - 1), st.characters()).map(
    lambda change: KEY[: change[0]] + change[1] + KEY[change[0] + 1 :]
)))  # fmt: skip
@example(KEY[:-1] + chr(ord(KEY[-1]) + 1))  # bits of the last character that no byte has
@settings(max_examples=300)
def test_no_made_up_key_opens_a_room(key: str) -> None:
    try:
        holder = KEYS.read("room_1", key)
    except HlsKeyInvalid:
        return
    assert (key, holder) == (KEY, HOLDER)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
@settings(max_examples=300)
def test_directives_are_numbers_or_refused(query: list[tuple[str, str]]) -> None:
    path = URL("/hls/r/run_1/video/index.m3u8").with_query(query)
    request = make_mocked_request("GET", str(path))
    with suppress(HlsDirectiveWrong):
        msn, part, _ = read_directives(request)
        assert part is None or msn is not None
        assert all(number is None or 0 <= number < 10**12 for number in (msn, part))


@given(st.binary(min_size=4, max_size=60), st.binary(min_size=1, max_size=60), st.binary(min_size=1, max_size=60))
def test_whatever_a_publisher_calls_a_keyframe_makes_a_head_or_none(sps: bytes, pps: bytes, data: bytes) -> None:
    for codec, sets in ((Codec.H264, ParameterSets(b"\x67" + sps, pps)), (Codec.VP8, None)):
        shape = format_of(Frame("video", codec, 0, True, data, 0.0, sets))
        if shape is not None:
            assert init_segment(shape, CONFIG)[4:8] == b"ftyp"


@given(st.lists(st.tuples(st.integers(-(10**9), 10**12), st.binary(max_size=200)), max_size=30))
@settings(max_examples=60, deadline=None)
def test_whatever_a_publisher_calls_sound_leaves_the_stream_whole(packets: list[tuple[int, bytes]]) -> None:
    mixer = Mixer()
    mixer.add([Sound("a", position, data) for position, data in packets])
    assert len(mixer.drain(1024 * 8)) >= 6
