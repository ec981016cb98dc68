"""Files for taking away, made when they are asked for: one at a time, on a thread of their own, with progress."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import av.error

from livehub.errors import Unavailable
from livehub.media.recording.errors import DiskFull, FileNotReady
from livehub.media.recording.journal import Contents
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.movie import make_movie
from livehub.media.recording.shelf import MOVIE, Shelf

log = logging.getLogger(__name__)
T = TypeVar("T")


class _GivenUp(Exception):
    """Nobody wants the file any more."""


@dataclass(slots=True)
class _Job:
    task: "asyncio.Task[None]"
    progress: float = 0.0
    failed: bool = False
    given_up: bool = False


class Movies:
    """Own the tasks: :meth:`close` ends them. What is done is found again on disk after a restart."""

    def __init__(self, shelf: Shelf, limits: RecordingLimits) -> None:
        self._shelf = shelf
        self._limits = limits
        self._jobs: dict[str, _Job] = {}
        self._thread = ThreadPoolExecutor(limits.max_movies, thread_name_prefix="livehub-movie")
        self._closed = False

    async def close(self) -> None:
        """Give up what is under way. Idempotent."""
        self._closed = True
        for job in self._jobs.values():
            job.given_up = True
        await asyncio.gather(*(job.task for job in self._jobs.values()), return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    async def run(self, act: Callable[..., T], *arguments: Any) -> T:
        """Something short on the same thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)

    def present(self, recording_id: str) -> dict[str, Any]:
        """``{state: none|preparing|ready|failed, progress}``."""
        if self._path(recording_id).is_file():
            return {"state": "ready", "progress": 1.0}
        job = self._jobs.get(recording_id)
        if job is None:
            return {"state": "none", "progress": 0.0}
        return {"state": "failed" if job.failed else "preparing", "progress": round(job.progress, 3)}

    def _path(self, recording_id: str) -> Path:
        return self._shelf.place(recording_id, MOVIE)

    def prepare(self, recording_id: str, contents: Callable[[], Awaitable[Contents]]) -> None:
        """Have the file made; again is as once, and after a failure a new try. Raises: Unavailable on the way out."""
        if self._closed:
            raise Unavailable
        job = self._jobs.get(recording_id)
        if self._path(recording_id).is_file() or (job is not None and not job.failed):
            return
        task = asyncio.get_running_loop().create_task(self._make(recording_id, contents), name="recording file")
        self._jobs[recording_id] = _Job(task)

    def file(self, recording_id: str) -> Path:
        """Raises: FileNotReady, with the progress so far, or None when nobody has asked for it."""
        path = self._path(recording_id)
        if not path.is_file():
            job = self._jobs.get(recording_id)
            raise FileNotReady(
                "The file is being made; ask again" if job else "Ask for the file to be made first",
                progress=round(job.progress, 3) if job else None,
            )
        return path

    async def forget(self, recording_id: str) -> None:
        """The recording goes: give up and wait until nothing is written any more."""
        job = self._jobs.pop(recording_id, None)
        if job is not None:
            job.given_up = True
            await asyncio.gather(job.task, return_exceptions=True)

    async def _make(self, recording_id: str, contents: Callable[[], Awaitable[Contents]]) -> None:
        try:
            found = await contents()
            await self._check_room(found)
            path = self._path(recording_id)
            job = self._jobs[recording_id]
            await self.run(make_movie, path.parent, found, path, lambda share: self._progressed(job, share))
        except _GivenUp:
            log.info("the file of recording %s is not wanted any more", recording_id)
        except (OSError, av.error.FFmpegError, ValueError, DiskFull):
            log.exception("the file of recording %s could not be made", recording_id)
            self._jobs[recording_id].failed = True
        else:
            self._jobs.pop(recording_id, None)

    async def _check_room(self, found: Contents) -> None:
        """Raises: DiskFull unless the file fits and leaves free what has to stay free."""
        if await self.run(self._shelf.free_bytes) < found.size_bytes + self._limits.min_free_bytes:
            raise DiskFull

    @staticmethod
    def _progressed(job: _Job, share: float) -> None:
        if job.given_up:
            raise _GivenUp
        job.progress = share
