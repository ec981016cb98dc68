"""Hostile session descriptions raise only MalformedSdp and OfferNotAcceptable, and never get an answer that lies."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from livehub.bench.light import OfferOptions, build_offer
from livehub.media.answer import AcceptedMedia, LocalTransport, build_answer
from livehub.media.errors import MalformedSdp, OfferNotAcceptable
from livehub.media.sdp import parse_fragment, parse_offer
from tests.fuzz.damage import damaged, in_any_order

VALID = build_offer(OfferOptions("sendonly", vp8=True), "ufrag", "p" * 24, ":".join(["AB"] * 32))
LINES = VALID.split("\r\n")
LINE = st.sampled_from(
    [
        *LINES,
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
        "m=video 9 UDP/TLS/RTP/SAVPF",
        "a=rtpmap:200 H264/90000",
        "a=rtpmap:",
        "a=fmtp:x apt=",
        "a=extmap:99999999999 urn:x",
        "a=ssrc-group:FID 1 1",
        "a=ssrc:-1 cname:x",
        "a=mid:" + "x" * 40,
        "a=setup:holdconn",
        "a=group:BUNDLE",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "a=rid:q send",
        "a=rid:h send pt=96,;=",
        "a=rid:f send pt=,",
        "a=rid: send",
        "a=simulcast:send q;h;f",
        "a=simulcast:send ;~,;",
        "a=simulcast:recv q send",
        "a=ssrc-group:SIM 1 2 x",
    ]
)


def _answer(text: str) -> None:
    with suppress(MalformedSdp, OfferNotAcceptable):
        offer = parse_offer(text)
        taken = [AcceptedMedia(media.codecs) if offer.usable(media) else None for media in offer.media]
        answer = build_answer(offer, taken, LocalTransport(("127.0.0.1", "::1"), 9, "u", "p", "AB"))
        assert answer.count("\r\nm=") == len(offer.media)
        assert answer.isascii()
        assert all(line.isprintable() for line in answer.split("\r\n"))


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=400))
def test_any_text(text: str) -> None:
    _answer(text)
    _answer("v=0\r\n" + text)


@settings(max_examples=300, deadline=None)
@given(text=in_any_order(LINE))
def test_lines_in_any_order(text: str) -> None:
    _answer(text)


@settings(max_examples=300, deadline=None)
@given(texts=damaged(VALID, LINE))
def test_damaged_offers(texts: tuple[str, ...]) -> None:
    for text in texts:
        _answer(text)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200) | st.lists(LINE, max_size=10).map("\r\n".join))
def test_fragments(text: str) -> None:
    with suppress(MalformedSdp):
        found = parse_fragment(text)
        assert found is None or len(found[0]) >= 4
