"""Language channels over sockets: who asks people, who takes turns, who is told, in every kind of room."""

import pytest

from livehub.rooms.kinds import RoomKind
from livehub.signalling.limits import Limits
from tests.signalling.conftest import Stack, StackMaker
from tests.signalling.test_stage import cast


@pytest.mark.parametrize("kind", list(RoomKind))
async def test_two_interpreters_take_turns_and_everybody_is_told(stack: Stack, kind: RoomKind) -> None:
    room, host, ann, ben = await cast(stack, kind)
    for who in ("ann", "ben"):
        await host.ok("interpreter:grant", {"identity": who, "locale": "th"})
    await ann.ok("interpreter:take", {"locale": "th"})
    told = "interpreter:channels"
    await ben.until(lambda: ben.named(told) and ben.named(told)[-1]["channels"][0]["on"])
    assert await ben.refused("interpreter:take", {"locale": "th"}) == "channel_busy"
    await ben.ok("interpreter:ask", {"locale": "th"})
    await ann.until(lambda: ann.named("interpreter:channels")[-1]["channels"][0]["asked"] == "ben")
    await ann.ok("interpreter:hand", {"locale": "th", "to": "ben"})
    await host.until(lambda: host.named("interpreter:channels")[-1]["channels"][0]["on"] == "ben")
    assert stack.media.orders[room].heard_in("th") == "ben"
    await ann.ok("interpreter:ask", {"locale": "th"})
    late = await stack.joined(room, "host")
    [channel] = late.answer["state"]["channels"]
    assert [one["identity"] for one in channel["interpreters"]] == ["ann", "ben"]
    assert (channel["on"], channel["asked"]) == ("ben", "ann")
    await ben.ok("interpreter:leave", {"locale": "th"})
    assert stack.media.orders[room].heard_in("th") == "ann", "who asked is on as soon as the other leaves"


async def test_only_hosts_ask_and_only_interpreters_speak(stack: Stack) -> None:
    room, host, ann, ben = await cast(stack)
    assert await ann.refused("interpreter:grant", {"identity": "ann", "locale": "th"}) == "forbidden"
    assert await host.refused("interpreter:grant", {"identity": "ann", "locale": "xx"}) == "invalid_input"
    assert await host.refused("interpreter:grant", {"identity": "gone", "locale": "th"}) == "member_not_found"
    assert await ann.refused("interpreter:take", {"locale": "th"}) == "channel_not_found"
    await host.ok("interpreter:grant", {"identity": "ann", "locale": "th"})
    for call in ("take", "ask"):
        assert await ben.refused(f"interpreter:{call}", {"locale": "th"}) == "not_interpreter"
    assert await ben.refused("interpreter:hand", {"locale": "th", "to": "ben"}) == "not_interpreter"
    assert await ben.refused("interpreter:revoke", {"identity": "ann", "locale": "th"}) == "forbidden"
    assert await ben.refused("interpreter:listen", {"session": "s", "locale": "ar"}) == "channel_not_found"
    await ben.ok("interpreter:listen", {"session": "s", "locale": "th"})
    assert stack.media.heard == ("s", "ben", "th")
    await ann.ok("interpreter:revoke", {"identity": "ann", "locale": "th"})
    assert stack.media.orders[room].channels == ()


async def test_what_changes_nothing_is_told_to_nobody(make_stack: StackMaker) -> None:
    """Each is told to the whole room and kept for who comes back: a viewer could empty its memory by saying nothing."""
    stack = await make_stack(Limits(stage_burst=6, stage_per_s=0.001))
    _, host, ann, ben = await cast(stack)
    await host.ok("interpreter:grant", {"identity": "ann", "locale": "th"})
    for call, payload in (("revoke", {"identity": "ben"}), ("leave", {})) * 3:
        await ben.ok(f"interpreter:{call}", {"locale": "th", **payload})
    for call, payload in (("revoke", {"identity": "ben"}), ("leave", {})):
        assert await ben.refused(f"interpreter:{call}", {"locale": "th", **payload}) == "rate_limited"
    await ann.say("and on")
    await host.until(lambda: host.lines() == ["and on"])
    assert len(host.named("interpreter:channels")) == 1
