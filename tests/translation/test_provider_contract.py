"""What every engine must keep. An engine joins by one entry in ``engine``; a plug-in's author may copy the list."""

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint

import pytest

from livehub.clock import ManualClock
from livehub.translation.errors import TranslationFailed
from livehub.translation.locale import LOCALES
from livehub.translation.provider import Translator
from livehub.translation.registry import GROUP, TranslatorRegistry
from tests.translation.libretranslate_server import LibreTranslateServer

KNOWN = "¿Cuánto cuesta?"


@pytest.fixture(params=["phrasebook", "libretranslate"])
async def engine(request: pytest.FixtureRequest, libretranslate: LibreTranslateServer) -> AsyncIterator[Translator]:
    name = request.param
    setting = {"phrasebook": "phrasebook", "libretranslate": f"libretranslate:{libretranslate.url}"}[name]
    entry = EntryPoint(name, f"livehub.translation.providers.{name}:create", GROUP)
    made = TranslatorRegistry([entry]).build(setting, clock=ManualClock(), deadline_s=2.0)
    yield made
    await made.close()


def test_has_a_short_name(engine: Translator) -> None:
    assert engine.name == engine.name.strip().lower()
    assert 0 < len(engine.name) <= 32


def test_answers_for_every_pair_whether_it_supports_it(engine: Translator) -> None:
    for source in LOCALES:
        for target in LOCALES:
            assert isinstance(engine.supports(source, target), bool)
    assert not engine.supports("xx", "en")
    assert not engine.supports("en", "xx")


async def test_one_answer_per_text_in_order(engine: Translator) -> None:
    got = await engine.translate([KNOWN, "zzz qqq", KNOWN], "es", "en")
    assert len(got) == 3
    assert got[0] is not None
    assert got[0] == got[2]
    assert got[0] != got[1]


async def test_answers_are_text_or_none(engine: Translator) -> None:
    hostile = ["", " ", "\x00", "😀" * 10, "a" * 2000, "{name}", "%s", "<b>x</b>", "\u202e abc", "؟"]
    got = await engine.translate(hostile, "es", "en")
    assert len(got) == len(hostile)
    assert all(text is None or (isinstance(text, str) and text.strip()) for text in got)


async def test_nothing_asked_gives_nothing(engine: Translator) -> None:
    assert await engine.translate([], "es", "en") == []


async def test_many_at_once(engine: Translator) -> None:
    got = await asyncio.gather(
        *(engine.translate([KNOWN], "es", target) for target in ("en", "fr", "ja") for _ in "xyz")
    )
    assert all(lines[0] for lines in got)
    assert len({str(lines[0]) for lines in got}) == 3


async def test_survives_cancellation(engine: Translator) -> None:
    task = asyncio.ensure_future(engine.translate([KNOWN], "es", "en"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await engine.translate([KNOWN], "es", "en"))[0]


async def test_raises_only_what_is_documented(engine: Translator, libretranslate: LibreTranslateServer) -> None:
    await libretranslate.close()
    (got,) = await asyncio.gather(engine.translate([KNOWN], "es", "en"), return_exceptions=True)
    assert isinstance(got, TranslationFailed) or (isinstance(got, list) and len(got) == 1)


async def test_close_twice(engine: Translator) -> None:
    await engine.translate([KNOWN], "es", "en")
    await engine.close()
    await engine.close()
