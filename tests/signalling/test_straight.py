"""Clients that come by a WebSocket at once: what goes both ways, frame by frame, and what is left when they go."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from livehub.signalling.limits import Limits
from livehub.signalling.straight import _MAX_WAITING_BYTES, StraightLink
from tests.signalling.conftest import Stack, StackMaker

PATIENCE_S = 30


@asynccontextmanager
async def opened(stack: Stack) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Connected, and in no namespace."""
    async with aiohttp.ClientSession() as session:
        url = f"{stack.url}/socket.io/?EIO=4&transport=websocket"
        async with session.ws_connect(url, autoping=False, autoclose=False) as ws:
            told = json.loads((await heard(ws))[1:])
            assert told["upgrades"] == []
            yield ws


async def heard(ws: aiohttp.ClientWebSocketResponse) -> str:
    async with asyncio.timeout(PATIENCE_S):
        return await ws.receive_str()


@asynccontextmanager
async def inside(stack: Stack, name: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    stack.tokens.guest(name)
    async with opened(stack) as ws:
        await ws.send_str("40" + json.dumps({"token": name}))
        assert json.loads((await heard(ws)).removeprefix("40")).keys() == {"sid"}
        yield ws


def call(name: str, payload: Any, number: int | str = "") -> str:
    return f"42{number}{json.dumps([name, payload])}"


async def until_gone(stack: Stack) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while stack.hub.connections:
            await asyncio.sleep(0.01)


async def test_calls_are_done_in_order_however_many_come_at_once(stack: Stack) -> None:
    room = await stack.room()
    async with inside(stack, "ann") as ws:
        await ws.send_str(call("room:join", {"room": room}, 0))
        for number in range(1, 200):
            await ws.send_str(call("chat:send", {"text": f"{number}", "client_id": f"{number}"}, number))
        answers: list[int] = []
        while len(answers) < 200:
            said = await heard(ws)
            if said.startswith("43"):
                answers.append(int(said[2 : said.index("[")]))
        assert answers == list(range(200))
    await until_gone(stack)


async def test_who_sends_more_than_is_done_is_not_read_from(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost, and no more than a little waits in memory."""
    room = await stack.room()
    going = asyncio.Event()

    async def wait(*_: object) -> None:
        await going.wait()

    async with inside(stack, "ann") as ws:
        await ws.send_str(call("room:join", {"room": room}, 0))
        assert (await heard(ws)).startswith("430")
        monkeypatch.setattr(stack.chat, "react", wait)

        async def send() -> None:
            for number in range(1, 2_001):
                await ws.send_str(call("chat:react", {"emoji": "👍", "filler": "x" * 4_000}, number))

        sending = asyncio.create_task(send())
        (link,) = stack.hub._server.links.values()
        assert isinstance(link, StraightLink)
        async with asyncio.timeout(PATIENCE_S):
            while link._is_reading:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        # one reading of the socket may bring a few more than the bound
        assert 0 < link._size <= 4 * _MAX_WAITING_BYTES
        going.set()
        answers = 0
        while answers < 2_000:
            answers += (await heard(ws)).startswith("43")
        await sending


async def test_pings_of_either_kind_are_answered_while_a_call_is_under_way(
    make_stack: StackMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = await make_stack(Limits(ping_interval_s=0.2, ping_timeout_s=60))
    room = await stack.room()
    done = asyncio.Event()

    async def wait(*_: object) -> None:
        await done.wait()

    async with inside(stack, "ann") as ws:
        await ws.send_str(call("room:join", {"room": room}, 0))
        while not (await heard(ws)).startswith("430"):
            pass
        monkeypatch.setattr(stack.chat, "react", wait)
        await ws.send_str(call("chat:react", {"emoji": "👍"}, 7))
        (link,) = stack.hub._server.links.values()
        assert isinstance(link, StraightLink)
        async with asyncio.timeout(PATIENCE_S):
            while not link.unanswered:
                await asyncio.sleep(0.01)
        await ws.send_str("3")
        await ws.ping(b"are you there")
        async with asyncio.timeout(PATIENCE_S):
            while (said := await ws.receive()).type is not aiohttp.WSMsgType.PONG:
                assert said.type is aiohttp.WSMsgType.TEXT
            assert said.data == b"are you there"
            while link.unanswered:
                await asyncio.sleep(0.01)
        done.set()
        while not (await heard(ws)).startswith("437"):
            pass


async def test_other_namespaces_and_second_connects_are_refused(stack: Stack) -> None:
    async with inside(stack, "ann") as ws:
        await ws.send_str("40/admin,")
        assert await heard(ws) == '44/admin,"Unable to connect"'
        await ws.send_str('42/admin,1["x"]')
        await ws.send_str("40")
        assert await heard(ws) == '44"Unable to connect"'
        await ws.send_str(call("room:leave", {}, 5))
        assert (await heard(ws)).startswith("435[")


async def test_who_leaves_the_namespace_may_come_again(stack: Stack) -> None:
    room = await stack.room()
    async with inside(stack, "ann") as ws:
        await ws.send_str(call("room:join", {"room": room}, 1))
        assert (await heard(ws)).startswith("431")
        async with asyncio.timeout(PATIENCE_S):
            while stack.hub.viewers(room) != 1:
                await asyncio.sleep(0.01)
        await ws.send_str("41")
        await ws.send_str(call("room:leave", {}, 2))  # to nobody
        await ws.send_str("40" + json.dumps({"token": "ann"}))
        while not (said := await heard(ws)).startswith("40"):
            assert not said.startswith("432")
        assert stack.hub.viewers(room) == 0
    await until_gone(stack)


async def test_nobody_is_heard_before_they_are_in(stack: Stack) -> None:
    async with opened(stack) as ws:
        await ws.send_str(call("room:leave", {}, 2))
        await ws.send_str('40{"token":"stolen"}')
        refused = json.loads((await heard(ws)).removeprefix("44"))
        assert refused["data"]["code"] == "token_invalid"
        stack.tokens.guest("ann")
        await ws.send_str('40{"token":"ann"}')
        assert (await heard(ws)).startswith("40{")


async def test_bytes_may_be_attached(stack: Stack) -> None:
    """As a client does by itself where somebody hands it a Blob: no call takes bytes, and each says so."""
    async with inside(stack, "ann") as ws:
        await ws.send_str('451-3["chat:send",{"text":{"_placeholder":true,"num":0},"client_id":"1"}]')
        await ws.send_bytes(b"bytes")
        assert "invalid_input" in await heard(ws)


@pytest.mark.parametrize("ending", ["1", "close", "abort", "not utf-8"])
async def test_whoever_goes_leaves_nothing_behind(stack: Stack, ending: str) -> None:
    room = await stack.room()
    async with inside(stack, "ann") as ws:
        await ws.send_str(call("room:join", {"room": room}, 1))
        assert (await heard(ws)).startswith("431")
        if ending == "1":
            await ws.send_str("1")
        elif ending == "close":
            await ws.close()
        elif ending == "abort":
            ws._response.connection.transport.abort()  # type: ignore[union-attr]
        else:
            await ws._writer.send_frame(b"\xff", aiohttp.WSMsgType.TEXT)
            async with asyncio.timeout(PATIENCE_S):
                while (said := await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
            assert (said.type, said.data) == (aiohttp.WSMsgType.CLOSE, 1007)
        await until_gone(stack)
    assert stack.hub.viewers(room) == 0
    assert not stack.hub._server._straight._tasks
    assert not len(stack.hub._connections._by_sid)


async def test_what_was_begun_is_finished_though_the_caller_has_gone(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, begun, go, done = await stack.room(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slowly(*_: object) -> None:
        begun.set()
        await go.wait()
        done.set()

    async with inside(stack, "ann") as ws:
        await ws.send_str(call("room:join", {"room": room}, 1))
        assert (await heard(ws)).startswith("431")
        monkeypatch.setattr(stack.chat, "react", slowly)
        await ws.send_str(call("chat:react", {"emoji": "👍"}, 2))
        async with asyncio.timeout(PATIENCE_S):
            await begun.wait()
            ws._response.connection.transport.abort()  # type: ignore[union-attr]
            (link,) = stack.hub._server.links.values()
            while not link.cut_off:
                await asyncio.sleep(0.01)
            go.set()
            await done.wait()
        await until_gone(stack)


async def test_what_somebody_says_before_they_go_is_heard(stack: Stack) -> None:
    """As a page does that is closed: the last call, and the end of the connection right behind it."""
    room = await stack.room()
    async with inside(stack, "ann") as ws:
        await ws.send_str(call("room:join", {"room": room}, 1))
        assert (await heard(ws)).startswith("431")
        for number in range(20):
            await ws.send_str(call("chat:send", {"text": f"{number}", "client_id": f"{number}"}))
        await ws.send_str("1")
    await until_gone(stack)
    lines = await stack.chat.recent(room, 2**53 - 1, "en")
    assert [line.text for line in lines] == [f"{number}" for number in range(20)]
