"""Every engine that livehub brings keeps the contract that plug-ins are held to."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path

import aiohttp
import pytest

from livehub.clock import ManualClock
from livehub.testing.translator_contract import TranslatorContract, TranslatorDriver
from livehub.testing.troubled_server import Trouble
from livehub.translation.provider import Translator
from livehub.translation.providers.ctranslate2 import CTranslate2Translator
from livehub.translation.registry import GROUP, TranslatorRegistry
from tests.ports import free_port
from tests.programs import install, leave_out, require
from tests.translation.libretranslate_server import LibreTranslateServer
from tests.translation.tiny_model import make_nllb, make_opus
from tests.translation.vendors.apertium import Apertium
from tests.translation.vendors.azure import Azure
from tests.translation.vendors.deepl import DeepL
from tests.translation.vendors.google import PEM, Google
from tests.translation.vendors.openai import OpenAI
from tests.translation.vendors.vendor import KEY, Vendor

LINES = ("¿Cuánto cuesta?", "hola", "gracias")
#: Debian's packages
APERTIUM = ("apertium-apy", "apertium-eng-spa")


def build(setting: str, deadline_s: float = 5.0) -> Translator:
    """As the server builds it, from what an operator writes."""
    name = setting.partition(":")[0]
    entry = EntryPoint(name, f"livehub.translation.providers.{name}:create", GROUP)
    return TranslatorRegistry([entry]).build(setting, clock=ManualClock(), deadline_s=deadline_s)


@dataclass
class HttpDriver:
    translator: Translator
    server: Vendor
    pair: tuple[str, str] = ("es", "en")
    known: tuple[str, ...] = LINES
    secrets: tuple[str, ...] = (KEY,)
    impossible: frozenset[Trouble] = field(default_factory=frozenset)

    async def trouble(self, kind: Trouble | None) -> bool:
        if kind in self.impossible:
            return False
        self.server.trouble = kind
        return True

    async def reached(self) -> None:
        await self.server.hanging.wait()


class HttpContract(TranslatorContract):
    """``vendor`` is the server's class, ``setting`` what is written for it with its address in place of ``%s``."""

    vendor: Callable[[], Vendor]
    setting: str
    impossible: frozenset[Trouble] = frozenset()

    @pytest.fixture
    async def driver(self, tmp_path: Path) -> AsyncIterator[TranslatorDriver]:
        server = self.vendor()
        await server.start()
        made = build(self.setting % self.address(server, tmp_path))
        yield HttpDriver(made, server, impossible=self.impossible, secrets=self.secrets())
        await made.close()
        await server.close()

    def address(self, server: Vendor, folder: Path) -> str:
        return server.url

    def secrets(self) -> tuple[str, ...]:
        return (KEY,)

    async def test_it_follows_nobody_elsewhere_and_stops_reading_a_flood(self, driver: HttpDriver) -> None:
        for kind in (Trouble.ELSEWHERE, Trouble.FLOODS):
            await driver.trouble(kind)
            await self.failed(driver)
        assert driver.server.followed == 0
        # What the kernel holds between the two comes on top of the bound.
        assert 0 < driver.server.flooded_bytes < 32 << 20


class TestLibreTranslate(HttpContract):
    vendor = LibreTranslateServer
    setting = f"libretranslate:%s?api_key={KEY}"


class TestDeepL(HttpContract):
    vendor = DeepL
    setting = f"deepl:%s?key={KEY}"


class TestGoogle(HttpContract):
    vendor = Google
    setting = "google:%s"

    def address(self, server: Vendor, folder: Path) -> str:
        assert isinstance(server, Google)
        return f"{server.url}?credentials={server.credentials(folder)}"

    def secrets(self) -> tuple[str, ...]:
        return (PEM.splitlines()[1], "s3cr3t-token")


class TestAzure(HttpContract):
    vendor = Azure
    setting = f"azure:%s?key={KEY}&region=westeurope"


class TestOpenAI(HttpContract):
    vendor = OpenAI
    setting = f"openai:%s/v1?model=tiny&key={KEY}"


class TestApertium(HttpContract):
    vendor = Apertium
    setting = "apertium:%s"
    impossible = frozenset({Trouble.DENIES})


@dataclass
class QuietDriver:
    """An engine that nothing can happen to from outside."""

    translator: Translator
    pair: tuple[str, str] = ("es", "en")
    known: tuple[str, ...] = LINES
    secrets: tuple[str, ...] = ()

    async def trouble(self, kind: Trouble | None) -> bool:
        return False

    async def reached(self) -> None:
        raise AssertionError("nothing hangs here")


class TestPhrasebook(TranslatorContract):
    @pytest.fixture
    async def driver(self) -> TranslatorDriver:
        return QuietDriver(build("phrasebook"))


class ProcessDriver(QuietDriver):
    """Trouble comes to the process of the models by signals."""

    async def trouble(self, kind: Trouble | None) -> bool:
        assert isinstance(self.translator, CTranslate2Translator)
        if not self.translator.pid:
            await self.translator.translate([self.known[0]], *self.pair)
        if kind is Trouble.HANGS:
            os.kill(self.translator.pid, signal.SIGSTOP)
        elif kind is Trouble.CLOSES:
            os.kill(self.translator.pid, signal.SIGSTOP)
            asyncio.get_running_loop().call_soon(os.kill, self.translator.pid, signal.SIGKILL)
        elif kind is None:
            if self.translator.pid:
                os.kill(self.translator.pid, signal.SIGCONT)
        else:
            return False
        return True

    async def reached(self) -> None:
        """It is stopped already."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_opus(folder / "opus" / "opus-mt-es-en")
    make_nllb(folder / "nllb")
    return folder


class TestCTranslate2(TranslatorContract):
    @pytest.fixture(params=["opus", "nllb"])
    async def driver(self, models: Path, request: pytest.FixtureRequest) -> AsyncIterator[TranslatorDriver]:
        made = build(f"ctranslate2:{models / request.param}?threads=1", deadline_s=60.0)
        yield ProcessDriver(made, known=("hola gato", "gracias", "perro rojo"))
        await made.close()


@pytest.fixture(scope="module")
def apy() -> Iterator[str]:
    """Debian's own Apertium, which knows English and Spanish."""
    program = require("apertium-apy", *APERTIUM)
    pair = Path("/usr/share/apertium/modes/spa-eng.mode")
    if not pair.is_file():
        install(*APERTIUM)
    if not pair.is_file():
        leave_out(f"needs Apertium's Spanish and English (Debian: apt install {' '.join(APERTIUM)})")
    port = free_port()
    process = subprocess.Popen(
        [program, "-p", str(port), "/usr/share/apertium"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


class TestApertiumPrograms(TranslatorContract):
    @pytest.fixture
    async def driver(self, apy: str) -> AsyncIterator[TranslatorDriver]:
        await _answers(apy)
        made = build(f"apertium:{apy}", deadline_s=30.0)
        yield QuietDriver(made, known=("El gato come pescado.", "La casa es roja.", "Buenos días"))
        await made.close()

    async def test_it_translates(self, driver: TranslatorDriver) -> None:
        got = await self.asked(driver, ["La casa es roja.", "Tengo {1} gatos en {2}"])
        assert got[0] == "The house is red."
        assert got[1] is not None
        assert "{1}" in got[1]
        assert "{2}" in got[1]
        assert "cats" in got[1]


async def _answers(url: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            try:
                async with session.get(f"{url}/listPairs") as response:
                    assert response.status == 200
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
