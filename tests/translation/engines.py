"""Engines for tests of the service: small, but real ``Translator`` objects that run on the loop."""

import asyncio
from collections.abc import Callable, Sequence

from livehub.translation.errors import TranslationFailed


class Engine:
    """Answers "target:text". Attributes change how; ``calls`` keeps what it was asked."""

    def __init__(self, name: str = "engine") -> None:
        self.name = name
        self.calls: list[tuple[tuple[str, ...], str, str]] = []
        self.closed = 0
        self.error: Callable[[], Exception] | None = None
        #: targets it has nothing for
        self.without: set[str] = set()
        self.unsupported: set[str] = set()
        #: per target: waits until set
        self.gates: dict[str, asyncio.Event] = {}
        #: texts that make it refuse a whole call
        self.refused: dict[str, TranslationFailed] = {}
        self.running = 0
        self.most_running = 0
        self.cancelled = 0

    def supports(self, source: str, target: str) -> bool:
        return target not in self.unsupported

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        self.calls.append((tuple(texts), source, target))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if target in self.gates:
                await self.gates[target].wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        if self.error is not None:
            raise self.error()
        for text in texts:
            if text in self.refused:
                raise self.refused[text]
        return [None if target in self.without else f"{target}:{text}" for text in texts]

    async def close(self) -> None:
        self.closed += 1
