"""What comes from outside: too big, too many, of the wrong type, from the wrong place. The server goes on serving."""

import asyncio
import contextlib
import io
import json
import socket
from typing import Any

import aiohttp
import pytest
import socketio

from livehub.accounts.permissions import Action
from livehub.chat.service import ChatLimits
from livehub.signalling.limits import Limits
from tests.signalling.conftest import Client, Stack, StackMaker


async def raw(
    session: aiohttp.ClientSession, stack: Stack, token: str, **kwargs: Any
) -> aiohttp.ClientWebSocketResponse:
    """A socket.io connection without a client library, in the namespace."""
    ws: aiohttp.ClientWebSocketResponse = await session.ws_connect(
        f"{stack.url}/socket.io/?EIO=4&transport=websocket", **kwargs
    )
    await ws.receive()
    await ws.send_str("40" + json.dumps({"token": token}))
    answer = await ws.receive_str()
    assert answer.startswith("40")
    return ws


async def still_serves(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    await ann.say("still here")
    await ann.until(lambda: ann.lines() == ["still here"])


@pytest.mark.parametrize("size", [70_000, 10_000_000])
async def test_a_line_beyond_the_transports_limit_ends_the_connection(stack: Stack, size: int) -> None:
    room = await stack.room()
    stack.tokens.guest("ann")
    async with aiohttp.ClientSession() as session:
        ws = await raw(session, stack, "ann")
        line = json.dumps(["chat:send", {"room": room, "client_id": "1", "text": "x" * size}])
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            await ws.send_str("42" + line)
        ending = await asyncio.wait_for(ws.receive(), 5)
        assert ending.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    await still_serves(stack)
    async with aiohttp.ClientSession() as session:
        url = f"{stack.url}/socket.io/?EIO=4&transport=polling"
        async with session.get(url) as response:
            sid = json.loads((await response.text())[1:])["sid"]
        async with session.post(f"{url}&sid={sid}", data=io.BytesIO(b"4" + b"x" * size)) as response:
            assert response.status == 413
            assert (await response.json())["code"] == "payload_too_large"
    await still_serves(stack)


async def test_a_long_line_is_refused_with_a_reason(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    assert await ann.refused("chat:send", {"text": "x" * 501, "client_id": "1"}) == "message_too_long"
    assert await ann.refused("chat:send", {"text": "x" * 60_000, "client_id": "1"}) == "message_too_long"
    assert await ann.refused("chat:send", {"text": "\u202e \u200b", "client_id": "1"}) == "message_empty"


@pytest.mark.parametrize(
    ("call", "payload"),
    [
        ("chat:send", None),
        ("chat:send", "text"),
        ("chat:send", ["text"]),
        ("chat:send", {"text": 1, "client_id": "1"}),
        ("chat:send", {"text": b"bytes", "client_id": "1"}),
        ("chat:send", {"text": "x", "client_id": "1", "room": {"$ne": 1}}),
        ("chat:react", {"emoji": ["👍"]}),
        ("chat:delete", {}),
        ("member:mute", {"identity": "ben", "seconds": "60"}),
        ("room:join", {"room": None}),
        ("room:join", {"room": "x" * 1000}),
        ("hand:raise", {"raised": "yes"}),
    ],
)
async def test_wrong_types_are_named(stack: Stack, call: str, payload: Any) -> None:
    room = await stack.room()
    host = await stack.joined(room, stack.tokens.account("host"))
    answer = await host.call(call, payload)
    assert answer["error"]["code"] == "invalid_input"
    assert answer["error"]["message"]
    await host.say("and on")


async def test_calls_that_do_not_exist(stack: Stack) -> None:
    ann = await stack.client(stack.tokens.guest("ann"))
    for call in ("chat:explode", "__init__", "trigger_event", "on_connect", ""):
        assert await ann.refused(call, {}) == "unknown_call"


async def test_a_flood_is_slowed_down_then_cut(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(calls_burst=50, max_refused_calls=100), ChatLimits(rate_per_s=1, burst=5))
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    answers = [await ann.call("chat:send", {"text": f"{number}", "client_id": f"{number}"}) for number in range(8)]
    assert [answer["ok"] for answer in answers] == [True] * 5 + [False] * 3
    error = answers[-1]["error"]
    assert error["code"] == "rate_limited"
    assert 0 < error["retry_after_s"] <= 1
    gone = asyncio.Event()
    ann.sio.on("disconnect", lambda *_: gone.set())
    for number in range(400):
        await ann.sio.emit("chat:react", {"emoji": f"{number}"})
    await asyncio.wait_for(gone.wait(), 5)
    await still_serves(stack)


NO_PACKETS = [
    "", "x", "9", "4", "4x", "43", "b4AAAA", "2" * 1000, "4" + "[" * 20_000, "42" + "[" * 20_000,
    '42{"a":1}', "42[]", "42[5]", "42[null,{}]", '42["e"', '42["chat:send",NaN]', "40{", "41/other,",
    "45-[", '451-["x",{"_placeholder":true,"num":9}]',
]  # fmt: skip


@pytest.mark.parametrize("frame", NO_PACKETS)
async def test_frames_that_are_no_packets(stack: Stack, frame: str, caplog: pytest.LogCaptureFixture) -> None:
    room = await stack.room()
    watcher = await stack.joined(room, stack.tokens.guest("watcher"))
    stack.tokens.guest("bad")
    async with aiohttp.ClientSession() as session:
        ws = await raw(session, stack, "bad")
        await ws.send_str('420["room:join",' + json.dumps({"room": room}) + "]")
        await ws.receive()
        await ws.send_str(frame)
        await ws.send_bytes(b"\xff\xfe")
        await watcher.quiet(0.05)
        await ws.close()
    await watcher.say("hello")
    await watcher.until(lambda: watcher.lines() == ["hello"])
    await watcher.until(lambda: stack.hub.viewers(room) == 1 and stack.hub.connections == 1)
    assert not [record for record in caplog.records if record.exc_info]


async def test_an_unexpected_failure_says_nothing_about_itself(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))

    async def fail(*_: object) -> None:
        raise RuntimeError("secret path /srv/x.py")

    monkeypatch.setattr(stack.chat, "react", fail)
    answer = await ann.call("chat:react", {"emoji": "👍"})
    assert answer["error"]["code"] == "internal"
    assert "secret" not in json.dumps(answer)


async def test_a_wrong_token_is_refused_with_its_code(stack: Stack) -> None:
    client = Client()
    refused: list[Any] = []
    client.sio.on("connect_error", refused.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(stack.url, "stolen", ["websocket"])
    assert refused[0]["data"]["code"] == "token_invalid"
    await client.close()


async def test_cookies_count_for_our_own_pages_only(stack: Stack) -> None:
    room = await stack.room()
    stack.tokens.guest("ann")
    headers = {"Cookie": "livehub_guest=ann"}
    for origin, code in (
        (None, None),
        ("http://live.example", None),
        (stack.url, None),
        ("https://evil.example", "unauthenticated"),
        ("null", "unauthenticated"),
    ):
        sent = headers | ({"Origin": origin} if origin else {})
        async with aiohttp.ClientSession(headers=sent) as session:
            ws = await session.ws_connect(f"{stack.url}/socket.io/?EIO=4&transport=websocket")
            await ws.receive()
            await ws.send_str("40")
            await ws.receive()
            await ws.send_str('420["room:join",' + json.dumps({"room": room}) + "]")
            answer = json.loads((await ws.receive_str()).removeprefix("430"))[0]
            assert answer.get("error", {}).get("code") == code


async def test_somebody_elses_site_may_use_a_token(stack: Stack) -> None:
    room = await stack.room()
    stack.tokens.guest("ann")
    async with aiohttp.ClientSession(headers={"Origin": "https://shop.example"}) as session:
        ws = await raw(session, stack, "ann")
        await ws.send_str('420["room:join",' + json.dumps({"room": room}) + "]")
        assert json.loads((await ws.receive_str()).removeprefix("430"))[0]["ok"]
        async with session.get(f"{stack.url}/socket.io/?EIO=4&transport=polling") as response:
            assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"
            assert "Access-Control-Allow-Credentials" not in response.headers


async def test_who_does_not_come_in_is_let_go(make_stack: StackMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livehub.signalling.hub._SWEEP_S", 0.05)
    stack = await make_stack(Limits(handshake_s=0.2))
    stack.tokens.guest("ann")
    async with aiohttp.ClientSession() as session:
        idle = await session.ws_connect(f"{stack.url}/socket.io/?EIO=4&transport=websocket")
        await idle.receive()
        async with session.get(f"{stack.url}/socket.io/?EIO=4&transport=polling") as response:
            assert response.status == 200
        admitted = await raw(session, stack, "ann")
        assert stack.hub.connections == 3
        assert (await asyncio.wait_for(idle.receive(), 3)).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE}
        async with asyncio.timeout(3):
            while stack.hub.connections > 1:
                await asyncio.sleep(0.02)
        await admitted.send_str('420["room:leave"]')
        assert "true" in await admitted.receive_str()


async def test_an_address_has_so_many_connections(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(max_connections_per_address=2))
    url = f"{stack.url}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session:

        async def connect(forwarded: str) -> int:
            async with session.get(url, headers={"X-Forwarded-For": forwarded}) as response:
                return response.status

        assert [await connect("203.0.113.7") for _ in range(3)] == [200, 200, 429]
        assert await connect("203.0.113.8") == 200
        # What a client wrote in front does not count: the last entry is the proxy's own.
        assert await connect("198.51.100.1, 203.0.113.7") == 429


async def test_the_server_has_so_many_connections(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(max_connections=1))
    async with aiohttp.ClientSession() as session:
        url = f"{stack.url}/socket.io/?EIO=4&transport=polling"
        async with session.get(url) as response:
            assert response.status == 200
        async with session.get(url) as response:
            assert response.status == 503
            assert (await response.json())["code"] == "too_many_connections"


async def test_a_reader_that_stops_reading_is_cut_and_comes_back_and_others_are_not_held_up(
    make_stack: StackMaker,
) -> None:
    stack = await make_stack(Limits(max_unread_bytes=200_000, max_kept_bytes=16 << 20, calls_burst=10_000))
    room = await stack.room()
    stack.tokens.guest("frozen")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    frozen = socket.socket()
    frozen.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    frozen.setblocking(False)
    loop = asyncio.get_running_loop()
    host, port = stack.url.removeprefix("http://").split(":")
    await loop.sock_connect(frozen, (host, int(port)))
    async with aiohttp.ClientSession(connector=_OneSocket(frozen)) as session:
        ws = await raw(session, stack, "frozen")
        await ws.send_str('420["room:join",' + json.dumps({"room": room}) + "]")
        answer = ""
        while not answer.startswith("430["):
            answer = await ws.receive_str()
        since = json.loads(answer[3:])[0]["seq"]
        await ann.until(lambda: any(payload["count"] == 2 for payload in ann.named("room:presence")))
        ws._response.connection.transport.pause_reading()  # type: ignore[union-attr]
        feed = stack.hub._broadcaster.find(room)
        assert feed is not None
        for number in range(600):
            feed.publish("room:state", {"room_state": {"n": number, "filler": "x" * 8_000}})
            if number % 20 == 0:
                await asyncio.sleep(0.01)
        await ann.until(lambda: len(ann.named("room:state")) == 600, 15)
        await ann.until(lambda: stack.hub.viewers(room) == 1)
    assert [payload["room_state"]["n"] for payload in ann.named("room:state")] == list(range(600))
    assert Action.CHAT in ann.answer["me"]["can"]
    # As clients do when they were cut: with the number of the last that they have.
    back = await stack.client("frozen")
    assert (await back.join(room, since=since))["resumed"]
    await back.until(lambda: len(back.named("room:state")) == 600, 15)
    assert [payload["room_state"]["n"] for payload in back.named("room:state")] == list(range(600))


class _OneSocket(aiohttp.TCPConnector):
    """Uses a socket that is connected already, with the small buffers it was given."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__()
        self._connected = connected

    async def _wrap_create_connection(self, *args: Any, **kwargs: Any) -> Any:
        return await asyncio.get_running_loop().create_connection(args[0], sock=self._connected)


async def test_the_log_has_neither_tokens_nor_what_was_said(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("very-secret-token"))
    await ann.say("between the two of us")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("livehub")]
    assert not [line for line in ours if "very-secret-token" in line or "between the two" in line]


async def test_a_hand_that_goes_up_and_down_does_not_fill_the_rooms_memory(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(hands_burst=4, hands_per_s=0.001))
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    for _ in range(2):
        await ann.ok("hand:raise", {"raised": True})
        await ann.ok("hand:raise", {"raised": False})
    assert await ann.refused("hand:raise", {"raised": True}) == "rate_limited"
    await host.until(lambda: len(host.named("hand:raised")) == 4)
