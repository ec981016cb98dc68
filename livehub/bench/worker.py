"""Benchmark processes of their own, each on a core of its own, spoken to in JSON lines."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Handler = Callable[..., Awaitable[dict[str, Any]]]
#: of servers that are measured: the other side signs tokens with it
SECRET = "0" * 32


class Worker:
    """A child process running ``python -m module core [more]``, asked by :meth:`call`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str, core: int, *more: str) -> "Worker":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, str(core), *more),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        return cls(process)

    async def call(self, action: str, **arguments: Any) -> dict[str, Any]:
        """Raises: RuntimeError when the child has failed; its standard error says why."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        self._process.stdin.write(json.dumps({"action": action, **arguments}).encode() + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the benchmark process ended during {action}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def stop(self) -> None:
        if self._process.returncode is None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                async with asyncio.timeout(10):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()


async def serve(handlers: dict[str, Handler]) -> None:
    """The child's side: one command after the other, until standard input ends."""
    reader = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        answer = await handlers[command.pop("action")](**command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def pin(core: int) -> None:
    """To one core, if the machine has it."""
    available = os.sched_getaffinity(0)
    if core in available and len(available) > 1:
        os.sched_setaffinity(0, {core})
