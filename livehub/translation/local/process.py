"""The server's side of the models' process: started when the first line comes, and again after it died."""

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from livehub.translation.errors import AnswerMalformed, TranslationFailed
from livehub.translation.local.layout import Model

log = logging.getLogger(__name__)

#: questions under way; more are turned away at once
MAX_ASKED: Final = 64
MAX_ANSWER_BYTES: Final = 1 << 20
#: a question that has no answer by then: the process hangs and is ended
HANG_S: Final = 60.0
#: what the process needs of our environment: no key of ours is among it
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH",
                       "TMPDIR", "SYSTEMROOT")  # fmt: skip


class ModelProcess:
    """One process for all models of a directory. Belongs to one event loop, whose first question starts it."""

    def __init__(self, models: Sequence[Model], *, threads: int, beam: int, hang_s: float = HANG_S) -> None:
        self._begin: Final = {
            "models": [[str(model.path), model.kind, model.adds_end] for model in models],
            "threads": threads,
            "beam": beam,
        }
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

    async def ask(self, model: int, source: str, target: str, texts: Sequence[str], within_s: float) -> list[str]:
        """Raises: TranslationFailed."""
        if len(self._asked) >= MAX_ASKED:
            raise TranslationFailed(f"{MAX_ASKED} calls are under way already")
        process = await self._running()
        self._number += 1
        number = self._number
        question = {
            "id": number, "model": model, "source": source, "target": target, "texts": list(texts),
            "until_s": time.monotonic() + within_s,
        }  # fmt: skip
        loop = asyncio.get_running_loop()
        self._asked[number] = answered = loop.create_future()
        watch = loop.call_later(self.hang_s, self._end_hung, process)
        # It stays watched when nobody waits for it any more: the process may hang all the same.
        answered.add_done_callback(lambda _: watch.cancel())
        answered.add_done_callback(lambda _: self._asked.pop(number, None))
        self._write(process, question)
        answer = await asyncio.shield(answered)
        if "error" in answer:
            raise TranslationFailed(f"the model's process says: {answer['error']}")
        found = answer.get("texts")
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise AnswerMalformed("the model's process answered in another form")
        return found

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
                raise TranslationFailed("the translator was closed")
            if self._process is None:
                try:
                    self._process = await asyncio.create_subprocess_exec(
                        sys.executable, "-m", "livehub.translation.local.worker",
                        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=MAX_ANSWER_BYTES,
                        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                    )  # fmt: skip
                except OSError as error:
                    raise TranslationFailed(f"the model's process cannot be started: {error.strerror}") from error
                self._listening = asyncio.create_task(self._listen(self._process), name="models of translation")
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
            log.warning("the process of the translation models answers in another form, and is ended")
        _end(process)
        code = await process.wait()
        if not self._closed:
            log.warning("the process of the translation models is gone (%s); the next line starts another", code)
        self._process = None
        for waiting in list(self._asked.values()):
            if not waiting.done():
                waiting.set_result({"error": "it is gone"})

    def _end_hung(self, process: asyncio.subprocess.Process) -> None:
        log.warning("the process of the translation models has not answered for %.0f s, and is ended", self.hang_s)
        _end(process)


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        try:
            process.kill()
        except ProcessLookupError:
            return
