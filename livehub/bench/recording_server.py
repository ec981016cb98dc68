"""A real ``livehub serve`` for benchmarks of recordings and captions: its rooms, and what it costs, from outside."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar

from livehub.bench import machine
from livehub.bench.machine import free_port

START_TIMEOUT_S = 60.0
_PERSON = {"email": "bench@example.org", "password": "correct horse battery", "display_name": "Bench", "locale": "en"}


async def until(asked: Callable[[], Awaitable[bool]], *, every_s: float) -> None:
    """Ask again and again, of a process that tells nothing by itself."""
    while True:
        if await asked():
            return
        await asyncio.sleep(every_s)


class RunningServer:
    """``hls``: what LIVEHUB_HLS says; ``settings`` are others. Use :meth:`start`, and :meth:`close` in any case."""

    def __init__(self, data_dir: Path, *, hls: str, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._hls = hls
        self._settings = settings or {}
        self._port = free_port()
        self._process: asyncio.subprocess.Process | None = None
        self._http: ClientSession | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Raises: RuntimeError when it is not there in time."""
        settings = {
            "LIVEHUB_PORT": str(self._port),
            "LIVEHUB_MEDIA_PORT": "0",
            "LIVEHUB_MEDIA_IP": "127.0.0.1",
            "LIVEHUB_DATA_DIR": str(self.data_dir),
            "LIVEHUB_HLS": self._hls,
            "LIVEHUB_RECORDING_MIN_FREE_MB": "0",
            "LIVEHUB_LOG": "error",
            **self._settings,
        }
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "livehub", "serve"), env={**os.environ, **settings}
        )
        self._http = ClientSession(base_url=self.url, cookie_jar=CookieJar(unsafe=True))  # unsafe: cookies of an IP
        async with asyncio.timeout(START_TIMEOUT_S):
            await until(self._is_ready, every_s=0.2)
        await self.call("POST", "/accounts", _PERSON)

    async def _is_ready(self) -> bool:
        if self._process is None or self._process.returncode is not None or self._http is None:
            raise RuntimeError("the server ended at once; its standard error says why")
        try:
            async with self._http.get("/readyz") as answer:
                return answer.status == 200
        except OSError:
            return False

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Raises: RuntimeError for an answer that is no success."""
        if self._http is None:
            raise RuntimeError("the server was not started")
        async with self._http.request(method, f"/api/v1{path}", json=body) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status} {await answer.text()}")
            return await answer.json() if answer.status != 204 else None

    async def open_room(self) -> tuple[str, str]:
        """A live room that is not recorded yet, and a token to publish in it."""
        body = {"kind": "show", "title": "Bench", "locale": "en", "visibility": "unlisted", "recording": "on"}
        room = str((await self.call("POST", "/rooms", body))["id"])
        person = {"identity": "host", "display_name": "Host", "role": "speaker"}
        token = str((await self.call("POST", f"/rooms/{room}/tokens", person))["token"])
        await self.call("POST", f"/rooms/{room}/start")

        async def has_begun() -> bool:  # by itself
            return bool((await self.call("GET", f"/rooms/{room}/recording"))["state"] != "off")

        await until(has_begun, every_s=0.05)
        await self.record(room, "stop")
        return room, token

    async def record(self, room: str, action: str) -> None:
        await self.call("POST", f"/rooms/{room}/recording", {"action": action})

    @property
    def pid(self) -> int:
        """Raises: RuntimeError before it was started."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process.pid

    def cpu_s(self) -> float:
        """CPU seconds of the process so far, all its threads."""
        return machine.cpu_s(self.pid)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(20):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
