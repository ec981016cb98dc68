"""Files written whole, in order, by a thread: a slow disk must not hold up packets."""

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

#: bytes that may wait for the disk; beyond it the run that writes is given up
MAX_BACKLOG: Final = 64 * 1024 * 1024


class FileWriter:
    """Jobs run one after the other; ``done`` is called on the loop in the same order, with the error if any."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="livehub-hls-files")
        self._backlog = 0
        self._closed = False

    @property
    def overflows(self) -> bool:
        return self._backlog > MAX_BACKLOG

    def write(self, path: Path, data: bytes, done: Callable[[OSError | None], None]) -> None:
        """Under another name first: whoever sees the file sees all of it. The folder is made where it is missing."""
        self._backlog += len(data)

        def finished(error: OSError | None) -> None:
            self._backlog -= len(data)
            done(error)

        self._run(lambda: _write(path, data), finished)

    def remove(self, paths: Iterable[Path]) -> None:
        gone = list(paths)
        self._run(lambda: _remove(gone), _logged)

    def remove_tree(self, folder: Path, done: Callable[[OSError | None], None] | None = None) -> None:
        self._run(lambda: shutil.rmtree(folder, ignore_errors=True), done or _logged)

    def remove_others(self, folder: Path, kept: set[str]) -> None:
        """What is in ``folder`` and not called so: left by a worker that died."""
        self._run(lambda: _remove_others(folder, kept), _logged)

    def then(self, done: Callable[[], None]) -> None:
        """Call it after the ends of all jobs so far have been told."""
        self._run(lambda: None, lambda _error: done())

    def _run(self, job: Callable[[], object], done: Callable[[OSError | None], None]) -> None:
        if self._closed:
            return
        loop = asyncio.get_running_loop()

        def work() -> None:
            error: OSError | None = None
            try:
                job()
            except OSError as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile: nobody waits for it
                loop.call_soon_threadsafe(done, error)

        self._thread.submit(work)

    async def close(self) -> None:
        """Ends what was begun, and tells its ends. Idempotent."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._thread.shutdown)
            await asyncio.sleep(0)


def clean(folder: Path) -> None:
    """Remove what an earlier process left of live streams; blocking, before any packager begins."""
    shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _remove_others(folder: Path, kept: set[str]) -> None:
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name not in kept:
            shutil.rmtree(entry, ignore_errors=True)


def _logged(error: OSError | None) -> None:
    if error is not None:
        log.warning("files of a live stream could not be removed: %s", error)
