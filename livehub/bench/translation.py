"""``livehub bench translation``: what translating costs, and that it holds up nothing.

Three things are measured. A thousand lines a second, each another text, are put through the whole pipeline in a process
of its own: the language is told, what must stay is marked, a glossary is looked through, a budget is charged, lines
gather into calls, an engine that answers at once is called, the answer is checked and cached. Then a room of real
sockets, with translation and without (:mod:`.translation_room`). And how often the engine was called for one text, with
readers of three languages.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

import uvloop

from livehub.bench.machine import describe
from livehub.bench.translation_room import LINES_A_TURN, LINES_BETWEEN, READERS, SLOW_S, TURNS, compare_room
from livehub.bench.worker import Worker, pin, serve
from livehub.clock import SystemClock
from livehub.translation.budget import Budget
from livehub.translation.detection import LanguageDetector
from livehub.translation.glossary import Glossary, Term
from livehub.translation.service import TranslationService
from livehub.translation.wording import Circumstances

LINES_PER_S: Final = 1_000
SECONDS: Final = 20
TARGETS: Final = ("en", "es")

_STARTS: Final = (
    "how much is the blue one {n}",
    "does it come in XL {n} and do you ship to Canada",
    "I ordered AB-{n} last week and it is not here yet 😭",
    "bu kaç lira {n}",
    "could you show the back of number {n} please",
    "c'est dispo en noir {n} ?",
    "berapa harga yang {n} kak",
    "ราคาเท่าไหร่คะ {n}",
)


class Instant:
    """Answers at once, and counts."""

    name = "instant"

    def __init__(self) -> None:
        self.calls = 0
        self.lines = 0

    def supports(self, source: str, target: str) -> bool:
        return True

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        self.calls += 1
        self.lines += len(texts)
        return [f"[{target}] {text}" for text in texts]

    async def close(self) -> None:
        pass


async def run(*, lines_per_s: int = LINES_PER_S, seconds: int = SECONDS, turns: int = TURNS) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    figures = await _pipeline(lines_per_s, seconds)
    figures |= await compare_room(turns)
    return {
        "bench": "translation",
        "machine": describe(),
        "conditions": {
            "lines_per_s": lines_per_s,
            "seconds": seconds,
            "targets": len(TARGETS),
            "glossary_terms": len(_glossary().terms),
            "readers": sum(READERS.values()),
            "reader_languages": len(READERS),
            "slow_engine_s": SLOW_S,
            "turns": turns,
            "lines_a_turn": LINES_A_TURN,
            "lines_between": LINES_BETWEEN,
        },
        "figures": {key: round(value, 3) for key, value in figures.items()},
    }


async def _pipeline(lines_per_s: int, seconds: int) -> dict[str, float]:
    worker = await Worker.start("livehub.bench.translation", 0)
    try:
        await worker.call("put", lines_per_s=lines_per_s, seconds=2, first=10_000_000)
        got = await worker.call("put", lines_per_s=lines_per_s, seconds=seconds, first=0)
    finally:
        await worker.stop()
    return {
        "cores_at_1000_per_s": got["cpu_s"] / got["seconds"] * (1_000 / (got["lines"] / got["seconds"])),
        "lines_put_per_s": got["lines"] / got["seconds"],
        "lines_in_a_call": got["lines_sent"] / got["calls"],
        "translations_missing": got["missing"],
    }


def _glossary() -> Glossary:
    """Two hundred terms, none of which the lines have, and three that they do."""
    letters = "bcdfghjklm"
    rare = [f"z{a}e{b}o{c}a" for a in letters for b in letters for c in letters[:2]]
    terms = [Term({"en": (word,), "es": (word + "s",), "fr": (word,)}) for word in rare]
    common = [("blue", "azul", "bleu"), ("ship", "enviar", "livrer"), ("back", "espalda", "dos")]
    return Glossary((*terms, *(Term({"en": (a,), "es": (b,), "fr": (c,)}) for a, b, c in common)))


class _Store:
    """Where a budget is kept: nowhere. How it is kept costs one write every few seconds, whatever the lines."""

    async def add(self, day: str, used: dict[str, int]) -> dict[str, int]:
        return used


class Load:
    def __init__(self) -> None:
        clock = SystemClock()
        self._engine = Instant()
        self._budget = Budget(_Store(), clock, daily_chars=10**12)
        self._service = TranslationService([self._engine], clock=clock, gather_s=0.05, budget=self._budget)
        self._around = Circumstances("room", _glossary(), ("Ana María",))
        self._detect = LanguageDetector.shipped().detect

    async def put(self, lines_per_s: int, seconds: int, first: int) -> dict[str, float]:
        """Lines for so long, evenly, ten a time; and the CPU that all of it took."""
        came = asked = 0

        def take(_: object) -> None:
            nonlocal came
            came += 1

        calls, sent = self._engine.calls, self._engine.lines
        total = lines_per_s * seconds
        began, cpu = time.monotonic(), time.process_time()
        for number in range(total):
            if number % 10 == 0:
                await asyncio.sleep(max(0.0, began + number / lines_per_s - time.monotonic()))
            text = _STARTS[number % len(_STARTS)].format(n=first + number)
            source = self._detect(text, "en")
            asked += len(set(TARGETS) - {source})
            self._service.submit(text, source, TARGETS, take, self._around)
        for _ in range(100):
            if came >= asked:
                break
            await asyncio.sleep(0.05)
        return {
            "cpu_s": time.process_time() - cpu,
            "seconds": time.monotonic() - began,
            "lines": total,
            "missing": asked - came,
            "calls": self._engine.calls - calls,
            "lines_sent": self._engine.lines - sent,
        }


async def main() -> None:
    pin(int(sys.argv[1]))
    load = Load()
    await serve({"put": load.put})


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
