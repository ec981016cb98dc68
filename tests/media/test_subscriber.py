"""What one viewer can ask of the server."""

import pytest

from livehub.media.rtp import rtcp
from livehub.media.rtp.errors import RtpError
from livehub.media.subscriber import MAX_ASKED_PER_S
from tests.media.conftest import Studio, until


async def test_asking_in_vain_is_bounded(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    await studio.publisher()
    viewer, session = await studio.viewer()
    assert session.subscriber is not None
    slot = next(slot for slot in session.subscriber.slots if slot.kind == "video")
    asked: list[int] = []
    monkeypatch.setattr(slot, "resend", lambda number, _now_s, _rtt_s: asked.append(number))
    everything = [(17 * index & 0xFFFF, 0xFFFF) for index in range(300)]
    for _ in range(5):
        viewer.send_rtcp(rtcp.pack_nack(1, slot.ssrc, everything))
    viewer.send_rtcp(rtcp.pack_pli(1, slot.ssrc))
    await until(lambda: slot.keyframe_requests)
    assert MAX_ASKED_PER_S <= len(asked) < 2 * MAX_ASKED_PER_S, "of 25,500"


def test_a_compound_of_very_many_packets_is_refused() -> None:
    assert len(rtcp.parse_compound(rtcp.pack_pli(1, 2) * rtcp.MAX_PACKETS)) == rtcp.MAX_PACKETS
    with pytest.raises(RtpError):
        rtcp.parse_compound(rtcp.pack_pli(1, 2) * 100)
