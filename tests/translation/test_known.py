"""A server that hangs at what it has to say about itself holds up the one call that asked for it, and no other."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from livehub.clock import ManualClock
from livehub.testing.troubled_server import Trouble
from livehub.translation.chain import ProviderChain
from livehub.translation.errors import TranslationFailed, TranslationRefused
from livehub.translation.known import PATIENCE_S, RETRY_S, Known
from livehub.translation.provider import Translator
from livehub.translation.providers import apertium, google, libretranslate
from tests.translation.libretranslate_server import LibreTranslateServer
from tests.translation.vendors.apertium import Apertium
from tests.translation.vendors.google import Google

LISTS = {"/languages", "/listPairs"}
# Far beyond what the tests take: nothing here ends because a deadline has come.
DEADLINE_S = 60.0


class OnlyTheList:
    """In trouble at the list alone."""

    async def own(self: Any, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        if request.path not in LISTS:
            answer: web.StreamResponse = await self._translate(request)
            return answer
        self.lists = getattr(self, "lists", 0) + 1
        return None


class Libre(OnlyTheList, LibreTranslateServer):
    pass


class Apy(OnlyTheList, Apertium):
    pass


CASES = [
    pytest.param(Libre, libretranslate.create, ("es", "en"), "en(hola)", ("en", "vi"), id="libretranslate"),
    pytest.param(Apy, apertium.create, ("es", "en"), "eng(hola)", ("en", "fr"), id="apertium"),
]


@pytest.mark.parametrize(("server_class", "create", "pair", "said", "missing"), CASES)
async def test_nobody_waits_for_a_list_that_hangs(
    server_class: Callable[[], Any], create: Any, pair: tuple[str, str], said: str, missing: tuple[str, str]
) -> None:
    clock, server = ManualClock(), server_class()
    server.trouble = Trouble.HANGS
    await server.start()
    engine: Translator = create(server.url, clock=clock, deadline_s=DEADLINE_S)
    asked = asyncio.ensure_future(engine.translate(["hola"], *pair))
    try:
        await server.hanging.wait()
        for patience_s in (2 * PATIENCE_S, PATIENCE_S):  # a second once, and nobody after those waits at all
            async with asyncio.timeout(patience_s):
                got = await asyncio.gather(*(engine.translate(["hola"], *pair) for _ in range(20)))
            assert got == [[said]] * 20
        with pytest.raises(TranslationRefused):
            await engine.translate(["hi"], *missing)
        assert not asked.done()
        assert server.lists == 1, "one request at a time"
        for lists in (2, 2):  # whoever comes next asks once more, and then nobody for a while
            asked.cancel()  # as the deadline does
            await asyncio.gather(asked, return_exceptions=True)
            server.hanging.clear()
            asked = asyncio.ensure_future(engine.translate(["hola"], *pair))
            while not asked.done() and not server.hanging.is_set():
                await asyncio.sleep(0)
            assert server.lists == lists
        assert await asked == [said]
        server.trouble = None
        clock.advance(RETRY_S)
        assert await engine.translate(["hola"], *pair) == [said]
        assert not engine.supports(*missing), "the list is known now"
    finally:
        asked.cancel()
        await engine.close()
        await server.close()


async def test_an_engine_after_it_serves_what_it_refuses_meanwhile() -> None:
    clock, slow, other = ManualClock(), Libre(), LibreTranslateServer()
    slow.trouble = Trouble.HANGS
    await slow.start()
    await other.start()
    first = libretranslate.create(slow.url, clock=clock, deadline_s=DEADLINE_S)
    second = libretranslate.create(other.url, clock=clock, deadline_s=DEADLINE_S)
    chain = ProviderChain([first, second], clock)
    until_s = asyncio.get_running_loop().time() + DEADLINE_S
    asked = asyncio.ensure_future(chain.translate(["hola"], "es", "en", until_s))
    try:
        await slow.hanging.wait()
        (chinese,) = await chain.translate(["hola"], "es", "zh", until_s)  # the first one calls it by another name
        assert chinese.text == "zh-Hans(hola)"
        assert not asked.done()
    finally:
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await chain.close()
        await slow.close()
        await other.close()


async def test_google_renews_its_token_while_the_others_use_the_one_there_is(tmp_path: Path) -> None:
    clock, server = ManualClock(), Google()
    await server.start()
    engine = google.create(
        f"{server.url}?credentials={server.credentials(tmp_path)}", clock=clock, deadline_s=DEADLINE_S
    )
    try:
        assert await engine.translate(["hola"], "es", "en") == ["en(hola)"]
        clock.advance(3600 - google.TOKEN_MARGIN_S)
        server.trouble = Trouble.HANGS
        renewing = asyncio.ensure_future(engine.translate(["hola"], "es", "en"))
        await server.hanging.wait()
        server.trouble = None
        async with asyncio.timeout(google.PATIENCE_S):
            assert await engine.translate(["hola"], "es", "en") == ["en(hola)"]
        assert len(server.tokens) == 1
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        clock.advance(google.TOKEN_MARGIN_S)
        assert await engine.translate(["hola"], "es", "en") == ["en(hola)"]
        assert len(server.tokens) == 2
    finally:
        await engine.close()
        await server.close()


async def test_what_was_said_before_is_good_while_the_server_says_nothing() -> None:
    clock = ManualClock()
    known: Known[str] = Known(clock, 600.0)
    calls = 0

    async def ask() -> str:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise TranslationFailed("nothing")
        return "pairs"

    assert await known.get(ask) == "pairs"
    fresh = [known.fresh]
    clock.advance(600.0)
    assert [*fresh, known.fresh] == [True, False]
    assert [await known.get(ask), await known.get(ask)] == ["pairs", "pairs"]
    assert calls == 2
    clock.advance(RETRY_S)
    assert await known.get(ask) == "pairs"
    assert calls == 3


async def test_a_server_that_says_nothing_is_asked_twice_and_then_after_a_while() -> None:
    clock = ManualClock()
    known: Known[str] = Known(clock, 600.0)

    async def ask() -> str:
        raise TranslationFailed("nothing")

    for _ in range(2):
        with pytest.raises(TranslationFailed):
            await known.get(ask)
    assert await known.get(ask) is None
    clock.advance(RETRY_S)
    with pytest.raises(TranslationFailed):
        await known.get(ask)
