"""Signed questions: an answer counts whole, in however many pieces it comes, and never more of it than may be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from livehub.clock import SystemClock
from livehub.commerce.asking import AskingFailed, SignedAsker

SECRET = "whsec_" + "c2VjcmV0IG9mIGEgdGVzdCwgbG9uZyBlbm91Z2g="
MOST = 1_000
Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def asking(answering: Answering, *, timeout_s: float = 5.0) -> AsyncIterator[SignedAsker]:
    """A service whose bytes ``answering`` writes by hand, and one who asks it."""

    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        await reader.readexactly(int(size.split(b":")[1]))
        try:
            await answering(writer)
        except ConnectionError:
            return  # who asked has heard enough
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    asker = SignedAsker(f"http://127.0.0.1:{port}/", SECRET, timeout_s=timeout_s, most_bytes=MOST, clock=SystemClock())
    try:
        yield asker
    finally:
        await asker.close()
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()


def pieces(*parts: bytes, status: str = "200 OK", length: int | None = None) -> Answering:
    async def answer(writer: asyncio.StreamWriter) -> None:
        size = sum(map(len, parts)) if length is None else length
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode())
        for part in parts:
            await writer.drain()
            await asyncio.sleep(0.05)  # a piece of its own on the wire
            writer.write(part)
        await writer.drain()

    return answer


async def test_an_answer_in_pieces_is_whole() -> None:
    async with asking(pieces(b'{"a":', b"1", b"}")) as asker:
        assert await asker.ask("test", "q_1", {}) == b'{"a":1}'


async def test_the_longest_answer_is_taken_and_one_octet_more_is_not() -> None:
    async with asking(pieces(b"x" * 400, b"x" * (MOST - 400))) as asker:
        assert len(await asker.ask("test", "q_1", {})) == MOST
    async with asking(pieces(b"x" * 400, b"x" * (MOST - 399))) as asker:
        with pytest.raises(AskingFailed, match="more than 1000 bytes"):
            await asker.ask("test", "q_1", {})


@pytest.mark.parametrize(
    ("answering", "why"),
    [
        (pieces(b"{}", status="500 Oops"), "answered 500"),
        (pieces(b"", status="302 Found"), "answered 302"),
        (pieces(b"{", length=90), "cannot be reached"),
    ],
)
async def test_what_is_no_answer_says_why_and_names_no_address(answering: Answering, why: str) -> None:
    async with asking(answering) as asker:
        with pytest.raises(AskingFailed, match=why) as failed:
            await asker.ask("test", "q_1", {})
    assert "127.0.0.1" not in str(failed.value)
    assert SECRET not in str(failed.value)


async def test_a_service_that_never_ends_is_left_in_time() -> None:
    async def silent(_writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with asking(silent, timeout_s=0.2) as asker:
        with pytest.raises(AskingFailed, match="TimeoutError"):
            await asker.ask("test", "q_1", {})
