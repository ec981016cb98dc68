"""Polls, questions and draws of one room in two processes: one truth, told once to everybody."""

import asyncio

from livehub.bench.valkey import Valkey
from livehub.events import DrawChanged
from tests.processes.conftest import ProcessMaker

POLL = {"question": "Which?", "options": ["a", "b"]}


async def test_votes_of_both_processes_make_one_sum(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    host = await one.stack.joined(room, "host")
    here = [await one.stack.joined(room, one.stack.tokens.guest(f"here{n}")) for n in range(4)]
    there = [await two.stack.joined(room, two.stack.tokens.guest(f"there{n}")) for n in range(4)]
    poll = (await host.ok("poll:open", POLL))["poll"]["id"]
    # Whoever joins, in whatever process, is shown it or told of it, as their snapshot's number is after or before it.
    late = await two.stack.joined(room, two.stack.tokens.guest("late"))
    shown = late.answer["state"]["poll"]
    await late.until(lambda: shown or late.named("poll:changed"))
    assert (shown or late.named("poll:changed")[0]["poll"])["id"] == poll
    await asyncio.gather(
        *(client.ok("poll:vote", {"poll": poll, "option": n % 2}) for n, client in enumerate(here + there))
    )
    for client in (host, late):
        await client.until(
            lambda client=client: any(told["votes"] == [4, 4] for told in client.named("poll:results"))  # type: ignore[misc]
        )
    await host.ok("poll:close", {"poll": poll})
    await late.until(lambda: any(told["poll"]["state"] == "closed" for told in late.named("poll:changed")))
    assert [told["poll"]["state"] for told in late.named("poll:changed")][-1:] == ["closed"]
    for client in (here[0], there[0]):
        await client.until(lambda client=client: len(client.named("poll:changed")) == 2)  # type: ignore[misc]
    opened = [told["seq"] for told in here[0].named("poll:changed")]
    assert opened == [told["seq"] for told in there[0].named("poll:changed")]
    assert len(opened) == 2


async def test_a_draw_is_entered_from_both_processes(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    # What livehub.processes.spread does for all processes.
    one.stack.bus.subscribe(DrawChanged, two.stack.bus.hear, here_only=True)
    two.stack.bus.subscribe(DrawChanged, one.stack.bus.hear, here_only=True)
    room = await one.stack.room()
    host = await two.stack.joined(room, "host")
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    ben = await two.stack.joined(room, two.stack.tokens.guest("ben"))
    draw = (await host.ok("draw:open", {"title": "A bowl", "keyword": "blue"}))["draw"]["id"]

    for client in (ann, ben):
        await client.until(lambda client=client: client.named("draw:changed"))  # type: ignore[misc]
        assert (await client.ok("chat:send", {"text": "Blue", "client_id": "c"}))["ticket"]
    await host.ok("draw:close", {"draw": draw})
    drawn = (await host.ok("draw:draw", {"draw": draw}))["draw"]
    assert drawn["entries"] == 2
    await ann.until(lambda: len(ann.named("draw:changed")) == 3)
    assert ann.named("draw:changed")[-1]["draw"]["winners"][0]["ticket"] == drawn["winners"][0]["ticket"]
