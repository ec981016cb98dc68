"""The other servers of the comparison, each a process on the server's core."""

import asyncio
import os
import shutil
import socket
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import aiohttp

from livehub.bench import machine
from livehub.bench.peers import ADDRESS, PeersMissing

HTTP_PORT, MEDIA_PORT = 18090, 18091
START_TIMEOUT_S = 20.0


class Relay(ABC):
    """A server that is not ours. ``core`` is where it runs."""

    name: str

    def __init__(self, folder: Path, core: int) -> None:
        self._folder = folder
        self._core = core
        self._process: asyncio.subprocess.Process | None = None

    @abstractmethod
    async def start(self) -> None: ...

    def cpu_s(self) -> float:
        if self._process is None:
            raise RuntimeError("not started")
        return machine.cpu_s(self._process.pid)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _run(self, *command: str, environment: dict[str, str] | None = None) -> None:
        with (self._folder / f"{self.name}.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                "taskset", "-c", str(self._core), *command,
                stdout=log, stderr=log, env={**os.environ, **(environment or {})},
            )  # fmt: skip
        await self._until_listening()

    async def _until_listening(self) -> None:
        async with asyncio.timeout(START_TIMEOUT_S):
            while True:
                if self._process is None or self._process.returncode is not None:
                    log = (self._folder / f"{self.name}.log").read_text(errors="replace")
                    raise RuntimeError(f"{self.name} ended at once:\n{log[-2000:]}")
                try:
                    socket.create_connection((ADDRESS, HTTP_PORT), timeout=1).close()
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    return


class Pion(Relay):
    """``relay.go``, built with Debian's Go packages."""

    name = "pion"
    SOURCES = Path("/usr/share/gocode")
    LIBRARY = SOURCES / "src/github.com/pion/webrtc"

    async def start(self) -> None:
        if not self.LIBRARY.is_dir():
            raise PeersMissing("This benchmark needs Debian's golang-github-pion-webrtc.v3-dev.")
        package = self._folder / "go" / "src" / "relay"
        package.mkdir(parents=True)
        shutil.copy(Path(__file__).parent / "relay.go", package)
        # Without a module file Go would not find /v3 of a package that lies unversioned in a GOPATH.
        (package / "go.mod").write_text("module relay\n")
        environment = {
            **os.environ,
            "GO111MODULE": "off",
            "GOPATH": f"{self._folder / 'go'}:{self.SOURCES}",
            "GOCACHE": str(self._folder / "go-cache"),
        }
        built = self._folder / "relay"
        build = await asyncio.create_subprocess_exec("go", "build", "-o", str(built), ".", cwd=package, env=environment)
        if await build.wait():
            raise RuntimeError("the relay on Pion could not be built")
        await self._run(str(built), ADDRESS, str(HTTP_PORT), str(MEDIA_PORT), environment={"GOMAXPROCS": "1"})


class Janus(Relay):
    """Debian's Janus with one mount point of its streaming plug-in, set as is best for one core and many viewers."""

    name = "janus"

    async def start(self) -> None:
        configuration = self._folder / "janus"
        configuration.mkdir()
        (configuration / "janus.jcfg").write_text(
            "general: {\n"
            '  plugins_folder = "/usr/lib/x86_64-linux-gnu/janus/plugins"\n'
            '  transports_folder = "/usr/lib/x86_64-linux-gnu/janus/transports"\n'
            "  session_timeout = 0\n  debug_level = 2\n  event_loops = 1\n}\n"
            'nat: { ice_lite = true\n  ice_enforce_list = "bench0" }\n'
            'plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,'
            "libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_textroom.so,libjanus_videocall.so,"
            'libjanus_videoroom.so,libjanus_voicemail.so" }\n'
            'transports: { disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so,'
            'libjanus_websockets.so" }\n'
        )
        (configuration / "janus.transport.http.jcfg").write_text(
            f'general: {{ json = "compact"\n  http = true\n  https = false\n  port = {HTTP_PORT}\n'
            f'  ip = "{ADDRESS}" }}\n'
            "admin: { admin_http = false }\n"
        )
        (configuration / "janus.plugin.streaming.jcfg").write_text(
            'bench: { type = "rtp"\n  id = 1\n  audio = false\n  video = true\n'
            f'  videoport = {MEDIA_PORT}\n  videoiface = "{ADDRESS}"\n  videopt = 108\n  videocodec = "h264"\n'
            '  videofmtp = "profile-level-id=42e01f;packetization-mode=1" }\n'
        )
        await self._run("janus", "-F", str(configuration), "-N", "-L", str(self._folder / "janus-own.log"))


class JanusApi:
    """The few calls of Janus's HTTP interface that a viewer needs."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._http = session
        self._url = f"http://{ADDRESS}:{HTTP_PORT}/janus"
        self._session = 0

    async def open(self) -> None:
        self._session = (await self._post("", {"janus": "create"}))["data"]["id"]

    async def offer(self) -> tuple[int, str]:
        """Handle and offer for one more viewer."""
        attach = {"janus": "attach", "plugin": "janus.plugin.streaming"}
        handle: int = (await self._post(f"/{self._session}", attach))["data"]["id"]
        await self._message(handle, {"request": "watch", "id": 1})
        while True:
            event = await self._event()
            if event.get("sender") == handle and "jsep" in event:
                return handle, event["jsep"]["sdp"]

    async def accept(self, handle: int, answer: str) -> None:
        await self._message(handle, {"request": "start"}, jsep={"type": "answer", "sdp": answer})
        await self._post(f"/{self._session}/{handle}", {"janus": "trickle", "candidate": {"completed": True}})

    async def _message(self, handle: int, body: dict[str, Any], **more: Any) -> None:
        await self._post(f"/{self._session}/{handle}", {"janus": "message", "body": body, **more})

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._http.post(self._url + path, json={**body, "transaction": "bench"}) as response:
            answer: dict[str, Any] = await response.json(content_type=None)
        if answer["janus"] == "error":
            raise RuntimeError(f"Janus: {answer['error']}")
        return answer

    async def _event(self) -> dict[str, Any]:
        async with self._http.get(f"{self._url}/{self._session}", params={"maxev": "1"}) as response:
            event: dict[str, Any] = await response.json(content_type=None)
        return event
