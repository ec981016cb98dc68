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

from livehub.bench.chat_node import VERSION, NodeServer
from livehub.bench.machine import describe
from livehub.bench.worker import Worker

SIZE = 200
WARM_UP_LINES = 50


async def run(
    *, audiences: tuple[int, int] = (2_000, 8_000), lines: int = 500, lines_per_s: int = 100
) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    figures: dict[str, float] = {}
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
            figures[f"delivery_p50_ms_{audience}"] = heard["p50_ms"]
            figures[f"delivery_p99_ms_{audience}"] = heard["p99_ms"]
            figures["missing"] = figures.get("missing", 0) + heard["missing"]
        figures["delivery_p99_ms"] = figures[f"delivery_p99_ms_{audiences[0]}"]
        figures["kib_per_connection"] = (full["rss"] - empty["rss"]) / 1024 / present
        figures["joins_per_s"] = present / join_s
        await readers.call("leave")
    finally:
        await readers.stop()
        await server.stop()
    node = await _node(audiences[0], lines, lines_per_s) if NodeServer.is_possible() else None
    if node is not None:
        figures[f"node_us_per_delivery_{audiences[0]}"] = node
        figures["deliveries_ratio_to_node"] = node / figures[f"us_per_delivery_{audiences[0]}"]
    return {
        "bench": "chat",
        "machine": describe(),
        "conditions": {
            "audiences": audiences,
            "lines": lines,
            "lines_per_s": lines_per_s,
            "line_bytes": SIZE,
            "peer": "no node and npm here" if node is None else f"node socket.io {VERSION}, {audiences[0]} readers",
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


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
