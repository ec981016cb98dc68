"""``livehub bench orders``: how many orders a second one process accepts over HTTP, durably, and never twice.

An order is accepted when its answer is 201: it is committed then, with stock, lines and idempotency key. The same
server with orders that are made and forgotten gives the limit that storage could at best reach. The server has core 0,
the buyers core 1 (PostgreSQL runs where the system puts it).
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from livehub.bench.machine import describe
from livehub.bench.postgres import binaries, running_postgres
from livehub.bench.worker import Worker

CONNECTIONS = 128
BUYERS = 1000
WARM_UP_S = 0.7
WINDOW_S = 1.0
RUSH_UNITS = 500
RUSH_REQUESTS = 1500


async def run(*, seconds: float = 4.0) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``; under a minute in all.

    Windows of a second alternate between the servers, so that whatever the machine does falls on all of them alike;
    ``seconds`` is what each of them gets in all.
    """
    with ExitStack() as stack:
        urls = {"none": "", "sqlite": ""}
        if binaries() is not None:
            urls["postgresql"] = stack.enter_context(running_postgres()).new_database()
        async with AsyncExitStack() as sides:
            all_of = {storage: await sides.enter_async_context(_running(storage, url)) for storage, url in urls.items()}
            figures = await _compare(all_of, max(1, round(seconds / WINDOW_S)))
            for storage, side in all_of.items():
                if storage != "none":
                    figures |= await _at_half(storage, side, seconds, figures[f"orders_per_s_{storage}"] / 2)
    figures["no_storage_per_s"] = figures.pop("orders_per_s_none")
    figures["p99_ms_at_half"] = max(value for key, value in figures.items() if key.startswith("p99_ms_at_half_"))
    figures["oversold"] = sum(value for key, value in figures.items() if key.startswith("oversold_"))
    return {
        "bench": "orders",
        "machine": describe(),
        "conditions": {
            "connections": CONNECTIONS,
            "buyers": BUYERS,
            "seconds": seconds,
            "windows": f"{WINDOW_S:.0f} s, alternating between the storages",
            "sqlite": "WAL, synchronous=FULL",
            "postgresql": "synchronous_commit=on" if "postgresql" in urls else "not installed",
            "rush": f"{RUSH_REQUESTS} orders for {RUSH_UNITS} units",
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


@dataclass(frozen=True, slots=True)
class _Side:
    server: Worker
    load: Worker
    offer: dict[str, Any]


@asynccontextmanager
async def _running(storage: str, url: str) -> AsyncIterator[_Side]:
    """A server of its own, warm, and its buyers; while nobody asks it, it uses nothing."""
    server = await Worker.start("livehub.bench.orders_server", 0)
    load = await Worker.start("livehub.bench.orders_load", 1)
    try:
        started = await server.call("start", storage=storage, url=url, buyers=BUYERS)
        await load.call("connect", connections=CONNECTIONS, **started)
        offer = await server.call("offer", number=0, quantity=0)
        await load.call("rush", seconds=WARM_UP_S, **offer)
        yield _Side(server, load, offer)
    finally:
        await load.stop()
        await server.stop()


async def _compare(sides: dict[str, _Side], rounds: int) -> dict[str, float]:
    """Orders a second of each, over all its windows; and each one's share of what the one without storage does."""
    accepted, took = Counter[str](), Counter[str]()
    for turn in range(rounds):
        order = list(sides) if turn % 2 == 0 else list(reversed(sides))
        for storage in order:
            side = sides[storage]
            rushed = await side.load.call("rush", seconds=WINDOW_S, **side.offer)
            if set(rushed["statuses"]) != {"201"}:
                raise RuntimeError(f"orders were refused while there was stock: {rushed['statuses']}")
            accepted[storage] += rushed["statuses"]["201"]
            took[storage] += rushed["seconds"]
    rates = {storage: accepted[storage] / took[storage] for storage in sides}
    shares = {f"share_of_no_storage_{name}": rate / rates["none"] for name, rate in rates.items() if name != "none"}
    return {f"orders_per_s_{storage}": rate for storage, rate in rates.items()} | shares


async def _at_half(storage: str, side: _Side, seconds: float, per_s: float) -> dict[str, float]:
    paced = await side.load.call("pace", seconds=seconds, per_s=per_s, **side.offer)
    return {
        f"p50_ms_at_half_{storage}": paced["p50_ms"],
        f"p99_ms_at_half_{storage}": paced["p99_ms"],
        f"oversold_{storage}": await _oversold(side.server, side.load),
    }


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
