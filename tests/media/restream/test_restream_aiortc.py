"""A room sent by WHIP to aiortc: a full ICE agent that decodes what it gets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiortc import RTCPeerConnection, RTCSessionDescription
from av import AudioFrame, VideoFrame

from tests.media.conftest import Studio, until
from tests.media.restream.broadcast import broadcast
from tests.media.restream.conftest import Relay


@dataclass
class Decoder:
    """A WHIP server made of aiortc's own peer connections."""

    url: str = ""
    pictures: list[tuple[int, int]] = field(default_factory=list)
    sounds: int = 0
    peers: list[RTCPeerConnection] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    deleted: int = 0

    async def post(self, request: web.Request) -> web.Response:
        peer = RTCPeerConnection()
        self.peers.append(peer)
        peer.on("track", lambda track: self.tasks.append(asyncio.create_task(self.watch(track))))
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        text = peer.localDescription.sdp
        return web.Response(status=201, text=text, content_type="application/sdp", headers={"Location": "/session"})

    async def delete(self, _request: web.Request) -> web.Response:
        self.deleted += 1
        return web.Response()

    async def watch(self, track: object) -> None:
        while True:
            frame = await track.recv()  # type: ignore[attr-defined]
            if isinstance(frame, VideoFrame):
                self.pictures.append((frame.width, frame.height))
            elif isinstance(frame, AudioFrame):
                self.sounds += 1


@pytest.fixture
async def decoder() -> AsyncIterator[Decoder]:
    made = Decoder()
    app = web.Application()
    app.add_routes([web.post("/whip", made.post), web.delete("/session", made.delete)])
    async with TestServer(app) as server:
        made.url = str(server.make_url("/whip"))
        yield made
        for task in made.tasks:
            task.cancel()
        await asyncio.gather(*made.tasks, return_exceptions=True)
        for peer in made.peers:
            await peer.close()


async def test_aiortc_decodes_pictures_and_sound(relay: Relay, stage: Studio, decoder: Decoder) -> None:
    host, _ = await stage.publisher()
    sending = asyncio.create_task(broadcast(host))
    await relay.start(decoder.url)
    await relay.reach("live", 20)
    await until(lambda: len(decoder.pictures) > 25 and decoder.sounds > 50, 30)
    assert set(decoder.pictures) == {(320, 180)}
    await until(lambda: relay.sending._round_trip_s < 0.1, 20)  # our reports came back in its own
    await relay.plane.stop_restream("r", "rst_1")
    assert decoder.deleted == 1
    sending.cancel()


async def test_aiortc_that_goes_away_is_noticed(relay: Relay, stage: Studio, decoder: Decoder) -> None:
    host, _ = await stage.publisher()
    sending = asyncio.create_task(broadcast(host))
    await relay.start(decoder.url)
    await relay.reach("live", 20)
    await until(lambda: len(decoder.pictures) > 5, 20)
    await decoder.peers[0].close()
    assert (await relay.reach("retrying", 20))["code"] == "connection_closed"
    await until(lambda: len(decoder.peers) == 2, 20)
    await relay.reach("live", 20)
    await relay.plane.stop_restream("r", "rst_1")
    sending.cancel()
