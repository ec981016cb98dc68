"""Local models: what a directory may hold, and a process that dies, hangs and is asked too much."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livehub.translation.errors import TranslationFailed
from livehub.translation.local.layout import find_models
from livehub.translation.local.process import MAX_ASKED, ModelProcess
from livehub.translation.providers.ctranslate2 import CTranslate2Translator, create
from tests.translation.tiny_model import make_nllb, make_opus


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[ModelProcess]:
    make_opus(tmp_path / "es-en")
    made = ModelProcess(find_models(tmp_path), threads=1, beam=1)
    yield made
    await made.close()


async def test_models_of_one_pair_go_before_one_of_many(tmp_path: Path) -> None:
    make_nllb(tmp_path / "nllb")
    make_opus(tmp_path / "opus-mt-es-en", {"hola": "hi"})
    make_opus(tmp_path / "es-fr-ended", {"hola": "salut"}, adds_end=True)
    engine = create(f"{tmp_path}?threads=1&beam=2", deadline_s=60.0)
    try:
        assert engine.supports("en", "th")
        assert await engine.translate(["hola"], "es", "en") == ["hi"]
        assert await engine.translate(["hola"], "es", "fr") == ["salut"]
        assert await engine.translate(["gato rojo"], "es", "ru") == ["cat red"], "the tiny one knows no other words"
    finally:
        await engine.close()


async def test_a_process_that_died_is_started_again(process: ModelProcess) -> None:
    assert await process.ask(0, "es", "en", ["hola"], 60) == ["hello"]
    os.kill(process.pid, signal.SIGKILL)
    while process.pid:
        await asyncio.sleep(0.01)
    assert await process.ask(0, "es", "en", ["gracias"], 60) == ["thanks"]


async def test_a_process_that_hangs_is_ended_and_everybody_told(process: ModelProcess) -> None:
    await process.ask(0, "es", "en", ["hola"], 60)
    os.kill(process.pid, signal.SIGSTOP)
    process.hang_s = 0.1
    calls = [asyncio.ensure_future(process.ask(0, "es", "en", ["hola"], 60)) for _ in range(3)]
    got = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(error, TranslationFailed) for error in got), got
    process.hang_s = 60.0
    assert await process.ask(0, "es", "en", ["hola"], 60) == ["hello"]


async def test_more_questions_than_it_may_have_are_turned_away(tmp_path: Path) -> None:
    make_opus(tmp_path / "es-en")
    process = ModelProcess(find_models(tmp_path), threads=1, beam=1)
    await process.ask(0, "es", "en", ["hola"], 60)
    os.kill(process.pid, signal.SIGSTOP)
    calls = [asyncio.ensure_future(process.ask(0, "es", "en", ["hola"], 60)) for _ in range(MAX_ASKED)]
    await asyncio.sleep(0)
    with pytest.raises(TranslationFailed, match="under way"):
        await process.ask(0, "es", "en", ["hola"], 60)
    os.kill(process.pid, signal.SIGCONT)
    assert await asyncio.gather(*calls) == [["hello"]] * MAX_ASKED
    await process.close()


async def test_what_came_too_late_is_not_worked_on(process: ModelProcess) -> None:
    await process.ask(0, "es", "en", ["hola"], 60)
    with pytest.raises(TranslationFailed, match="too late"):
        await process.ask(0, "es", "en", ["hola"], 0)


async def test_a_model_that_cannot_be_loaded_is_said_and_costs_the_others_nothing(tmp_path: Path) -> None:
    make_opus(tmp_path / "es-en")
    make_opus(tmp_path / "es-fr")
    (tmp_path / "es-fr" / "model.bin").write_bytes(b"nothing")
    engine = create(str(tmp_path), deadline_s=60.0)
    try:
        with pytest.raises(TranslationFailed, match="says"):
            await engine.translate(["hola"], "es", "fr")
        assert await engine.translate(["hola"], "es", "en") == ["hello"]
    finally:
        await engine.close()


async def test_the_process_sees_no_keys_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEHUB_SECRET", "s3cr3t")
    make_opus(tmp_path / "es-en")
    engine = create(str(tmp_path), deadline_s=60.0)
    assert isinstance(engine, CTranslate2Translator)
    try:
        await engine.translate(["hola"], "es", "en")
        assert b"s3cr3t" not in Path(f"/proc/{engine.pid}/environ").read_bytes()
    finally:
        pid = engine.pid
        await engine.close()
    assert not Path(f"/proc/{pid}").exists(), "it ends with the engine"


async def test_the_process_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    make_opus(tmp_path / "es-en")
    program = (
        "import asyncio, sys\n"
        "from livehub.translation.providers.ctranslate2 import create\n"
        "async def main():\n"
        f"    engine = create({str(tmp_path)!r}, deadline_s=60.0)\n"
        "    await engine.translate(['hola'], 'es', 'en')\n"
        "    print(engine.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert server.stdout is not None
    pid = int(await server.stdout.readline())
    server.kill()
    await server.wait()
    async with asyncio.timeout(30):
        while _runs(pid):
            await asyncio.sleep(0.02)


def _runs(pid: int) -> bool:
    """Not as a zombie that nobody has asked after."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "there is no model"),
        (("es-en/model.bin",), "config.json"),
        (("es-en/model.bin", "es-en/config.json"), "source.spm"),
        (("mine/model.bin", "mine/config.json", "mine/source.spm", "mine/target.spm"), "after its pair"),
        (("de-en/model.bin", "de-en/config.json", "de-en/source.spm", "de-en/target.spm"), "after its pair"),
    ],
)
def test_directories_that_cannot_be_used(tmp_path: Path, files: tuple[str, ...], said: str) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    with pytest.raises(ValueError, match=said):
        create(str(tmp_path), deadline_s=1.0)


@pytest.mark.parametrize("query", ["?threads=0", "?threads=65", "?beam=x", "?speed=1"])
def test_options_that_are_none(tmp_path: Path, query: str) -> None:
    make_opus(tmp_path / "es-en")
    with pytest.raises(ValueError, match=r"threads|beam"):
        create(f"{tmp_path}{query}", deadline_s=1.0)


def test_no_directory_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        create(f"{tmp_path}/none", deadline_s=1.0)
