"""The comparison itself, inside its namespace: ``python -m livehub.bench.peers.measure VIEWERS ROUNDS WINDOW_S``."""

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livehub.bench.fanout import PACKET_BYTES, PICTURES_PER_S, VIDEO_HEADER_GROWTH
from livehub.bench.machine import describe
from livehub.bench.peers import ADDRESS
from livehub.bench.peers.relays import HTTP_PORT, Janus, Pion, Relay
from livehub.bench.worker import Worker

SERVER_CORE, CLIENT_CORE = 0, 1
PACKETS_PER_S = 250
WARM_UP_S = 1.5
#: names of the streams, and at how many moments a second their packets leave
STREAMS = {"camera": PICTURES_PER_S, "evenly_spaced": PACKETS_PER_S}


@dataclass(frozen=True, slots=True)
class Contender:
    """A server with its audience. ``cpu_s`` tells what its process has used so far."""

    name: str
    audience: Worker
    cpu_s: Callable[[], Awaitable[float]]

    async def forward(self, moments_per_s: int, window_s: float) -> float:
        """CPU seconds of one window, with what is left to do when its last packet was sent."""
        before = await self.cpu_s()
        await self.audience.call(
            "stream",
            size=PACKET_BYTES - VIDEO_HEADER_GROWTH,
            packets_per_s=PACKETS_PER_S,
            moments=int(window_s * moments_per_s),
            moments_per_s=moments_per_s,
        )
        await self.audience.call("lost")
        return await self.cpu_s() - before


class Comparison:
    def __init__(self, viewers: int, rounds: int, window_s: float, folder: Path) -> None:
        self._viewers, self._rounds, self._window_s = viewers, rounds, window_s
        self._folder = folder
        self._stack = AsyncExitStack()

    async def run(self) -> dict[str, Any]:
        async with self._stack:
            # Pion and Janus listen on the same port: one after the other, each against livehub in the same windows.
            figures: dict[str, float] = {"viewers": self._viewers}
            windows: dict[str, list[float]] = {}
            for relay in (Janus(self._folder, SERVER_CORE), Pion(self._folder, SERVER_CORE)):
                await self._against(relay, figures, windows)
        return {
            "bench": "peers",
            "machine": describe(),
            "conditions": {
                "packets_per_s": PACKETS_PER_S,
                "packet_bytes": PACKET_BYTES,
                "windows": self._rounds,
                "window_s": self._window_s,
                "ratio": "median of the ratios of neighbouring windows",
                "janus": "1.1, streaming plug-in, plain RTP in, ICE-lite, one event loop",
                "pion": "webrtc v3.1, ICE-lite, one UDP port, NACK and report interceptors, GOMAXPROCS=1",
                "us_by_window": windows,
            },
            "figures": {key: round(value, 3) for key, value in figures.items()},
        }

    async def _against(self, relay: Relay, figures: dict[str, float], windows: dict[str, list[float]]) -> None:
        async with AsyncExitStack() as stack:
            ours = await self._ours(stack)
            theirs = await self._theirs(stack, relay)
            for contender in (theirs, ours):  # Janus needs long; whoever waits would lose consent meanwhile
                await contender.audience.call("join", viewers=self._viewers)
            for contender in (theirs, ours):
                await contender.forward(PICTURES_PER_S, WARM_UP_S)
            for stream, moments_per_s in STREAMS.items():
                measured: dict[str, list[float]] = {ours.name: [], theirs.name: []}
                for index in range(self._rounds):
                    for contender in (ours, theirs) if index % 2 == 0 else (theirs, ours):
                        for waiting in (ours, theirs):
                            await waiting.audience.call("check")
                        used_s = await contender.forward(moments_per_s, self._window_s)
                        packets = int(self._window_s * PACKETS_PER_S) * self._viewers
                        measured[contender.name].append(used_s * 1e6 / packets)
                for name, values in measured.items():
                    key = name if name == relay.name else f"livehub_beside_{relay.name}"
                    figures[f"{key}_us_{stream}"] = statistics.median(values)
                    windows[f"{key} {stream}"] = [round(value, 2) for value in values]
                pairs = zip(measured[theirs.name], measured[ours.name], strict=True)
                figures[f"ratio_{relay.name}_{stream}"] = statistics.median(other / own for other, own in pairs)
            for contender in (ours, theirs):
                key = f"lost_packets_{contender.name}" if contender is theirs else f"lost_packets_beside_{relay.name}"
                figures[key] = (await contender.audience.call("lost"))["lost"]

    async def _ours(self, stack: AsyncExitStack) -> Contender:
        server = await Worker.start("livehub.bench.fanout_server", SERVER_CORE)
        stack.push_async_callback(server.stop)
        http = (await server.call("start", address=ADDRESS))["http"]
        audience = await Worker.start("livehub.bench.peers.audience", CLIENT_CORE)
        stack.push_async_callback(audience.stop)
        await audience.call("publish", http=http, address=ADDRESS)

        async def cpu_s() -> float:
            return float((await server.call("usage"))["cpu_s"])

        return Contender("livehub", audience, cpu_s)

    async def _theirs(self, stack: AsyncExitStack, relay: Relay) -> Contender:
        stack.push_async_callback(relay.stop)
        await relay.start()
        more = ("janus",) if isinstance(relay, Janus) else ()
        audience = await Worker.start("livehub.bench.peers.audience", CLIENT_CORE, *more)
        stack.push_async_callback(audience.stop)
        await audience.call("publish", http=HTTP_PORT, address=ADDRESS)

        async def cpu_s() -> float:
            return relay.cpu_s()

        return Contender(relay.name, audience, cpu_s)


async def main() -> None:
    viewers, rounds, window_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        result = await Comparison(viewers, rounds, window_s, Path(folder)).run()
    print(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main())
