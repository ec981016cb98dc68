"""Captions where two processes serve people and a room's media are in workers of one of them."""

import asyncio
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from livehub.demo.virtual_host import VirtualHost
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.integration.stores import shared_stores
from tests.integration.test_media_workers import workers_of
from tests.media.captions.speech import WORDS, film, programme, write_grammar
from tests.packages import put
from tests.recording.sender import publishing
from tests.signalling.conftest import Client
from tests.translation.libretranslate_server import LibreTranslateServer

pytestmark = [pytest.mark.ffmpeg, pytest.mark.timeout(420)]
#: the machine may be busy
PATIENCE_S = 100.0


#: PocketSphinx, which has nothing to say of half a sentence of its grammar, with words for lines that go on
SCRIBE = """
from livehub.media.captions.providers.pocketsphinx import create as create_real
from livehub.media.captions.transcriber import RATE, Spoken

class Scribe:
    name, is_remote = "scribe", False

    def __init__(self, real):
        self._real, self.supports, self.close = real, real.supports, real.close

    def transcribe(self, pcm, locale, *, final):
        if not final:
            return [Spoken("somebody says", 0.0, len(pcm) / RATE)]
        return self._real.transcribe(pcm, locale, final=final)

def create(setting, **more):
    return Scribe(create_real(setting, **more))
"""


class House:
    """``one`` has the media, in two workers, and serves people as ``two`` does."""

    def __init__(self, one: Server, two: Server, engine: LibreTranslateServer) -> None:
        self.one, self.two, self.engine = one, two, engine
        self.api = Api.account(one.url, f"host{os.urandom(4).hex()}@example.org", "Hana")
        self.room = self.api.live_show("Show")
        self.sockets: list[Client] = []

    async def joined(self, server: Server, who: str, role: str, locale: str = "en") -> Client:
        token = await asyncio.to_thread(self.api.join_token, self.room, who, role, locale=locale)
        client = Client()
        self.sockets.append(client)
        await client.connect(server.url, token, ["websocket"])
        await client.join(self.room, locale)
        return client

    def kill_workers(self) -> None:
        """And the transcriber's process with them, all of which the server starts again."""
        for pid in workers_of(self.one):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        shared = stack.enter_context(shared_stores())
        engine = LibreTranslateServer()
        await engine.start()
        stack.push_async_callback(engine.close)
        grammar = write_grammar(tmp_path)
        settings = {
            **shared,
            "LIVEHUB_MEDIA_WORKERS": "2",
            "LIVEHUB_MEDIA_PORT": "0",
            "LIVEHUB_TRANSCRIBER": f"scribe:jsgf={grammar}",
            "PYTHONPATH": put(
                tmp_path / "scribe",
                "capturing_scribe",
                SCRIBE,
                "livehub.transcribers",
                "scribe = capturing_scribe:create",
            ),
            "LIVEHUB_SPEAKER": "espeak_ng",
            "LIVEHUB_TRANSLATOR": f"libretranslate(pairs=en-th):{engine.url}",
        }
        servers = []
        for role in ("all", "web"):
            server = Server(tmp_path / "data", {**settings, "LIVEHUB_ROLE": role})
            servers.append(server)
            stack.callback(lambda server=server: _end(server))  # type: ignore[misc]
            await asyncio.to_thread(server.start)
        made = await asyncio.to_thread(House, servers[0], servers[1], engine)
        await asyncio.to_thread(_reaches_media, made)
        yield made
        for socket in made.sockets:
            with suppress(Exception):
                await socket.close()
        assert "Traceback" not in servers[0].log(), servers[0].log()


def _reaches_media(house: House) -> None:
    """A process that has just begun answers 503 until it has heard the one that has the media, a beat later."""
    probe = Api(house.two.url, bearer=house.api.join_token(house.room, "probe", "viewer"))
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            probe.call("GET", f"/rooms/{house.room}/captions")
        except urllib.error.HTTPError as error:
            if error.code != 503 or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _end(server: Server) -> None:
    if server.process is not None and server.process.poll() is None:
        server.stop()


@asynccontextmanager
async def coming_again(film: Path, server: Server, room: str, token: str) -> AsyncIterator[None]:
    host = VirtualHost(film, f"{server.url}/api/v1/rooms/{room}/whip", token, ready=True)
    host.start()
    try:
        yield
    finally:
        await host.close()


def captions(client: Client, *, final: bool, locale: str = "en") -> list[str]:
    told = [payload for payload in client.named("caption:lines") if payload["locale"] == locale]
    return [line["text"] for payload in told for line in payload["items"] if line["final"] is final and line["text"]]


def spoken(house: House, server: Server, line: str) -> bytes:
    """A caption in Thai, as ``server`` speaks it."""
    token = house.api.join_token(house.room, "listener", "viewer", locale="th")
    url = f"{server.url}/api/v1/rooms/{house.room}/speech?of=caption&id={line}&locale=th"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        assert answer.headers["Content-Type"] == "audio/mpeg"
        return bytes(answer.read())


def _texts(asked: str | list[str]) -> list[str]:
    return [asked] if isinstance(asked, str) else asked


async def test_captions_reach_readers_at_every_process_and_outlive_a_worker(house: House, tmp_path: Path) -> None:
    sound = programme("welcome", "price", "thanks", pause_s=1.2, rate=48_000)
    speech = await asyncio.to_thread(film, tmp_path / "speech.mkv", sound)
    token = await asyncio.to_thread(house.api.join_token, house.room, "encoder", "speaker")
    near = await house.joined(house.one, "near", "viewer", "th")
    far = await house.joined(house.two, "far", "viewer", "th")
    english = await house.joined(house.two, "english", "viewer")
    with publishing(speech, house.two, house.room, token):
        through_two = Api(
            house.two.url, bearer=await asyncio.to_thread(house.api.join_token, house.room, "co", "cohost")
        )
        # Asked of the process that has no media.
        path = f"/rooms/{house.room}/captions"
        state = await asyncio.to_thread(through_two.call, "POST", path, {"action": "start"})
        assert (state["state"], state["locale"]) == ("on", "en")
        for words in WORDS.values():
            await english.until(lambda words=words: words in captions(english, final=True), PATIENCE_S)  # type: ignore[misc]
        # What is known of a line is shown while it is said, at the other process too.
        await english.until(lambda: "somebody says" in captions(english, final=False), PATIENCE_S)
        for reader in (near, far):
            await reader.until(lambda reader=reader: captions(reader, final=True, locale="th"), PATIENCE_S)  # type: ignore[misc]
        asked = [text for request in house.engine.requests for text in _texts(request["q"])]
        assert len(asked) == len(set(asked)), "once for all readers of a language, wherever they are"
        assert (await house.joined(house.two, "late", "viewer")).answer["state"]["captions"]["state"] == "on"
        # What was written is spoken, whichever process is asked: the lines are known where the media are.
        last = [line for told in far.named("caption:lines") for line in told["items"] if line["final"]][-1]
        for server in (house.one, house.two):
            assert len(await asyncio.to_thread(spoken, house, server, last["id"])) > 1_000

    house.kill_workers()
    count = len(captions(english, final=True))
    # An encoder that comes again when it is told to, as it may be until the processes are there (RFC 9725 section 4.5).
    async with coming_again(speech, house.two, house.room, token):
        await english.until(lambda: len(captions(english, final=True)) >= count + 3, PATIENCE_S)
        assert set(captions(english, final=True)[count:]) & set(WORDS.values())
        state = await asyncio.to_thread(through_two.call, "POST", path, {"action": "stop"})
        assert state["state"] == "off"
        await far.until(lambda: far.named("captions:state")[-1]["captions"]["state"] == "off", PATIENCE_S)
