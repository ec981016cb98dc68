"""``livehub bench orders``: how many orders a second one process accepts over HTTP, durably, and never twice.

An order is accepted when its answer is 201: it is committed then, with stock, lines and idempotency key. The same
server with orders that are made and forgotten gives the limit that storage could at best reach. The server has core 0,
the buyers core 1 (PostgreSQL runs where the system puts it).
"""

import argparse
import asyncio
import json
from contextlib import ExitStack
from typing import Any

from livehub.bench.machine import describe
from livehub.bench.postgres import binaries, running_postgres
from livehub.bench.worker import Worker

CONNECTIONS = 128
BUYERS = 1000
WARM_UP_S = 0.7
RUSH_UNITS = 500
RUSH_REQUESTS = 1500


async def run(*, seconds: float = 4.0) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``; under 40 s in all."""
    figures: dict[str, float] = {}
    with ExitStack() as stack:
        storages = {"none": "", "sqlite": ""}
        if binaries() is not None:
            storages["postgresql"] = stack.enter_context(running_postgres()).new_database()
        for storage, url in storages.items():
            figures |= await _measure(storage, url, seconds)
    for storage in storages:
        if storage != "none":
            figures[f"share_of_no_storage_{storage}"] = (
                figures[f"orders_per_s_{storage}"] / figures["orders_per_s_none"]
            )
    figures["no_storage_per_s"] = figures.pop("orders_per_s_none")
    figures["p99_ms_at_half"] = figures["p99_ms_at_half_sqlite"]
    figures["oversold"] = sum(value for key, value in figures.items() if key.startswith("oversold_"))
    return {
        "bench": "orders",
        "machine": describe(),
        "conditions": {
            "connections": CONNECTIONS,
            "buyers": BUYERS,
            "seconds": seconds,
            "sqlite": "WAL, synchronous=FULL",
            "postgresql": "synchronous_commit=on" if "postgresql" in storages else "not installed",
            "rush": f"{RUSH_REQUESTS} orders for {RUSH_UNITS} units",
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


async def _measure(storage: str, url: str, seconds: float) -> dict[str, float]:
    server = await Worker.start("livehub.bench.orders_server", 0)
    load = await Worker.start("livehub.bench.orders_load", 1)
    try:
        started = await server.call("start", storage=storage, url=url, buyers=BUYERS)
        await load.call("connect", connections=CONNECTIONS, **started)
        offer = await server.call("offer", number=0, quantity=0)
        await load.call("rush", seconds=WARM_UP_S, **offer)
        rushed = await load.call("rush", seconds=seconds, **offer)
        accepted = rushed["statuses"].get("201", 0)
        if accepted < sum(rushed["statuses"].values()):
            raise RuntimeError(f"orders were refused while there was stock: {rushed['statuses']}")
        rate = accepted / rushed["seconds"]
        figures = {f"orders_per_s_{storage}": rate}
        if storage != "none":
            paced = await load.call("pace", seconds=seconds, per_s=rate / 2, **offer)
            figures[f"p50_ms_at_half_{storage}"] = paced["p50_ms"]
            figures[f"p99_ms_at_half_{storage}"] = paced["p99_ms"]
            figures[f"oversold_{storage}"] = await _oversold(server, load)
    finally:
        await load.stop()
        await server.stop()
    return figures


async def _oversold(server: Worker, load: Worker) -> float:
    """Units promised beyond what was there, by the answers and by the books."""
    offer = await server.call("offer", number=1, quantity=RUSH_UNITS)
    rushed = await load.call("rush", requests=RUSH_REQUESTS, **offer)
    books = await server.call("counts", **offer)
    accepted = rushed["statuses"].get("201", 0)
    if accepted != books["held"] or books["held"] + books["available"] != RUSH_UNITS:
        raise RuntimeError(f"{accepted} orders were accepted, but the books say {books}")
    return float(max(0, accepted - RUSH_UNITS))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    chosen = parser.parse_args(arguments)
    print(json.dumps(asyncio.run(run(seconds=chosen.seconds)), indent=2))


if __name__ == "__main__":
    main()
