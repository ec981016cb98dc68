"""Coming on stage over sockets: who may invite, mute, pin and send off, who is told, and what the plane is asked."""

from sqlalchemy import text

from livehub.accounts.permissions import Action, Role
from livehub.chat.conduct import Deed
from livehub.media.stage import Pin, SlotWish
from livehub.rooms.kinds import RoomKind
from tests.signalling.conftest import Client, Stack


async def cast(stack: Stack, kind: RoomKind = RoomKind.SHOW) -> tuple[str, Client, Client, Client]:
    """Room, its host, and two guests: ann and ben."""
    room = await stack.room(kind)
    host = await stack.joined(room, "host")
    token = stack.tokens.account if kind is RoomKind.EXPERT else stack.tokens.guest
    return room, host, await stack.joined(room, token("ann")), await stack.joined(room, token("ben"))


async def test_a_viewer_is_invited_accepts_and_may_publish(stack: Stack) -> None:
    room, host, ann, ben = await cast(stack)
    await ann.ok("hand:raise", {"raised": True})
    await host.ok("stage:invite", {"identity": "ann"})
    await ann.until(lambda: ann.named("stage:invited"))
    assert ann.named("stage:invited")[0]["by"] == {"identity": "host", "display_name": "Host"}
    again = await stack.joined(room, "ann")
    assert again.answer["state"]["invitation"]["by"]["identity"] == "host"
    answer = await ann.ok("stage:answer", {"accepted": True})
    assert "publish" in answer["can"]
    await ann.until(lambda: ann.named("member:appointed"))
    assert ann.named("member:appointed")[0]["role"] == "speaker"
    access = await stack.rooms.access(room, stack.tokens.known["ann"])
    assert access.role is Role.SPEAKER
    await host.until(lambda: host.named("stage:answered"))
    assert host.named("stage:answered")[0] | {"seq": 0, "room": ""} == {
        "identity": "ann", "display_name": "Ann", "accepted": True, "seq": 0, "room": "",
    }  # fmt: skip
    await host.until(lambda: host.named("hand:raised") and not host.named("hand:raised")[-1]["raised"])
    assert await ann.refused("stage:answer", {"accepted": True}) == "invitation_not_found"
    await host.say("welcome")
    await ben.until(lambda: ben.lines() == ["welcome"])
    assert not [name for name, _ in ben.events if name.startswith("stage:") or name == "member:appointed"]


async def test_who_is_appointed_before_they_accept_keeps_that_role(stack: Stack) -> None:
    room, host, ann, _ = await cast(stack)
    await host.ok("stage:invite", {"identity": "ann"})
    await stack.appoint(room, "ann", Role.COHOST)
    assert "publish" in (await ann.ok("stage:answer", {"accepted": True}))["can"]
    assert (await stack.rooms.access(room, stack.tokens.known["ann"])).role is Role.COHOST


async def test_a_viewer_may_decline_and_a_host_may_withdraw(stack: Stack) -> None:
    room, host, ann, _ = await cast(stack)
    await host.ok("stage:invite", {"identity": "ann"})
    await ann.ok("stage:answer", {"accepted": False})
    await host.until(lambda: host.named("stage:answered"))
    assert not host.named("stage:answered")[0]["accepted"]
    assert (await stack.rooms.access(room, stack.tokens.known["ann"])).role is Role.VIEWER
    await host.ok("stage:invite", {"identity": "ann"})
    second = await stack.joined(room, "host")
    assert [item["identity"] for item in second.answer["state"]["invited"]] == ["ann"]
    await host.ok("stage:remove", {"identity": "ann"})
    await ann.until(lambda: ann.named("stage:withdrawn"))
    assert await ann.refused("stage:answer", {"accepted": True}) == "invitation_not_found"


async def test_who_may_not_is_told_so(stack: Stack) -> None:
    room, host, ann, ben = await cast(stack)
    for name, role in (("mo", Role.MODERATOR), ("co", Role.COHOST), ("co2", Role.COHOST)):
        stack.tokens.account(name)
        await stack.appoint(room, name, role)
    mo, co = await stack.joined(room, "mo"), await stack.joined(room, "co")
    for client in (ann, mo):
        assert await client.refused("stage:invite", {"identity": "ben"}) == "forbidden"
        assert await client.refused("stage:remove", {"identity": "ben"}) == "forbidden"
        assert await client.refused("stage:mute", {"identity": "ben", "audio": True}) == "forbidden"
        assert await client.refused("stage:pin", {"identity": "ben", "pinned": True}) == "forbidden"
    assert await ann.refused("stage:mute", {"identity": "ann", "audio": True}) == "forbidden"  # not on stage
    assert await ben.refused("stage:answer", {"accepted": True}) == "invitation_not_found"
    assert await host.refused("stage:invite", {"identity": "mo"}) == "not_for_the_stage"
    assert await host.refused("stage:invite", {"identity": "nobody"}) == "member_not_found"
    assert await co.refused("stage:remove", {"identity": "co2"}) == "outranks_you"
    assert await co.refused("stage:mute", {"identity": "host", "audio": True}) == "outranks_you"
    assert await host.refused("stage:mute", {"identity": "ann"}) == "invalid_input"
    assert await host.refused("stage:choose", {"session": "s", "slots": [{"slot": -1}]}) == "invalid_input"


async def test_a_mute_reaches_the_plane_and_the_member(stack: Stack) -> None:
    room, host, ann, ben = await cast(stack)
    await stack.appoint(room, "ann", Role.SPEAKER)
    await host.ok("stage:mute", {"identity": "ann", "audio": True})
    assert stack.media.orders[room].muted_audio == {"ann"}
    await ann.until(lambda: ann.named("stage:muted"))
    assert ann.named("stage:muted")[0]["by_host"] == ["audio"]
    assert (await ann.ok("stage:mute", {"identity": "ann", "audio": False}))["audio"] is True  # not hers to lift
    await ann.ok("stage:mute", {"identity": "ann", "video": True})
    assert stack.media.orders[room].muted_video == {"ann"}
    again = await stack.joined(room, "ann")
    assert again.answer["state"]["muted"] == {"audio": True, "video": True, "by_host": ["audio"]}
    await host.ok("stage:mute", {"identity": "ann", "audio": False})
    assert stack.media.orders[room].muted_audio == frozenset()
    assert stack.media.orders[room].muted_video == {"ann"}
    assert ben.named("stage:muted") == []


async def test_who_is_sent_off_may_not_publish_until_invited_again(stack: Stack) -> None:
    room, host, ann, _ = await cast(stack, RoomKind.EXPERT)
    assert "publish" in ann.answer["me"]["can"]  # an open stage
    await host.ok("stage:remove", {"identity": "ann"})
    await ann.until(lambda: ann.named("member:appointed"))
    assert "publish" not in ann.named("member:appointed")[0]["can"]
    again = await stack.joined(room, "ann")
    assert "publish" not in again.answer["me"]["can"]
    await host.ok("stage:invite", {"identity": "ann"})
    assert "publish" in (await ann.ok("stage:answer", {"accepted": True}))["can"]


async def test_what_hosts_do_to_others_on_the_stage_is_in_the_log(stack: Stack) -> None:
    room, host, ann, _ = await cast(stack, RoomKind.EXPERT)
    await ann.ok("stage:mute", {"identity": "ann", "audio": True})  # nobody's business
    await host.ok("stage:mute", {"identity": "ann", "video": True, "reason": "a shop of her own"})
    await host.ok("stage:mute", {"identity": "ann", "video": False})
    await host.ok("stage:remove", {"identity": "ann", "reason": "again"})
    await host.until(lambda: len(host.named("moderation:logged")) == 3)
    entries = [told["entry"] for told in host.named("moderation:logged")]
    assert [(entry["action"], entry["reason"], entry["details"]) for entry in entries] == [
        ("stage.mute", "a shop of her own", {"video": True}),
        ("stage.mute", "", {"video": False}),
        ("stage.remove", "again", {}),
    ]
    assert {entry["member"]["display_name"] for entry in entries} == {"Ann"}
    assert {entry["by"]["identity"] for entry in entries} == {"host"}
    kept = (await stack.chat.desk.entries(await stack.rooms.access(room, stack.tokens.known["host"]))).entries
    assert [entry.id for entry in kept] == [entry["id"] for entry in reversed(entries)]


async def test_invitations_and_pins_on_the_stage_are_in_the_log(stack: Stack) -> None:
    _, host, ann, _ = await cast(stack)
    await host.ok("stage:invite", {"identity": "ann"})
    await host.ok("stage:remove", {"identity": "ann"})  # takes it back, and nothing else
    await host.ok("stage:invite", {"identity": "ann"})
    await ann.ok("stage:answer", {"accepted": True})
    for pinned in (True, True, False, False):  # the second of each changes nothing
        await host.ok("stage:pin", {"identity": "ann", "source": "screen", "pinned": pinned})
    await host.until(lambda: len(host.named("moderation:logged")) == 5)
    entries = [told["entry"] for told in host.named("moderation:logged")]
    assert [(entry["action"], entry["details"]) for entry in entries] == [
        ("stage.invite", {}),
        ("stage.withdraw", {}),
        ("stage.invite", {}),
        ("stage.pin", {"source": "screen"}),
        ("stage.unpin", {"source": "screen"}),
    ]
    assert {entry["member"]["display_name"] for entry in entries} == {"Ann"}
    assert {entry["by"]["identity"] for entry in entries} == {"host"}
    assert not any(entry["undoable"] for entry in entries)
    assert ann.named("moderation:logged") == []


async def test_invitations_and_pins_that_the_log_cannot_keep_are_as_before(stack: Stack) -> None:
    room, host, ann, ben = await cast(stack)
    for name in ("ann", "ben"):
        await host.ok("stage:pin", {"identity": name, "pinned": True})
    await host.ok("stage:invite", {"identity": "ben"})
    await ben.until(lambda: ben.named("stage:invited"))
    asked, waiting = stack.media.orders[room], stack.desk.invitations(room)
    assert [item.identity for item in waiting] == ["ben"]
    await stack.database.write(lambda tx: tx.execute(text("ALTER TABLE chat_log RENAME TO elsewhere")).close())
    for call, body in (
        ("stage:pin", {"identity": "more", "pinned": True}),
        ("stage:pin", {"identity": "ann", "pinned": True}),
        ("stage:pin", {"identity": "ann", "pinned": False}),
        ("stage:invite", {"identity": "ann"}),
        ("stage:invite", {"identity": "ben"}),
        ("stage:remove", {"identity": "ben"}),
    ):
        assert await host.refused(call, body) == "database_unavailable", call
        assert stack.desk.pins(room) == [("ben", None), ("ann", None)], call
        assert stack.desk.invitations(room) == waiting, call
    assert stack.media.orders[room] == asked
    assert len(host.named("stage:invited")) == len(host.named("stage:withdrawn")) + 1 == 1
    assert ann.named("stage:invited") == []


async def test_what_the_log_cannot_keep_is_not_done_on_the_stage(stack: Stack) -> None:
    room, host, ann, ben = await cast(stack, RoomKind.EXPERT)
    await stack.appoint(room, "ann", Role.SPEAKER)
    await host.ok("stage:mute", {"identity": "ann", "video": True})
    await stack.database.write(lambda tx: tx.execute(text("ALTER TABLE chat_log RENAME TO elsewhere")).close())
    assert await host.refused("stage:mute", {"identity": "ann", "audio": True}) == "database_unavailable"
    for client, name in ((ann, "ann"), (ben, "ben")):
        assert await host.refused("stage:remove", {"identity": name}) == "database_unavailable"
        assert (await stack.rooms.access(room, stack.tokens.known[name])).may(Action.PUBLISH)
        again = await stack.joined(room, name)
        assert "publish" in again.answer["me"]["can"], "they are not off the stage"
        assert [told["identity"] for told in client.named("member:appointed") if "publish" not in told["can"]] == []
    assert (await stack.joined(room, "ann")).answer["state"]["muted"]["by_host"] == ["video"]
    assert stack.media.orders[room].muted_audio == frozenset()
    await stack.database.write(lambda tx: tx.execute(text("ALTER TABLE elsewhere RENAME TO chat_log")).close())
    commits = stack.database.writer.commits
    await host.ok("stage:remove", {"identity": "ann"})
    assert stack.database.writer.commits == commits + 1, "the role and the entry are kept together"
    entries = (await stack.chat.desk.entries(await stack.rooms.access(room, stack.tokens.known["host"]))).entries
    assert [entry.deed for entry in entries] == [Deed.STAGE_OFF, Deed.STAGE_MUTE]


async def test_pins_are_told_to_everybody_and_choices_to_the_plane(stack: Stack) -> None:
    room, host, ann, ben = await cast(stack)
    await host.ok("stage:pin", {"identity": "ann", "source": "screen", "pinned": True})
    await ben.until(lambda: ben.named("stage:pins"))
    assert ben.named("stage:pins")[0]["pins"] == [{"identity": "ann", "source": "screen"}]
    assert stack.media.orders[room].pins == (Pin("ann", "screen"),)
    late = await stack.joined(room, stack.tokens.guest("cy"))
    assert late.answer["state"]["stage"]["pins"] == [{"identity": "ann", "source": "screen"}]
    await host.ok("stage:pin", {"identity": "ann", "source": "screen", "pinned": False})
    assert stack.media.orders[room].pins == ()
    await ann.ok(
        "stage:choose", {"session": "s1", "slots": [{"slot": 0, "publisher": "ben", "width": 640}, {"slot": 1}]}
    )
    assert stack.media.choices == [("s1", "ann", [SlotWish(0, "ben", "camera", 640), SlotWish(1)])]


async def test_changes_of_the_stage_have_a_rate(stack: Stack) -> None:
    _, host, _, _ = await cast(stack)
    codes = [
        (await host.call("stage:pin", {"identity": "ann", "pinned": index % 2 == 0})).get("error", {}).get("code")
        for index in range(30)
    ]
    assert "rate_limited" in codes
