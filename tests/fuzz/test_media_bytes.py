"""Hostile bytes: RTP, RTCP and STUN parsing raise only what they document, whatever comes."""

import struct
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from livehub.media import stun
from livehub.media.rtp import rtcp
from livehub.media.rtp.audio_level import audio_level
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.header import build_header, parse_extensions, parse_header
from livehub.media.rtp.picture import picture_size
from livehub.media.rtp.vp8 import read_ids, shift_ids

_SPS = bytes.fromhex("6742c01eda0280f6c0440000030004000003000f03c58ba8")
#: beginnings of keyframes: a sequence parameter set, the same in a STAP-A, VP8 with ids
KEYFRAMES = (
    _SPS,
    b"\x78" + len(_SPS).to_bytes(2, "big") + _SPS + b"\x00\x02\x68\xce",
    b"\x90\xe0\x80\x11\x07\x20" + b"\x10\x02\x00\x9d\x01\x2a" + b"\x00\x05\xd0\x02" + bytes(20),
)
ANY = st.binary(max_size=300)
#: bytes that look right at first sight get further into a parser
RTP_LIKE = st.builds(
    lambda first, rest: bytes([0x80 | first & 0x3F]) + rest, st.integers(0, 255), st.binary(min_size=11, max_size=200)
)


def _mutated(valid: bytes, places: list[tuple[int, int]]) -> bytes:
    data = bytearray(valid)
    for place, value in places:
        data[place % len(data)] = value
    return bytes(data)


PLACES = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=12)
VALID_RTCP = (
    rtcp.pack_sender_report(rtcp.SenderReport(1, 2, 3, 4, 5))
    + rtcp.pack_source_description(1, "name")
    + rtcp.pack_receiver_report(1, [rtcp.ReceptionReport(1, 2, 3, 4, 5, 6, 7)])
    + rtcp.pack_nack(1, 2, [(3, 4), (5, 6)])
    + rtcp.pack_pli(1, 2)
    + rtcp.pack_fir(1, 2, 3)
    + rtcp.pack_remb(1, 1_000_000, [1, 2, 3])
    + rtcp.pack_bye([1, 2])
)
VALID_STUN = stun.build_request(bytes(12), "local:remote", b"p" * 22)
VALID_RTP = build_header(
    payload_type=96, sequence_number=1, timestamp=2, ssrc=3, abs_send_time=(2, 5)
) + b"payload"  # fmt: skip


def _read_rtp(data: bytes) -> None:
    with suppress(RtpError):
        header = parse_header(memoryview(data))
        assert 12 <= header.payload_start <= header.payload_end <= len(data)
        level = audio_level(data, header.extension_start, 1)
        assert level is None or 0 <= level <= 127
        parse_extensions(data, header)


@settings(max_examples=300, deadline=None)
@given(data=ANY | RTP_LIKE)
def test_rtp(data: bytes) -> None:
    _read_rtp(data)


@settings(max_examples=300, deadline=None)
@given(places=PLACES)
def test_damaged_rtp(places: list[tuple[int, int]]) -> None:
    _read_rtp(_mutated(VALID_RTP, places))


@settings(max_examples=300, deadline=None)
@given(data=ANY | RTP_LIKE)
def test_rtcp(data: bytes) -> None:
    with suppress(RtpError):
        assert isinstance(rtcp.parse_compound(memoryview(data)), list)


@settings(max_examples=400, deadline=None)
@given(places=PLACES, cut=st.integers(0, 200))
def test_damaged_rtcp(places: list[tuple[int, int]], cut: int) -> None:
    with suppress(RtpError):
        assert isinstance(rtcp.parse_compound(_mutated(VALID_RTCP, places)[: len(VALID_RTCP) - cut]), list)


@settings(max_examples=300, deadline=None)
@given(data=ANY, kind=st.sampled_from([0x0001, 0x0101, 0x0111]))
def test_stun(data: bytes, kind: int) -> None:
    length = len(data) & ~3
    framed = struct.pack("!HHI12s", kind, length, stun.MAGIC_COOKIE, bytes(12)) + data[:length]
    for candidate in (data, framed):
        with suppress(stun.StunError):
            request = stun.parse_binding_request(candidate)
            assert not stun.is_authentic(candidate, request, b"secret")


@settings(max_examples=300, deadline=None)
@given(places=PLACES)
def test_damaged_stun_is_never_taken_for_authentic(places: list[tuple[int, int]]) -> None:
    damaged = _mutated(VALID_STUN, places)
    with suppress(stun.StunError):
        request = stun.parse_binding_request(damaged)
        covered = request.integrity_at + 24  # FINGERPRINT after it is not authenticated
        if damaged[:covered] != VALID_STUN[:covered]:
            assert not stun.is_authentic(damaged, request, b"p" * 22)


@settings(max_examples=300, deadline=None)
@given(codec=st.sampled_from(Codec), start=st.sampled_from(KEYFRAMES), rest=ANY, places=PLACES)
def test_payloads(codec: Codec, start: bytes, rest: bytes, places: list[tuple[int, int]]) -> None:
    for payload in (rest, start + rest, _mutated(start + rest, places)):
        size = picture_size(codec, payload)
        assert size is None or all(0 < side <= 16_384 for side in size)
        ids = read_ids(payload)
        assert 0 <= ids.picture_at <= len(payload) - 1 - ids.wide or not ids.picture_at
        assert 0 <= ids.level_at < len(payload) or not ids.level_at
        assert len(shift_ids(payload, 5, 6)) == len(payload)


def test_sizes_are_found() -> None:
    assert [picture_size(*each) for each in zip((Codec.H264, Codec.H264, Codec.VP8), KEYFRAMES, strict=True)] == [
        (640, 480),
        (640, 480),
        (1280, 720),
    ]
