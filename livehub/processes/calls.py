"""Calls of one process to the one that has a role, and its answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from livehub.errors import LivehubError, Unavailable
from livehub.processes.exchange import Beat, Exchange
from livehub.processes.limits import ProcessLimits

log = logging.getLogger(__name__)


class Asked(msgspec.Struct, frozen=True):
    to: str
    number: int
    name: str
    body: msgspec.Raw


class Refusal(msgspec.Struct, frozen=True):
    """An error of the other process, in plain data; see :class:`livehub.errors.LivehubError`."""

    kind: str
    detail: str
    code: str
    extra: dict[str, Any]


class Answered(msgspec.Struct, frozen=True):
    """``body`` counts if it ``is_done``; without a ``refusal`` otherwise it failed, and its log says why."""

    to: str
    number: int
    is_done: bool = False
    body: msgspec.Raw = msgspec.Raw(b"\xc0")
    refusal: Refusal | None = None


class Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal: Final = refusal


#: what is asked, by name and packed; gives the packed answer
Handler = Callable[[str, msgspec.Raw], Awaitable[msgspec.Raw]]


class Calls:
    """``name_error``: what an error is called where it is to be raised again."""

    def __init__(
        self, exchange: Exchange, limits: ProcessLimits, name_error: Callable[[type[LivehubError]], str]
    ) -> None:
        self._exchange: Final = exchange
        self._limits: Final = limits
        self._name_error: Final = name_error
        self._number = 0
        self._owed: dict[int, tuple[str, asyncio.Future[Answered]]] = {}
        self._handler: Handler | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        exchange.on("call", Asked, self._asked)
        exchange.on("answer", Answered, self._answered)
        exchange.whenever_dead(self._died)

    def serve(self, handler: Handler) -> None:
        self._handler = handler

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- asking

    async def ask(self, process: str, name: str, body: msgspec.Raw) -> msgspec.Raw:
        """
        Raises:
            Refused: by the other process.
            Unavailable: it is gone, does not answer in time, or failed.
        """
        if len(self._owed) >= self._limits.max_pending_calls:
            raise Unavailable("Too many calls wait for another process", retry_after_s=1, code="overloaded")
        self._number += 1
        number = self._number
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._owed[number] = (process, future)
        try:
            self._exchange.tell("call", Asked(process, number, name, body))
            async with asyncio.timeout(self._limits.call_timeout_s):
                answer = await future
        except TimeoutError:
            raise Unavailable("Another process does not answer", retry_after_s=2, code="overloaded") from None
        finally:
            self._owed.pop(number, None)
        if answer.refusal is not None:
            raise Refused(answer.refusal)
        if not answer.is_done:
            raise Unavailable("Another process failed; its log says why", retry_after_s=2)
        return answer.body

    def _answered(self, _process: str, answer: Answered) -> None:
        if answer.to == self._exchange.process and answer.number in self._owed:
            _, future = self._owed[answer.number]
            if not future.done():
                future.set_result(answer)

    def _died(self, process: str, _beat: Beat) -> None:
        for asked, future in self._owed.values():
            if asked == process and not future.done():
                future.set_exception(Unavailable("Another process has ended", retry_after_s=1))

    # --- answering

    def _asked(self, process: str, asked: Asked) -> None:
        if asked.to == self._exchange.process and self._handler is not None:
            task = asyncio.get_running_loop().create_task(self._answer(self._handler, process, asked))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def later(self, act: Callable[[], Awaitable[None]]) -> None:
        """Done in a task of ours; a failure is logged."""

        async def run() -> None:
            try:
                await act()
            except Exception:
                log.exception("what another process caused has failed")

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, handler: Handler, process: str, asked: Asked) -> None:
        try:
            answer = Answered(process, asked.number, True, await handler(asked.name, asked.body))
        except LivehubError as error:
            extra = msgspec.to_builtins(dict(error.extra))
            refusal = Refusal(self._name_error(type(error)), error.detail, error.error_code, extra)
            answer = Answered(process, asked.number, refusal=refusal)
        except Exception:
            log.exception("%s, asked by another process, failed", asked.name)
            answer = Answered(process, asked.number)
        self._exchange.tell("answer", answer)
