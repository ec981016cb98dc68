"""Hostile answers of WHIP servers that a room is sent on to raise only SendFailure, or can be sent by."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from livehub.bench.light import OfferOptions, build_offer
from livehub.media.restream.answer import parse_answer
from livehub.media.restream.failure import SendFailure
from livehub.media.restream.ice import MAX_PAIRS
from livehub.media.restream.offer import OfferedStream
from livehub.media.rtp.codecs import Codec
from tests.fuzz.damage import damaged, in_any_order

OFFERED = (OfferedStream(Codec.OPUS, 1), OfferedStream(Codec.H264, 2, 3))
CANDIDATES = [
    f"a=candidate:{index} 1 udp {9 - index} 203.0.113.{index + 1} {4000 + index} typ host" for index in range(3)
]
VALID = build_offer(OfferOptions("recvonly", setup="passive"), "ufrag", "p" * 24, ":".join(["AB"] * 32)) + "\r\n".join(
    CANDIDATES
)
LINES = VALID.split("\r\n")
LINE = st.sampled_from(
    [
        *LINES,
        "a=candidate:1 1 udp 9999999999 203.0.113.1 70000 typ host",
        "a=candidate:1 1 udp 1 ::::::: 9 typ relay",
        "a=candidate:1 1 udp 1 1.2.3 9 typ srflx",
        "a=candidate:1 1 udp ١ 203.0.113.9 ٩ typ host",
        "a=candidate:1 1 udp 1 fe80::1 9 typ host generation 0",
        "a=candidate:1 1 udp 1 0.0.0.0 0 typ prflx",
        "a=ice-lite",
        "a=ice-pwd:",
        "a=ice-ufrag:" + "x" * 300,
        "a=rtpmap:127 H264/90000",
        "a=rtpmap:300 opus/48000/2",
        "m=audio 0 UDP/TLS/RTP/SAVPF 111",
        "m=video 9 UDP/TLS/RTP/SAVPF 127",
        "a=sendonly",
        "a=inactive",
    ]
)


def _read(text: str) -> None:
    with suppress(SendFailure):
        answer = parse_answer(text, OFFERED)
        assert len(answer.streams) == len(OFFERED)
        for offered, taken in zip(OFFERED, answer.streams, strict=True):
            assert taken is None or taken.codec is offered.codec
            assert taken is None or 0 <= taken.payload_type <= 127
            assert taken is None or taken.rtx_payload_type is None or 0 <= taken.rtx_payload_type <= 127
        assert any(answer.streams)
        assert answer.fingerprints
        assert answer.ice.ufrag
        assert answer.ice.password
        assert len(answer.candidates) <= MAX_PAIRS
        assert all(0 < port <= 65535 for _, port in answer.candidates)


def test_the_undamaged_one_is_read() -> None:
    answer = parse_answer(VALID, OFFERED)
    assert [str(ip) for ip, _ in answer.candidates] == ["203.0.113.1", "203.0.113.2", "203.0.113.3"]


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=400))
def test_any_text(text: str) -> None:
    _read(text)
    _read("v=0\r\n" + text)
    _read(VALID + "\r\n" + text)


@settings(max_examples=300, deadline=None)
@given(text=in_any_order(LINE))
def test_lines_in_any_order(text: str) -> None:
    _read(text)


@settings(max_examples=300, deadline=None)
@given(texts=damaged(VALID, LINE))
def test_damaged_answers(texts: tuple[str, ...]) -> None:
    for text in texts:
        _read(text)
