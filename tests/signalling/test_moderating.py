"""Rules, review, reports, bans beyond a name and undoing, over real sockets: who is told what, and who may."""

from collections.abc import Mapping
from typing import Any

from livehub.accounts.permissions import Role
from tests.signalling.conftest import DEVICES, Client, Stack


async def room_with_moderator(stack: Stack) -> tuple[str, Client]:
    room = await stack.room()
    stack.tokens.account("mo")
    await stack.appoint(room, "mo", Role.MODERATOR)
    return room, await stack.joined(room, "mo")


async def came(client: Client, name: str, n: int = 1) -> dict[str, Any]:
    """The ``n``-th event of that name, waited for."""
    await client.until(lambda: len(client.named(name)) >= n)
    return client.named(name)[n - 1]


async def from_there(stack: Stack, room: str, name: str, headers: Mapping[str, str]) -> Client:
    client = await stack.client(stack.tokens.guest(name), headers=headers)
    await client.join(room)
    return client


async def test_a_held_line_is_shown_when_it_is_approved(stack: Stack) -> None:
    room, mo = await room_with_moderator(stack)
    ann, ben = [await stack.joined(room, stack.tokens.guest(name)) for name in ("ann", "ben")]
    answer = await mo.ok("moderation:rules", {"rules": {"words": {"*": {"held": ["sale*"]}}}})
    assert answer["rules"]["words"] == {"*": {"refused": [], "held": ["sale*"]}}
    assert (await came(ann, "room:rules"))["rules"] == {"slow_s": 0, "links": "allow", "hold_all": False}
    sent = await ann.ok("chat:send", {"text": "my own sale", "client_id": "c1"})
    assert "message" not in sent
    again = await ann.ok("chat:send", {"text": "my own sale", "client_id": "c1"})
    assert sent["held"]["id"] == again["held"]["id"]
    held = (await came(mo, "moderation:held"))["item"]
    assert (held["text"], held["held_by"], held["reason"]) == ("my own sale", "words", "sale*")
    await ben.say("meanwhile")
    await mo.ok("moderation:decide", {"id": held["id"], "approve": True})
    await ben.until(lambda: ben.lines() == ["meanwhile", "my own sale"])
    assert (await came(ann, "chat:decided"))["approved"] is True
    assert await mo.refused("moderation:decide", {"id": held["id"], "approve": False}) == "decided_already"
    assert ben.named("chat:decided") == ben.named("moderation:held") == ben.named("moderation:logged") == []
    line = next(item for event in ben.named("chat:messages") for item in event["items"] if item["client_id"] == "c1")
    assert line["author"]["identity"] == "ann"
    numbers = [payload["seq"] for _, payload in ben.events if "seq" in payload]
    assert numbers == sorted(set(numbers))


async def test_only_moderators_moderate(stack: Stack) -> None:
    room, _ = await room_with_moderator(stack)
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    for call, payload in (
        ("moderation:rules", {"rules": {}}),
        ("moderation:decide", {"id": "x", "approve": True}),
        ("moderation:resolve", {"id": "x", "uphold": True}),
        ("moderation:undo", {"id": "x"}),
        ("member:slow", {"identity": "mo", "every_s": 5}),
    ):
        assert await ann.refused(call, payload) == "forbidden"


async def test_refused_lines_say_what_to_do_and_when(stack: Stack) -> None:
    room, mo = await room_with_moderator(stack)
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    await mo.ok("moderation:rules", {"rules": {"slow_s": 60, "links": "refuse"}})
    assert await ann.refused("chat:send", {"text": "see evil.com", "client_id": "1"}) == "link_refused"
    await ann.say("hello")
    answer = await ann.call("chat:send", {"text": "again", "client_id": "2"})
    assert answer["error"]["code"] == "slow_mode"
    assert 0 < answer["error"]["retry_after_s"] <= 60
    joined = await stack.joined(room, stack.tokens.guest("ben"))
    assert joined.answer["state"]["rules"]["slow_s"] == 60


async def test_a_report_reaches_the_moderators_alone(stack: Stack) -> None:
    room, mo = await room_with_moderator(stack)
    ann, ben = [await stack.joined(room, stack.tokens.guest(name)) for name in ("ann", "ben")]
    line = await ann.say("rude")
    assert (await ben.ok("chat:report", {"id": line["id"], "reason": "abuse"}))["new"]
    assert not (await ben.ok("chat:report", {"id": line["id"], "reason": "spam"}))["new"]
    report = (await came(mo, "moderation:reported"))["report"]
    assert (report["message"]["id"], report["reports"]) == (line["id"], 1)
    await mo.ok("moderation:resolve", {"id": line["id"], "uphold": True, "reason": "rude"})
    assert (await came(ben, "chat:deleted"))["id"] == line["id"]
    assert (await came(mo, "moderation:resolved"))["upheld"] is True
    assert ann.named("moderation:reported") == ben.named("moderation:reported") == []
    # Undone: everybody sees the line again, in its old place.
    deletion = next(e["entry"] for e in mo.named("moderation:logged") if e["entry"]["action"] == "message.delete")
    await mo.ok("moderation:undo", {"id": deletion["id"]})
    restored = (await came(ben, "chat:restored"))["message"]
    assert (restored["text"], restored["seq"]) == ("rude", line["seq"])


async def test_a_line_that_is_shown_again_is_so_in_the_language_of_each_reader(stack: Stack) -> None:
    room, mo = await room_with_moderator(stack)
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    line = await ann.say("what a day")
    await came(thai, "chat:translations")
    await mo.ok("chat:delete", {"id": line["id"], "reason": "by mistake"})
    entry = (await came(mo, "moderation:logged"))["entry"]
    await mo.ok("moderation:undo", {"id": entry["id"]})
    await came(thai, "chat:restored")
    event = await came(thai, "chat:translations", 2)
    assert event["items"] == [{"id": line["id"], "text": "th: WHAT A DAY", "engine": "shout"}]
    # Who comes first of another language reads it as well.
    vi = await stack.joined(room, stack.tokens.guest("vi"), "vi")
    assert (await came(vi, "chat:translations"))["items"][0]["text"] == "vi: WHAT A DAY"


async def test_undoing_a_mute_is_told_to_the_muted(stack: Stack) -> None:
    room, mo = await room_with_moderator(stack)
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    await mo.ok("member:mute", {"identity": "ann", "seconds": 60, "reason": "shouting"})
    entry = (await came(mo, "moderation:logged"))["entry"]
    assert (entry["member"], entry["reason"]) == ({"identity": "ann", "display_name": "Ann"}, "shouting")
    await mo.ok("moderation:undo", {"id": entry["id"]})
    assert (await came(ann, "member:muted", 2))["until"] is None
    await ann.say("thanks")


async def test_a_ban_holds_against_a_new_name_in_the_same_browser(stack: Stack) -> None:
    room, mo = await room_with_moderator(stack)
    mark = {"Cookie": f"livehub_device={DEVICES.issue()}"}
    ann = await from_there(stack, room, "ann", mark)
    second = await from_there(stack, room, "anna", mark)
    other = await from_there(stack, room, "ben", {"Cookie": f"livehub_device={DEVICES.issue()}"})
    answer = await mo.ok("member:ban", {"identity": "ann", "reason": "spam"})
    assert answer["marked"] == ["device"]
    for client in (ann, second):
        assert (await came(client, "room:removed"))["reason"] == "banned"
    fresh = await stack.client(stack.tokens.guest("annie"), headers=mark)
    assert await fresh.refused("room:join", {"room": room}) == "banned"
    await other.say("still here")
    forged = await stack.client(stack.tokens.guest("annika"), headers={"Cookie": "livehub_device=" + "x" * 55})
    await forged.join(room)
    await mo.ok("member:unban", {"identity": "ann"})
    await fresh.join(room)


async def test_a_ban_of_an_address_shuts_out_its_guests_but_nobody_with_a_role(stack: Stack) -> None:
    room, mo = await room_with_moderator(stack)
    there = {"X-Forwarded-For": "203.0.113.7"}
    ann = await from_there(stack, room, "ann", there)
    neighbour = await from_there(stack, room, "ben", {"X-Forwarded-For": "203.0.113.9"})
    far = await from_there(stack, room, "cat", {"X-Forwarded-For": "198.51.100.1"})
    stack.tokens.account("mia")
    await stack.appoint(room, "mia", Role.MODERATOR)
    mia = await stack.client("mia", headers=there)
    await mia.join(room)
    assert (await mo.ok("member:ban", {"identity": "ann", "reach": "range", "seconds": 3600}))["marked"] == ["network"]
    for client in (ann, neighbour):
        assert (await came(client, "room:removed"))["reason"] == "banned"
    fresh = await stack.client(stack.tokens.guest("annie"), headers={"X-Forwarded-For": "203.0.113.200"})
    assert await fresh.refused("room:join", {"room": room}) == "banned"
    await mia.say("still here")
    await far.say("so am I")
