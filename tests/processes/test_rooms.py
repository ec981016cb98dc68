"""One room in two processes: one sequence, one history, one audience."""

import asyncio
from collections import Counter
from typing import Any

import pytest
import redis.asyncio as redis

from livehub.bench.valkey import Valkey
from livehub.signalling.limits import Limits
from tests.processes.conftest import Process, ProcessMaker, eventually
from tests.signalling.conftest import FREE


async def test_lines_reach_both_in_the_same_order(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    ben = await two.stack.joined(room, two.stack.tokens.guest("ben"))

    async def talk(client: object, who: str) -> None:
        for number in range(40):
            await client.say(f"{who} {number}")  # type: ignore[attr-defined]

    await asyncio.gather(talk(ann, "ann"), talk(ben, "ben"))
    await ann.until(lambda: len(ann.lines()) == 80)
    await ben.until(lambda: len(ben.lines()) == 80)

    assert ann.lines() == ben.lines()
    numbers = [payload["seq"] for payload in ann.named("chat:messages")]
    assert numbers == sorted(set(numbers)) == [payload["seq"] for payload in ben.named("chat:messages")]
    assert [item["seq"] for payload in ann.named("chat:messages") for item in payload["items"]] == numbers


async def test_a_line_is_published_once_and_heard_once_in_each_process_however_many_read(
    make_process: ProcessMaker, shared_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    readers = [
        await process.stack.joined(room, process.stack.tokens.guest(f"reader{n}"))
        for n in range(4)
        for process in (one, two)
    ]
    heard: Counter[str] = Counter()

    def listening(name: str, process: Process) -> None:
        really = process.ensemble.wires._heard

        def hear(opened: Any, blob: bytes) -> None:
            heard[name] += b'"hello"' in blob
            really(opened, blob)

        monkeypatch.setattr(process.ensemble.wires, "_heard", hear)

    listening("one", one)
    listening("two", two)
    async with redis.Redis.from_url(shared_valkey.url) as bystander, bystander.pubsub() as channel:
        await channel.subscribe(one.ensemble.link.channel(f"room:{room}"))
        await ann.say("hello")
        for reader in readers:
            await reader.until(lambda reader=reader: reader.lines() == ["hello"])  # type: ignore[misc]
        await ann.say("that was all")
        published: list[bytes] = []
        while not any(b'"that was all"' in blob for blob in published):
            told = await channel.get_message(ignore_subscribe_messages=True, timeout=5)
            published += [told["data"]] if told else []
    assert sum(b'"hello"' in blob for blob in published) == 1
    assert heard == {"one": 1, "two": 1}


async def test_a_client_goes_on_in_another_process(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    ben = await one.stack.joined(room, one.stack.tokens.guest("ben"))
    await ann.say("before")
    await ben.until(lambda: ben.lines() == ["before"])
    since = ben.named("chat:messages")[-1]["seq"]
    await ben.close()
    await ann.say("missed 1")
    await ann.say("missed 2")
    await ann.until(lambda: len(ann.lines()) == 3)

    again = await two.stack.client("ben")
    answer = await again.join(room, since=since)

    assert answer["resumed"]
    await again.until(lambda: again.lines() == ["missed 1", "missed 2"])


async def test_who_was_ahead_of_another_process_goes_on_there(
    make_process: ProcessMaker, shared_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second process has not heard yet what the client has seen in the first."""
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    await two.stack.joined(room, two.stack.tokens.guest("ben"))
    with monkeypatch.context() as slow:
        slow.setattr(two.ensemble.wires, "_heard", lambda *_: None)
        await ann.say("seen")
        await ann.until(lambda: ann.lines() == ["seen"])
        again = await two.stack.client("ann")
        answer = await again.join(room, since=ann.named("chat:messages")[-1]["seq"])

    assert answer["resumed"]
    assert again.lines() == []
    await ann.say("next")
    await again.until(lambda: again.lines() == ["next"])


async def test_a_snapshot_ends_at_its_number(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))

    async def talk() -> None:
        for number in range(60):
            await ann.say(f"{number}")

    talking = asyncio.create_task(talk())
    seen = []
    for number in range(6):
        late = await two.stack.client(two.stack.tokens.guest(f"late{number}"))
        answer = await late.join(room)
        seen.append((late, [item["text"] for item in answer["state"]["messages"]]))
    await talking
    for late, shown in seen:
        await late.until(lambda late=late, shown=shown: (shown + late.lines())[-1:] == ["59"])  # type: ignore[misc]
        everything = shown + late.lines()
        assert everything == [str(number) for number in range(60)][-len(everything) :]


async def test_presence_is_of_all_processes_and_of_persons(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    await one.stack.joined(room, one.stack.tokens.guest("ann"))
    await two.stack.joined(room, two.stack.tokens.guest("ben"))
    here, there = await one.stack.joined(room, one.stack.tokens.guest("cat")), await two.stack.joined(room, "cat")
    await eventually(lambda: one.stack.hub.viewers(room) == two.stack.hub.viewers(room) == 3)

    await here.close()
    await eventually(lambda: len(one.ensemble.people.roster.present_in(room, "cat")) == 1)
    assert one.stack.hub.viewers(room) == 3
    await there.close()
    await eventually(lambda: one.stack.hub.viewers(room) == two.stack.hub.viewers(room) == 2)


async def test_who_comes_up_later_knows_who_is_there(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one = await make_process(shared_valkey)
    room = await one.stack.room()
    host = await one.stack.joined(room, "host")
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    await ann.ok("hand:raise", {"raised": True})
    two = await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known

    await eventually(lambda: two.stack.hub.viewers(room) == 1)
    again = await two.stack.client("host")
    state = (await again.join(room))["state"]
    assert state["presence"]["count"] == 1
    assert state["hands"] == [{"identity": "ann", "display_name": "Ann"}]

    await ann.close()
    await again.until(lambda: [hand["raised"] for hand in again.named("hand:raised")] == [False])
    await host.until(lambda: [hand["raised"] for hand in host.named("hand:raised")] == [True, False])


async def test_a_dead_process_is_no_longer_counted(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    host = await one.stack.joined(room, "host")
    ben = await two.stack.joined(room, two.stack.tokens.guest("ben"))
    await ben.ok("hand:raise", {"raised": True})
    await host.until(lambda: host.named("hand:raised"))
    await eventually(lambda: one.stack.hub.viewers(room) == 1)

    # Its lease runs out; nobody said goodbye.
    now_s = asyncio.get_running_loop().time()
    one.ensemble.exchange.bury(now_s + one.ensemble.limits.lease_s + 1)

    assert one.stack.hub.viewers(room) == 0
    await host.until(lambda: [hand["raised"] for hand in host.named("hand:raised")] == [True, False])
    # It was only slow: what it has is heard again.
    two.ensemble.exchange.beat()
    await eventually(lambda: one.stack.hub.viewers(room) == 1)


async def test_a_number_held_by_a_dead_process_holds_nobody_up(make_process: ProcessMaker, own_valkey: Valkey) -> None:
    one, two = await make_process(own_valkey), await make_process(own_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    reserved = await two.ensemble.wires.reserve(room, 0)
    await ann.say("waits for it")
    assert ann.lines() == []

    two.ensemble.wires.drop(room, reserved)

    await ann.until(lambda: ann.lines() == ["waits for it"])
    assert ann.named("chat:messages")[0]["seq"] == reserved + 1


async def test_hearts_are_summed(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    one, two = await make_process(shared_valkey), await make_process(shared_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    ben = await two.stack.joined(room, two.stack.tokens.guest("ben"))
    for _ in range(3):
        await ann.ok("chat:react", {"emoji": "❤️"})
    for _ in range(2):
        await ben.ok("chat:react", {"emoji": "❤️"})

    for client in (ann, ben):
        await client.until(
            lambda client=client: sum(item["delta"]["❤️"] for item in client.named("chat:reactions")) == 5  # type: ignore[misc]
        )
        assert client.named("chat:reactions")[-1]["total"]["❤️"] == 5


async def test_a_rate_is_one_over_all_processes(make_process: ProcessMaker, shared_valkey: Valkey) -> None:
    limits = Limits(calls_per_s=1000, calls_burst=10_000, joins_per_s=0.001, joins_burst=2)
    one = await make_process(shared_valkey, limits=limits)
    two = await make_process(shared_valkey, limits=limits)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    token = one.stack.tokens.guest("ann")
    await one.stack.joined(room, token)
    await two.stack.joined(room, token)

    third = await one.stack.client(token)

    assert await third.refused("room:join", {"room": room, "locale": "en"}) == "rate_limited"
    assert FREE.joins_burst > 2


async def test_redis_dies_and_nothing_acknowledged_is_lost(make_process: ProcessMaker, own_valkey: Valkey) -> None:
    """Who is connected comes anew for a snapshot; numbers go on above the old ones."""
    one, two = await make_process(own_valkey), await make_process(own_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    ben = await two.stack.joined(room, two.stack.tokens.guest("ben"))
    await ann.say("before")
    await ben.until(lambda: ben.lines() == ["before"])
    since = ben.named("chat:messages")[-1]["seq"]

    own_valkey.kill()
    await eventually(lambda: not one.ensemble.link.is_up and not two.ensemble.link.is_up)
    refused = await ann.call("chat:send", {"text": "meanwhile", "client_id": "m"})
    assert refused["error"]["code"] == "redis_unavailable"
    own_valkey.start()
    await eventually(lambda: one.ensemble.link.is_up and two.ensemble.link.is_up)
    # Both are cut, so that they come back and ask.
    await eventually(lambda: not ann.sio.connected and not ben.sio.connected)

    again = await two.stack.client("ben")
    answer = await again.join(room, since=since)
    assert not answer["resumed"]
    assert answer["seq"] > since
    assert [item["text"] for item in answer["state"]["messages"]] == ["before"]
    back = await one.stack.joined(room, "ann")
    await back.say("after", client_id="m")
    await again.until(lambda: again.lines() == ["after"])
    await eventually(lambda: one.stack.hub.viewers(room) == two.stack.hub.viewers(room) == 2)


async def test_a_cut_wire_is_mended_from_the_log(make_process: ProcessMaker, own_valkey: Valkey) -> None:
    """The same Redis: what was published meanwhile is read from its log, nobody has to come anew."""
    one, two = await make_process(own_valkey), await make_process(own_valkey)
    two.stack.tokens.known = one.stack.tokens.known
    room = await one.stack.room()
    ann = await one.stack.joined(room, one.stack.tokens.guest("ann"))
    ben = await two.stack.joined(room, two.stack.tokens.guest("ben"))
    for number in range(30):
        await ann.say(f"{number}")
        if number % 10 == 5:
            two.ensemble.link.break_off()
    await ben.until(lambda: len(ben.lines()) == 30)
    assert ben.lines() == [f"{number}" for number in range(30)]
    assert ben.sio.connected
