"""What a socket can do that no client library would: by hand, frame by frame."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from livehub.clock import SystemClock
from livehub.events import MemberSanctioned
from livehub.signalling.broadcaster import Broadcaster
from livehub.signalling.limits import Limits
from livehub.signalling.links import Batch, Link
from tests.signalling.conftest import Stack, StackMaker

WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
POLLING = "/socket.io/?EIO=4&transport=polling"


async def at_once(session: aiohttp.ClientSession, stack: Stack) -> aiohttp.ClientWebSocketResponse:
    ws = await session.ws_connect(stack.url + WEBSOCKET)
    await ws.receive()
    return ws


async def changed_over(session: aiohttp.ClientSession, stack: Stack) -> aiohttp.ClientWebSocketResponse:
    sid = await polled(session, stack)
    ws = await session.ws_connect(f"{stack.url}{WEBSOCKET}&sid={sid}")
    await ws.send_str("2probe")
    assert await ws.receive_str() == "3probe"
    await ws.send_str("5")
    return ws


async def polled(session: aiohttp.ClientSession, stack: Stack) -> str:
    async with session.get(stack.url + POLLING) as response:
        return str(json.loads((await response.text())[1:])["sid"])


async def come_in(ws: aiohttp.ClientWebSocketResponse, token: str) -> str:
    """What the server says to it, pings and what closes polls apart."""
    await ws.send_str("40" + json.dumps({"token": token}))
    while not (answer := await ws.receive_str()).startswith("4"):
        pass
    return answer


def head_of(sid: str, size: int) -> bytes:
    return f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()


async def by_hand(stack: Stack) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = stack.url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


async def test_a_polling_body_that_does_not_come_ends_that_client(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(body_s=0.3))
    async with aiohttp.ClientSession() as session, asyncio.timeout(10):
        sid = await polled(session, stack)
        reader, writer = await by_hand(stack)
        try:
            writer.write(head_of(sid, 100))
            answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            assert answer.startswith("HTTP/1.1 408 ")
            assert "connection: close" in answer.lower()
            assert b'"request_timeout"' in await reader.readuntil(b"}")
        finally:
            writer.close()
        while stack.hub._server.links:
            await asyncio.sleep(0.01)


async def test_a_polling_body_that_comes_in_pieces_is_heard_whole(stack: Stack) -> None:
    stack.tokens.guest("ann")
    body = ("40" + json.dumps({"token": "ann"})).encode()
    async with aiohttp.ClientSession() as session, asyncio.timeout(10):
        sid = await polled(session, stack)
        reader, writer = await by_hand(stack)
        try:
            writer.write(head_of(sid, len(body)) + body[:5])
            waiting = asyncio.ensure_future(reader.readuntil(b"\r\n"))
            done, _ = await asyncio.wait([waiting], timeout=0.2)
            assert not done, "an answer to half a body"
            writer.write(body[5:])
            assert (await waiting).startswith(b"HTTP/1.1 200 ")
        finally:
            writer.close()
        async with session.get(f"{stack.url}{POLLING}&sid={sid}") as response:
            assert (await response.text()).startswith("40")


@pytest.mark.parametrize("way", [at_once, changed_over])
async def test_who_says_goodbye_and_reads_nothing_holds_no_socket(stack: Stack, way: Any) -> None:
    """Closing in good form waits for the last byte to be read: for ever, and counted by nobody."""
    stack.tokens.guest("frozen")
    async with aiohttp.ClientSession() as session:
        ws = await way(session, stack)
        assert (await come_in(ws, "frozen")).startswith("40")
        (link,) = stack.hub._server.links.values()
        assert isinstance(link, Link)
        transport = link._transport
        assert transport is not None
        ws._response.connection.transport.pause_reading()
        async with asyncio.timeout(20):
            while not link.direct:
                await asyncio.sleep(0.01)
            # More than the kernel takes, and than what aiohttp waits for before it closes.
            while transport.get_write_buffer_size() < 100_000:
                link.write(Batch([b'2["filler","' + b"x" * 8_000 + b'"]']))
            assert not link.cut_off
            await ws.send_str("1")
            while transport.get_write_buffer_size() or not transport.is_closing():
                await asyncio.sleep(0.01)
        assert stack.hub.connections == 0


async def test_who_says_that_nothing_follows_and_reads_nothing_holds_no_socket(make_stack: StackMaker) -> None:
    """Half closed (TCP's FIN): what is unread keeps the other half open, and no pong ever comes."""
    stack = await make_stack(Limits(ping_interval_s=1, ping_timeout_s=0.5))
    stack.tokens.guest("frozen")
    async with aiohttp.ClientSession() as session:
        ws = await at_once(session, stack)
        await come_in(ws, "frozen")
        (link,) = stack.hub._server.links.values()
        ours, theirs = link._transport, ws._response.connection.transport  # type: ignore[union-attr]
        assert ours is not None
        assert theirs is not None
        theirs.pause_reading()
        async with asyncio.timeout(20):
            while not link.cut_off and ours.get_write_buffer_size() < 100_000:
                link.write(Batch([b'2["filler","' + b"x" * 8_000 + b'"]']))
            theirs.write_eof()
            while stack.hub.connections or ours.get_write_buffer_size():
                await asyncio.sleep(0.01)


async def test_going_in_and_out_of_the_namespace_is_counted_with_the_calls(make_stack: StackMaker) -> None:
    """Each time asks who it is, which reads SQL, and would otherwise begin with a full measure of calls."""
    stack = await make_stack(Limits(calls_burst=12, calls_per_s=0.001))
    stack.tokens.guest("ann")
    async with aiohttp.ClientSession() as session:
        ws = await at_once(session, stack)
        for _ in range(6):
            assert (await come_in(ws, "ann")).startswith("40{")
            await ws.send_str('420["room:leave"]')
            assert await ws.receive_str() == '430[{"ok":true}]'
            await ws.send_str("41")
        refused = await come_in(ws, "ann")
        assert refused.startswith("44{")
        assert json.loads(refused[2:])["data"]["code"] == "rate_limited"


async def test_attachments_are_not_gathered_without_end(stack: Stack) -> None:
    stack.tokens.guest("bad")
    async with aiohttp.ClientSession() as session:
        ws = await at_once(session, stack)
        await come_in(ws, "bad")
        await ws.send_str('451000000-["chat:send",{"_placeholder":true,"num":0}]')
        ending = await asyncio.wait_for(ws.receive(), 10)
        assert ending.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    assert stack.hub._server._binary_packet == {}


async def test_a_packet_whose_attachments_never_come_goes_with_its_socket(stack: Stack) -> None:
    stack.tokens.guest("bad")
    async with aiohttp.ClientSession() as session:
        ws = await at_once(session, stack)
        await come_in(ws, "bad")
        await ws.send_str('451-["chat:send",{"_placeholder":true,"num":0}]')
        await ws.close()
        async with asyncio.timeout(10):
            while stack.hub.connections:
                await asyncio.sleep(0.01)
    assert stack.hub._server._binary_packet == {}


@pytest.mark.parametrize("empty", ["&sid=", "&sid=&sid=", "&sid=unknown"])
async def test_an_empty_session_is_a_new_connection_and_counted(make_stack: StackMaker, empty: str) -> None:
    stack = await make_stack(Limits(max_connections_per_address=1))
    headers = {"X-Forwarded-For": "203.0.113.7"}
    async with aiohttp.ClientSession(headers=headers) as session:
        await polled(session, stack)
        for path in (POLLING, WEBSOCKET):
            async with session.get(stack.url + path + empty) as response:
                assert response.status == 429
                assert (await response.json())["code"] == "too_many_connections"


async def test_scripts_of_other_sites_read_no_session(stack: Stack) -> None:
    """A ``<script>`` carries cookies and no Origin, and what it loads is open to the page: JSONP is not spoken."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{stack.url}{POLLING}&j=0") as response:
            assert response.status == 400
            assert (await response.json())["code"] == "malformed_request"
        sid = await polled(session, stack)
        async with session.get(f"{stack.url}{POLLING}&sid={sid}&j=0") as response:
            assert response.status == 400


def held_at_the_door(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Whoever comes in waits there: set when somebody is at it, and what lets them go on."""
    reached, release = asyncio.Event(), asyncio.Event()

    async def wait(*_: object) -> None:
        reached.set()
        await release.wait()

    monkeypatch.setattr(stack.chat.moderation, "check_may_enter", wait)
    return reached, release


def held_at_the_list(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Whoever asks what they may do in a room waits for the answer: as :func:`held_at_the_door`."""
    reached, release, access = asyncio.Event(), asyncio.Event(), stack.rooms.access

    async def slow(*args: Any) -> Any:
        reached.set()
        await release.wait()
        return await access(*args)

    monkeypatch.setattr(stack.rooms, "access", slow)
    return reached, release


async def test_who_goes_while_they_are_being_let_in_is_not_in(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that polls sends two requests at once: ``room:join``, and that it goes."""
    room = await stack.room()
    stack.tokens.guest("ann")
    reached, release = held_at_the_door(stack, monkeypatch)
    async with aiohttp.ClientSession() as session:
        url = f"{stack.url}{POLLING}&sid={await polled(session, stack)}"

        async def post(packet: str) -> None:
            async with session.post(url, data=packet) as response:
                assert response.status == 200

        await post('40{"token":"ann"}')
        joining = asyncio.create_task(post('420["room:join",' + json.dumps({"room": room}) + "]"))
        await asyncio.wait_for(reached.wait(), 10)
        await post("41")
        release.set()
        await joining
        async with session.get(url) as response:
            assert "not_in_room" in await response.text()
    feed = stack.hub._broadcaster.here(room)
    assert feed is not None
    assert not feed.members
    assert stack.hub.viewers(room) == 0


async def test_who_goes_before_they_are_in_leaves_no_hand_up(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """By one segment: ``room:join``, a hand, and the end. Each new guest's would stay, until nobody's could go up."""
    room = await stack.room()
    host = await stack.joined(room, "host")
    stack.tokens.guest("ann")
    reached, release = held_at_the_door(stack, monkeypatch)
    async with aiohttp.ClientSession() as session:
        ws = await at_once(session, stack)
        await come_in(ws, "ann")
        await ws.send_str('420["room:join",' + json.dumps({"room": room}) + "]")
        await ws.send_str('421["hand:raise",{"raised":true}]')
        await asyncio.wait_for(reached.wait(), 10)
        await ws.close()
    release.set()
    while stack.hub.connections > 1:
        await asyncio.sleep(0.01)
    feed = stack.hub._broadcaster.here(room)
    assert feed is not None
    assert feed.presence.hands() == []
    assert host.named("hand:raised") == []


async def test_who_is_put_out_meanwhile_raises_no_hand(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    room = await stack.room()
    stack.tokens.guest("ann")
    async with aiohttp.ClientSession() as session:
        url = f"{stack.url}{POLLING}&sid={await polled(session, stack)}"

        async def post(packet: str) -> None:
            async with session.post(url, data=packet) as response:
                assert response.status == 200

        async def answer(number: int) -> str:
            said = ""
            while f"43{number}" not in said:
                async with session.get(url) as response:
                    said += await response.text()
            return said

        await post('40{"token":"ann"}')
        await post('420["room:join",' + json.dumps({"room": room}) + "]")
        await answer(0)
        reached, release = held_at_the_list(stack, monkeypatch)
        raising = asyncio.create_task(post('421["hand:raise",{"raised":true}]'))
        await asyncio.wait_for(reached.wait(), 10)
        feed = stack.hub._broadcaster.here(room)
        assert feed is not None
        (identity,) = {member.identity for member in feed.everybody()}
        stack.bus.publish(MemberSanctioned(room, identity, "ban"))
        release.set()
        await raising
        assert "not_in_room" in await answer(1)
    assert feed.presence.hands() == []


async def test_a_leave_by_another_request_does_not_overtake_the_join(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that polls may send two requests at once, as one whose first has not been answered yet does."""
    room = await stack.room()
    stack.tokens.guest("ann")
    async with aiohttp.ClientSession() as session, asyncio.timeout(20):
        url = f"{stack.url}{POLLING}&sid={await polled(session, stack)}"

        async def post(packet: str) -> None:
            async with session.post(url, data=packet) as response:
                assert response.status == 200

        await post('40{"token":"ann"}')
        reached, release = held_at_the_list(stack, monkeypatch)
        joining = asyncio.create_task(post('420["room:join",' + json.dumps({"room": room}) + "]"))
        await reached.wait()
        leaving = asyncio.create_task(post('421["room:leave",{}]'))
        await asyncio.wait([leaving], timeout=0.2)
        release.set()
        await asyncio.gather(joining, leaving)
        said = ""
        while "431[" not in said:
            async with session.get(url) as response:
                said += await response.text()
        assert said.index("430[") < said.index("431[")
        # It says what it is in by whether it may speak there.
        await post('422["chat:send",{"text":"still here","client_id":"1"}]')
        while "432[" not in said:
            async with session.get(url) as response:
                said += await response.text()
        assert "not_in_room" in said.partition("432[")[2]
    feed = stack.hub._broadcaster.here(room)
    assert feed is None or not feed.everybody()


async def test_who_has_more_and_more_waiting_is_cut_off(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a request each, which all would be kept in memory."""
    room = await stack.room()
    stack.tokens.guest("ann")
    reached, release = held_at_the_door(stack, monkeypatch)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.timeout(20):
        sid = await polled(session, stack)
        url = f"{stack.url}{POLLING}&sid={sid}"

        async def post(packet: str) -> None:
            async with session.post(url, data=packet) as response:
                await response.read()

        await post('40{"token":"ann"}')
        posts = [asyncio.ensure_future(post('420["room:join",' + json.dumps({"room": room}) + "]"))]
        await reached.wait()
        posts += [asyncio.ensure_future(post(f'42{number}["room:leave",{{}}]')) for number in range(70)]
        while sid in stack.hub._server.links:
            await asyncio.sleep(0.01)
        release.set()
        await asyncio.gather(*posts)
    assert stack.hub.connections == 0


async def test_a_hand_that_comes_with_joining_is_up(stack: Stack) -> None:
    """A program need not wait for the answer to ``room:join``."""
    room = await stack.room()
    host = await stack.joined(room, "host")
    stack.tokens.guest("ann")
    async with aiohttp.ClientSession() as session:
        ws = await at_once(session, stack)
        await come_in(ws, "ann")
        await ws.send_str('420["room:join",' + json.dumps({"room": room}) + "]")
        await ws.send_str('421["hand:raise",{"raised":true}]')
        await host.until(lambda: host.named("hand:raised"))
        await ws.close()
    await host.until(lambda: [told["raised"] for told in host.named("hand:raised")] == [True, False])


async def test_a_room_stays_for_who_has_just_been_let_in() -> None:
    """They are entered in the next turn of the loop; the sweep may have the one in between."""

    async def none_kept(_room: str) -> int:
        return 0

    broadcaster = Broadcaster(Limits(keep_empty_s=600), SystemClock(), none_kept)
    feed = await broadcaster.feed("room")
    feed.empty_since_s = asyncio.get_running_loop().time() - 601
    with feed.held():
        pass
    await broadcaster.let_go()
    assert broadcaster.here("room") is feed
    await broadcaster.close()
