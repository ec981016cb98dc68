"""One end of the socket pair between the web process and a worker: whole messages in and out, bounded both ways."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import cast

from livehub.media.cluster.protocol import AnyMessage, ProtocolError, Unpacker, pack

log = logging.getLogger(__name__)


class Channel(asyncio.Protocol):
    """``on_message`` for each message; ``on_end`` once, when the other end is gone or speaks nonsense."""

    def __init__(
        self, on_message: Callable[[AnyMessage], None], on_end: Callable[[], None], *, max_buffered_bytes: int
    ) -> None:
        self._on_message = on_message
        self._on_end = on_end
        self._max_buffered_bytes = max_buffered_bytes
        self._unpacker = Unpacker()
        self._transport: asyncio.Transport | None = None
        self._ended = asyncio.Event()

    @classmethod
    async def over(
        cls,
        sock: socket.socket,
        on_message: Callable[[AnyMessage], None],
        on_end: Callable[[], None],
        *,
        max_buffered_bytes: int,
    ) -> "Channel":
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_unix_connection(
            lambda: cls(on_message, on_end, max_buffered_bytes=max_buffered_bytes), sock=sock
        )
        return channel

    def send(self, message: AnyMessage) -> bool:
        """False: the other end is gone, or has not read for so long that there is no hope (the channel ends then).

        Raises:
            ProtocolError: too long a message; nothing was sent.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        transport.write(pack(message))
        if transport.get_write_buffer_size() > self._max_buffered_bytes:
            log.error("the other end of a media worker's socket does not read; giving it up")
            transport.abort()
            return False
        return True

    async def ended(self) -> None:
        """Until the other end is gone, and everything that it said has been heard."""
        await self._ended.wait()

    async def close(self) -> None:
        """After what was sent is out. Idempotent."""
        if self._transport is not None:
            self._transport.close()
            await self._ended.wait()

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # a stream socket's; uvloop's are of no common class

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._unpacker.feed(data):
                self._on_message(message)
        except ProtocolError:
            log.exception("a media worker's socket carries what it should not")
            if self._transport is not None:
                self._transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._ended.set()
        self._on_end()
