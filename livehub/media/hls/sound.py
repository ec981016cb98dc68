"""The mixer in a thread: Opus packets in, AAC frames out on the loop, one job of a room at a time."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Final

from livehub.media.hls.boxes import AUDIO_RATE
from livehub.media.hls.mixer import FRAME, Mixer, Sound

log = logging.getLogger(__name__)

#: AAC frames that are encoded at a time, so that handing them over is cheap
BATCH_FRAMES: Final = 4
#: packets that may wait for the thread; a second of sixteen speakers has 800
MAX_PENDING: Final = 2_000


class SoundEncoder:
    """``on_frames(position, frames)`` gets AAC frames in a row, ``position`` in samples since the run's epoch.
    ``on_failed`` is called once, when nothing more will come.
    """

    def __init__(
        self,
        executor: Executor,
        on_frames: Callable[[int, Sequence[bytes]], None],
        on_failed: Callable[[], None],
    ) -> None:
        self._executor = executor
        self._on_frames = on_frames
        self._on_failed = on_failed
        self._mixer: Mixer | None = None  # made in the thread, and used by one job after the other only
        self._pending: list[Sound] = []
        self._begin: int | None = 0
        self._until = self._asked = 0
        self._generation = 0
        self._job: asyncio.Future[tuple[int, list[bytes]]] | None = None
        self._closed = False
        self.dropped = 0

    def begin(self, position: int) -> None:
        """A stream that begins at ``position``, a multiple of :data:`FRAME`. What is on its way is left out."""
        self._generation += 1
        self._begin = self._until = self._asked = position

    def add(self, sound: Sound) -> None:
        if len(self._pending) >= MAX_PENDING:
            self.dropped += 1
            return
        self._pending.append(sound)

    def encode_until(self, position: int) -> None:
        """All sound before ``position`` is in: it may be encoded."""
        self._until = max(self._until, position)
        if self._job is None and self._until - self._asked >= BATCH_FRAMES * FRAME:
            self._submit()

    def _submit(self) -> None:
        if self._closed:
            return
        sounds, self._pending = self._pending, []
        begin, self._begin = self._begin, None
        # A jump of hours would be encoded as hours of silence.
        until = self._asked = min(self._until, (self._asked if begin is None else begin) + 10 * AUDIO_RATE)
        generation = self._generation
        self._job = asyncio.get_running_loop().run_in_executor(self._executor, self._work, begin, sounds, until)
        self._job.add_done_callback(lambda job: self._finished(job, generation))

    def _work(self, begin: int | None, sounds: Sequence[Sound], until: int) -> tuple[int, list[bytes]]:
        if self._mixer is None:
            self._mixer = Mixer()
        if begin is not None:
            self._mixer.begin(begin)
        self._mixer.add(sounds)
        position = self._mixer.position
        return position, self._mixer.drain(until)

    def _finished(self, job: "asyncio.Future[tuple[int, list[bytes]]]", generation: int) -> None:
        self._job = None
        if job.cancelled() or self._closed:
            return
        error = job.exception()
        if error is not None:
            log.error("sound could not be encoded", exc_info=error)
            self.close()
            self._on_failed()
            return
        if generation == self._generation:
            position, frames = job.result()
            if frames:
                self._on_frames(position, frames)
        self.encode_until(self._until)

    def close(self) -> None:
        self._closed = True
