"""A room as its members see it, over real sockets."""

import asyncio
from typing import Any

import pytest

from livehub.accounts.permissions import Role
from livehub.signalling.limits import Limits
from tests.signalling.conftest import Stack, StackMaker


async def test_a_line_reaches_everybody_and_the_sender_has_it_back(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    message = await ann.say("hello")
    await ben.until(lambda: ben.lines())
    await ann.until(lambda: ann.lines())
    (event,) = ben.named("chat:messages")
    assert event["room"] == room
    assert event["seq"] == message["seq"] > ann.answer["seq"]
    assert event["items"] == [message]
    assert message["author"] == {"identity": "ann", "display_name": "Ann", "role": "viewer"}
    assert message["client_id"] == "c-hello"


async def test_the_snapshot_has_the_room_and_the_lines_of_before(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    for number in range(3):
        await ann.say(f"line {number}")
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    state = ben.answer["state"]
    assert not ben.answer["resumed"]
    assert [message["text"] for message in state["messages"]] == ["line 0", "line 1", "line 2"]
    assert state["room"]["id"] == room
    assert state["presence"] == {"count": 1, "sample": [{"identity": "ann", "display_name": "Ann"}], "me": "ben"}
    assert state["pinned"] is None
    assert state["stage"] == {"tracks": [], "pins": []}
    assert state["invitation"] is None
    assert ben.answer["me"]["role"] == "viewer"
    assert "chat.send" in ben.answer["me"]["can"]
    await ben.quiet()
    assert ben.lines() == []


async def test_the_same_client_id_makes_one_line(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    first = await ann.say("hello", "once")
    again = await ann.say("hello, once more", "once")
    assert again == first
    await ann.say("after")
    await ann.until(lambda: "after" in ann.lines())
    assert ann.lines() == ["hello", "after"]


async def test_the_host_is_no_viewer_of_their_own_show(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    await stack.joined(room, stack.tokens.guest("ann"))
    await host.until(lambda: any(payload["count"] == 1 for payload in host.named("room:presence")))
    assert host.named("room:presence")[-1]["sample"] == [{"identity": "ann", "display_name": "Ann"}]
    assert stack.hub.viewers(room) == 1


async def test_presence_counts_people(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    second = await stack.joined(room, "ben")
    await ann.until(lambda: any(payload["count"] == 2 for payload in ann.named("room:presence")))
    assert stack.hub.viewers(room) == 2
    assert all("seq" not in payload for payload in ann.named("room:presence"))
    await second.close()
    await ben.close()
    await ann.until(lambda: ann.named("room:presence")[-1]["count"] == 1)


async def test_reactions_are_summed(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    await asyncio.gather(*(ann.ok("chat:react", {"emoji": "👍"}) for _ in range(10)))
    await ann.ok("chat:react", {"emoji": "🎉"})
    await ann.until(lambda: ann.named("chat:reactions") and ann.named("chat:reactions")[-1]["total"].get("🎉"))
    told = ann.named("chat:reactions")
    assert told[-1]["total"] == {"👍": 10, "🎉": 1}
    assert sum(payload["delta"].get("👍", 0) for payload in told) == 10
    assert len(told) < 11
    assert await ann.refused("chat:react", {"emoji": "🦖"}) == "unknown_reaction"
    await stack.chat.reactions.flush()
    assert await stack.chat.reactions.totals(room) == {"👍": 10, "🎉": 1}


async def test_a_client_on_polling_gets_the_same(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    poller = await stack.client(stack.tokens.guest("poll"), ["polling"])
    upgrader = await stack.client(stack.tokens.guest("up"), ["polling", "websocket"])
    assert upgrader.sio.transport() == "websocket"
    await poller.join(room)
    await upgrader.join(room)
    for number in range(20):
        await ann.say(f"line {number}")
    for client in (poller, upgrader):
        await client.until(lambda client=client: len(client.lines()) == 20)  # type: ignore[misc]
        assert client.lines() == [f"line {number}" for number in range(20)]
    mine = await poller.say("from polling")
    assert mine["text"] == "from polling"


async def test_closing_leaves_nothing_running(make_stack: StackMaker) -> None:
    before = asyncio.all_tasks()
    stack = await make_stack()
    room = await stack.room()
    clients = [await stack.joined(room, stack.tokens.guest("ann"))]
    clients.append(await stack.client("ann", ["polling"]))
    await clients[0].ok("chat:react", {"emoji": "👍"})
    await stack.hub.close()
    await stack.hub.close()
    for client in clients:
        await client.close()
    await asyncio.sleep(0.1)
    left = {task.get_coro().__qualname__ for task in asyncio.all_tasks() - before}  # type: ignore[union-attr]
    assert not [name for name in left if name.startswith(("Feed", "Hub", "Background", "AsyncS"))]
    assert stack.hub.connections == 0
    kept = await stack.database.read(
        lambda connection: connection.exec_driver_sql("SELECT emoji, total FROM chat_reactions").all()
    )
    assert [tuple(row) for row in kept] == [("👍", 1)]


async def test_a_room_that_was_left_for_long_is_let_go(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(keep_empty_s=0.05))
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    seq = (await ann.say("hello"))["seq"]
    await stack.hub._sweep()
    assert stack.hub._broadcaster.find(room) is not None
    await ann.ok("room:leave")
    await asyncio.sleep(0.1)
    await stack.hub._sweep()
    assert stack.hub._broadcaster.find(room) is None
    await ann.join(room, since=seq)
    assert not ann.answer["resumed"]
    assert ann.answer["seq"] > seq


async def test_an_appointment_counts_at_once(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.account("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    assert await ann.refused("member:mute", {"identity": "ben", "seconds": 5}) == "forbidden"
    await stack.appoint(room, "ann", Role.MODERATOR)
    await ann.ok("member:mute", {"identity": "ben", "seconds": 5})
    await ann.until(lambda: ann.named("member:muted"))
    await ben.until(lambda: ben.named("member:muted"))


async def test_a_room_that_ends_while_somebody_is_let_in_has_them_not(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long they had to wait for their turn."""
    room = await stack.room()
    ann = await stack.client(stack.tokens.guest("ann"))
    asked, go = asyncio.Event(), asyncio.Event()
    history = stack.chat.recent

    async def slowly(*args: Any) -> Any:
        asked.set()
        await go.wait()
        return await history(*args)

    monkeypatch.setattr(stack.chat, "recent", slowly)
    joining = asyncio.create_task(ann.refused("room:join", {"room": room}))
    async with asyncio.timeout(30):
        await asked.wait()
    await stack.rooms.end(await stack.rooms.access(room, stack.tokens.known["host"]))
    go.set()
    assert await joining == "room_ended"
    assert stack.hub.viewers(room) == 0
