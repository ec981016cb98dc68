"""The viewers of one server of the comparison: ``python -m livehub.bench.peers.audience CORE [janus]``."""

import asyncio
import re
import socket
import sys
from typing import Any

import aiohttp

from livehub.bench.fanout_viewers import Arrivals, Audience, main
from livehub.bench.light import LightClient, OfferOptions
from livehub.bench.peers import ADDRESS
from livehub.bench.peers.relays import MEDIA_PORT, JanusApi
from livehub.bench.worker import pin


class VideoAudience(Audience):
    """By WHIP and WHEP. Video alone: the relays carry no sound."""

    AUDIO = 0


class PlainPublisher(LightClient):
    """Sends what a WebRTC publisher would send, without encryption, to where a mount point listens."""

    def open(self, address: tuple[str, int]) -> None:
        self.socket.connect(address)

    def send_raw_rtp(self, packet: bytes) -> None:
        self.socket.send(packet)

    def check(self, *, nominate: bool = True) -> None:
        """Plain RTP needs no consent."""


class JanusAudience(VideoAudience):
    """Janus makes the offers, so its viewers answer."""

    async def publish(self, http: int, address: str = ADDRESS) -> dict[str, Any]:
        publisher = PlainPublisher(self._certificate, OfferOptions("sendonly", audio=self.AUDIO))
        publisher.open((address, MEDIA_PORT))
        self._publisher = publisher
        return {}

    async def _join_some(self, session: aiohttp.ClientSession, waiting: Arrivals) -> None:
        api = JanusApi(session)
        await api.open()
        for _, client in waiting:
            handle, offer = await api.offer()
            client.options = OfferOptions("recvonly", audio=self.AUDIO, setup="active")
            mid = re.search(r"a=mid:(\S+)", offer)
            if mid is None:
                raise RuntimeError("Janus offered no media section")
            answer = client.offer.replace("a=mid:0", f"a=mid:{mid[1]}").replace("BUNDLE 0", f"BUNDLE {mid[1]}")
            await api.accept(handle, answer)
            await client.use_answer(offer.replace("a=setup:actpass", "a=setup:passive"))
            self._seat(client)


if __name__ == "__main__":
    pin(int(sys.argv[1]))
    socket.setdefaulttimeout(10)
    asyncio.run(main(JanusAudience() if sys.argv[2:] == ["janus"] else VideoAudience()))
