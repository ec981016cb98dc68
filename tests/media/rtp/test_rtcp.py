"""RTCP: what is written is read again, in any compound."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp import rtcp
from livehub.media.rtp.errors import RtpError

U32 = st.integers(0, 0xFFFFFFFF)
REPORT = st.builds(rtcp.ReceptionReport, U32, st.integers(0, 255), st.integers(-0x800000, 0x7FFFFF), U32, U32, U32, U32)


@given(ssrc=U32, reports=st.lists(REPORT, max_size=31))
def test_receiver_reports(ssrc: int, reports: list[rtcp.ReceptionReport]) -> None:
    parsed = rtcp.parse_compound(rtcp.pack_receiver_report(ssrc, reports))
    assert parsed == [rtcp.ReceiverReport(ssrc, tuple(reports))]


@given(report=st.builds(rtcp.SenderReport, U32, st.integers(0, 2**64 - 1), U32, U32, U32), name=st.text(max_size=30))
def test_sender_reports_with_their_description(report: rtcp.SenderReport, name: str) -> None:
    compound = rtcp.pack_sender_report(report) + rtcp.pack_source_description(report.ssrc, name)
    assert len(compound) % 4 == 0
    assert rtcp.parse_compound(compound) == [report]


@given(sender=U32, media=U32, pairs=st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)), min_size=1))
def test_nacks(sender: int, media: int, pairs: list[tuple[int, int]]) -> None:
    assert rtcp.parse_compound(rtcp.pack_nack(sender, media, pairs)) == [rtcp.Nack(media, tuple(pairs))]


@given(bitrate=st.integers(0, 2**40), ssrcs=st.lists(U32, min_size=1, max_size=20))
def test_remb_is_rounded_down_a_little(bitrate: int, ssrcs: list[int]) -> None:
    (parsed,) = rtcp.parse_compound(rtcp.pack_remb(1, bitrate, ssrcs))
    assert isinstance(parsed, rtcp.Remb)
    assert parsed.ssrcs == tuple(ssrcs)
    assert bitrate * (1 - 2**-17) <= parsed.bitrate_bps <= bitrate


@given(media=U32)
def test_keyframe_requests_of_both_forms(media: int) -> None:
    compound = rtcp.pack_pli(1, media) + rtcp.pack_fir(1, media, 300)
    assert rtcp.parse_compound(compound) == [rtcp.KeyframeRequest(media)] * 2


def test_bye_and_unknown_packets() -> None:
    application = struct.pack("!BBHI4s", 0x80, 204, 2, 1, b"what")
    assert rtcp.parse_compound(application + rtcp.pack_bye([5, 6])) == [rtcp.Bye((5, 6))]


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x80\xc8\x00",
        b"\x00\xc8\x00\x00",
        b"\x80\xc8\x00\x06",
        b"\x81\xc9\x00\x01\x00\x00\x00\x01",  # a report that is not there
        b"\xa0\xc9\x00\x01\x00\x00\x00\x09",  # padding longer than the packet
        b"\x80\xc8\x00\x01\x00\x00\x00\x01",
        b"\x8f\xce\x00\x04\x00\x00\x00\x01\x00\x00\x00\x00REMB\x05\x00\x00\x00",
    ],
)
def test_broken_packets_are_refused(data: bytes) -> None:
    with pytest.raises(RtpError):
        rtcp.parse_compound(data)
