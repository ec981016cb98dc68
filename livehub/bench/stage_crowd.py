"""The participants' side of the stage benchmark: each publishes sound, some a camera, and each watches and listens.

All of it is real: two ICE and DTLS sessions for each participant, SRTP both ways. Packets are sent when they would be;
sockets are read in batches of headers, which SRTP leaves in the clear, and counted when the window is over. A few
participants decrypt all they get: their packets carry the time they were sent at.
"""

import asyncio
import secrets
import socket
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import numpy as np

from livehub.bench.light import AUDIO_LEVEL_ID, AUDIO_SSRC, H264_PT, OPUS_PT, VIDEO_SSRC, LightClient, OfferOptions
from livehub.bench.stage_tally import Heads, Probe, tally
from livehub.bench.worker import pin, serve
from livehub.media.rtp import rtcp
from livehub.media.transport import Certificate

_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
#: moments in a second at which somebody sends; a participant's sound is due at every tenth of them
TICKS_PER_S = 500
AUDIO_EVERY = 10
JOINING_AT_ONCE = 8
PROBES = 4
OPUS_BYTES, VIDEO_BYTES = 80, 1100
PICTURES_PER_S, TALK_S = 25, 2.0
TALKERS = 4
LOUD, QUIET = 30, 110
_AUDIO_HEAD = struct.Struct("!BBHIIHHBBH")


@dataclass(slots=True)
class Participant:
    """``camera``: packets a second of its video, 0 for sound alone."""

    index: int
    sends: LightClient
    watches: LightClient
    camera: int
    timestamp: int = 0
    due: float = 0.0
    pictures: int = 0


class Crowd:
    def __init__(self) -> None:
        self._certificate = Certificate.generateCertificate()
        self._people: list[Participant] = []
        self._probes: list[Probe] = []
        self._heads = Heads()
        self._received: list[list[np.ndarray[Any, np.dtype[np.uint8]]]] = []
        self._junk = secrets.token_bytes(VIDEO_BYTES)
        self._ticks = 0

    async def join(self, http: int, participants: int, cameras: int, video_slots: int) -> dict[str, Any]:
        """Everybody comes in; gives the seconds it took."""
        started, url = time.perf_counter(), f"http://127.0.0.1:{http}"
        for index in range(participants):
            video = 1 if index < cameras else 0
            sends = LightClient(self._certificate, OfferOptions("sendonly", video=video, level=True))
            watches = LightClient(self._certificate, OfferOptions("recvonly", audio=3, video=video_slots))
            self._people.append(Participant(index, sends, watches, 0))
        waiting = iter(self._people)
        staying = asyncio.create_task(self._stay())
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=JOINING_AT_ONCE)) as session:
            await asyncio.gather(*(self._join_some(session, url, waiting, video_slots) for _ in range(JOINING_AT_ONCE)))
        staying.cancel()
        for person in self._people:
            for client in (person.sends, person.watches):
                client.stop_reading()
                client.socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 4 << 20)
        for person in self._people[-PROBES:]:
            person.watches.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._probes.append(Probe(person.watches))
        self._received = [[] for _ in self._people]
        return {"seconds": time.perf_counter() - started}

    async def _stay(self) -> None:
        """Who came first waits for the others: consent is renewed (RFC 7675), or a slow machine would lose them."""
        while True:
            await asyncio.sleep(5)
            for person in self._people:
                for client in (person.sends, person.watches):
                    if client.is_connected:
                        client.check()

    async def _join_some(
        self, session: aiohttp.ClientSession, url: str, waiting: Iterator[Participant], video_slots: int
    ) -> None:
        for person in waiting:
            who = f"p{person.index}"
            for client, path in ((person.sends, f"/whip/{who}"), (person.watches, f"/whep/{who}/{video_slots}")):
                async with session.post(url + path, data=client.offer) as response:
                    answer = await response.text()
                    if response.status != 201:
                        raise RuntimeError(f"{path} answered {response.status}: {answer}")
                await client.use_answer(answer)

    async def cameras(self, large: int, large_packets_per_s: int, small_packets_per_s: int) -> dict[str, Any]:
        """The first ``large`` of the cameras send the one, the others the other; 0 stops them."""
        for person in self._people:
            if person.sends.options.video:
                person.camera = large_packets_per_s if person.index < large else small_packets_per_s
        return {}

    async def run(self, seconds: float, dtx: bool) -> dict[str, Any]:
        """A conversation of so long. What came is counted afterwards; before it, everything is forgotten."""
        self._received = [[] for _ in self._people]
        for probe in self._probes:
            probe.clear()
        behind = 0.0
        start, ticks = time.monotonic(), round(seconds * TICKS_PER_S)
        for tick in range(ticks):
            wait = start + tick / TICKS_PER_S - time.monotonic()
            if wait > 0:
                time.sleep(wait)  # noqa: ASYNC251  nothing else is to run: the clock of 604 senders
            else:
                behind = max(behind, -wait)
            self._tick(tick / TICKS_PER_S, dtx)
        self._settle()
        lost, streams, packets = 0, [], 0
        for index, heads in enumerate(self._received):
            if index < len(self._people) - PROBES:
                found = tally(heads)
                lost, packets = lost + found.lost, packets + found.packets
                streams.append(found.streams)
        delays = np.concatenate([np.array(probe.delays_s) for probe in self._probes])
        if not len(delays):
            raise RuntimeError("nothing came to those who decrypt: the server does not keep up at all")
        lost += sum(probe.lost for probe in self._probes)
        return {
            "lost": lost,
            "packets": packets + len(delays),
            "streams_of_a_viewer_min": min(streams),
            "delay_p50_ms": float(np.percentile(delays, 50)) * 1000,
            "delay_p99_ms": float(np.percentile(delays, 99)) * 1000,
            "behind_ms": behind * 1000,
        }

    def _tick(self, at_s: float, dtx: bool) -> None:
        """Who is due sends, and a tenth of the sockets are read."""
        self._ticks += 1
        turn = self._ticks % AUDIO_EVERY
        talking = int(at_s / TALK_S) * 3
        for person in self._people[turn::AUDIO_EVERY]:
            # Those who talk change by and by: four at a time out of the first 32, so that cameras come and go.
            talks = (person.index - talking) % 32 < TALKERS and person.index < 32
            person.timestamp += 960
            if talks or not dtx or person.timestamp % (960 * 20) == 0:
                self._send_audio(person, LOUD + person.index % 7 if talks else QUIET)
            self._read(person)
        for person in self._people:
            if not person.sends.options.video:
                break
            if person.camera:
                self._film(person)
        if self._ticks % TICKS_PER_S < len(self._people):
            for person in self._people[self._ticks % TICKS_PER_S :: TICKS_PER_S]:
                person.watches.send_rtcp(rtcp.pack_receiver_report(1, []))
                self._heads.read(person.sends.socket.fileno())

    def _send_audio(self, person: Participant, level: int) -> None:
        client = person.sends
        number = client.sequence[AUDIO_SSRC] = (client.sequence[AUDIO_SSRC] + 1) & 0xFFFF
        head = _AUDIO_HEAD.pack(
            0x90, OPUS_PT, number, person.timestamp & 0xFFFFFFFF, AUDIO_SSRC, 0xBEDE, 1, AUDIO_LEVEL_ID << 4, level, 0
        )
        client.send_raw_rtp(head + struct.pack("!Q", time.time_ns()) + self._junk[: OPUS_BYTES - 8])

    def _film(self, person: Participant) -> None:
        """A picture when it is due, its packets back to back; a keyframe a second, the first of a camera at once."""
        if self._ticks / TICKS_PER_S < person.due:
            return
        rate = min(PICTURES_PER_S, person.camera)
        if not person.due:  # not all at once
            person.due = self._ticks / TICKS_PER_S + person.index % rate / rate / rate
        person.due += 1 / rate
        first, last = (number * person.camera // rate for number in (person.pictures, person.pictures + 1))
        keyframe = person.pictures % rate == person.index % rate
        person.pictures += 1
        timestamp = 90_000 * person.pictures // rate & 0xFFFFFFFF
        for index in range(first, last):
            kind = b"\x67" if keyframe and index == first else b"\x61"
            payload = kind + struct.pack("!Q", time.time_ns()) + self._junk[: VIDEO_BYTES - 9]
            person.sends.send_rtp(VIDEO_SSRC, H264_PT, timestamp, payload, marker=index == last - 1)

    def _read(self, person: Participant) -> None:
        probe = person.index - (len(self._people) - PROBES)
        if probe >= 0:
            self._probes[probe].read()
        else:
            self._received[person.index] += self._heads.read(person.watches.socket.fileno())

    def _settle(self) -> None:
        """What is late is not lost: it is waited for until nothing has come for a moment."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 0.3:
            before = sum(map(len, self._received))
            for person in self._people:
                self._read(person)
            if sum(map(len, self._received)) != before:
                quiet_since = time.monotonic()
            time.sleep(0.02)


async def main() -> None:
    crowd = Crowd()
    await serve({"join": crowd.join, "cameras": crowd.cameras, "run": crowd.run})


if __name__ == "__main__":
    pin(int(sys.argv[1]))
    asyncio.run(main())
