"""``livehub bench crowd``: a thousand viewers arrive in ten seconds, and what viewers leave behind when they go.

Two hundred watch; a thousand more join while the stream goes on, evenly over ten seconds, each with its HTTP request,
ICE check and DTLS handshake, and each at its moment, however many are still about it. Counted is what the two hundred
lost meanwhile, and whether everybody got to see something.
Then two hundred viewers come, watch and go, twenty-four times: the server's memory must stay where it was.

The server has one core, all clients the other; the stream has a hundred packets a second, which is what the clients'
core can still receive twelve hundred times.
"""

import asyncio
import statistics
from typing import Any

from livehub.bench.fanout import PACKET_BYTES, PICTURES_PER_S, VIDEO_HEADER_GROWTH
from livehub.bench.machine import describe
from livehub.bench.worker import Worker

PACKETS_PER_S = 100
WARM_UP_S = 1.5
CYCLE_STREAM_S = 1.0


async def run(
    *, watching: int = 200, arriving: int = 1_000, over_s: float = 10.0, cycles: int = 24, cycle_viewers: int = 200
) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    figures = await _arrival(watching, arriving, over_s)
    figures |= await _coming_and_going(cycles, cycle_viewers)
    return {
        "bench": "crowd",
        "machine": describe(),
        "conditions": {
            "watching": watching,
            "arriving": arriving,
            "over_s": over_s,
            "packets_per_s": PACKETS_PER_S,
            "packet_bytes": PACKET_BYTES,
            "cycles": cycles,
            "viewers_of_a_cycle": cycle_viewers,
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


async def _stream(audience: Worker, seconds: float) -> None:
    moments = int(seconds * PICTURES_PER_S)
    size = PACKET_BYTES - VIDEO_HEADER_GROWTH
    await audience.call("stream", size=size, packets_per_s=PACKETS_PER_S, moments=moments, moments_per_s=PICTURES_PER_S)


async def _arrival(watching: int, arriving: int, over_s: float) -> dict[str, float]:
    server = await Worker.start("livehub.bench.fanout_server", 0)
    watchers = await Worker.start("livehub.bench.fanout_viewers", 1)
    crowd = await Worker.start("livehub.bench.fanout_viewers", 1)
    try:
        http = (await server.call("start"))["http"]
        await watchers.call("publish", http=http)
        await watchers.call("join", viewers=watching)
        await _stream(watchers, WARM_UP_S)
        await watchers.call("lost")
        await watchers.call("forget")
        before_s = (await server.call("usage"))["cpu_s"]
        _, joined = await asyncio.gather(
            _stream(watchers, over_s + 1), crowd.call("come", http=http, viewers=arriving, over_s=over_s)
        )
        used_s = (await server.call("usage"))["cpu_s"] - before_s
        lost = (await watchers.call("lost"))["lost"]
        reached = (await crowd.call("reached"))["viewers"]
    finally:
        for worker in (crowd, watchers, server):
            await worker.stop()
    return {
        "lost_by_watching": lost,
        "arrived_and_see": reached,
        "crowd_joins_per_s": arriving / joined["seconds"],
        "crowd_cpu_cores": used_s / (over_s + 1),
    }


async def _coming_and_going(cycles: int, viewers: int) -> dict[str, float]:
    server = await Worker.start("livehub.bench.fanout_server", 0)
    audience = await Worker.start("livehub.bench.fanout_viewers", 1)
    mib: list[float] = []
    try:
        http = (await server.call("start"))["http"]
        await audience.call("publish", http=http)
        for _ in range(cycles):
            await audience.call("join", viewers=viewers)
            await _stream(audience, CYCLE_STREAM_S)
            await audience.call("leave")
            await asyncio.sleep(0.2)
            mib.append((await server.call("usage"))["rss"] / (1 << 20))
    finally:
        await audience.stop()
        await server.stop()
    later = mib[cycles // 3 :]  # the first cycles fill the allocator's pools
    slope = statistics.linear_regression(range(len(later)), later).slope
    return {"memory_mib": later[-1], "memory_growth_kib_per_cycle": slope * 1024}
