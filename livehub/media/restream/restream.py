"""One target's life in one room: waiting for something to send, connecting, live, trying again until it is stopped."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from livehub.clock import Clock
from livehub.media.restream.failure import SendFailure
from livehub.media.restream.programme import NOTHING, Programme
from livehub.media.restream.sending import Sending
from livehub.media.restream.status import STEADY_S, State, Status, next_wait_s

log = logging.getLogger(__name__)

#: a connection is kept so long while nobody publishes: a reload of the studio takes seconds
IDLE_S: Final = 30.0
#: how long a voice alone waits for a picture before it goes out alone
SETTLE_S: Final = 1.0
#: how often figures are told while live, and it is looked whether there is still something to send
TICK_S: Final = 2.0

_NOTHING_ON_STAGE: Final = "Nobody shows a picture or speaks right now; it begins by itself."

#: makes a connection; ``on_failed`` hears of its end
Connect = Callable[[Callable[[SendFailure], None]], Sending]


class Restream:
    """``connect`` makes a connection of the right kind, ``check`` says what it could never carry (a SendFailure).

    ``tell`` gets each new status, and whether it is more than figures. ``name`` is for the log: no address, no key.
    """

    def __init__(
        self,
        name: str,
        connect: Connect,
        *,
        check: Callable[[Programme], SendFailure | None],
        tell: Callable[[Mapping[str, Any], bool], None],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tick_s: float = TICK_S,
        idle_s: float = IDLE_S,
        settle_s: float = SETTLE_S,
    ) -> None:
        self.status = Status(since_ms=clock.now_ms(), code="nothing_on_stage", detail=_NOTHING_ON_STAGE)
        self._name = name
        self._connect = connect
        self._check = check
        self._tell = tell
        self._clock = clock
        self._sleep = sleep
        self._tick_s = tick_s
        self._idle_s = idle_s
        self._settle_s = settle_s
        self._programme = NOTHING
        self._changed = asyncio.Event()
        self._failure: SendFailure | None = None
        #: the connection that is there or being made
        self.sending: Sending | None = None
        self._failures = 0
        self._dropped_before = 0
        self._task: asyncio.Task[None] | None = None

    # --- from outside

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"restream {self._name}")

    def use(self, programme: Programme) -> None:
        """What is on stage now."""
        if programme != self._programme:
            self._programme = programme
            self._changed.set()

    async def close(self) -> None:
        """End the sending and tell so. Idempotent."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self._set(State.STOPPED)

    # --- the life

    async def _run(self) -> None:
        while True:
            try:
                await self._once()
            except SendFailure as failure:
                await self._after(failure)
            except Exception:
                log.exception("restream %s failed in an unexpected way", self._name)
                await self._after(SendFailure("internal", "Something went wrong on this server; it has been logged."))

    async def _once(self) -> None:
        """From something on stage to the end of one connection."""
        await self._wait_for_programme()
        refusal = self._check(self._programme)
        if refusal is not None:
            raise refusal
        self._set(State.CONNECTING)
        self._failure = None
        sending = self.sending = self._connect(self._on_failed)
        began_s: float | None = None
        try:
            await sending.open(self._programme)
            began_s = self._clock.monotonic()
            self._set(State.LIVE)
            log.info("restream %s is live", self._name)
            await self._carry(sending)
        finally:
            if began_s is not None and self._clock.monotonic() - began_s >= STEADY_S:
                self._failures = 0
            self._dropped_before += sending.dropped_frames
            self.sending = None
            await sending.close()

    async def _wait_for_programme(self) -> None:
        if self._programme.is_empty:
            self._set(State.WAITING, code="nothing_on_stage", detail=_NOTHING_ON_STAGE)
        # A picture comes a moment after its sound: one session for both.
        settled = False
        while self._programme.is_empty or (self._programme.video is None and not settled):
            settled = not await self._changed_within(None if self._programme.is_empty else self._settle_s)

    async def _changed_within(self, seconds: float | None) -> bool:
        """Whether something changed; None waits until it does."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._changed.wait()
        return False

    async def _carry(self, sending: Sending) -> None:
        """Until it fails (raises), or something else has to be negotiated, or nobody publishes any more (returns)."""
        octets, at_s = sending.octets, self._clock.monotonic()
        empty_since_s: float | None = None
        while True:
            self._changed.clear()
            if self._failure is not None:
                raise self._failure
            refusal = self._check(self._programme)
            if refusal is not None:
                raise refusal
            if not sending.use(self._programme):
                return
            now_s = self._clock.monotonic()
            empty_since_s = (empty_since_s or now_s) if self._programme.is_empty else None
            if empty_since_s is not None and now_s - empty_since_s >= self._idle_s:
                return
            await self._changed_within(self._tick_s)
            now_s = self._clock.monotonic()
            if now_s - at_s >= self._tick_s / 2:
                self._tell_figures(sending, (sending.octets - octets) * 8 / (now_s - at_s))
                octets, at_s = sending.octets, now_s

    async def _after(self, failure: SendFailure) -> None:
        """Say what happened, and wait for the time or the change that may help."""
        log.info("restream %s: %s", self._name, failure.error_code)
        if self._programme.is_empty:
            return  # a service that ends a silent connection has done nothing wrong
        if failure.final:
            await self._give_up(failure)
            return
        self._failures += 1
        wait_s = next_wait_s(self._failures, failure.retry_after_s, secrets.randbelow(1000) / 1000)
        retry_at_ms = self._clock.now_ms() + round(wait_s * 1000)
        self._set(State.RETRYING, code=failure.error_code, detail=failure.detail, retry_at_ms=retry_at_ms)
        await self._sleep(wait_s)

    async def _give_up(self, failure: SendFailure) -> None:
        self._set(State.FAILED, code=failure.error_code, detail=failure.detail)
        codecs = self._programme.codecs
        while not failure.about_codec or self._programme.codecs in {codecs, ""}:
            self._changed.clear()
            await self._changed.wait()

    # --- what is told

    def _on_failed(self, failure: SendFailure) -> None:
        self._failure = failure
        self._changed.set()

    def _set(self, state: State, *, code: str = "", detail: str = "", retry_at_ms: int | None = None) -> None:
        if state is self.status.state:
            return
        self.status = self.status.to(state, self._clock.now_ms(), code=code, detail=detail, retry_at_ms=retry_at_ms)
        self._tell(self.status.present(), True)

    def _tell_figures(self, sending: Sending, bitrate_bps: float) -> None:
        dropped = self._dropped_before + sending.dropped_frames
        figures = self.status.with_figures(round(bitrate_bps / 1000) * 1000, dropped)
        if figures != self.status:
            self.status = figures
            self._tell(figures.present(), False)
