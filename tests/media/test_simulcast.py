"""A camera in three sizes: offered, told apart, shown; with real DTLS peers."""

import asyncio
from itertools import pairwise

from livehub.bench.light import H264_PT, H264_RTX_PT, LAYER_SSRC, VP8_PT, LightClient, OfferOptions
from livehub.clock import SystemClock
from livehub.events import EventBus
from livehub.media.events import LayersWanted
from livehub.media.limits import MediaLimits
from livehub.media.plane import MediaPlane
from livehub.media.publisher import Publisher
from livehub.media.rtp import rtcp
from livehub.media.rtp.vp8 import read_ids
from livehub.media.source import Source
from livehub.media.stage import SlotWish
from livehub.media.subscriber import Subscriber
from livehub.media.transport import Certificate
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


def picture(layer: int, number: int, *, key: bool = False) -> bytes:
    """A picture of one packet with ids: each layer begins its own anywhere."""
    ids = (0x8000 | (32_760 + 100 * layer + number) & 0x7FFF).to_bytes(2, "big") + bytes((250 + layer + number & 255,))
    return b"\x90\xc0" + ids + (vp8_keyframe(*SIZES[layer]) if key else vp8_delta(layer))[1:]


class Show:
    """A host who sends three layers, and a viewer of them with one slot."""

    def __init__(self, studio: Studio, host: LightClient, publisher: Publisher) -> None:
        self.studio = studio
        self.host = host
        self.publisher = publisher
        self.frame = 0

    @classmethod
    async def begin(cls, studio: Studio) -> "Show":
        show = cls(studio, *await camera(studio))
        for layer in range(3):
            show.host.sequence[LAYER_SSRC + layer] = 65_530 - 3 * layer
        await show.send(1, key=True)
        await until(lambda: len(show.publisher.tracks) == 3)
        return show

    @property
    def source(self) -> Source:
        (source,) = (source for source in self.publisher.sources if source.kind == "video")
        return source

    async def send(self, frames: int, layers: tuple[int, ...] = (0, 1, 2), *, key: bool = False) -> None:
        """``key``: each picture is a keyframe, as if it had been asked for."""
        for _ in range(frames):
            self.frame += 1
            for layer in layers:
                payload = picture(layer, self.frame, key=key)
                self.host.send_layer(layer, VP8_PT, 5_000_000 * layer + 3000 * self.frame, payload, marker=True)
            await asyncio.sleep(0.01)

    async def watch(self) -> tuple[LightClient, Subscriber]:
        viewer, session = await self.studio.viewer(options=OfferOptions("recvonly", vp8=True))
        assert session.subscriber is not None
        return viewer, session.subscriber


def shown(subscriber: Subscriber) -> int:
    """Width of the layer that the one slot shows."""
    track = subscriber.video_slots[0].track
    return track.width if track else 0


async def test_ids_numbers_and_timestamps_go_on_across_layers(studio: Studio) -> None:
    show = await Show.begin(studio)
    viewer, subscriber = await show.watch()
    (slot,) = subscriber.video_slots
    await show.send(2, key=True)
    await until(lambda: slot.track is not None)
    for layer in (0, 2, 1, 0, 1):
        slot.take(show.source.tracks[layer])
        await show.send(3)
        await show.send(1, key=True)
        await until(lambda layer=layer: shown(subscriber) == SIZES[layer][0])  # type: ignore[misc]
        await show.send(4)
    await until(lambda: len(viewer.video()) > 25)
    headers = [header for header, _ in viewer.video()]
    ids = [read_ids(payload) for _, payload in viewer.video()]
    for (before, after), (old, new) in zip(pairwise(headers), pairwise(ids), strict=True):
        assert (after.sequence_number - before.sequence_number) & 0xFFFF == 1
        assert 0 < (after.timestamp - before.timestamp) & 0xFFFFFFFF < 90_000
        assert ((new.picture - old.picture) & 0x7FFF, (new.level - old.level) & 0xFF) == (1, 1)
    assert len({payload[-1] for _, payload in viewer.video()}) == 3, "pictures of all three were among them"


async def test_a_claim_that_falls_brings_the_small_layer_at_its_next_keyframe(studio: Studio) -> None:
    show = await Show.begin(studio)
    viewer, subscriber = await show.watch()
    await show.send(2, key=True)
    await until(lambda: shown(subscriber) == 640)  # what an unknown link gets at first
    viewer.send_rtcp(rtcp.pack_remb(1, 900_000, [subscriber.video_slots[0].ssrc]))
    viewer.send_rtcp(rtcp.pack_remb(1, 180_000, [subscriber.video_slots[0].ssrc]))
    asked = show.source.tracks[0].requests_sent
    await until(lambda: subscriber.video_slots[0].next_track is show.source.tracks[0])
    await until(lambda: show.source.tracks[0].requests_sent > asked)
    await show.send(2)
    assert shown(subscriber) == 640, "the old one goes on until then"
    await show.send(1, key=True)
    await until(lambda: shown(subscriber) == 320)


async def test_a_small_tile_gets_the_small_layer(studio: Studio) -> None:
    show = await Show.begin(studio)
    _, subscriber = await show.watch()
    await show.send(2, key=True)
    await until(lambda: shown(subscriber) == 640)
    await studio.plane.choose(subscriber.session_id, "viewer", [SlotWish(0, width=200)])
    await show.send(1, key=True)
    await until(lambda: shown(subscriber) == 320)


async def test_a_layer_that_stops_without_a_word_is_fallen_back_from(studio: Studio) -> None:
    show = await Show.begin(studio)
    _, subscriber = await show.watch()
    await show.send(2, key=True)
    await until(lambda: shown(subscriber) == 640)
    for _ in range(400):
        await show.send(1, (0, 2), key=True)
        if shown(subscriber) not in {640, 0}:
            break
    assert shown(subscriber) == 1280, "what was measured to fit the link"
    assert [track.width for track in show.source.tracks] == [320, 1280]


async def test_layers_that_nobody_watches_are_asked_to_pause_and_asked_back(
    bus: EventBus, certificate: Certificate
) -> None:
    told: list[tuple[str, ...]] = []
    bus.subscribe(LayersWanted, lambda event: told.append(event.rids))
    limits = MediaLimits(pause_layer_s=0.1)
    plane = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=SystemClock(), limits=limits)
    await plane.start()
    studio = Studio(plane, certificate)
    try:
        show = await Show.begin(studio)
        await until(lambda: told)
        assert told == [("q",)], "one goes on for who comes next"
        _, subscriber = await show.watch()
        await until(lambda: len(told) > 1)
        assert told[1] == ("q", "h"), "asked back when somebody would get it"
        await show.send(1, (0, 1), key=True)
        await until(lambda: shown(subscriber) == 640)
    finally:
        studio.close()
        await plane.close()


async def test_a_viewer_on_a_narrow_link_is_paced_and_nobody_else(studio: Studio) -> None:
    show = await Show.begin(studio)
    viewer, subscriber = await show.watch()
    other, _ = await studio.viewer(identity="other", options=OfferOptions("recvonly", vp8=True))
    await show.send(2, key=True)
    await until(lambda: shown(subscriber) == 640 and other.video())
    (slot,) = subscriber.video_slots
    for claim in (900_000, 60_000):
        viewer.send_rtcp(rtcp.pack_remb(1, claim, [slot.ssrc]))
    await until(lambda: studio.plane.stats()["paced"] == 1)
    assert slot.row == -1
    await show.send(1, key=True)
    await until(lambda: shown(subscriber) == 320)
    before = len(other.video())
    # Two hundred pictures at once are more than may wait; they are dropped up to the next keyframe.
    lane = subscriber.adaptation.lane
    assert lane is not None
    for number in range(200):
        show.host.send_layer(0, VP8_PT, 900_000 + number, picture(0, 100 + number) + bytes(900), marker=True)
        show.host.send_layer(1, VP8_PT, 9_000_000 + number, picture(1, 100 + number), marker=True)
        if number % 20 == 0:
            await asyncio.sleep(0.001)
    await until(lambda: lane.dropped)
    await until(lambda: len(other.video()) >= before + 200)
    assert lane.octets <= lane.bound_octets
    await show.send(1, key=True)
    await until(lambda: shown(subscriber) == 320)
    await show.send(5)
    await until(lambda: not len(lane))
    numbers = [header.sequence_number for header, _ in viewer.video()]
    assert [(after - before) & 0xFFFF for before, after in pairwise(numbers)] == [1] * (len(numbers) - 1)


async def test_a_paced_viewer_who_goes_gives_the_lane_back(studio: Studio) -> None:
    show = await Show.begin(studio)
    viewer, subscriber = await show.watch()
    await show.send(2, key=True)
    await until(lambda: shown(subscriber) == 640)
    for claim in (900_000, 60_000):
        viewer.send_rtcp(rtcp.pack_remb(1, claim, [subscriber.video_slots[0].ssrc]))
    await until(lambda: studio.plane.stats()["paced"] == 1)
    viewer.close()
    await until(lambda: studio.plane.stats()["paced"] == 0)


async def test_a_still_is_of_a_layer_that_lives(studio: Studio) -> None:
    show = await Show.begin(studio)
    for _ in range(400):
        await show.send(1, (0,), key=True)
        if not show.publisher.tracks[LAYER_SSRC + 2].is_alive:
            break
    await show.send(1, (0,), key=True)
    kept = await studio.plane.keyframe("r")
    assert kept is not None
    assert kept[1] == [picture(0, show.frame, key=True)]
