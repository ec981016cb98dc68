"""``livehub bench workers``: what two media workers forward beside one.

Two workers, each with viewers of real DTLS-SRTP, in three ways by turns: one worker has a room to itself, both have one
each, and one room spans both. The publisher sends as much as is forwarded, never more than a few pictures ahead, so a
worker is as busy as its core lets it be. Nobody reads what the viewers get: the kernel drops it where it would
wait for them, which costs the sender as much and leaves the cores to the workers. The load generator is this process:
it encrypts between the windows what it sends in them, and what it uses is told with the figures. Where two cores are
not free, the ratio of CPU costs says what they would bring.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from livehub.bench.light import H264_PT, VIDEO_SSRC, LightClient, OfferOptions
from livehub.bench.machine import describe
from livehub.events import EventBus
from livehub.media.assembly import PlaneSettings
from livehub.media.cluster.proxy import MediaCluster
from livehub.media.limits import ClusterLimits
from livehub.media.transport import Certificate

PAYLOAD: Final = b"\x61" + bytes(1159)
PICTURE: Final = 9
KEYFRAME_EVERY: Final = 30
#: pictures that the publisher may be ahead of what was forwarded
AHEAD: Final = 24
#: more than a worker forwards; what is left is for the next window
PICTURES_PER_S: Final = 600
#: workers tell how far they are every 20 ms
POLL_S: Final = 0.005
KEEPALIVE_S: Final = 8.0
TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass
class Show:
    """A room with a publisher, on the workers of ``on``, each with ``viewers``."""

    name: str
    on: tuple[int, ...]
    viewers: int
    host: LightClient | None = None
    audience: list[LightClient] = field(default_factory=list)
    timestamp: int = 0
    ready: deque[list[bytes]] = field(default_factory=deque)

    def prepare(self, pictures: int) -> None:
        """Have so many encrypted."""
        assert self.host is not None
        while len(self.ready) < pictures:
            with self.host.sealing() as picture:
                self._make_picture()
            self.ready.append(picture)

    def send_picture(self) -> None:
        assert self.host is not None
        self.prepare(1)
        for packet in self.ready.popleft():
            self.host.send_sealed(packet)

    def _make_picture(self) -> None:
        assert self.host is not None
        if self.timestamp % (3000 * KEYFRAME_EVERY) == 0:
            self.host.send_rtp(VIDEO_SSRC, H264_PT, self.timestamp, b"\x67" + bytes(40))
        for index in range(PICTURE):
            self.host.send_rtp(VIDEO_SSRC, H264_PT, self.timestamp, PAYLOAD, marker=index == PICTURE - 1)
        self.timestamp += 3000


class Field:
    """The cluster, its rooms and the clients in them."""

    def __init__(self, viewers: int) -> None:
        self.viewers = viewers
        self.cluster = MediaCluster(
            2,
            PlaneSettings(0, ("127.0.0.1",)),
            bus=EventBus(),
            limits=ClusterLimits(viewers_per_worker=viewers, pulse_s=0.02, spares=0, call_timeout_s=60.0),
        )
        self.shows = {
            "one": [Show("a", (0,), viewers)],
            "two": [],
            "span": [Show("s", (0, 1), viewers)],
        }
        self.shows["two"] = [*self.shows["one"], Show("b", (1,), viewers)]
        self._certificate = Certificate.generateCertificate()

    async def open(self) -> None:
        await self.cluster.start()
        for show in (*self.shows["two"], *self.shows["span"]):
            show.host = await self._join("publish", show.name, "host", "Host")
            for number in range(show.viewers * len(show.on)):
                viewer = await self._join("play", show.name, f"viewer {number}")
                viewer.stop_reading()
                show.audience.append(viewer)
            show.send_picture()
        await asyncio.sleep(1.0)
        for show in self.shows["two"]:
            # Who was placed elsewhere is no fault of the figures, but they would be called by the wrong name.
            assert self.cluster._placement.known_owner(show.name) in show.on

    async def _join(self, kind: str, room: str, *who: str) -> LightClient:
        client = LightClient(self._certificate, OfferOptions("sendonly" if kind == "publish" else "recvonly", audio=0))
        session = await getattr(self.cluster, kind)(room, *who, client.offer)
        await client.use_answer(session.answer_sdp, timeout_s=60.0)
        return client

    async def close(self) -> None:
        for show in (*self.shows["two"], *self.shows["span"]):
            for client in (*show.audience, *([show.host] if show.host else [])):
                client.close()
        await self.cluster.close()

    @contextlib.asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        async def check() -> None:
            while True:
                for show in (*self.shows["two"], *self.shows["span"]):
                    for client in (*show.audience, *([show.host] if show.host else [])):
                        client.check()
                    await asyncio.sleep(KEEPALIVE_S / 3)

        task = asyncio.get_running_loop().create_task(check())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def sent(self) -> list[int]:
        # The sums over all workers, which the public statistics make besides, would cost as much as sending does.
        return [int(self.cluster._stats[index]["port"]["sent"]) for index in range(2)]

    def cpu_s(self) -> float:
        return sum(cpu_s(worker["pid"]) for worker in self.cluster.stats()["workers"])

    async def window(self, shows: Sequence[Show], seconds: float) -> tuple[float, float]:
        """Packets sent to viewers a second, and CPU seconds of the workers for each of them."""
        for show in shows:
            show.prepare(int(PICTURES_PER_S * seconds) + AHEAD)
        before, cpu_before, began = self.sent(), self.cpu_s(), time.monotonic()
        await asyncio.gather(*(self._drive(show, began + seconds) for show in shows))
        await asyncio.sleep(self.cluster._limits.pulse_s * 2)
        took = time.monotonic() - began
        packets = sum(self.sent()) - sum(before)
        return packets / took, (self.cpu_s() - cpu_before) / packets

    async def _drive(self, show: Show, until_s: float) -> None:
        """Pictures as fast as they are forwarded."""
        before, pictures = self.sent(), 0
        while time.monotonic() < until_s:
            now = self.sent()
            done = min((now[worker] - before[worker]) / show.viewers for worker in show.on) / PICTURE
            while pictures - done < AHEAD:
                show.send_picture()
                pictures += 1
            await asyncio.sleep(POLL_S)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


async def free_cores() -> float:
    """Cores that nobody used in the last second."""

    def idle() -> int:
        return int(Path("/proc/stat").read_text().split()[4])

    before = idle()
    await asyncio.sleep(1.0)
    return (idle() - before) / TICK


async def run(*, viewers: int = 150, rounds: int = 6, seconds: float = 2.0) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``; medians of ``rounds`` windows of each way."""
    free = await free_cores()
    floor = Field(viewers)
    found: dict[str, list[tuple[float, float]]] = {"one": [], "two": [], "span": []}
    try:
        await floor.open()
        async with floor.kept_alive():
            for shows in floor.shows.values():
                await floor.window(shows, 0.5)
            own, began = time.process_time(), time.monotonic()
            for _ in range(rounds):
                for way, shows in floor.shows.items():
                    found[way].append(await floor.window(shows, seconds))
            own_cores = (time.process_time() - own) / (time.monotonic() - began)
    finally:
        await floor.close()
    rate = {way: statistics.median(item[0] for item in windows) for way, windows in found.items()}
    cost = {way: statistics.median(item[1] for item in windows) for way, windows in found.items()}
    figures = {
        "packets_per_s_one_worker": rate["one"],
        "packets_per_s_two_workers": rate["two"],
        "packets_per_s_spanning_room": rate["span"],
        "ratio_two_workers": rate["two"] / rate["one"],
        "ratio_spanning_room": rate["span"] / rate["one"],
        "cost_us_one_worker": cost["one"] * 1e6,
        "cost_us_two_workers": cost["two"] * 1e6,
        "cost_us_spanning_room": cost["span"] * 1e6,
        "ratio_two_workers_by_cpu": 2 * cost["one"] / cost["two"],
        "ratio_spanning_room_by_cpu": 2 * cost["one"] / cost["span"],
        "free_cores_before": free,
        "load_generator_cores": own_cores,
    }
    return {
        "bench": "workers",
        "machine": describe(),
        "conditions": {
            "viewers_a_worker": viewers,
            "packet_bytes": 1200,
            "packets_a_picture": PICTURE,
            "rounds": rounds,
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=6)
    chosen = parser.parse_args(arguments)
    print(json.dumps(asyncio.run(run(viewers=chosen.viewers, rounds=chosen.rounds)), indent=2))


if __name__ == "__main__":
    main()
