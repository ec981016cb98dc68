"""Bytes to clients: what is the same for many is framed once (RFC 6455 section 5.2; a server's frames are not masked).

**Slow clients.** Nobody waits for a reader. Past ``max_unread_bytes`` in the transport's buffer the connection is
aborted, and the client resumes when it can.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from engineio import packet as eio_packet

from livehub.signalling.limits import Limits
from livehub.signalling.wire import frame

log = logging.getLogger(__name__)


class Batch:
    """Packets for many clients at once: framed when the first WebSocket needs it, queued ones as they are."""

    __slots__ = ("_frames", "_packets", "_queued")

    def __init__(self, packets: Sequence[bytes]) -> None:
        self._packets = packets
        self._frames: bytes | None = None
        self._queued: list[Any] | None = None

    def __bool__(self) -> bool:
        return bool(self._packets)

    @property
    def frames(self) -> bytes:
        if self._frames is None:
            self._frames = b"".join([frame(b"4" + packet) for packet in self._packets])
        return self._frames

    @property
    def queued(self) -> list[Any]:
        if self._queued is None:
            self._queued = [eio_packet.Packet(eio_packet.MESSAGE, data=packet.decode()) for packet in self._packets]
        return self._queued


class Link:
    """To one client that is on a WebSocket. ``direct``: frames may be written to it as they are."""

    __slots__ = ("_max_unread_bytes", "_transport", "cut_off", "direct", "id")

    def __init__(self, link_id: str, transport: asyncio.WriteTransport | None, limits: Limits) -> None:
        self.id = link_id
        self.direct = transport is not None
        self.cut_off = False
        self._transport = transport
        self._max_unread_bytes = limits.max_unread_bytes

    def write(self, batch: Batch) -> None:
        """Send, or queue, or give the client up. Never blocks, never raises."""
        self.write_frames(batch.frames)

    def write_frames(self, frames: bytes) -> None:
        """WebSocket frames as they are, to a client that :attr:`direct` holds for. Never blocks, never raises."""
        transport = self._transport
        if self.cut_off or transport is None or transport.is_closing():
            return
        # What is unread from before counts, not what is written now: a long catching up is no fault of the reader's.
        if transport.get_write_buffer_size() > self._max_unread_bytes:
            log.info("%s does not read; cutting it off", self.id)
            self.cut()
        else:
            transport.write(frames)

    def cut(self) -> None:
        """End the connection at once, without a word; for those who do not read or do not stop."""
        if not self.cut_off:
            self.cut_off = True
            if self._transport is not None:
                self._transport.abort()
