"""``livehub bench fanout``: what it costs to send one packet to one viewer.

The server runs alone on core 0; three hundred viewers with real DTLS-SRTP, and the publisher, on core 1. Windows of
forwarding alternate with windows of plain ``sendmmsg`` in the same process, at the same pace, of datagrams of the same
size to the same number of sockets: what the machine does besides hits both. The cost is the whole CPU time of the
server's process, receiving, feedback and timers included.
"""

import argparse
import asyncio
import json
import statistics
from typing import Any

from livehub.bench.machine import describe
from livehub.bench.worker import Worker

PACKET_BYTES = 1200
SRTP_TAG_BYTES = 16
VIDEO_HEADER_GROWTH = 8  # abs-send-time, which every viewer gets


async def run(
    *, viewers: int = 300, packets_per_s: int = 250, burst: int = 1, window_s: float = 2.5, windows: int = 4
) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    server = await Worker.start("livehub.bench.fanout_server", 0)
    audience = await Worker.start("livehub.bench.fanout_viewers", 1)
    try:
        return await _measure(server, audience, viewers, packets_per_s, burst, window_s, windows)
    finally:
        await audience.stop()
        await server.stop()


async def _measure(
    server: Worker, audience: Worker, viewers: int, packets_per_s: int, burst: int, window_s: float, windows: int
) -> dict[str, Any]:
    http = (await server.call("start"))["http"]
    await audience.call("publish", http=http)
    await audience.call("join", viewers=viewers)
    targets = (await audience.call("targets", count=viewers))["targets"]
    packets = int(window_s * packets_per_s) // burst * burst
    pace = {"packets_per_s": packets_per_s, "burst": burst}
    stream = {"packets": packets, "size": PACKET_BYTES - VIDEO_HEADER_GROWTH, **pace}
    await audience.call(
        "stream", **(stream | {"packets": packets_per_s // burst * burst})
    )  # all slots live, all code warm
    forwarded, plain = [], []
    per_packet = 1e6 / (packets * viewers)
    size = PACKET_BYTES + SRTP_TAG_BYTES
    for _ in range(windows):
        before = (await server.call("usage"))["cpu_s"]
        await audience.call("stream", **stream)
        await audience.call("lost")  # waits until all has come: what the server still has to do belongs to this window
        forwarded.append(((await server.call("usage"))["cpu_s"] - before) * per_packet)
        compared = await _compare(server, audience, "plain", targets=targets, size=size, packets=packets, **pace)
        plain.append(compared * per_packet)
    figures = {
        "cost_us_per_packet_viewer": statistics.median(forwarded),
        "sendmmsg_us_per_packet": statistics.median(plain),
        "cost_ratio_to_sendmmsg": statistics.median(forwarded) / statistics.median(plain),
        "lost_packets": (await audience.call("lost"))["lost"],
        "viewers": viewers,
    }
    few = {"packets": packets // 4, "packets_per_s": packets_per_s // 4, "burst": 1}
    used = await _compare(server, audience, "aiortc", targets=targets, size=size, **few)
    figures["aiortc_us_per_packet_viewer"] = used * 1e6 / (few["packets"] * viewers)
    return {
        "bench": "fanout",
        "machine": describe(),
        "conditions": {
            "packets_per_s": packets_per_s,
            "burst": burst,
            "packet_bytes": PACKET_BYTES,
            "windows": windows,
            "window_s": window_s,
            "srtp": "AEAD_AES_128_GCM",
            "cost_us_by_window": [round(value, 2) for value in forwarded],
            "sendmmsg_us_by_window": [round(value, 2) for value in plain],
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


async def _compare(server: Worker, audience: Worker, action: str, **sending: Any) -> float:
    """CPU seconds of the server for sending so, while the receivers read."""
    pace = {key: sending[key] for key in ("packets", "packets_per_s", "burst")}
    answers = await asyncio.gather(audience.call("read", **pace), server.call(action, **sending))
    return float(answers[1]["cpu_s"])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=300)
    parser.add_argument("--packets-per-s", type=int, default=250)
    parser.add_argument("--burst", type=int, default=1, help="packets that come at once, as those of a frame do")
    parser.add_argument("--windows", type=int, default=4)
    chosen = parser.parse_args(arguments)
    result = run(viewers=chosen.viewers, packets_per_s=chosen.packets_per_s, burst=chosen.burst, windows=chosen.windows)
    print(json.dumps(asyncio.run(result), indent=2))


if __name__ == "__main__":
    main()
