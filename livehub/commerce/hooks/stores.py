"""Checkout hooks that shops set for themselves: a signed question to an address of theirs, within a deadline.

What the operator set (:mod:`.registry`) holds for all shops and is asked besides. An address that is typed in by a
merchant leads only to the public internet (:mod:`livehub.egress`), whatever its name resolves to at that moment.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from livehub.clock import Clock, iso
from livehub.commerce.asking import Session
from livehub.commerce.checkout_hook import Answer, CheckoutContext, CheckoutHook
from livehub.commerce.errors import HookFailed
from livehub.commerce.hooks.http import HttpHook

OnFailure = Literal["refuse", "default"]

#: hooks of one shop
MAX_PER_STORE: Final = 3
MIN_DEADLINE_MS: Final = 100
MAX_DEADLINE_MS: Final = 5000
#: lines of a shop's log of who changed what
MAX_LOG: Final = 200
#: how long another process may go on with what was changed here
FRESH_S: Final = 5.0
#: so many failures in a row, and for so long nobody waits for a hook whose policy is to go on without it
FAILURES: Final = 3
REST_S: Final = 30.0
#: questions to one hook at a time; more wait, within their deadline
MAX_AT_ONCE: Final = 64
#: what whoever asks allows above a hook's own deadline
GRACE_S: Final = 0.5
_MAX_STORES: Final = 2000


@dataclass(frozen=True, slots=True)
class StoreHook:
    """``previous_secret`` signs too until ``previous_until`` (ms)."""

    id: str
    store_id: str
    url: str
    secret: str
    deadline_ms: int
    on_failure: OnFailure
    created_at: int
    previous_secret: str | None = None
    previous_until: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the log: ``what`` is added, changed, rotated or removed; ``by`` an account."""

    hook_id: str
    what: str
    url: str
    by: str
    at: int

    def present(self) -> dict[str, Any]:
        return {"hook": self.hook_id, "what": self.what, "url": self.url, "by": self.by, "at": iso(self.at)}


class StoreHookStore(Protocol):
    async def of_store(self, store_id: str) -> list[StoreHook]:
        """Oldest first."""

    async def add(self, hook: StoreHook, change: Change) -> None:
        """Raises: Conflict (``too_many_hooks``)."""

    async def keep(self, hook: StoreHook, change: Change) -> None: ...

    async def remove(self, hook: StoreHook, change: Change) -> None: ...

    async def log(self, store_id: str) -> list[Change]:
        """Newest first."""


class Rested:
    """A shop's hook as checkout asks it. After :data:`FAILURES` in a row one whose policy is to go on rests for
    :data:`REST_S`; then one buyer tries it, and the others go on as before until it has answered."""

    def __init__(self, hook: StoreHook, session: Session, clock: Clock) -> None:
        self.hook = hook
        self.id = hook.id
        # A little later than our own, which knows what the failure was and counts it.
        self.deadline_s = hook.deadline_ms / 1000 + GRACE_S
        self.on_failure: OnFailure = hook.on_failure
        self.failure: tuple[int, str] | None = None
        self._http = HttpHook(
            hook.url,
            hook.secret,
            deadline_s=hook.deadline_ms / 1000,
            on_failure=hook.on_failure,
            clock=clock,
            session=session,
            previous=(hook.previous_secret, hook.previous_until),
        )
        self._clock = clock
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        self._failures = 0
        self._rests_until = 0.0

    @property
    def rests(self) -> bool:
        return self.on_failure == "default" and self._clock.monotonic() < self._rests_until

    async def quote(self, context: CheckoutContext) -> Answer:
        """Raises: HookFailed."""
        if self.rests:
            raise HookFailed("it rests after failing")
        if self._failures >= FAILURES:
            self._rests_until = self._clock.monotonic() + self.deadline_s  # this one tries, the others do not wait
        try:
            async with asyncio.timeout(self.hook.deadline_ms / 1000), self._slots:
                answer = await self._http.quote(context)
        except TimeoutError:
            self._failed(late := f"it did not answer within {self.hook.deadline_ms} ms")
            raise HookFailed(late) from None
        except HookFailed as error:
            self._failed(error.detail)
            raise
        self._failures, self._rests_until, self.failure = 0, 0.0, None
        return answer

    def _failed(self, why: str) -> None:
        self._failures += 1
        self.failure = (self._clock.now_ms(), why)
        if self._failures >= FAILURES:
            self._rests_until = self._clock.monotonic() + REST_S

    def default(self, context: CheckoutContext) -> Answer:
        """Nothing is added."""
        return Answer()

    async def close(self) -> None:
        """The session is of all of them."""


class StoreHooks:
    """The hooks of each shop, as checkout asks for them; what was read is held for :data:`FRESH_S`.

    ``guarded``: addresses lead only to the public internet.
    """

    def __init__(self, store: StoreHookStore, clock: Clock, *, guarded: bool = True) -> None:
        self._store = store
        self._clock = clock
        self._session = Session(guarded=guarded, timeout_s=MAX_DEADLINE_MS / 1000 + GRACE_S)
        self._known: OrderedDict[str, tuple[float, tuple[Rested, ...]]] = OrderedDict()
        #: shop → set once the read of it that is under way has ended
        self._reading: dict[str, asyncio.Event] = {}
        self._forgotten = 0

    async def of(self, store_id: str) -> Sequence[CheckoutHook]:
        return await self.rested(store_id)

    async def rested(self, store_id: str) -> tuple[Rested, ...]:
        while True:
            known = self._known.get(store_id)
            if known is not None and self._clock.monotonic() < known[0]:
                return known[1]
            reading = self._reading.get(store_id)
            if reading is None:
                break
            await reading.wait()  # one read for all who come in a rush
        reading = self._reading[store_id] = asyncio.Event()
        try:
            return await self._read(store_id, known[1] if known else ())
        finally:
            del self._reading[store_id]
            reading.set()

    async def _read(self, store_id: str, known: Sequence[Rested]) -> tuple[Rested, ...]:
        before, forgotten = {one.hook: one for one in known}, self._forgotten
        found = await self._store.of_store(store_id)
        # One that has not changed keeps what is known of its failures.
        hooks = tuple(before.get(one) or Rested(one, self._session, self._clock) for one in found)
        if forgotten == self._forgotten:
            self._known[store_id] = (self._clock.monotonic() + FRESH_S, hooks)
            self._known.move_to_end(store_id)
            while len(self._known) > _MAX_STORES:
                self._known.popitem(last=False)
        return hooks

    def forget(self, store_id: str) -> None:
        """It has changed: read it again for the next buyer, and let it try again."""
        self._known.pop(store_id, None)
        self._forgotten += 1

    def trial(self, hook: StoreHook) -> Rested:
        """One for a test by the merchant: it counts for nobody."""
        return Rested(hook, self._session, self._clock)

    async def close(self) -> None:
        await self._session.close()
