"""A process of our own that is asked by lines of JSON: started by the first question, and again after it died."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

log = logging.getLogger(__name__)

#: questions under way; more are turned away at once
MAX_ASKED: Final = 64
#: of one answer
MAX_ANSWER_BYTES: Final = 1 << 20
#: a question that has no answer by then: the process hangs and is ended
HANG_S: Final = 60.0
#: what the process needs of our environment: no key of ours is among it
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH",
                       "TMPDIR", "SYSTEMROOT")  # fmt: skip


class AskedProcess:
    """Belongs to one event loop, whose first question starts it.

    Args:
        module: run as ``python -m module``; it reads ``begin``, then questions, and answers each by a line with its
            ``id``, in any order.
        what: names it in the log.
        failure: makes the error that :meth:`asked` raises.
        max_answer_bytes: of one line of an answer.
    """

    def __init__(
        self,
        module: str,
        begin: Mapping[str, object],
        *,
        what: str,
        failure: Callable[[str], Exception],
        hang_s: float = HANG_S,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self._module: Final = module
        self._begin: Final = begin
        self._what: Final = what
        self._failure: Final = failure
        self._max_answer_bytes: Final = max_answer_bytes
        self.hang_s = hang_s
        self._starting: Final = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._asked: Final[dict[int, asyncio.Future[Any]]] = {}
        self._number = 0
        self._closed = False

    @property
    def pid(self) -> int:
        """0 while there is none."""
        return self._process.pid if self._process is not None else 0

    async def asked(self, question: Mapping[str, object]) -> dict[str, Any]:
        """The answer to a question. Raises what ``failure`` makes."""
        if len(self._asked) >= MAX_ASKED:
            raise self._failure(f"{MAX_ASKED} calls are under way already")
        process = await self._running()
        self._number += 1
        number = self._number
        loop = asyncio.get_running_loop()
        self._asked[number] = answered = loop.create_future()
        watch = loop.call_later(self.hang_s, self._end_hung, process)
        # It stays watched when nobody waits for it any more: the process may hang all the same.
        answered.add_done_callback(lambda _: watch.cancel())
        answered.add_done_callback(lambda _: self._asked.pop(number, None))
        self._write(process, {"id": number, **question})
        answer: dict[str, Any] = await asyncio.shield(answered)
        if "error" in answer:
            raise self._failure(f"the {self._what} says: {answer['error']}")
        return answer

    async def close(self) -> None:
        """End the process. Idempotent."""
        self._closed = True
        async with self._starting:
            if self._process is not None:
                _end(self._process)
            if self._listening is not None:
                await self._listening

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._closed:
                raise self._failure(f"the {self._what} was closed")
            if self._process is None:
                try:
                    self._process = await asyncio.create_subprocess_exec(
                        sys.executable, "-m", self._module,
                        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=self._max_answer_bytes,
                        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                    )  # fmt: skip
                except OSError as error:
                    raise self._failure(f"the {self._what} cannot be started: {error.strerror}") from error
                self._listening = asyncio.create_task(self._listen(self._process), name=self._what)
                self._write(self._process, self._begin)
            return self._process

    @staticmethod
    def _write(process: asyncio.subprocess.Process, message: object) -> None:
        """Bounded by :data:`MAX_ASKED` questions of bounded lines, so nobody waits until it is taken."""
        if process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Until it is gone; then everyone who waits is told, and the next question starts another."""
        assert process.stdout is not None  # noqa: S101  made with a pipe
        try:
            while line := await process.stdout.readline():
                answer = json.loads(line)
                waiting = self._asked.get(answer["id"])
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except (ValueError, TypeError, KeyError):
            log.warning("the %s answers in another form, and is ended", self._what)
        _end(process)
        code = await process.wait()
        if not self._closed:
            log.warning("the %s is gone (%s); the next question starts another", self._what, code)
        self._process = None
        for waiting in list(self._asked.values()):
            if not waiting.done():
                waiting.set_result({"error": "it is gone"})

    def _end_hung(self, process: asyncio.subprocess.Process) -> None:
        log.warning("the %s has not answered for %.0f s, and is ended", self._what, self.hang_s)
        _end(process)


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        try:
            process.kill()
        except ProcessLookupError:
            return
