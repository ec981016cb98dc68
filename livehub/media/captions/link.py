"""The server's side of the transcriber's process: started when a room wants captions, and again when it dies."""

import asyncio
import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from livehub.media.captions.errors import CaptionsUnavailable
from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.wire import (
    LENGTH,
    CannotLoad,
    FromProcess,
    Load,
    Ready,
    ToProcess,
    from_process,
    pack,
)

log = logging.getLogger(__name__)
#: bytes that may wait to be written to a process that does not read
_MAX_BUFFERED: Final = 1 << 20
_END_S: Final = 2.0


class TranscriberLink:
    """``on_message`` gets lines and what was lost; ``on_lost`` is called when the process has died, before another.

    ``setting`` as the operator wrote it; it goes by the socket, never by the command line.
    """

    def __init__(
        self,
        setting: str,
        locales: Sequence[str],
        limits: CaptionLimits,
        on_message: Callable[[FromProcess], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._setting = setting
        self._locales = tuple(locales)
        self._limits = limits
        self._on_message = on_message
        self._on_lost = on_lost
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._deaths: deque[float] = deque(maxlen=limits.max_restarts)
        self.ready: Ready | None = None
        self.dropped = 0

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    async def start(self) -> Ready:
        """Have the process up, its model loaded. Idempotent.

        Raises:
            CaptionsUnavailable: it cannot load its model, or has died too often.
        """
        async with self._starting:
            if self.ready is None:
                self.ready = await self._launch()
            return self.ready

    async def _launch(self) -> Ready:
        now_s = asyncio.get_running_loop().time()
        full = len(self._deaths) == self._limits.max_restarts
        if full and now_s - self._deaths[0] < self._limits.restarts_window_s:
            raise CaptionsUnavailable("The transcriber has died too often; the server's log says why.")
        await self._end()
        ours, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")}
        level = logging.getLevelName(logging.getLogger().getEffectiveLevel())
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                f"{__package__}.process",
                str(theirs.fileno()),
                level,
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # a terminal's Ctrl-C is the parent's to answer
            )
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self.send(Load(self._setting, self._locales, self._limits))
        try:
            async with asyncio.timeout(self._limits.start_timeout_s):
                first = await self._receive(reader)
        except TimeoutError:
            first = CannotLoad("it does not come up in time")
        if not isinstance(first, Ready):
            await self._end()
            reason = first.reason if isinstance(first, CannotLoad) else "its process ended at once"
            log.error("captions cannot be made: %s", reason)
            raise CaptionsUnavailable("The transcriber cannot be started; the server's log says why.")
        log.info("captions are written by %s in process %d", first.name, self.pid)
        self._reading = asyncio.get_running_loop().create_task(self._read(reader), name="transcriber")
        return first

    async def _receive(self, reader: asyncio.StreamReader) -> FromProcess | None:
        """None at the end, also for what is no message."""
        try:
            length = LENGTH.unpack(await reader.readexactly(LENGTH.size))[0]
            if length > self._limits.max_message_bytes:
                return None
            message: FromProcess = from_process.decode(await reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            return None
        return message

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while (message := await self._receive(reader)) is not None:
            self._on_message(message)
        self._deaths.append(asyncio.get_running_loop().time())
        self.ready = None
        if self._writer is not None:
            self._writer.close()
        log.error("the transcriber's process %d is gone", self.pid)
        self._on_lost()

    def send(self, message: ToProcess) -> bool:
        """False: there is no process, or it does not read."""
        writer = self._writer
        if writer is None or writer.is_closing():
            return False
        if writer.transport.get_write_buffer_size() > _MAX_BUFFERED:
            self.dropped += 1
            return False
        writer.write(pack(message))
        return True

    async def close(self) -> None:
        """End the process. Idempotent."""
        async with self._starting:
            await self._end()

    async def _end(self) -> None:
        reading, self._reading = self._reading, None
        writer, self._writer = self._writer, None
        process, self._process = self._process, None
        self.ready = None
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        if writer is not None:
            writer.close()
        if process is None:
            return
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:  # in the middle of an utterance
            process.kill()
            await process.wait()
