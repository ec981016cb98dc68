"""``livehub bench join``: what it costs to take in a viewer, from the WHEP request to the finished DTLS handshake."""

import argparse
import asyncio
import json
from typing import Any

from livehub.bench.machine import describe
from livehub.bench.worker import Worker

WARM_UP = 20


async def run(*, viewers: int = 300) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``. The server has core 0, the clients core 1."""
    server = await Worker.start("livehub.bench.fanout_server", 0)
    audience = await Worker.start("livehub.bench.fanout_viewers", 1)
    try:
        http = (await server.call("start"))["http"]
        await audience.call("publish", http=http)
        await audience.call("join", viewers=WARM_UP)
        before = await server.call("usage")
        took = await audience.call("join", viewers=viewers)
        after = await server.call("usage")
    finally:
        await audience.stop()
        await server.stop()
    figures = {
        "cpu_ms_per_join": (after["cpu_s"] - before["cpu_s"]) * 1000 / viewers,
        "kib_per_viewer": (after["rss"] - before["rss"]) / 1024 / viewers,
        "joins_per_s": viewers / took["seconds"],
    }
    return {
        "bench": "join",
        "machine": describe(),
        "conditions": {"viewers": viewers, "http": "aiohttp on uvloop, one request each", "at_once": 8},
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=300)
    chosen = parser.parse_args(arguments)
    print(json.dumps(asyncio.run(run(viewers=chosen.viewers)), indent=2))


if __name__ == "__main__":
    main()
