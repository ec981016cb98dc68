"""A camera in layers, sent on: the largest that lives."""

import asyncio

import pytest

from livehub.bench.light import H264_PT, LAYER_SSRC, LightClient, OfferOptions
from livehub.media.hls.boxes import VIDEO_RATE
from livehub.media.publisher import Publisher
from tests.media.conftest import Studio, until
from tests.media.hls.pictures import units_of
from tests.media.restream.broadcast import payloads_of
from tests.media.restream.conftest import Relay

RIDS = ("q", "h", "f")
SIZES = ((160, 96), (320, 180), (640, 360))


class Camera:
    """Sends the layers that it is told to, a keyframe each half second."""

    def __init__(self, host: LightClient) -> None:
        self.layers = {0, 1, 2}
        self._host = host
        self._index = 0

    async def run(self) -> None:
        while True:
            for layer in sorted(self.layers):
                units = units_of(50, SIZES[layer], every=12)[self._index % 48]
                payloads = payloads_of(units)
                for place, payload in enumerate(payloads):
                    last = place == len(payloads) - 1
                    timestamp = self._index * VIDEO_RATE // 25
                    self._host.send_layer(layer, H264_PT, timestamp, payload, marker=last)
            self._index += 1
            await asyncio.sleep(0.04)


def width_there(relay: Relay) -> int:
    """What the other server gets now."""
    found = [
        track.width
        for session in relay.there.plane.publishing("there")
        if session.publisher is not None
        for track in session.publisher.tracks.values()
        if track.kind == "video"
    ]
    return found[0] if found else 0


@pytest.mark.timeout(120)
async def test_a_largest_layer_that_falls_silent_is_stood_in_for_and_comes_back(relay: Relay, stage: Studio) -> None:
    host, session = await stage.publisher(options=OfferOptions("sendonly", rids=RIDS))
    camera = Camera(host)
    sending = asyncio.create_task(camera.run())
    try:
        publisher = session.publisher
        assert isinstance(publisher, Publisher)
        await until(lambda: len(publisher.tracks) == 3, 20)
        await relay.start()
        await relay.reach("live", 20)
        await until(lambda: width_there(relay) == 640, 20)
        camera.layers = {0, 1}
        await until(lambda: width_there(relay) == 320, 20)
        camera.layers = {0}
        await until(lambda: width_there(relay) == 160, 20)
        camera.layers = {0, 1, 2}
        await until(lambda: width_there(relay) == 640, 20)
        assert "retrying" not in relay.states, "one connection carries them all"
        assert LAYER_SSRC in publisher.tracks
        assert relay.statuses[-1]["state"] == "live"
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
