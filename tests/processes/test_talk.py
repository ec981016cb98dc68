"""Answers, pins, names and typing between people whose sockets are in different processes."""

from livehub.bench.valkey import Valkey
from tests.processes.conftest import ProcessMaker, eventually


async def test_people_of_two_processes_talk_with_each_other(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    host = await one.stack.joined(room, "host")
    ben = await two.stack.joined(room, one.stack.tokens.guest("ben"))
    await eventually(lambda: one.stack.hub.viewers(room) == 1)

    found = await host.ok("member:find", {"prefix": "be"})
    assert found["items"] == [{"identity": "ben", "display_name": "Ben", "role": "viewer"}]
    question = await ben.say("How tall is it?")
    about = {"reply_to": question["id"], "mentions": ["ben"]}
    await host.ok("chat:send", {"text": "@Ben 40 cm", "client_id": "c1", **about})
    await ben.until(lambda: "@Ben 40 cm" in ben.lines())
    answer = ben.named("chat:messages")[-1]["items"][0]
    assert answer["reply_to"]["id"] == question["id"]
    assert answer["mentions"] == [{"identity": "ben", "display_name": "Ben"}]

    await host.ok("chat:pin", {"id": answer["id"]})
    await ben.until(lambda: ben.named("chat:pinned"))
    await host.until(lambda: host.named("chat:pinned"))
    assert [event["seq"] for event in ben.named("chat:pinned")] == [event["seq"] for event in host.named("chat:pinned")]

    assert (await ben.ok("chat:typing", {"typing": True}))["told"]
    assert (await host.ok("chat:typing", {"typing": True}))["told"]
    for client in (host, ben):
        await client.until(lambda c=client: {e["identity"] for e in c.named("chat:typing")} == {"ben", "host"})  # type: ignore[misc]
