"""A connection out of aiohttp's hands, and the only module that touches private parts of aiohttp's server.

For as long as a WebSocket is open aiohttp keeps the request, its parsers, two tasks, a queue and the response. A client
that is answered by a protocol of its own needs none of that. tests/signalling/test_takeover.py holds the names used to
what they were when this was written.
"""

import asyncio
import base64
import binascii
import hashlib
from typing import Any, Final, cast

from aiohttp import web

#: RFC 6455 section 1.3
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accepted(request: web.Request) -> bytes | None:
    """The answer to a WebSocket handshake (RFC 6455 section 4.2), extensions declined; None: it is none."""
    headers = request.headers
    upgrades = {word.strip().lower() for word in headers.get("Connection", "").split(",")}
    key = headers.get("Sec-WebSocket-Key", "")
    if "upgrade" not in upgrades or headers.get("Sec-WebSocket-Version") != "13" or not _is_key(key):
        return None
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def _is_key(key: str) -> bool:
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


class Taken(web.StreamResponse):
    """What the handler returns: everything was written, and will be written, by others."""

    def __init__(self) -> None:
        super().__init__(status=101)

    async def prepare(self, request: Any) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


def take_over(request: web.Request, protocol: asyncio.Protocol) -> tuple[asyncio.Transport, bytes] | None:
    """Give the connection of ``request`` to ``protocol``, for good: its transport, and what came behind the request.

    ``protocol`` is not told by ``connection_made``. None: the connection is gone already.
    """
    handler: Any = request.protocol
    transport = cast("asyncio.Transport | None", handler.transport)
    if transport is None or transport.is_closing():
        return None
    behind, handler._message_tail = bytes(handler._message_tail), b""
    transport.set_protocol(protocol)
    if handler._buffer_paused or handler._reading_paused:
        transport.resume_reading()
    # It would close what is not its own any more. What it does when a connection ends is what it has to do here:
    # leave the server's list, end its timer, let go of its parser.
    handler.transport = None
    handler.connection_lost(None)
    return transport, behind


def socket_of(transport: asyncio.Transport) -> int:
    """The descriptor that the transport's bytes go to as they are; -1 where there is none, or they are encrypted."""
    if transport.get_extra_info("sslcontext") is not None:
        return -1
    behind = transport.get_extra_info("socket")
    return -1 if behind is None else int(behind.fileno())
