import asyncio

import pytest

from livehub.clock import ManualClock
from livehub.translation.chain import ProviderChain
from livehub.translation.errors import TranslationTimedOut
from livehub.translation.registry import TranslatorRegistry
from livehub.translation.routing import RoutedTranslator
from livehub.translation.setting import EngineSetting
from tests.translation.engines import Engine


def routed(engine: Engine, text: str) -> RoutedTranslator:
    return RoutedTranslator(engine, EngineSetting.parse(text))


async def test_each_pair_goes_to_the_engine_it_is_meant_for(clock: ManualClock) -> None:
    asian, other = Engine("a"), Engine("b")
    chain = ProviderChain([routed(asian, "e@asian(pairs=*-ja|*-th)"), routed(other, "e(pairs=!*-th)")], clock)
    until_s = asyncio.get_running_loop().time() + 5
    for target, provider, text in (("ja", "a@asian", "ja:x"), ("es", "b", "es:x"), ("th", "a@asian", "th:x")):
        (answer,) = await chain.translate(["x"], "en", target, until_s)
        assert (answer.provider, answer.text) == (provider, text)
    assert [target for _, _, target in other.calls] == ["es"]
    asian.unsupported = {"th"}
    (answer,) = await chain.translate(["x"], "en", "th", until_s)
    assert (answer.text, answer.certain) == (None, True)


async def test_its_own_deadline_ends_a_call() -> None:
    engine = Engine()
    engine.gates["es"] = asyncio.Event()
    with pytest.raises(TranslationTimedOut, match=r"0\.05 s"):
        await routed(engine, "e(deadline_s=0.05)").translate(["x"], "en", "es")
    assert engine.cancelled == 1


async def test_closing_reaches_the_engine() -> None:
    engine = Engine()
    await routed(engine, "e@x").close()
    assert engine.closed == 1


async def test_one_engine_several_times(clock: ManualClock) -> None:
    settings = [
        "libretranslate@one(pairs=en-*):http://127.0.0.1:1",
        "libretranslate@two:http://127.0.0.1:2",
        "phrasebook",
    ]
    chain = TranslatorRegistry().build_chain(settings, clock=clock, deadline_s=3.0)
    assert [engine.name for engine in chain] == ["libretranslate@one", "libretranslate@two", "phrasebook"]
    assert chain[0].supports("en", "es")
    assert not chain[0].supports("es", "en")
    assert "127.0.0.1" not in repr(chain)
