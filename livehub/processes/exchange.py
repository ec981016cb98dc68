"""What processes tell each other: typed messages on one channel, who lives, and who is new.

Nothing here is kept in Redis. Whoever comes up (or back) says ``here``, and everybody answers by telling anew what they
have told before (:meth:`Exchange.whenever_asked`). A process that has not been heard for its lease is dead, and what it
had told is forgotten.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

import msgspec

from livehub.processes.limits import ProcessLimits
from livehub.processes.link import Link

log = logging.getLogger(__name__)
T = TypeVar("T")
_CHANNEL: Final = "all"
#: answers to those who are new are gathered for so long
_ANSWER_S: Final = 0.02
_encode: Final = msgspec.msgpack.Encoder().encode


class Beat(msgspec.Struct, frozen=True):
    """``role`` and ``url``: what the process does, and where it is reached from within."""

    role: str
    url: str
    #: it has just come up, or back: tell it what you have told
    is_new: bool = False
    #: said because somebody is new, after all that was to be told: it need not be asked for again
    is_answer: bool = False


class Gone(msgspec.Struct, frozen=True):
    pass


class _Kind(Generic[T]):
    def __init__(self, kind: type[T], handler: Callable[[str, T], None]) -> None:
        self.decode = msgspec.msgpack.Decoder(kind).decode
        self.handler = handler


class Exchange:
    """``process`` is this process's name among the others."""

    def __init__(self, link: Link, process: str, *, role: str, url: str, limits: ProcessLimits) -> None:
        self.process: Final = process
        self._link: Final = link
        self._limits: Final = limits
        self._me: Final = (role, url)
        self._kinds: dict[str, _Kind[Any]] = {}
        self._others: dict[str, tuple[float, Beat]] = {}
        self._asked: list[Callable[[], None]] = []
        self._dead: list[Callable[[str, Beat], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._answering: asyncio.TimerHandle | None = None
        self._news = asyncio.Event()
        self.on("beat", Beat, self._beat)
        self.on("gone", Gone, lambda process, _: self._died(process))
        link.whenever_up(self._came_up)

    # --- wired

    def on(self, name: str, kind: type[T], handler: Callable[[str, T], None]) -> None:
        """``handler`` is called with who said it; never with what this process said itself."""
        self._kinds[name] = _Kind(kind, handler)

    def whenever_asked(self, tell: Callable[[], None]) -> None:
        """``tell`` is to tell all that others may have missed."""
        self._asked.append(tell)

    def whenever_dead(self, act: Callable[[str, Beat], None]) -> None:
        self._dead.append(act)

    # --- said

    def tell(self, name: str, message: Any) -> None:
        """To every other process that is there now."""
        self._link.publish(_CHANNEL, self.packed(name, message))

    def packed(self, name: str, message: Any) -> bytes:
        """As it is published on :attr:`channel`."""
        return f"{name} {self.process}\n".encode() + _encode(message)

    @property
    def channel(self) -> str:
        return self._link.channel(_CHANNEL)

    def ask_again(self) -> None:
        """Something was missed: let everybody tell anew."""
        self.tell("beat", Beat(*self._me, is_new=True))

    # --- life

    async def start(self) -> None:
        """Raises: RedisAway."""
        await self._link.listen(_CHANNEL, self._heard)
        await self._came_up(True)
        self._task = asyncio.get_running_loop().create_task(self._beating(), name="heart beat")

    async def close(self) -> None:
        task, self._task = self._task, None
        if self._answering is not None:
            self._answering.cancel()
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.tell("gone", Gone())

    async def _came_up(self, _is_new_life: bool) -> None:
        now = asyncio.get_running_loop().time()
        # While Redis was away nobody could be heard: that says nothing about their lives.
        self._others = {process: (now, beat) for process, (_, beat) in self._others.items()}
        self.tell("beat", Beat(*self._me, is_new=True))
        for tell in self._asked:
            tell()

    async def _beating(self) -> None:
        while True:
            await asyncio.sleep(self._limits.beat_s)
            if self._link.is_up:
                self.beat()
                self.bury(asyncio.get_running_loop().time())

    def beat(self) -> None:
        self.tell("beat", Beat(*self._me))

    def bury(self, now_s: float) -> None:
        """Forget those whose lease is over."""
        for process, (heard_s, _) in list(self._others.items()):
            if now_s - heard_s > self._limits.lease_s:
                log.warning("process %s has not been heard for %.0f s: it counts as dead", process, now_s - heard_s)
                self._died(process)

    # --- asked

    @property
    def others(self) -> dict[str, Beat]:
        return {process: beat for process, (_, beat) in self._others.items()}

    async def until_heard(self, roles: Collection[str], within_s: float) -> None:
        """Wait until a process of one of those roles has been heard, ``within_s`` at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not any(beat.role in roles for beat in self.others.values()):
                    self._news.clear()
                    await self._news.wait()

    def of_role(self, role: str) -> tuple[str, Beat] | None:
        return next(((process, beat) for process, beat in self.others.items() if beat.role == role), None)

    @property
    def is_first(self) -> bool:
        """One of those who live: where something is to be done once."""
        return all(self.process < process for process in self._others)

    # --- heard

    def _heard(self, message: bytes) -> None:
        head, _, body = message.partition(b"\n")
        name, _, process = head.decode().partition(" ")
        kind = self._kinds.get(name)
        if process != self.process and kind is not None:
            kind.handler(process, kind.decode(body))

    def _beat(self, process: str, beat: Beat) -> None:
        is_unknown = process not in self._others
        self._others[process] = (asyncio.get_running_loop().time(), beat)
        self._news.set()
        if beat.is_new:
            for tell in self._asked:
                tell()
            # It should not have to wait for our next beat to know that we live. However many are new at once, as when
            # Redis is back: one answer is for all of them.
            if self._answering is None:
                self._answering = asyncio.get_running_loop().call_later(_ANSWER_S, self._answer)
        elif is_unknown and not beat.is_answer:
            # It was there before us, or we thought it dead: hear what it has told.
            self.ask_again()

    def _answer(self) -> None:
        self._answering = None
        self.tell("beat", Beat(*self._me, is_answer=True))

    def _died(self, process: str) -> None:
        gone = self._others.pop(process, None)
        if gone is not None:
            for act in self._dead:
                act(process, gone[1])
