"""A worker that begins to help in the middle of a show learns what each source is, though nobody names it any more."""

from collections.abc import AsyncIterator

import pytest

from livehub.bench.light import H264_PT, LAYER_SSRC, OfferOptions
from livehub.clock import SystemClock
from livehub.events import EventBus
from livehub.media.peer import PeerHandler
from livehub.media.plane import MediaPlane
from livehub.media.rtp.header import build_header
from tests.media.conftest import Studio, until

RIDS = ("q", "h", "f")


class End:
    """What a branch has in the place of a peer."""

    def __init__(self) -> None:
        self.handler: PeerHandler | None = None
        self.rtcp: list[bytes] = []
        self.is_connected = True

    def send_rtcp(self, packet: bytes) -> None:
        self.rtcp.append(packet)

    def close(self) -> None:
        if self.handler is not None:
            self.handler.closed()


@pytest.fixture
async def branch() -> AsyncIterator[MediaPlane]:
    made = MediaPlane(0, ("127.0.0.1",), bus=EventBus(), clock=SystemClock())
    await made.start()
    yield made
    await made.close()


async def test_layers_are_known_without_their_names(studio: Studio, branch: MediaPlane) -> None:
    host, session = await studio.publisher(options=OfferOptions("sendonly", rids=RIDS))
    for layer in range(3):
        host.send_layer(layer, H264_PT, 3000, b"\x67" + bytes(40), marker=True)
    assert session.publisher is not None
    owner = session.publisher
    await until(lambda: len(owner.tracks) == 3)

    end = End()
    branch.relay("r", "host", "Host", session.offer_sdp, end)
    relayed = branch._rooms["r"].publishers["host", "camera"]
    assert end.handler is not None
    for packet in owner.introductions():
        end.handler.received_rtp(memoryview(packet))
    assert {ssrc: track.codec for ssrc, track in relayed.tracks.items()} == {
        ssrc: track.codec for ssrc, track in owner.tracks.items()
    }
    (source,) = (source for source in relayed.sources if source.kind == "video")
    assert len(source.layers) == 3

    # What follows on the way to the branch has no extension, as when the browser knows that it was understood.
    for layer in range(3):
        number = host.sequence[LAYER_SSRC + layer] + 1
        header = build_header(
            payload_type=H264_PT, sequence_number=number, timestamp=6000, ssrc=LAYER_SSRC + layer, marker=True
        )
        end.handler.received_rtp(memoryview(header + b"\x61" + bytes(100)))
        track = relayed.tracks[LAYER_SSRC + layer]
        assert track.sequence.extended & 0xFFFF == number
    assert branch.tracks("r") == studio.plane.tracks("r")
    assert branch.occupancy() == {"r": (0, 0)}
    end.close()
    assert branch.tracks("r") == ()
    assert branch.occupancy() == {}
