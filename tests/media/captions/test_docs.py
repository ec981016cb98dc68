"""The example of docs/captions.md is a transcriber that works, in a process of its own."""

import asyncio
import os
from pathlib import Path

import pytest

from livehub.media.captions.errors import CaptionsUnavailable
from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.link import TranscriberLink
from livehub.media.captions.wire import FromProcess, Listen, Part, Pause, Said
from tests.media.captions.speech import PART_MS, parts, programme

EPOCH_MS = 1_700_000_000_000


class Heard:
    def __init__(self) -> None:
        self.messages: asyncio.Queue[FromProcess] = asyncio.Queue()
        self.lost = asyncio.Event()


async def test_the_example_writes_what_it_was_told_to(package: Path) -> None:
    heard = Heard()
    link = TranscriberLink("scribe:hello", ("en", "th"), CaptionLimits(), heard.messages.put_nowait, heard.lost.set)
    ready = await link.start()
    assert (ready.name, ready.is_remote, ready.locales) == ("scribe", False, ("en",))
    assert (await link.start()) is ready
    link.send(Listen("room", "en"))
    init, made = parts(programme("welcome", rate=48_000))
    (package / "init.mp4").write_bytes(init)
    for index, data in enumerate(made):
        path = package / f"{index}.m4s"
        path.write_bytes(data)
        at_ms = EPOCH_MS + round(index * PART_MS)
        link.send(Part("room", "run_1", str(package / "init.mp4"), str(path), at_ms))
    link.send(Pause("room"))
    async with asyncio.timeout(30):
        while not isinstance(said := await heard.messages.get(), Said) or not said.final:
            pass
    assert (said.room, said.text) == ("room", "hello")
    assert EPOCH_MS + 500 < said.start_ms < EPOCH_MS + 1_500
    await link.close()
    assert not heard.lost.is_set()


async def test_a_process_that_dies_is_noticed_and_started_again(package: Path) -> None:
    heard = Heard()
    link = TranscriberLink("scribe:hello", ("en",), CaptionLimits(), heard.messages.put_nowait, heard.lost.set)
    await link.start()
    first = link.pid
    os.kill(first, 9)
    async with asyncio.timeout(30):
        await heard.lost.wait()
    assert link.ready is None
    assert not link.send(Listen("room", "en"))
    await link.start()
    assert link.pid != first
    await link.close()
    await link.close()


async def test_a_transcriber_that_hangs_at_one_utterance_is_started_again(package: Path) -> None:
    """Captions stayed "on" for the rest of the show, and none came."""
    module = package / "livehub_scribe.py"
    before, line, after = module.read_text().partition("        return [Spoken(")
    assert line
    gate = f"pathlib.Path({str(package / 'go')!r})"
    waits = f"import pathlib, time\n        while not {gate}.exists():\n            time.sleep(0.01)\n"
    module.write_text(f"{before}        {waits}{line}{after}")
    heard = Heard()
    limits = CaptionLimits(hang_s=0.5)
    link = TranscriberLink("scribe:hello", ("en",), limits, heard.messages.put_nowait, heard.lost.set)
    init, made = parts(programme("welcome", rate=48_000))
    (package / "init.mp4").write_bytes(init)

    def say() -> None:
        link.send(Listen("room", "en"))
        for index, data in enumerate(made):
            path = package / f"{index}.m4s"
            path.write_bytes(data)
            link.send(Part("room", "run_1", str(package / "init.mp4"), str(path), EPOCH_MS + round(index * PART_MS)))
        link.send(Pause("room"))

    await link.start()
    say()
    async with asyncio.timeout(30):
        await heard.lost.wait()
    assert heard.messages.empty()
    (package / "go").touch()
    await link.start()
    say()
    async with asyncio.timeout(30):
        while not isinstance(said := await heard.messages.get(), Said) or not said.final:
            pass
    assert said.text == "hello"
    await link.close()


async def test_a_transcriber_that_cannot_be_made_is_said_without_its_setting(
    package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (package / "livehub_scribe.py").write_text("def create(setting, **_):\n    raise ValueError('no such model')\n")
    link = TranscriberLink("scribe:SECRET", ("en",), CaptionLimits(), print, print)
    with pytest.raises(CaptionsUnavailable):
        await link.start()
    assert "no such model" in caplog.text
    assert "SECRET" not in caplog.text
    await link.close()
