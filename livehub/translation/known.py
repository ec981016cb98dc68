"""What an engine's server says about itself, such as its list of pairs: asked by one call at a time, kept for a while.

A call that finds another one asking does not queue behind it: a server that hangs at its list would hold up everybody.
What was known before is good for the time. Where nothing is, those who come first wait a second, for most servers have
said it by then; after that nobody does, and the caller has to do without.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from livehub.clock import Clock
from livehub.translation.errors import TranslationFailed

T = TypeVar("T")

#: how long a call waits for what another asks
PATIENCE_S: Final = 1.0
#: nobody asks for so long after a server did not say it; where nothing is known, after the second time
RETRY_S: Final = 60.0


class Known(Generic[T]):
    """``ttl_s``: how long what the server said is believed without asking again."""

    def __init__(self, clock: Clock, ttl_s: float) -> None:
        self._clock: Final = clock
        self._ttl_s: Final = ttl_s
        self._value: T | None = None
        self._until_s = float("-inf")
        self._retry_s = float("-inf")
        self._failures_in_a_row = 0
        #: set when the call that asks has ended, None: none does
        self._asking: asyncio.Event | None = None
        self._hangs = False

    @property
    def value(self) -> T | None:
        """What was said last, however long ago; None: nothing yet."""
        return self._value

    @property
    def fresh(self) -> bool:
        return self._value is not None and self._clock.monotonic() < self._until_s

    async def get(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What is known, asked for when it is time and nobody else does; None: nothing is, go on without.

        Raises:
            TranslationFailed: by ``ask``, to the one call that asked, where nothing is known.
        """
        if self.fresh or self._clock.monotonic() < self._retry_s:
            return self._value
        if self._asking is not None:
            await self._wait(self._asking)
            return self._value
        self._asking = asyncio.Event()
        try:
            await self._learn(ask)
        finally:
            self._asking.set()
            self._asking, self._hangs = None, False
        return self._value

    async def _wait(self, asking: asyncio.Event) -> None:
        if self._value is not None or self._hangs:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asking.wait(), PATIENCE_S)
            return
        self._hangs = asking is self._asking

    async def _learn(self, ask: Callable[[], Awaitable[T]]) -> None:
        said = False
        try:
            self._value = await ask()
            said = True
        except TranslationFailed:
            # What it had it may well have yet; whether it has shows when it is asked to translate.
            if self._value is None:
                raise
        finally:  # a deadline cancels
            self._failures_in_a_row = 0 if said else self._failures_in_a_row + 1
            if said:
                self._until_s = self._clock.monotonic() + self._ttl_s
            elif self._value is not None or self._failures_in_a_row > 1:
                self._retry_s = self._clock.monotonic() + RETRY_S
