"""``livehub bench fanout``: what it costs to send one packet to one viewer.

The server runs alone on core 0; three hundred viewers with real DTLS-SRTP, and the publisher, on core 1. The stream is
what a camera sends: thirty pictures a second, the packets of each back to back. Windows of forwarding alternate with
windows of plain ``sendmmsg`` in the same process, of as many datagrams of the same size, at the same moments, to the
same number of sockets: what the machine does besides hits both. Plain ``sendmmsg`` goes by packet in one window and by
receiver in another; the cheaper way is what livehub is held to. The cost is the whole CPU time of the server's process,
receiving, feedback and timers included.

Then the same for packets that come one by one, evenly spaced.
"""

import argparse
import asyncio
import json
import statistics
from dataclasses import dataclass
from typing import Any

from livehub.bench.machine import describe
from livehub.bench.worker import Worker

PACKET_BYTES = 1200
SRTP_TAG_BYTES = 16
VIDEO_HEADER_GROWTH = 8  # abs-send-time, which every viewer gets
PICTURES_PER_S = 30
WARM_UP_S = 1.5
#: part of the stream's rate at which aiortc is measured: it could not keep up with the whole
AIORTC_PART = 4

Windows = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Load:
    """What one benchmark does; a window lasts ``window_s``, each way has ``rounds`` of them."""

    viewers: int
    packets_per_s: int
    window_s: float
    rounds: int


async def run(
    *, viewers: int = 300, packets_per_s: int = 250, window_s: float = 2.0, rounds: int = 5
) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    server = await Worker.start("livehub.bench.fanout_server", 0)
    audience = await Worker.start("livehub.bench.fanout_viewers", 1)
    try:
        return await _Measurement(server, audience, Load(viewers, packets_per_s, window_s, rounds)).run()
    finally:
        await audience.stop()
        await server.stop()


class _Measurement:
    def __init__(self, server: Worker, audience: Worker, load: Load) -> None:
        self._server, self._audience, self._load = server, audience, load
        self._targets: list[Any] = []

    async def run(self) -> dict[str, Any]:
        load, audience = self._load, self._audience
        http = (await self._server.call("start"))["http"]
        await audience.call("publish", http=http)
        await audience.call("join", viewers=load.viewers)
        self._targets = (await audience.call("targets", count=load.viewers))["targets"]
        await self._forward(PICTURES_PER_S, WARM_UP_S)  # all slots live, all code warm
        camera = await self._alternate(PICTURES_PER_S, ("by_packet", "by_receiver"))
        even = await self._alternate(load.packets_per_s, ("by_packet",))
        lost = (await audience.call("lost"))["lost"]
        plain = min(("by_packet", "by_receiver"), key=lambda way: statistics.median(camera[way]))
        figures = {
            "cost_us_per_packet_viewer": statistics.median(camera["livehub"]),
            "sendmmsg_us_per_packet": statistics.median(camera[plain]),
            "cost_ratio_to_sendmmsg": _ratio(camera, plain),
            "cost_us_evenly_spaced": statistics.median(even["livehub"]),
            "sendmmsg_us_evenly_spaced": statistics.median(even["by_packet"]),
            "cost_ratio_evenly_spaced": _ratio(even, "by_packet"),
            "aiortc_us_per_packet_viewer": await self._aiortc(),
            "lost_packets": lost,
            "viewers": load.viewers,
        }
        return {
            "bench": "fanout",
            "machine": describe(),
            "conditions": self._conditions(plain, camera, even),
            "figures": {key: round(value, 3) for key, value in figures.items()},
        }

    def _conditions(self, plain: str, camera: Windows, even: Windows) -> dict[str, Any]:
        load = self._load
        return {
            "packets_per_s": load.packets_per_s,
            "packet_bytes": PACKET_BYTES,
            "stream": f"{PICTURES_PER_S} pictures/s, the packets of each back to back; evenly spaced: one by one",
            "sendmmsg": f"same datagrams at the same moments, no UDP_SEGMENT, {plain} (the cheaper way)",
            "ratio": "median of the ratios of neighbouring windows",
            "windows": load.rounds,
            "window_s": load.window_s,
            "srtp": "AEAD_AES_128_GCM",
            "us_by_window": _rounded(camera),
            "us_by_window_evenly_spaced": _rounded(even),
        }

    async def _alternate(self, moments_per_s: int, ways: tuple[str, ...]) -> Windows:
        """µs for a packet and a receiver, of livehub and of each way of plain sending, window by window."""
        windows: Windows = {name: [] for name in ("livehub", *ways)}
        for index in range(self._load.rounds):
            for name in windows if index % 2 == 0 else reversed(windows):
                if name == "livehub":
                    used = await self._forward(moments_per_s, self._load.window_s)
                else:
                    used = await self._plain(moments_per_s, name)
                windows[name].append(used)
        return windows

    def _pace(self, moments_per_s: int, window_s: float) -> dict[str, Any]:
        return {"moments": int(window_s * moments_per_s), "moments_per_s": moments_per_s}

    async def _forward(self, moments_per_s: int, window_s: float) -> float:
        """µs for a packet and a viewer of livehub's server."""
        size, pace = PACKET_BYTES - VIDEO_HEADER_GROWTH, self._pace(moments_per_s, window_s)
        before = (await self._server.call("usage"))["cpu_s"]
        await self._audience.call("stream", size=size, packets_per_s=self._load.packets_per_s, **pace)
        await self._audience.call("lost")  # waits until all has come: what the server has yet to do belongs here too
        return self._per_packet((await self._server.call("usage"))["cpu_s"] - before, pace, self._load.packets_per_s)

    async def _plain(self, moments_per_s: int, way: str) -> float:
        pace = self._pace(moments_per_s, self._load.window_s)
        return await self._compare("plain", self._load.packets_per_s, pace, way=way)

    async def _aiortc(self) -> float:
        rate = self._load.packets_per_s // AIORTC_PART
        return await self._compare("aiortc", rate, self._pace(rate, self._load.window_s))

    async def _compare(self, action: str, packets_per_s: int, pace: dict[str, Any], **more: Any) -> float:
        """µs for a packet and a receiver of another way of sending, while the receivers read."""
        sending = {"targets": self._targets, "size": PACKET_BYTES + SRTP_TAG_BYTES, "packets_per_s": packets_per_s}
        answers = await asyncio.gather(
            self._audience.call("read", **pace), self._server.call(action, **sending, **pace, **more)
        )
        return self._per_packet(float(answers[1]["cpu_s"]), pace, packets_per_s)

    def _per_packet(self, cpu_s: float, pace: dict[str, Any], packets_per_s: int) -> float:
        packets: int = pace["moments"] * packets_per_s // pace["moments_per_s"]
        return cpu_s * 1e6 / (packets * self._load.viewers)


def _ratio(windows: Windows, way: str) -> float:
    return statistics.median(ours / plain for ours, plain in zip(windows["livehub"], windows[way], strict=True))


def _rounded(windows: Windows) -> dict[str, list[float]]:
    return {name: [round(value, 2) for value in values] for name, values in windows.items()}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=300)
    parser.add_argument("--packets-per-s", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--window-s", type=float, default=2.0)
    chosen = parser.parse_args(arguments)
    result = run(
        viewers=chosen.viewers, packets_per_s=chosen.packets_per_s, window_s=chosen.window_s, rounds=chosen.rounds
    )
    print(json.dumps(asyncio.run(result), indent=2))


if __name__ == "__main__":
    main()
