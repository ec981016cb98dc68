"""The server's side of the translation benchmark: the chat server of its own process, with an engine that is slow."""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import uvloop

from livehub.bench.chat_server import Server, Setup
from livehub.bench.translation_room import SLOW_S
from livehub.bench.worker import pin, serve
from livehub.clock import SystemClock
from livehub.translation.service import TranslationService

#: as the server has it: livehub.services
MAX_CALLS_PER_PAIR = 4


class Slow:
    """Takes its time, counts the lines it was asked for, and refuses nothing."""

    name = "slow"

    def __init__(self) -> None:
        self.lines = 0

    def supports(self, source: str, target: str) -> bool:
        return True

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        self.lines += len(texts)
        await asyncio.sleep(SLOW_S)
        # The readers know an original, whose way they time, by this word.
        return [text.replace("sent:", f"{target} ") for text in texts]

    async def close(self) -> None:
        pass


class Switched:
    """The real service while it is on; nothing otherwise."""

    def __init__(self) -> None:
        self.engine = Slow()
        self.service = TranslationService(
            [self.engine], clock=SystemClock(), gather_s=0.05, max_calls_per_pair=MAX_CALLS_PER_PAIR
        )
        self.asked: set[tuple[str, str | None, str]] = set()
        self.on = False

    def submit(
        self,
        text: str,
        source_locale: str | None,
        target_locales: Iterable[str],
        on_ready: Callable[[Any], None],
        *more: Any,
    ) -> None:
        if self.on:
            self.asked |= {(text, source_locale, target) for target in set(target_locales) - {source_locale}}
            self.service.submit(text, source_locale, target_locales, on_ready, *more)


class TranslatingServer(Server):
    def __init__(self, folder: str, switched: Switched) -> None:
        self._switched = switched
        super().__init__(folder, Setup(), switched)

    async def translate(self, on: bool) -> dict[str, Any]:
        self._switched.on = on
        return {}

    async def settle(self) -> dict[str, Any]:
        """Let what is under way end, so that it does not reach into the next turn."""
        await asyncio.sleep(SLOW_S + 1.5)
        return {}

    async def counts(self) -> dict[str, Any]:
        return {"sent": self._switched.engine.lines, "distinct": len(self._switched.asked)}


async def main() -> None:
    pin(int(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        server = TranslatingServer(folder, Switched())
        names = ("start", "usage", "translate", "settle", "counts")
        await serve({name: getattr(server, name) for name in names})
        await server.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
