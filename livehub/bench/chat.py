"""``livehub bench chat``: what one chat line costs per reader in one big room, and what a connection costs.

The whole way is measured: the call over Socket.IO, permission, the commit to SQLite, the broadcast; a delivery is one
line at one reader. The server has core 0 and the readers core 1, so what the readers can take bounds what is seen.
"""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from livehub.bench.chat_node import VERSION, NodeServer
from livehub.bench.chat_server import Setup
from livehub.bench.machine import describe
from livehub.bench.worker import Worker
from livehub.signalling.limits import Limits

SIZE = 200
WARM_UP_LINES = 50
#: beside node: few enough for both, so that neither gathers because it is late
LINES_ONE_BY_ONE_PER_S = 20


async def run(
    *, audiences: tuple[int, int] = (2_000, 8_000), lines: int = 500, lines_per_s: int = 100
) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    figures = await _gathered(audiences, lines, lines_per_s)
    few, audience = lines * LINES_ONE_BY_ONE_PER_S // lines_per_s, audiences[0]
    figures["us_ungathered"] = await _ungathered(audience, few, LINES_ONE_BY_ONE_PER_S)
    is_possible = NodeServer.is_possible()
    if is_possible:
        node = await _node(audience, few, LINES_ONE_BY_ONE_PER_S)
        figures |= {"node_us_per_delivery": node, "deliveries_ratio_to_node": node / figures["us_ungathered"]}
    return {
        "bench": "chat",
        "machine": describe(),
        "conditions": {
            "audiences": audiences,
            "lines": lines,
            "lines_per_s": lines_per_s,
            "line_bytes": SIZE,
            "gathered_s": Limits().crowd_gather_s,
            "lines_per_s_at_half": figures.pop("lines_per_s_at_half"),
            "lines_per_s_ungathered": LINES_ONE_BY_ONE_PER_S,
            "peer": f"node socket.io {VERSION}, {audience} readers" if is_possible else "no node and npm here",
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


async def _gathered(audiences: tuple[int, int], lines: int, lines_per_s: int) -> dict[str, float]:
    """As the server is by default, up to the largest audience; then at half of what it can do with that."""
    figures: dict[str, float] = {"missing": 0}
    server = await Worker.start("livehub.bench.chat_server", 0)
    readers = await Worker.start("livehub.bench.chat_clients", 1)
    try:
        started = await server.call("start")
        empty = await server.call("usage")
        present, join_s = 0, 0.0
        for audience in audiences:
            joined = await readers.call("join", http=started["http"], room=started["room"], count=audience - present)
            present, join_s = audience, join_s + joined["seconds"]
            full = await server.call("usage")
            await readers.call("talk", lines=WARM_UP_LINES, per_s=lines_per_s, size=SIZE)
            before = await server.call("usage")
            heard = await readers.call("talk", lines=lines, per_s=lines_per_s, size=SIZE)
            after = await server.call("usage")
            figures[f"us_per_delivery_{audience}"] = (after["cpu_s"] - before["cpu_s"]) * 1e6 / (lines * audience)
            figures[f"deliveries_per_s_{audience}"] = lines * audience / heard["seconds"]
            figures["missing"] += heard["missing"]
        # At a hundred lines a second the largest audience is more than a core can do: what it did is the most.
        half = max(1, round(figures[f"deliveries_per_s_{present}"] / 2 / present))
        heard = await readers.call("talk", lines=half * lines // lines_per_s, per_s=half, size=SIZE)
        figures |= {"lines_per_s_at_half": half, "delivery_p99_ms_half": heard["p99_ms"]}
        figures["missing"] += heard["missing"]
        figures["kib_per_connection"] = (full["rss"] - empty["rss"]) / 1024 / present
        figures["chat_joins_per_s"] = present / join_s
        await readers.call("leave")
    finally:
        await readers.stop()
        await server.stop()
    return figures


async def _ungathered(audience: int, lines: int, lines_per_s: int) -> float:
    """Each line written by itself: CPU microseconds a delivery."""
    server = await Worker.start("livehub.bench.chat_server", 0, msgspec.json.encode(Setup(gathers=False)).decode())
    readers = await Worker.start("livehub.bench.chat_clients", 1)
    try:
        started = await server.call("start")
        await readers.call("join", http=started["http"], room=started["room"], count=audience)
        await readers.call("talk", lines=WARM_UP_LINES, per_s=lines_per_s, size=SIZE)
        before = await server.call("usage")
        await readers.call("talk", lines=lines, per_s=lines_per_s, size=SIZE)
        after = await server.call("usage")
        return float(after["cpu_s"] - before["cpu_s"]) * 1e6 / (lines * audience)
    finally:
        await readers.stop()
        await server.stop()


async def _node(audience: int, lines: int, lines_per_s: int) -> float:
    """The same lines to as many readers by node's socket.io: CPU microseconds a delivery."""
    with tempfile.TemporaryDirectory() as folder:
        server = await NodeServer.start(Path(folder), 0)
        readers = await Worker.start("livehub.bench.chat_clients", 1)
        try:
            await readers.call("join", http=server.port, room="", count=audience)
            await readers.call("talk", lines=WARM_UP_LINES, per_s=lines_per_s, size=SIZE)
            before = server.cpu_s()
            await readers.call("talk", lines=lines, per_s=lines_per_s, size=SIZE)
            return (server.cpu_s() - before) * 1e6 / (lines * audience)
        finally:
            await readers.stop()
            await server.stop()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audiences", type=int, nargs=2, default=(2_000, 8_000))
    chosen = parser.parse_args(arguments)
    print(json.dumps(asyncio.run(run(audiences=tuple(chosen.audiences))), indent=2))


if __name__ == "__main__":
    main()
