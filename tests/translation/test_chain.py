import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from livehub.clock import ManualClock
from livehub.translation.breaker import MAX_REST_S, REST_S
from livehub.translation.chain import ProviderChain
from livehub.translation.errors import AccessDenied, EachRefused, QuotaExceeded, TranslationFailed, TranslationRefused
from tests.translation.engines import Engine


def soon() -> float:
    return asyncio.get_running_loop().time() + 5


async def texts(chain: ProviderChain, *lines: str, target: str = "es") -> list[str | None]:
    return [answer.text for answer in await chain.translate(lines, "en", target, soon())]


async def test_the_next_gets_what_the_first_has_not(clock: ManualClock) -> None:
    class Half(Engine):
        async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
            await super().translate(texts, source, target)
            return ["known" if text == "a" else None for text in texts]

    first, second = Half("first"), Engine("second")
    answers = await ProviderChain([first, second], clock).translate(["a", "b"], "en", "es", soon())
    assert [(answer.text, answer.provider, answer.certain) for answer in answers] == [
        ("known", "first", True),
        ("es:b", "second", True),
    ]
    assert second.calls == [(("b",), "en", "es")]


async def test_a_failure_leads_to_the_next_and_is_counted(clock: ManualClock) -> None:
    first, second = Engine("first"), Engine("second")
    first.error = lambda: TranslationFailed("down")
    chain = ProviderChain([first, second], clock)
    assert await texts(chain, "a") == ["es:a"]
    assert chain.stats["first"].failures == 1
    assert chain.stats["second"].translated == 1


async def test_all_failed_is_not_certain(clock: ManualClock) -> None:
    first, second = Engine("first"), Engine("second")
    first.error = lambda: TranslationFailed("down")
    second.without = {"es"}
    (answer,) = await ProviderChain([first, second], clock).translate(["a"], "en", "es", soon())
    assert (answer.text, answer.certain) == (None, False)


async def test_engines_that_do_not_support_the_pair_are_not_asked(clock: ManualClock) -> None:
    engine = Engine()
    engine.unsupported = {"es"}
    (answer,) = await ProviderChain([engine], clock).translate(["a"], "en", "es", soon())
    assert (answer.text, answer.certain) == (None, True)
    assert engine.calls == []


async def test_rests_after_failures_and_wakes(clock: ManualClock) -> None:
    engine = Engine()
    engine.error = lambda: TranslationFailed("down")
    chain = ProviderChain([engine], clock)
    for _ in range(5):
        assert await texts(chain, "a") == [None]
    assert len(engine.calls) == 3
    assert chain.stats["engine"].rested == 2
    engine.error = None
    clock.advance(REST_S)
    assert await texts(chain, "a") == ["es:a"]


async def test_after_a_rest_one_call_finds_out_for_all(clock: ManualClock) -> None:
    engine = Engine()
    engine.error = lambda: TranslationFailed("down")
    chain = ProviderChain([engine], clock)
    for _ in range(3):
        await texts(chain, "a")
    assert (chain.stats["engine"].breaker, chain.stats["engine"].opened) == ("open", 1)
    clock.advance(REST_S)
    engine.gates["es"] = asyncio.Event()
    engine.error = None
    probe = asyncio.ensure_future(texts(chain, "probe"))
    while not engine.running:
        await asyncio.sleep(0)
    (answer,) = await chain.translate(["b"], "en", "es", soon())
    assert (answer.text, answer.certain) == (None, False), "while one asks, the others go without"
    assert engine.calls[-1][0] == ("probe",)
    engine.gates["es"].set()
    assert await probe == ["es:probe"]
    assert chain.stats["engine"].breaker == "closed"
    assert await texts(chain, "b") == ["es:b"]


async def test_a_probe_that_is_cancelled_leaves_room_for_the_next(clock: ManualClock) -> None:
    engine = Engine()
    engine.error = lambda: TranslationFailed("down")
    chain = ProviderChain([engine], clock)
    for _ in range(3):
        await texts(chain, "a")
    clock.advance(REST_S)
    engine.error = None
    engine.gates["es"] = asyncio.Event()
    probe = asyncio.ensure_future(texts(chain, "probe"))
    while not engine.running:
        await asyncio.sleep(0)
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    engine.gates["es"].set()
    assert await texts(chain, "a") == ["es:a"]


@pytest.mark.parametrize(
    ("error", "rest_s"),
    [
        (QuotaExceeded("slow down", retry_after_s=42), 42),
        (QuotaExceeded("slow down", retry_after_s=1e9), MAX_REST_S),
        (AccessDenied("no key"), MAX_REST_S),
    ],
)
async def test_rests_at_once_when_told(clock: ManualClock, error: TranslationFailed, rest_s: float) -> None:
    engine = Engine()
    engine.error = lambda: error
    chain = ProviderChain([engine], clock)
    await texts(chain, "a")
    engine.error = None
    clock.advance(rest_s - 1)
    assert await texts(chain, "a") == [None]
    clock.advance(1)
    assert await texts(chain, "a") == ["es:a"]


async def test_one_refused_line_does_not_cost_the_others_theirs(clock: ManualClock) -> None:
    engine = Engine()
    engine.refused = {"bad": TranslationRefused("too long")}
    chain = ProviderChain([engine], clock)
    assert await texts(chain, "a", "bad", "b") == ["es:a", None, "es:b"]
    assert chain.stats["engine"].failures == 0


class Slow(Engine):
    """One call at a time takes a while, however many lines are in it."""

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        got = asyncio.ensure_future(super().translate(texts, source, target))
        await asyncio.sleep(0.1)
        return await got


async def test_one_refused_line_does_not_cost_the_others_their_time(clock: ManualClock) -> None:
    """Asked for one after the other, 31 lines beside a bad one were too late, and the engine was left alone for it."""
    engine = Slow()
    engine.refused = {"bad": TranslationRefused("I will not")}
    chain = ProviderChain([engine], clock)
    lines = [*(f"line {number}" for number in range(31)), "bad"]
    answers = await chain.translate(lines, "en", "es", asyncio.get_running_loop().time() + 1.5)
    assert [answer.text for answer in answers] == [*(f"es:{line}" for line in lines[:-1]), None]
    assert len(engine.calls) == 1 + 4 + 8, "all, in parts, and the part that has the bad one line by line"


async def test_an_engine_that_took_no_line_alone_is_not_asked_again(clock: ManualClock) -> None:
    engine = Engine()
    engine.refused = {"bad": EachRefused("none of them")}
    assert await texts(ProviderChain([engine], clock), "bad", "bad") == [None, None]
    assert len(engine.calls) == 1


async def test_what_was_answered_before_a_failure_is_shown(clock: ManualClock) -> None:
    class Stops(Engine):
        async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
            if tuple(texts) == ("b",):
                await asyncio.Event().wait()
            return await super().translate(texts, source, target)

    engine = Stops()
    engine.refused = {"bad": TranslationRefused("I will not")}
    chain = ProviderChain([engine], clock)
    for _ in range(3):
        answers = await chain.translate(["a", "bad", "b"], "en", "es", asyncio.get_running_loop().time() + 0.2)
        assert [(answer.text, answer.certain) for answer in answers] == [("es:a", True), (None, False), (None, False)]
    assert (chain.stats["engine"].timeouts, chain.stats["engine"].breaker) == (3, "closed"), "it is there, if slow"


async def test_time_is_shared_between_engines(clock: ManualClock) -> None:
    slow, quick = Engine("slow"), Engine("quick")
    slow.gates["es"] = asyncio.Event()
    chain = ProviderChain([slow, quick], clock)
    answers = await chain.translate(["a"], "en", "es", asyncio.get_running_loop().time() + 0.1)
    assert answers[0].text == "es:a"
    assert (chain.stats["slow"].timeouts, slow.cancelled) == (1, 1)


@pytest.mark.parametrize("answer", [None, "es:a", ["a", "b"], [1], [b"a"], ["x" * 100_000], ("a",)])
async def test_answers_that_break_the_contract_are_failures(clock: ManualClock, answer: Any) -> None:
    class Broken(Engine):
        async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
            return answer  # type: ignore[no-any-return]

    chain = ProviderChain([Broken()], clock)
    assert await texts(chain, "a") == [None]
    assert chain.stats["engine"].failures == 1


async def test_exceptions_that_break_the_contract_are_failures(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Engine):
        def supports(self, source: str, target: str) -> bool:
            if target == "fr":
                raise KeyError(target)
            return True

    engine = Broken()
    engine.error = lambda: ZeroDivisionError()
    chain = ProviderChain([engine], clock)
    with caplog.at_level(logging.ERROR):
        assert await texts(chain, "a") == [None]
        assert await texts(chain, "a", target="fr") == [None]
    assert len(caplog.records) == 2
    assert len(engine.calls) == 1


async def test_what_is_no_text_is_taken_out(clock: ManualClock) -> None:
    """Controls and blank lines, what would turn a price around (U+202E), and halves of characters."""

    class Messy(Engine):
        async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
            return [
                "ho\x00la\n",
                "  \x1b ",
                "only \u202e91$\u2066",
                "a\ud800b\u2028c",
                "\ud800",
                "\u200fسعر\u200f",
            ]

    got = await texts(ProviderChain([Messy()], clock), *"abcdef")
    assert got == ["ho la", None, "only 91$", "ab c", None, "\u200fسعر\u200f"]


async def test_close_reaches_every_engine(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    class Stuck(Engine):
        async def close(self) -> None:
            raise OSError("stuck")

    last = Engine("last")
    await ProviderChain([Stuck("stuck"), last], clock).close()
    assert last.closed == 1
    assert "stuck" in caplog.text
