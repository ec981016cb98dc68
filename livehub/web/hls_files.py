"""Parts and segments from disk, kept in memory while many fetch the same."""

import asyncio
from collections import OrderedDict
from pathlib import Path
from typing import Final

#: of all rooms: ten seconds of forty rooms at 1 Mbit/s
MAX_BYTES: Final = 64 * 1024 * 1024


class FileCache:
    """The last files that were read. Those who come together share one reading; a file that is named never changes."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Path, bytes] = OrderedDict()
        self._bytes = 0
        self._reading: dict[Path, asyncio.Future[bytes]] = {}
        self.reads = 0

    async def read(self, path: Path) -> bytes:
        """
        Raises:
            FileNotFoundError: there is none, or no longer.
        """
        kept = self._kept.get(path)
        if kept is not None:
            self._kept.move_to_end(path)
            return kept
        reading = self._reading.get(path)
        if reading is None:
            self.reads += 1
            reading = self._reading[path] = asyncio.ensure_future(asyncio.to_thread(path.read_bytes))
            reading.add_done_callback(lambda done: self._keep(path, done))
        return await asyncio.shield(reading)

    def _keep(self, path: Path, done: "asyncio.Future[bytes]") -> None:
        del self._reading[path]
        if done.cancelled() or done.exception() is not None:
            return
        data = done.result()
        self._kept[path] = data
        self._bytes += len(data)
        while self._bytes > self._max_bytes:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone)
