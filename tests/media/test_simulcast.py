"""A camera in three sizes: offered, told apart, shown; with real DTLS peers."""

from livehub.bench.light import H264_PT, H264_RTX_PT, LAYER_SSRC, VP8_PT, LightClient, OfferOptions
from livehub.media.publisher import Publisher
from livehub.media.source import Source
from tests.media.conftest import Studio, until

RIDS = ("q", "h", "f")
SIMULCAST = OfferOptions("sendonly", vp8=True, h264=False, rids=RIDS)
SIZES = ((320, 180), (640, 360), (1280, 720))


def vp8_keyframe(width: int, height: int, fill: int = 0) -> bytes:
    """Descriptor without extensions, then a keyframe's header (RFC 7741 section 4.3, RFC 6386 section 9.1)."""
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"\x10" + b"\x10\x02\x00" + b"\x9d\x01\x2a" + size + bytes((fill,)) * 60


def vp8_delta(fill: int = 0) -> bytes:
    return b"\x10\x01" + bytes((fill,)) * 60


async def camera(studio: Studio, options: OfferOptions = SIMULCAST) -> tuple[LightClient, Publisher]:
    host, session = await studio.publisher(options=options)
    assert session.publisher is not None
    return host, session.publisher


async def all_layers(host: LightClient, publisher: Publisher) -> Source:
    """A keyframe of each layer, the largest first as it may happen."""
    for layer in (2, 0, 1):
        host.send_layer(layer, VP8_PT, 3000, vp8_keyframe(*SIZES[layer]), marker=True)
    await until(lambda: len(publisher.tracks) == 3)
    (source,) = (source for source in publisher.sources if source.kind == "video")
    return source


async def test_layers_of_a_camera_are_one_source(studio: Studio) -> None:
    host, publisher = await camera(studio)
    source = await all_layers(host, publisher)
    assert [(track.width, track.height) for track in source.layers] == list(SIZES)
    assert [track.ssrc for track in source.layers] == [LAYER_SSRC, LAYER_SSRC + 1, LAYER_SSRC + 2]
    assert [track["kind"] for track in studio.plane.tracks("r")] == ["video"], "clients see one camera"
    viewer, session = await studio.viewer(options=OfferOptions("recvonly", vp8=True), slots=3)
    assert session.subscriber is not None
    host.send_layer(2, VP8_PT, 6000, vp8_keyframe(1280, 720), marker=True)
    await until(lambda: viewer.video())
    shown = [slot.source for slot in session.subscriber.video_slots]
    assert [item for item in shown if item is not None] == [source], "and it fills one slot"


async def test_the_answer_names_the_layers_it_takes(studio: Studio) -> None:
    host, _ = await camera(studio)
    for line in ("a=simulcast:recv q;h;f", "a=rid:q recv", "a=rid:h recv", "a=rid:f recv"):
        assert f"{line}\r\n" in host.answer
    assert "rtp-hdrext:sdes:rtp-stream-id" in host.answer
    assert "rtp-hdrext:sdes:repaired-rtp-stream-id" in host.answer


async def test_rtx_repairs_the_layer_that_it_names(studio: Studio) -> None:
    host, publisher = await camera(studio, OfferOptions("sendonly", rids=RIDS))
    for layer in range(3):
        host.send_layer(layer, H264_PT, 3000, b"\x67" + bytes(40), marker=True)
    await until(lambda: len(publisher.tracks) == 3)
    number = host.send_layer(1, H264_PT, 9000, b"\x61after", marker=True, step=2)
    host.repair_layer(1, H264_RTX_PT, 6000, number - 1, b"\x61lost")
    track = publisher.tracks[LAYER_SSRC + 1]
    await until(lambda: track.statistics.packets == 3)
    kept = track.cached(number - 1, studio.plane.timers.monotonic())
    assert kept is not None
    assert kept.payload == b"\x61lost"
    assert all(publisher.tracks[LAYER_SSRC + layer].statistics.packets == 1 for layer in (0, 2))


async def test_a_layer_that_was_not_taken_is_not_let_in(studio: Studio) -> None:
    host, publisher = await camera(studio)
    host.options = OfferOptions("sendonly", rids=("q", "h", "x"))
    host.send_layer(2, VP8_PT, 3000, vp8_keyframe(1280, 720))
    host.send_layer(0, VP8_PT, 3000, vp8_keyframe(320, 180))
    await until(lambda: publisher.tracks)
    assert list(publisher.tracks) == [LAYER_SSRC]
    assert publisher.unknown == 1


async def test_a_layer_that_begins_anew_under_another_ssrc_takes_its_place(studio: Studio) -> None:
    host, publisher = await camera(studio)
    source = await all_layers(host, publisher)
    host.options = OfferOptions("sendonly", rids=("x", "x", "x", "f"))
    host.sequence[LAYER_SSRC + 3] = 1
    host.send_layer(3, VP8_PT, 3000, vp8_keyframe(1280, 720), marker=True)
    await until(lambda: LAYER_SSRC + 3 in publisher.tracks)
    assert [track.ssrc for track in source.layers] == [LAYER_SSRC, LAYER_SSRC + 1, LAYER_SSRC + 3]
    assert len(publisher.tracks) == 3
