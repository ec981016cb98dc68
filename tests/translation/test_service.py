import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from livehub.clock import ManualClock
from livehub.translation.cache import Key
from livehub.translation.errors import TranslationFailed, UnsupportedLocale
from livehub.translation.glossary import Glossary, Term
from livehub.translation.service import Translation, TranslationService
from livehub.translation.wording import Circumstances
from tests.translation.engines import Engine

Make = Callable[..., TranslationService]


@pytest.fixture
async def make(clock: ManualClock) -> AsyncIterator[Make]:
    made: list[TranslationService] = []

    def service(*engines: Engine, **options: Any) -> TranslationService:
        # Deadlines are of the machine's own time: a busy one must not meet those that a test does not speak of.
        made.append(TranslationService(engines, clock=clock, **({"deadline_s": 60.0} | options)))
        return made[-1]

    yield service
    for each in made:
        await each.close()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_translates_into_every_locale_but_its_own(make: Make) -> None:
    service = make(Engine())
    got = await service.translate(" how much? ", "en", {"es", "th", "en"})
    assert got == {
        "es": Translation("es:how much?", "en", "es", "engine"),
        "th": Translation("th:how much?", "en", "th", "engine"),
    }
    assert service.stats.translated == 2


async def test_once_per_text_and_pair_however_many_ask(make: Make) -> None:
    engine = Engine()
    service = make(engine)
    got = await asyncio.gather(*(service.translate("hi", "en", {"es", "fr"}) for _ in range(500)))
    assert all(set(each) == {"es", "fr"} for each in got)
    assert await service.translate("hi", "en", {"es"})
    assert len(engine.calls) == 2
    assert service.stats.coalesced == 998
    assert service.stats.cache_hits == 1


async def test_lines_gather_into_one_call_while_calls_are_busy(make: Make) -> None:
    engine = Engine()
    engine.gates["es"] = asyncio.Event()
    service = make(engine, max_calls_per_pair=1, max_batch=10)
    tasks = [asyncio.ensure_future(service.translate("first", "en", {"es"}))]
    await settle()
    tasks += [asyncio.ensure_future(service.translate(f"line {index}", "en", {"es"})) for index in range(15)]
    await settle()
    assert len(engine.calls) == 1
    engine.gates["es"].set()
    got = await asyncio.gather(*tasks)
    assert [len(texts) for texts, _, _ in engine.calls] == [1, 10, 5]
    assert got[7]["es"].text == "es:line 6"


async def test_calls_are_bounded(make: Make) -> None:
    engine = Engine()
    targets = ("es", "fr", "th", "ja", "ru")
    engine.gates = {target: asyncio.Event() for target in targets}
    service = make(engine, max_calls=2)
    task = asyncio.ensure_future(service.translate("hi", "en", targets))
    await settle()
    assert engine.running == 2
    for gate in engine.gates.values():
        gate.set()
    assert len(await task) == 5
    assert engine.most_running == 2


async def test_a_slow_locale_does_not_hold_up_a_quick_one(make: Make) -> None:
    engine = Engine()
    engine.gates["th"] = asyncio.Event()
    service = make(engine)
    stream = service.as_ready("hi", "en", {"th", "es"})
    assert (await anext(stream)).target_locale == "es"
    engine.gates["th"].set()
    assert [each.target_locale async for each in stream] == ["th"]


async def test_leaving_a_stream_early_harms_nobody(make: Make) -> None:
    engine = Engine()
    engine.gates["th"] = asyncio.Event()
    service = make(engine)
    other = asyncio.ensure_future(service.translate("hi", "en", {"th"}))
    stream = service.as_ready("hi", "en", {"th", "es"})
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    impatient = asyncio.ensure_future(service.translate("hi", "en", {"th"}))
    await settle()
    impatient.cancel()
    engine.gates["th"].set()
    assert (await other)["th"].text == "th:hi"
    assert len(engine.calls) == 2


async def test_submit_calls_back_per_locale(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine()
    engine.gates["th"] = asyncio.Event()
    service = make(engine)
    told: list[str] = []

    def on_ready(translation: Translation) -> None:
        told.append(translation.text)
        if len(told) == 1:
            raise RuntimeError("a broken receiver")

    service.submit("hi", "en", {"th", "es"}, on_ready)
    assert told == []
    await settle()
    assert told == ["es:hi"]
    engine.gates["th"].set()
    await settle()
    assert told == ["es:hi", "th:hi"]
    assert "a broken receiver" in caplog.text
    service.submit("hi", "en", {"th"}, on_ready)
    assert told[2:] == ["th:hi"], "from the cache, at once"


async def test_the_deadline_leaves_the_original(make: Make) -> None:
    engine = Engine()
    engine.gates["es"] = asyncio.Event()
    service = make(engine, deadline_s=0.05)
    assert set(await service.translate("hi", "en", {"es", "fr"})) == {"fr"}
    assert service.stats.timed_out == 1
    async with asyncio.timeout(2):
        while engine.running:  # the call is given up by a timer of its own, up to a millisecond behind
            await asyncio.sleep(0.001)
    engine.gates["es"].set()
    assert set(await service.translate("hi", "en", {"es"})) == {"es"}


async def test_lines_that_expire_while_waiting_are_not_sent(make: Make) -> None:
    engine = Engine()
    engine.gates["es"] = asyncio.Event()
    service = make(engine, deadline_s=0.05, max_calls=1)
    assert await service.translate("a", "en", {"es"}) == {}
    engine.gates["fr"] = asyncio.Event()
    got = await asyncio.gather(service.translate("b", "en", {"es"}), service.translate("c", "en", {"fr"}))
    assert list(got) == [{}, {}]
    await settle()
    assert [texts for texts, _, target in engine.calls if target == "fr"] == []


async def test_failure_is_not_kept_but_absence_is(make: Make, clock: ManualClock) -> None:
    engine = Engine()
    engine.error = lambda: TranslationFailed("down")
    service = make(engine)
    assert await service.translate("hi", "en", {"es"}) == {}
    engine.error = None
    assert set(await service.translate("hi", "en", {"es"})) == {"es"}
    engine.without = {"fr"}
    for _ in range(3):
        assert await service.translate("hi", "en", {"fr"}) == {}
    assert len(engine.calls) == 3
    assert (service.stats.failed, service.stats.missing, service.stats.cache_hits) == (1, 1, 2)
    clock.advance(61)
    engine.without = set()
    assert set(await service.translate("hi", "en", {"fr"})) == {"fr"}


async def test_what_comes_back_unchanged_is_no_translation(make: Make) -> None:
    engine = Engine()
    service = make(engine)
    assert await service.translate("es:x", "en", {"fr"})

    async def echo(texts: Any, source: str, target: str) -> list[str | None]:
        engine.calls.append((tuple(texts), source, target))
        return list(texts)

    engine.translate = echo  # type: ignore[method-assign]
    for _ in range(2):
        assert await service.translate("Nike Air", "en", {"fr"}) == {}
    assert service.stats.unchanged == 1
    assert len(engine.calls) == 2


@pytest.mark.parametrize("text", ["https://example.org", "😀", "12", "@ana", "", "x" * 2001])
async def test_some_lines_are_not_sent(make: Make, text: str) -> None:
    engine = Engine()
    service = make(engine)
    assert await service.translate(text, "en", {"es"}) == {}
    assert engine.calls == []
    assert service.stats.wordless + service.stats.too_long == 1


async def test_too_many_lines_are_turned_away(make: Make) -> None:
    engine = Engine()
    engine.gates["es"] = asyncio.Event()
    service = make(engine, max_under_way=10)
    tasks = [asyncio.ensure_future(service.translate(f"line {index}", "en", {"es"})) for index in range(25)]
    await settle()
    assert sum(task.done() for task in tasks) == 15
    engine.gates["es"].set()
    assert sum(bool(got) for got in await asyncio.gather(*tasks)) == 10
    assert service.stats.overloaded == 15


async def test_unknown_source_and_unknown_locales(make: Make) -> None:
    service = make(Engine())
    assert await service.translate("안녕", None, {"es"}) == {}
    assert await service.translate("hi", "en", set()) == {}
    with pytest.raises(UnsupportedLocale):
        await service.translate("hi", "en", {"de"})
    with pytest.raises(UnsupportedLocale):
        await service.translate("hi", "de", {"en"})


async def test_no_engine_at_all(make: Make) -> None:
    assert await make().translate("hi", "en", {"es"}) == {}


async def test_close_gives_up_and_tells_nobody(make: Make) -> None:
    engine = Engine()
    engine.gates["es"] = asyncio.Event()
    service = make(engine)
    told: list[Translation] = []
    service.submit("hi", "en", {"es"}, told.append)
    waiting = asyncio.ensure_future(service.translate("hi", "en", {"es"}))
    await settle()
    await service.close()
    await service.close()
    assert await waiting == {}
    assert told == []
    assert (engine.cancelled, engine.closed) == (1, 1)
    assert await service.translate("hi", "en", {"fr"}) == {}


async def test_statistics_are_plain_values(make: Make) -> None:
    service = make(Engine())
    await service.translate("hi", "en", {"es"})
    shot = service.stats.snapshot()
    assert shot["requested"] == 1
    assert shot["providers"] == {
        "engine": {
            "calls": 1,
            "lines": 1,
            "translated": 1,
            "failures": 0,
            "timeouts": 0,
            "refusals": 0,
            "garbled": 0,
            "rested": 0,
            "seconds": service.stats.providers["engine"].seconds,
            "opened": 0,
            "breaker": "closed",
        }
    }


async def test_lines_of_a_moment_go_in_one_call(make: Make) -> None:
    engine = Engine()
    service = make(engine, gather_s=0.05, max_batch=10)
    got = await asyncio.gather(*(service.translate(f"line {'abcdefghi'[index]}", "en", {"es"}) for index in range(7)))
    assert [len(texts) for texts, _, _ in engine.calls] == [7]
    assert got[3]["es"].text == "es:line d"


async def test_a_full_call_does_not_wait(make: Make) -> None:
    engine = Engine()
    service = make(engine, gather_s=3600, max_batch=2, deadline_s=7200)
    await asyncio.gather(*(service.translate(word, "en", {"es"}) for word in ("one", "two")))
    assert [len(texts) for texts, _, _ in engine.calls] == [2]


async def test_what_must_stay_stays_and_glossaries_hold(make: Make) -> None:
    engine = Engine()
    service = make(engine)
    glossary = Glossary((Term({"en": ("serum",), "es": ("sérum",)}),))
    around = Circumstances(glossary=glossary, names=("Ana",))
    got = await service.translate("2 serums for Ana: $9.90 😍", "en", {"es", "fr"}, around)
    assert got["es"].text == "es:2 sérum for Ana: $9.90 😍"
    assert got["fr"].text == "fr:2 serums for Ana: $9.90 😍"
    assert {(texts, target) for texts, _, target in engine.calls} == {
        (("{1} {2} for {3}: {4}",), "es"),
        (("{1} serums for {2}: {3}",), "fr"),
    }


async def test_another_glossary_asks_anew(make: Make) -> None:
    engine = Engine()
    service = make(engine)
    await service.translate("serum", "en", {"es"})
    around = Circumstances(glossary=Glossary((Term({"en": ("serum",), "es": ("sérum",)}),)))
    got = await service.translate("a serum", "en", {"es"}, around)
    assert got["es"].text == "es:a sérum"
    await service.translate("a serum", "en", {"es"}, around)
    assert len(engine.calls) == 2
    assert service.stats.cache_hits == 1


async def test_an_engine_that_loses_a_price_is_not_believed(make: Make) -> None:
    class Careless(Engine):
        async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
            return [text.replace("{1}", "") for text in texts]

    careless, careful = Careless("careless"), Engine("careful")
    service = make(careless, careful)
    got = await service.translate("it costs $5 today", "en", {"es"})
    assert (got["es"].provider, got["es"].text) == ("careful", "es:it costs $5 today")
    assert service.stats.providers["careless"].garbled == 1


class Purse:
    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, room_id: str, chars: int) -> bool:
        if chars > self.left:
            return False
        self.left -= chars
        return True

    def give_back(self, room_id: str, chars: int) -> None:
        self.left += chars


class Free(Engine):
    reads_plain = True


async def test_a_spent_budget_leaves_free_engines(make: Make) -> None:
    free, costly, purse = Free("free"), Engine("costly"), Purse(10)
    free.without = {"es"}
    service = make(free, costly, budget=purse)
    around = Circumstances(room_id="rm")
    assert (await service.translate("ten chars.", "en", {"fr"}, around))["fr"].provider == "free"
    assert purse.left == 10  # given back: it cost nothing
    assert (await service.translate("ten chars.", "en", {"es"}, around))["es"].provider == "costly"
    assert purse.left == 0
    assert await service.translate("one more", "en", {"es"}, around) == {}
    assert (await service.translate("one more", "en", {"ja"}, around))["ja"].provider == "free"
    assert service.stats.over_budget == 2
    assert len(costly.calls) == 1
    purse.left = 100  # another day: that nobody had it then is not kept
    assert (await service.translate("one more", "en", {"es"}, around))["es"].provider == "costly"


async def test_what_other_processes_translated_is_not_asked_for(make: Make) -> None:
    class Shared:
        def __init__(self) -> None:
            self.known: dict[Key, tuple[str, str]] = {}

        async def get(self, keys: Sequence[Key]) -> Sequence[tuple[str, str] | None]:
            return [self.known.get(key) for key in keys]

        def put(self, key: Key, text: str, provider: str) -> None:
            self.known[key] = (text, provider)

    shared, here, there, purse = Shared(), Engine(), Engine(), Purse(100)
    await make(here, shared=shared).translate("hello", "en", {"es"})
    other = make(there, shared=shared, budget=purse)
    assert (await other.translate("hello", "en", {"es"}, Circumstances("rm")))["es"].text == "es:hello"
    assert (there.calls, purse.left, other.stats.shared_hits) == ([], 100, 1)
