"""How a connection ends that was not cut: with a close frame, and never with a socket that is left lying about."""

import asyncio
import contextlib

from aiohttp import web


async def part(response: web.WebSocketResponse, transport: asyncio.WriteTransport | None) -> None:
    """Close in good form, where the client reads what it is sent.

    One that does not would hold its socket, and what is unread, for as long as it likes: closing waits for the last
    byte, and who is parted from is counted no more.
    """
    if transport is None or not transport.get_write_buffer_size():
        # A transport that was aborted cannot be closed in good form; that is what was wanted.
        with contextlib.suppress(ConnectionError):
            await response.close()
    if transport is not None and transport.get_write_buffer_size():
        transport.abort()
