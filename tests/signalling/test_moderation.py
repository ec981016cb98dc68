"""Moderating over sockets: what happens to whom, who is told, and who may not."""

import asyncio
from typing import Any

import pytest

from livehub.accounts.permissions import Action, Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.events import MemberAppointed, MemberSanctioned
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.signalling.limits import Limits
from tests.signalling.conftest import Stack, StackMaker


async def test_a_mute_is_told_to_the_member_and_the_moderators_alone(stack: Stack) -> None:
    room = await stack.room()
    stack.tokens.account("mo")
    await stack.appoint(room, "mo", Role.MODERATOR)
    host = await stack.joined(room, "host")
    mo = await stack.joined(room, "mo")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    answer = await mo.ok("member:mute", {"identity": "ann", "seconds": 60})
    for client in (host, mo, ann):
        await client.until(lambda client=client: client.named("member:muted"))  # type: ignore[misc]
    assert ann.named("member:muted")[0]["until"] == answer["until"]
    assert await ann.refused("chat:send", {"text": "hey", "client_id": "1"}) == "muted"
    again = await stack.joined(room, "ann")
    assert again.answer["me"]["muted_until"] == answer["until"]
    await mo.ok("member:unmute", {"identity": "ann"})
    await ann.say("thanks")
    await ben.until(lambda: ben.lines() == ["thanks"])
    assert ben.named("member:muted") == []
    await ann.until(lambda: ann.named("member:muted")[-1]["until"] is None)


async def test_a_ban_puts_every_socket_out_and_keeps_them_out(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    second = await stack.joined(room, "ann")
    await host.say("before")
    await host.ok("member:ban", {"identity": "ann", "reason": "spam"})
    for client in (ann, second):
        await client.until(lambda client=client: client.named("room:removed"))  # type: ignore[misc]
        assert client.events[-1][1]["reason"] == "banned"
        assert client.lines() == ["before"]
        assert await client.refused("chat:send", {"text": "hey", "client_id": "1"}) == "not_in_room"
    assert await ann.refused("room:join", {"room": room}) == "banned"
    assert stack.hub.viewers(room) == 0
    await host.say("after")
    await ann.quiet()
    assert ann.lines() == ["before"]
    await host.ok("member:unban", {"identity": "ann"})
    await ann.join(room)


@pytest.mark.parametrize("banned", [{"identity": "ann"}, {"identity": "", "networks": ("203.0.113.0/24",)}])
async def test_a_ban_reaches_who_comes_in_at_that_moment(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, banned: dict[str, Any]
) -> None:
    """They were asked for it before, and are entered in the next turn of the loop: the ban comes in between."""
    room = await stack.room()
    host = await stack.joined(room, "host")
    headers = {"X-Forwarded-For": "203.0.113.7"}
    ann, saw = await stack.client(stack.tokens.guest("ann"), headers=headers), stack.chat.moderation.saw

    def ban(*seen: Any) -> None:
        saw(*seen)
        event = MemberSanctioned(room, sanction="ban", **banned)
        asyncio.get_running_loop().call_soon(stack.bus.publish, event)

    monkeypatch.setattr(stack.chat.moderation, "saw", ban)
    await ann.join(room)
    await ann.until(lambda: ann.named("room:removed"))
    assert ann.named("room:removed")[0]["reason"] == "banned"
    await host.say("among ourselves")
    await host.until(lambda: host.lines() == ["among ourselves"])
    assert await ann.refused("chat:send", {"text": "hey", "client_id": "1"}) == "not_in_room"
    assert ann.lines() == []
    assert stack.hub.viewers(room) == 0


async def test_an_appointment_reaches_who_comes_in_at_that_moment(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told to moderators is not told to who is none any more."""
    room = await stack.room()
    stack.tokens.account("mo")
    await stack.appoint(room, "mo", Role.MODERATOR)
    host, ann = await stack.joined(room, "host"), await stack.joined(room, stack.tokens.guest("ann"))
    mo, saw = await stack.client("mo"), stack.chat.moderation.saw

    def demote(*seen: Any) -> None:
        saw(*seen)
        event = MemberAppointed(room, "mo", Role.VIEWER, frozenset({Action.WATCH}))
        asyncio.get_running_loop().call_soon(stack.bus.publish, event)

    monkeypatch.setattr(stack.chat.moderation, "saw", demote)
    await mo.join(room)
    await ann.ok("hand:raise", {"raised": True})
    await host.until(lambda: host.named("hand:raised"))
    await host.say("over to you")
    await mo.until(lambda: mo.lines() == ["over to you"])
    assert mo.named("hand:raised") == []


async def test_nobody_acts_upwards(stack: Stack) -> None:
    room = await stack.room()
    for name, role in (("mo", Role.MODERATOR), ("mo2", Role.MODERATOR), ("co", Role.COHOST)):
        stack.tokens.account(name)
        await stack.appoint(room, name, role)
    mo = await stack.joined(room, "mo")
    host = await stack.joined(room, "host")
    from_host = await host.say("mine")
    for call, payload in (("member:mute", {"seconds": 5}), ("member:ban", {})):
        for target in ("host", "co", "mo2"):
            assert await mo.refused(call, {"identity": target, **payload}) == "outranks_you"
        assert await mo.refused(call, {"identity": "mo", **payload}) == "invalid_input"
    assert await mo.refused("chat:delete", {"id": from_host["id"]}) == "outranks_you"


async def test_deleting_is_told_and_stays(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    line = await ann.say("oops")
    assert await ben.refused("chat:delete", {"id": line["id"]}) == "forbidden"
    await host.ok("chat:delete", {"id": line["id"]})
    await host.ok("chat:delete", {"id": line["id"]})
    await ben.until(lambda: ben.named("chat:deleted"))
    await ben.quiet()
    (event,) = ben.named("chat:deleted")
    assert (event["id"], event["by"]) == (line["id"], "host")
    late = await stack.joined(room, stack.tokens.guest("late"))
    (shown,) = late.answer["state"]["messages"]
    assert shown["deleted"]
    assert shown["text"] == ""
    assert await host.refused("chat:delete", {"id": "msg_unknown"}) == "message_not_found"


async def test_hands_are_seen_by_those_who_call_on_people(stack: Stack) -> None:
    room = await stack.room(RoomKind.CLASS)
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    await ann.ok("hand:raise", {"raised": True})
    await host.until(lambda: host.named("hand:raised"))
    assert await host.refused("hand:raise", {"raised": True}) == "forbidden"
    late = await stack.joined(room, "host")
    assert late.answer["state"]["hands"] == [{"identity": "ann", "display_name": "Ann"}]
    assert "hands" not in ben.answer["state"]
    await ann.close()
    await host.until(lambda: len(host.named("hand:raised")) == 2)
    assert [payload["raised"] for payload in host.named("hand:raised")] == [True, False]
    assert ben.named("hand:raised") == []


async def test_what_is_for_moderators_reaches_nobody_who_was_one(stack: Stack) -> None:
    room = await stack.room(RoomKind.CLASS)
    host = await stack.joined(room, "host")
    await stack.appoint(room, stack.tokens.guest("ben"), Role.MODERATOR)
    ben = await stack.joined(room, "ben")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    await stack.appoint(room, "ben", Role.VIEWER)
    await stack.appoint(room, "ann", Role.MODERATOR)
    await (await stack.joined(room, stack.tokens.guest("cho"))).ok("hand:raise", {"raised": True})
    for sees in (host, ann):
        await sees.until(lambda sees=sees: sees.named("hand:raised"))  # type: ignore[misc]
    await host.ok("chat:send", {"text": "Yes?", "client_id": "1"})
    await ben.until(lambda: ben.named("chat:messages"))
    assert ben.named("hand:raised") == []


async def test_a_hosts_oldest_socket_is_put_out_too(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(max_sockets_per_member=2, joins_burst=100))
    room = await stack.room()
    first, _, _ = [await stack.joined(room, "host") for _ in range(3)]
    await first.until(lambda: first.named("room:removed"))
    assert first.named("room:removed")[0]["reason"] == "elsewhere"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SPEAKER, None])
async def test_moderating_is_for_moderators(stack: Stack, role: Role | None) -> None:
    room = await stack.room()
    stack.tokens.account("someone")
    if role is not None:
        await stack.appoint(room, "someone", role)
    someone = await stack.joined(room, "someone")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    line = await ann.say("hello")
    for call, payload in (
        ("member:mute", {"identity": "ann", "seconds": 5}),
        ("member:unmute", {"identity": "ann"}),
        ("member:ban", {"identity": "ann"}),
        ("member:unban", {"identity": "ann"}),
        ("chat:delete", {"id": line["id"]}),
    ):
        assert await someone.refused(call, payload) == "forbidden"
    await ann.say("still here")


async def test_who_is_let_in(stack: Stack) -> None:
    public, private = await stack.room(), await stack.room(visibility=Visibility.PRIVATE)
    expert = await stack.room(RoomKind.EXPERT)
    nobody = await stack.client()
    assert await nobody.refused("room:join", {"room": public}) == "unauthenticated"
    assert await nobody.refused("room:join", {"room": private}) == "room_not_found"
    guest = await stack.client(stack.tokens.guest("guest"))
    assert await guest.refused("room:join", {"room": private}) == "room_not_found"
    assert await guest.refused("room:join", {"room": "room_unknown"}) == "room_not_found"
    assert await guest.refused("room:join", {"room": expert}) == "account_required"
    stack.tokens.known["member"] = Principal(
        PrincipalKind.MEMBER, "member", "Member", "en", room_id=private, role=Role.SPEAKER
    )
    member = await stack.joined(private, "member")
    assert member.answer["me"]["role"] == "speaker"
    ended = await stack.room()
    access = await stack.rooms.access(ended, stack.tokens.known["host"])
    await stack.rooms.end(access)
    assert await guest.refused("room:join", {"room": ended}) == "room_ended"


async def test_one_room_a_socket(stack: Stack) -> None:
    first, second = await stack.room(), await stack.room()
    ann = await stack.joined(first, stack.tokens.guest("ann"))
    await ann.join(second)
    assert (stack.hub.viewers(first), stack.hub.viewers(second)) == (0, 1)
    assert await ann.refused("chat:send", {"room": first, "text": "x", "client_id": "1"}) == "not_in_room"
    await ann.ok("room:leave", {"room": second})
    assert stack.hub.viewers(second) == 0
    assert await ann.refused("chat:react", {"emoji": "👍"}) == "not_in_room"


async def test_the_oldest_of_too_many_sockets_is_put_out(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(max_sockets_per_member=2))
    room = await stack.room()
    clients = [await stack.joined(room, stack.tokens.guest("ann")) for _ in range(3)]
    await clients[0].until(lambda: clients[0].named("room:removed"))
    assert clients[0].named("room:removed")[0]["reason"] == "elsewhere"
    await clients[2].say("hello")
    await clients[1].until(lambda: clients[1].lines())
    assert clients[0].lines() == []
