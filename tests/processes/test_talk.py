"""Answers, pins, names and typing between people whose sockets are in different processes."""

import pytest

from livehub.bench.valkey import Valkey
from livehub.events import LineTranslated
from livehub.together import join_bus
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


@pytest.mark.parametrize("hear_one_another", [True, False])
async def test_what_a_person_words_in_one_process_goes_before_an_engine_that_another_asks(
    make_process: ProcessMaker, shared_valkey: Valkey, hear_one_another: bool
) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    heard: list[LineTranslated] = []
    two.stack.bus.subscribe(LineTranslated, heard.append)
    for process in (one, two) if hear_one_another else ():
        join_bus(process.stack.bus, process.ensemble)
    room = await one.stack.room()
    host = one.stack.tokens.known["host"]
    thai = await two.stack.joined(room, one.stack.tokens.guest("thai"), "th")
    turkish = await two.stack.joined(room, one.stack.tokens.guest("turk"), "tr")
    speaker = await two.stack.joined(room, "host")
    two.stack.engine.hold.clear()
    call = {"text": "We ship on Monday", "client_id": "c1", "announcement": True}
    line = (await speaker.ok("chat:send", call))["message"]["id"]
    access = await one.stack.rooms.access(room, host)
    corrections = one.stack.conversation.corrections
    found = await corrections.find(access, line)
    assert found is not None
    # Nobody is connected to the process that is asked.
    await corrections.edit(access, found[1], "th", "ส่งวันจันทร์")
    await thai.until(lambda: thai.named("chat:translations"))
    await eventually(lambda: [event.locale for event in heard] == ["th"] * hear_one_another)
    two.stack.engine.hold.set()
    await turkish.until(lambda: turkish.named("chat:translations"))
    await thai.quiet()
    texts = {item["text"] for event in thai.named("chat:translations") for item in event["items"]}
    assert texts == {"ส่งวันจันทร์"}

    # Taken back there, an engine's counts again here.
    await corrections.forget(access, found[1], "th")
    await thai.until(lambda: thai.named("chat:translations")[-1]["items"][0]["text"] == "th: WE SHIP ON MONDAY")
