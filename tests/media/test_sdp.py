"""Offers of real programs, and offers that something is wrong with; answers that aiortc's own parser understands."""

import re
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription

from livehub.bench.light import OfferOptions, build_offer
from livehub.media.answer import AcceptedMedia, LocalTransport, SentStream, build_answer
from livehub.media.errors import MalformedSdp, OfferNotAcceptable
from livehub.media.rtp.codecs import Codec
from livehub.media.sdp import (
    ABS_SEND_TIME_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    Offer,
    h264_profile,
    parse_fragment,
    parse_offer,
)

OFFERS = Path(__file__).parent / "offers"
FINGERPRINT = ":".join(["AB"] * 32)
LOCAL = LocalTransport(("192.0.2.7", "2001:db8::7"), 8443, "ufrag", "p" * 24, FINGERPRINT)


def offered(name: str) -> Offer:
    return parse_offer((OFFERS / f"{name}.sdp").read_bytes().decode())


def light(options: OfferOptions | None = None) -> str:
    return build_offer(options or OfferOptions("sendonly", vp8=True), "ufrag", "p" * 24, FINGERPRINT)


def test_chromium_to_watch() -> None:
    offer = offered("chromium_watch")
    audio, video = offer.media
    assert [codec.codec for codec in audio.codecs] == [Codec.OPUS]
    assert [codec.codec for codec in video.codecs] == [Codec.H264, Codec.VP8]
    assert h264_profile(video.codecs[0]) == "42e01f"
    assert all(codec.rtx_payload_type for codec in video.codecs)
    assert {"nack", "nack pli", "ccm fir", "goog-remb"} <= video.codecs[0].feedback
    assert {ABS_SEND_TIME_URI, MID_URI} <= set(video.extensions)
    assert (audio.can_send, audio.can_receive) == (False, True)
    assert offer.usable(audio)
    assert offer.usable(video)
    assert not offer.dtls_client


def test_chromium_to_publish() -> None:
    video = offered("chromium_publish").media[1]
    assert (video.can_send, video.can_receive) == (True, False)
    primary, rtx = video.ssrcs
    assert video.repairs == {rtx: primary}


def test_ffmpeg_wants_to_be_called_and_takes_no_keyframe_requests() -> None:
    offer = offered("ffmpeg_publish")
    video = offer.media[1].codecs[0]
    assert offer.dtls_client
    assert video.feedback == {"nack"}
    assert (video.payload_type, video.rtx_payload_type) == (106, 105)


def test_answers_are_understood() -> None:
    offer = offered("chromium_watch")
    stream = SentStream(1, 2, 0, "video", "cname")
    text = build_answer(offer, [None, AcceptedMedia(offer.media[1].codecs, stream)], LOCAL)
    answer = SessionDescription.parse(text)
    audio, video = answer.media
    assert (audio.port, video.port) == (0, 8443)
    assert answer.group[0].items == [offer.media[1].mid]
    assert video.direction == "sendonly"
    assert video.ice is not None
    assert video.ice.iceLite
    assert [candidate.ip for candidate in video.ice_candidates] == ["192.0.2.7", "2001:db8::7"]
    assert [codec.name for codec in video.rtp.codecs] == ["H264", "rtx", "VP8", "rtx"]
    assert [description.ssrc for description in video.ssrc] == [1, 2]
    assert video.dtls is not None
    assert video.dtls.role == "server"


def test_only_what_was_offered_is_answered() -> None:
    offer = parse_offer(light(OfferOptions("sendonly", pli=False, rtx=False)))
    text = build_answer(offer, [AcceptedMedia(media.codecs) for media in offer.media], LOCAL)
    assert "nack pli" not in text
    assert "rtx" not in text
    assert "a=recvonly" in text
    assert "a=ssrc" not in text


@pytest.mark.parametrize("direction", ["sendonly", "recvonly"])
def test_sound_is_asked_to_carry_its_own_repair(direction: str) -> None:
    """In-band FEC of Opus (RFC 7587 section 6.1), from who publishes and to who watches; payloads pass untouched."""
    offer = parse_offer(light(OfferOptions(direction)))
    text = build_answer(offer, [AcceptedMedia(media.codecs) for media in offer.media], LOCAL)
    (opus,) = (codec.payload_type for media in offer.media for codec in media.codecs if codec.codec is Codec.OPUS)
    assert f"a=fmtp:{opus} minptime=10;useinbandfec=1\r\n" in text


def test_constrained_baseline_is_preferred() -> None:
    text = light().replace("a=rtpmap:108 H264/90000", "a=rtpmap:100 H264/90000\r\na=rtpmap:108 H264/90000")
    text = text.replace("a=fmtp:108", "a=fmtp:100 packetization-mode=1;profile-level-id=640c1f\r\na=fmtp:108")
    assert parse_offer(text).media[1].codecs[0].payload_type == 108


def test_sections_outside_the_bundle_are_not_used() -> None:
    offer = parse_offer(light().replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 1"))
    assert [offer.usable(media) for media in offer.media] == [False, True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v=0", "v=1"),
        ("m=audio", "m=au dio"),
        ("m=audio 9", "m=audio 99999"),
        ("a=mid:1", "a=mid:0"),
        ("a=mid:1", "a=mid:" + "x" * 33),
        ("a=rtpmap:108", "a=rtpmap:128"),
        ("a=ice-ufrag:ufrag", "a=ice-ufrag:x"),
        ("a=ssrc:1002", "a=ssrc:-1"),
        ("a=sendonly", "a=sendonly\x00"),
        ("a=sendonly", "a=" + "x" * 3000),
        ("a=sendonly", "a=x\r\n" * 5000),
    ],
)
def test_what_cannot_be_read_is_malformed(old: str, new: str) -> None:
    text = light()
    assert old in text
    with pytest.raises(MalformedSdp):
        parse_offer(text.replace(old, new))


@pytest.mark.parametrize("pattern", [r"a=fingerprint[^\r]*\r\n", r"a=ice-ufrag[^\r]*\r\n", r"a=setup[^\r]*\r\n"])
def test_what_lacks_the_essential_is_not_acceptable(pattern: str) -> None:
    with pytest.raises(OfferNotAcceptable):
        parse_offer(re.sub(pattern, "", light()))


def test_old_fingerprints_are_not_enough() -> None:
    with pytest.raises(OfferNotAcceptable, match="fingerprint"):
        parse_offer(light().replace("sha-256", "sha-1"))


def test_two_bundle_groups_are_not_acceptable() -> None:
    with pytest.raises(OfferNotAcceptable, match="BUNDLE"):
        parse_offer(light().replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0\r\na=group:BUNDLE 1"))


def test_fragments() -> None:
    assert parse_fragment("a=ice-ufrag:abcd\r\na=ice-pwd:" + "p" * 22 + "\r\n") == ("abcd", "p" * 22)
    assert parse_fragment("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n") is None
    with pytest.raises(MalformedSdp):
        parse_fragment("a=ice-ufrag:!\r\n")


@pytest.mark.parametrize("name", ["chromium_simulcast", "firefox_simulcast"])
def test_simulcast_of_browsers(name: str) -> None:
    offer = offered(name)
    video = offer.media[1]
    assert video.rids == ("q", "h", "f")
    assert {MID_URI, RID_URI, REPAIRED_RID_URI} <= set(video.extensions)
    assert offer.usable(video)
    text = build_answer(offer, [AcceptedMedia(media.codecs) for media in offer.media], LOCAL)
    for line in ("a=rid:q recv", "a=rid:h recv", "a=rid:f recv", "a=simulcast:recv q;h;f"):
        assert f"{line}\r\n" in text
    way = "/recvonly" if name.startswith("firefox") else ""  # the offer says sendonly (RFC 8285 section 7)
    assert f"a=extmap:{video.extensions[RID_URI]}{way} {RID_URI}\r\n" in text
    assert f"a=extmap:{video.extensions[REPAIRED_RID_URI]}{way} {REPAIRED_RID_URI}\r\n" in text


def simulcast(*lines: str, extension: bool = True) -> tuple[str, ...]:
    """The layers taken of a light offer with these lines in its video section."""
    extra = [f"a=extmap:4 {RID_URI}"] * extension + list(lines)
    return parse_offer(light() + "\r\n".join(extra) + "\r\n").media[1].rids


RIDS = ("a=rid:q send", "a=rid:h send", "a=rid:f send")


@pytest.mark.parametrize(
    ("lines", "taken"),
    [
        ((*RIDS, "a=simulcast:send q;h;f"), ("q", "h", "f")),
        ((*RIDS, "a=simulcast:send q,h;~f"), ("q", "f")),
        ((*RIDS, "a=simulcast:recv x;y send f;q"), ("f", "q")),
        ((*RIDS, "a=simulcast: send rid=q;h"), ("q", "h")),
        ((*RIDS, "a=rid:e send", "a=simulcast:send e;q;h;f"), ("e", "q", "h")),
        ((*RIDS, "a=simulcast:send q;q;h"), ("q", "h")),
        (("a=rid:q send pt=96,108", "a=rid:h send max-width=640;pt=96", "a=simulcast:send q;h"), ("q", "h")),
        (("a=rid:q send pt=77", "a=rid:h send", "a=rid:f send", "a=simulcast:send q;h;f"), ("h", "f")),
        ((*RIDS, "a=simulcast:send q"), ()),
        ((*RIDS, "a=simulcast:send q;missing"), ()),
        (RIDS, ()),
        (("a=rid:q recv", "a=rid:h recv", "a=simulcast:send q;h"), ()),
        (("a=rid:" + "x" * 17 + " send", "a=rid:q! send", "a=simulcast:send " + "x" * 17 + ";q"), ()),
    ],
)
def test_layers_that_are_taken(lines: tuple[str, ...], taken: tuple[str, ...]) -> None:
    assert simulcast(*lines) == taken


def test_layers_that_could_not_be_told_apart_are_not_taken() -> None:
    assert simulcast(*RIDS, "a=simulcast:send q;h;f", extension=False) == ()


def test_layers_by_ssrc() -> None:
    text = light() + "a=ssrc-group:SIM 11 12 13\r\na=ssrc-group:FID 11 21\r\na=ssrc-group:FID 12 22\r\n"
    video = parse_offer(text).media[1]
    assert video.sim_ssrcs == (11, 12, 13)
    assert (video.repairs[21], video.repairs[22]) == (11, 12)
