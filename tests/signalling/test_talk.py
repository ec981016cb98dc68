"""Replies, mentions, pins, announcements and typing, over real sockets."""

from typing import Any

import pytest

from livehub.accounts.permissions import Role
from livehub.signalling.limits import Limits
from tests.signalling.conftest import FREE, Client, Stack, StackMaker


async def send(client: Client, text: str, **more: Any) -> dict[str, Any]:
    answer = await client.ok("chat:send", {"text": text, "client_id": f"c-{text}", **more})
    message: dict[str, Any] = answer["message"]
    return message


async def test_a_reply_carries_what_it_answers(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    question = await ann.say("How tall is it?")
    reply = await send(ben, "40 cm", reply_to=question["id"])
    assert reply["reply_to"] == {
        "id": question["id"],
        "seq": question["seq"],
        "author": question["author"],
        "text": "How tall is it?",
        "locale": "en",
    }
    await ann.until(lambda: "40 cm" in ann.lines())
    assert ann.named("chat:messages")[-1]["items"][0]["reply_to"] == reply["reply_to"]
    assert await send(ben, "40 cm", reply_to=question["id"]) == reply
    await ann.ok("chat:delete", {"id": question["id"]})
    for wrong in (question["id"], "msg_nowhere"):
        answer = {"text": "late", "client_id": f"c-{wrong}", "reply_to": wrong}
        assert await ben.refused("chat:send", answer) == "message_not_found"
    late = await stack.joined(room, stack.tokens.guest("cem"))
    (shown,) = [line for line in late.answer["state"]["messages"] if line["text"] == "40 cm"]
    assert shown["reply_to"] == {"id": question["id"], "seq": question["seq"], "deleted": True}


async def test_no_line_of_another_room_is_quoted(stack: Stack) -> None:
    room, other = await stack.room(), await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    secret = await ann.say("between us")
    ben = await stack.joined(other, stack.tokens.guest("ben"))
    payload = {"text": "look", "client_id": "c1", "reply_to": secret["id"]}
    assert await ben.refused("chat:send", payload) == "message_not_found"


async def test_who_is_in_the_room_can_be_mentioned_and_found(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    for name in ("maria lopez", "marta", "josé", "ann"):
        await stack.joined(room, stack.tokens.guest(name))
    ann = stack.clients[-1]
    found = await ann.ok("member:find", {"prefix": "MAR"})
    assert found["items"] == [
        {"identity": "marta", "display_name": "Marta", "role": "viewer"},
        {"identity": "maria lopez", "display_name": "Maria Lopez", "role": "viewer"},
    ]
    assert [one["identity"] for one in (await ann.ok("member:find", {"prefix": "lop"}))["items"]] == ["maria lopez"]
    assert [one["identity"] for one in (await ann.ok("member:find", {"prefix": "jose"}))["items"]] == ["josé"]
    assert [one["role"] for one in (await ann.ok("member:find", {"prefix": "host"}))["items"]] == ["host"]
    assert len((await ann.ok("member:find"))["items"]) == 5
    line = await send(ann, "@Marta @Nobody hello", mentions=["marta", "nobody", "marta"])
    assert line["mentions"] == [{"identity": "marta", "display_name": "Marta"}]
    await host.until(lambda: host.lines())
    assert host.named("chat:messages")[0]["items"] == [line]
    many = {"text": "all", "client_id": "c-all", "mentions": [f"m{n}" for n in range(11)]}
    assert await ann.refused("chat:send", many) == "invalid_input"
    # By name, however it is written, and nobody whom the others do not see called.
    for text, called in (
        ("@JOSE\u0301 you too", ["josé"]),
        ("hello all", []),
        ("Marta, me@marta", ["marta"]),
        ("@Mar", []),
    ):
        line = await send(ann, text, mentions=["josé", "marta", "maria lopez"])
        assert [one["identity"] for one in line.get("mentions", ())] == called, text


async def test_names_are_looked_for_among_so_many_so_often(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(find_scanned=2, find_most=8, finds_per_s=0.001, finds_burst=2))
    room = await stack.room()
    for name in ("first", "second", "third"):
        await stack.joined(room, stack.tokens.guest(name))
    asking = stack.clients[-1]
    assert (await asking.ok("member:find", {"prefix": "first"}))["items"] == []
    assert [one["identity"] for one in (await asking.ok("member:find", {}))["items"]] == ["third", "second"]
    assert await asking.refused("member:find", {}) == "rate_limited"


async def test_announcements_are_for_those_who_run_the_room(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    line = await send(host, "Ten minutes left", announcement=True)
    assert line["announcement"] is True
    await ann.until(lambda: ann.lines())
    assert ann.named("chat:messages")[0]["items"][0]["announcement"] is True
    wanted = {"text": "Free bowls", "client_id": "c1", "announcement": True}
    assert await ann.refused("chat:send", wanted) == "forbidden"
    await stack.appoint(room, "ann", Role.MODERATOR)
    assert await ann.refused("chat:send", wanted) == "forbidden"
    await stack.appoint(room, "ann", Role.COHOST)
    assert (await ann.ok("chat:send", wanted))["message"]["announcement"] is True
    assert "announcement" not in await ann.say("an ordinary line")


async def test_who_comes_late_still_sees_what_was_announced(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    eva = await stack.joined(room, stack.tokens.guest("eva"), "es")
    assert host.answer["state"]["announcement"] is None
    line = await send(host, "Ten minutes left", announcement=True)
    await eva.until(lambda: eva.named("chat:translations"))
    await host.say("so choose now")
    late = await stack.joined(room, stack.tokens.guest("luz"), "es")
    announced = late.answer["state"]["announcement"]
    assert announced["message"]["id"] == line["id"]
    assert announced["message"]["translation"]["text"] == "es: TEN MINUTES LEFT"
    assert 0 < announced["left_ms"] <= 30_000
    assert announced["ends_at"] > line["at"]
    await host.ok("chat:delete", {"id": line["id"]})
    cem = await stack.joined(room, stack.tokens.guest("cem"))
    assert cem.answer["state"]["announcement"] is None


async def test_a_pinned_line_is_told_and_in_the_snapshot_in_the_readers_language(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    eva = await stack.joined(room, stack.tokens.guest("eva"), "es")
    line = await host.say("We ship on Monday")
    await eva.until(lambda: eva.named("chat:translations"))
    assert await eva.refused("chat:pin", {"id": line["id"]}) == "forbidden"
    assert await host.refused("chat:pin", {"id": "msg_nowhere"}) == "message_not_found"
    await host.ok("chat:pin", {"id": line["id"]})
    await eva.until(lambda: eva.named("chat:pinned"))
    (told,) = eva.named("chat:pinned")
    assert told["message"] == line
    assert told["seq"] > line["seq"]
    late = await stack.joined(room, stack.tokens.guest("luz"), "es")
    assert late.answer["state"]["pinned_message"]["translation"]["text"] == "es: WE SHIP ON MONDAY"
    await host.ok("chat:unpin")
    await eva.until(lambda: len(eva.named("chat:pinned")) == 2)
    assert eva.named("chat:pinned")[1]["message"] is None
    await host.ok("chat:unpin")
    await host.ok("chat:pin", {"id": line["id"]})
    await host.ok("chat:delete", {"id": line["id"]})
    assert await host.refused("chat:pin", {"id": line["id"]}) == "message_not_found"
    cem = await stack.joined(room, stack.tokens.guest("cem"))
    assert cem.answer["state"]["pinned_message"] is None


async def test_a_pin_that_was_missed_is_caught_up_with(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    line = await host.say("hello")
    await ann.until(lambda: ann.lines())
    ann.break_off()
    await host.ok("chat:pin", {"id": line["id"]})
    back = await stack.client("ann")
    assert (await back.join(room, since=line["seq"]))["resumed"]
    await back.until(lambda: back.named("chat:pinned"))
    assert back.named("chat:pinned")[0]["message"]["id"] == line["id"]


async def test_typing_is_told_in_small_rooms_alone(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(typing_most_people=2, typing_per_s=0.001, typing_burst=4))
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    assert (await ann.ok("chat:typing", {"typing": True}))["told"]
    assert (await ben.ok("chat:typing", {"typing": True}))["told"]
    await ann.until(lambda: len(ann.named("chat:typing")) >= 2)
    assert {one["identity"] for one in ann.named("chat:typing")} == {"ann", "ben"}
    assert all("seq" not in one and one["typing"] for one in ann.named("chat:typing"))
    await ben.ok("chat:typing", {"typing": False})
    await ann.until(lambda: not ann.named("chat:typing")[-1]["typing"])
    cem = await stack.joined(room, stack.tokens.guest("cem"))
    assert not (await ben.ok("chat:typing", {"typing": True}))["told"]
    await cem.quiet()
    assert cem.named("chat:typing") == []
    await ben.ok("chat:typing", {"typing": False})
    assert await ben.refused("chat:typing", {"typing": True}) == "rate_limited"


async def test_who_is_muted_does_not_type(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    await host.ok("member:mute", {"identity": "ann", "seconds": 60})
    assert await ann.refused("chat:typing", {"typing": True}) == "muted"


@pytest.mark.parametrize(
    ("call", "payload"),
    [
        ("chat:pin", {}),
        ("chat:pin", {"id": "a\x00"}),
        ("chat:typing", {"typing": "yes"}),
        ("member:find", {"prefix": "x" * 65}),
        ("chat:send", {"text": "x", "client_id": "c", "mentions": "ann"}),
        ("chat:send", {"text": "x", "client_id": "c", "reply_to": 7}),
    ],
)
async def test_what_does_not_fit_is_refused(stack: Stack, call: str, payload: dict[str, Any]) -> None:
    client = await stack.joined(await stack.room(), "host")
    assert await client.refused(call, payload) == "invalid_input"


def test_a_free_stack_reaches_no_limit_by_accident() -> None:
    assert FREE.finds_burst >= 10
