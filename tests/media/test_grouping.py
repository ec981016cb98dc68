"""Groups of datagrams through the whole path, with real DTLS peers that decrypt what they get."""

import random
import struct

import pytest

from livehub.bench.light import AUDIO_SSRC, H264_PT, H264_RTX_PT, OPUS_PT, VIDEO_SSRC, LightClient
from livehub.media.rtp import rtcp
from tests.media.conftest import Studio, until

VIEWERS = 7


def payloads(chance: random.Random, count: int) -> list[bytes]:
    """Of pictures as encoders cut them: equal pieces with a rest, pieces that differ by one, and single ones."""
    made = [b"\x67" + chance.randbytes(50)]
    while len(made) < count:
        size = chance.choice((1, 30, 600, 1172, 1173))
        made += [b"\x61" + chance.randbytes(size) for _ in range(chance.randrange(1, 20))]
        made += [b"\x61" + chance.randbytes(chance.randrange(1, 1200))]
    return made[:count]


def send(host: LightClient, sent: list[bytes]) -> None:
    """All at once: the plane, in the same loop, finds them together."""
    for payload in sent:
        host.send_rtp(VIDEO_SSRC, H264_PT, 3000, payload)


@pytest.mark.parametrize("groups", [True, False])
async def test_bursts_of_any_sizes_arrive_whole_and_in_order(studio: Studio, groups: bool) -> None:
    assert studio.plane._running
    port = studio.plane._running.port
    port.takes_groups = port.takes_groups and groups
    host, _ = await studio.publisher()
    viewers = [(await studio.viewer(identity=f"v{index}"))[0] for index in range(VIEWERS)]
    before = port.counters.sent
    sent = payloads(random.Random(3), 400)
    for start in range(0, len(sent), 50):
        send(host, sent[start : start + 50])
        host.send_rtp(AUDIO_SSRC, OPUS_PT, 960 * start, b"\x78" + bytes(60))
        await until(lambda end=start + 50: all(len(viewer.video()) >= end for viewer in viewers))  # type: ignore[misc]
    for viewer in viewers:
        first = viewer.video()[0][0].sequence_number
        assert [payload for _, payload in viewer.video()] == sent
        assert [header.sequence_number - first & 0xFFFF for header, _ in viewer.video()] == [*range(400)]
    assert port.counters.sent - before >= VIEWERS * 400
    assert (port.counters.groups_refused, port.counters.send_errors, studio.plane.stats()["protect_failures"]) == (
        0,
        0,
        0,
    )


async def test_a_packet_of_a_group_is_resent_by_itself(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    sent = payloads(random.Random(5), 12)
    send(host, sent)
    await until(lambda: len(viewer.video()) == 12)
    missing = viewer.video()[6][0]
    viewer.send_rtcp(rtcp.pack_nack(1, missing.ssrc, [(missing.sequence_number, 0)]))
    await until(lambda: any(header.payload_type == H264_RTX_PT for header, _ in viewer.rtp))
    again = next(payload for header, payload in viewer.rtp if header.payload_type == H264_RTX_PT)
    assert again == struct.pack("!H", missing.sequence_number) + sent[6]


async def test_a_viewer_that_comes_and_one_that_goes_between_groups_change_nothing_for_the_rest(studio: Studio) -> None:
    host, _ = await studio.publisher()
    stays, _ = await studio.viewer(identity="stays")
    goes, _ = await studio.viewer(identity="goes")
    sent = payloads(random.Random(7), 60)
    send(host, sent[:20])
    await until(lambda: len(stays.video()) == 20)
    goes.close()
    comes, _ = await studio.viewer(identity="comes")
    send(host, sent[20:40])
    await until(lambda: len(stays.video()) == 40)
    send(host, sent[40:])
    await until(lambda: len(stays.video()) == 60 and len(comes.video()) == 60)
    assert [payload for _, payload in stays.video()] == sent
    assert [payload for _, payload in comes.video()] == sent  # from the kept keyframe on
