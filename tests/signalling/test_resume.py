"""Coming back: nothing missed, nothing doubled, the same order, whatever moment the connection broke at."""

import asyncio
import random
from typing import Any

import pytest
from engineio.payload import Payload

from livehub.chat.model import HistoryQuery
from livehub.signalling.limits import Limits
from tests.signalling.conftest import Client, Stack, StackMaker


async def test_what_was_missed_follows_and_nothing_else(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    await ann.say("seen")
    await ben.until(lambda: ben.lines())
    since = ben.named("chat:messages")[-1]["seq"]
    ben.break_off()
    for number in range(5):
        await ann.say(f"missed {number}")
    back = await stack.joined(room, "ben", since=since)
    assert back.answer["resumed"]
    assert back.answer["seq"] == since
    assert "state" not in back.answer
    await ann.say("live")
    await back.until(lambda: "live" in back.lines())
    assert back.lines() == [*(f"missed {number}" for number in range(5)), "live"]


async def test_a_number_of_another_life_gets_a_snapshot(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    await ann.say("hello")
    for since in (0, 1, ann.answer["seq"] - 1, ann.answer["seq"] + 10**9, 2**53 - 1):
        ben = await stack.joined(room, stack.tokens.guest("ben"), since=since)
        assert not ben.answer["resumed"]
        assert [message["text"] for message in ben.answer["state"]["messages"]] == ["hello"]


async def test_too_long_away_gets_a_snapshot(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(max_kept_events=5))
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    for number in range(20):
        await ann.say(f"{number}")
    await ann.until(lambda: len(ann.lines()) == 20)
    await ann.quiet()
    seqs = [payload["seq"] for payload in ann.named("chat:messages")]
    near = await stack.joined(room, stack.tokens.guest("near"), since=seqs[16])
    far = await stack.joined(room, stack.tokens.guest("far"), since=seqs[3])
    assert near.answer["resumed"]
    assert not far.answer["resumed"]
    await near.until(lambda: len(near.lines()) == 3)
    assert len(far.answer["state"]["messages"]) == 20


class Reader:
    """A phone in a train: reads until it is cut off, comes back with the last number it saw."""

    def __init__(self, stack: Stack, room: str, chance: random.Random) -> None:
        self.stack, self.room, self.chance = stack, room, chance
        self.seen = self.line_seq = 0
        self.read: list[str] = []
        self.resumes = self.snapshots = 0
        self.client: Client

    async def come(self) -> None:
        self.client = await self.stack.client("reader")
        answer = await self.client.join(self.room, since=self.seen or None)
        self.seen = answer["seq"]
        if answer["resumed"]:
            self.resumes += 1
        else:
            self.snapshots += 1
            await self.read_back(answer["state"]["messages"])

    async def read_back(self, shown: list[dict[str, Any]]) -> None:
        """A snapshot has the last fifty lines: whoever was away for more asks for those between."""
        if self.line_seq and shown and shown[0]["seq"] > self.line_seq:
            access = await self.stack.rooms.access(self.room, self.stack.tokens.known["reader"])
            between = HistoryQuery(self.room, 1_000, after=self.line_seq, before=shown[0]["seq"])
            self.read += [message.id for message in (await self.stack.chat.history(access, between)).messages]
        for line in shown:
            if line["seq"] > self.line_seq:
                self.read.append(line["id"])
                self.line_seq = line["seq"]

    async def be_cut_off(self) -> None:
        self.client.break_off()
        await self.client.quiet(self.chance.uniform(0.0, 0.05))
        self.take()

    def take(self) -> None:
        """What came, in order; each number above the last."""
        for _, payload in self.client.events:
            if "seq" in payload:
                assert payload["seq"] > self.seen
                self.seen = payload["seq"]
                for item in payload.get("items", ()):
                    self.read.append(item["id"])
                    self.line_seq = item["seq"]
        self.client.events.clear()


async def ride(stack: Stack, seed: int, lines: int) -> tuple[Reader, list[str]]:
    """Three people write ``lines`` each while a reader is cut off at random moments. Gives what SQL has, too."""
    room = await stack.room()
    stack.tokens.guest("reader")
    chance = random.Random(seed)
    writers = [await stack.joined(room, stack.tokens.guest(f"writer{number}")) for number in range(3)]

    async def write(client: Client) -> None:
        for number in range(lines):
            await client.say(f"{number}")
            await asyncio.sleep(chance.uniform(0, 0.004))

    reader = Reader(stack, room, chance)
    await reader.come()
    writing = asyncio.gather(*(write(client) for client in writers))
    while not writing.done():
        await asyncio.sleep(chance.uniform(0.0, 0.12))
        await reader.be_cut_off()
        await reader.come()
    await writing
    kept = await stack.database.read(
        lambda connection: [
            row.id
            for row in connection.exec_driver_sql(f"SELECT id FROM chat_messages WHERE room_id = '{room}' ORDER BY seq")
        ]
    )

    def has_the_last() -> bool:
        reader.take()
        return reader.read[-1:] == kept[-1:]

    await reader.client.until(has_the_last, 20.0)
    await reader.client.quiet(0.3)  # and nothing comes after it
    reader.take()
    return reader, kept


async def test_cut_off_at_random_moments_while_hundreds_of_lines_flow(stack: Stack) -> None:
    reader, kept = await ride(stack, seed=7, lines=150)
    assert reader.read == kept
    assert len(kept) == 450
    assert reader.resumes > 3
    assert reader.snapshots == 1


async def test_the_same_where_snapshots_are_needed(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(max_kept_events=4, gather_s=0.005))
    reader, kept = await ride(stack, seed=11, lines=60)
    assert reader.read == kept
    assert reader.snapshots > 1


async def test_numbers_grow_across_a_restart(make_stack: StackMaker) -> None:
    stack = await make_stack()
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    first = await ann.say("before")
    await ann.close()
    await stack.hub.close()
    restarted = await make_stack()
    back = await restarted.joined(room, restarted.tokens.guest("ann"), since=first["seq"])
    assert not back.answer["resumed"]
    assert back.answer["seq"] >= first["seq"]
    assert (await back.say("after"))["seq"] > first["seq"]


async def test_joining_again_on_the_same_socket_doubles_nothing(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    await ann.say("one")
    await ann.until(lambda: ann.lines() == ["one"])
    await ann.join(room, "th", since=ann.named("chat:messages")[-1]["seq"])
    assert ann.answer["resumed"]
    await ann.say("two")
    await ann.until(lambda: "two" in ann.lines())
    assert ann.lines() == ["one", "two"]
    assert stack.hub.viewers(room) == 1


async def test_everything_that_is_kept_can_be_handed_over_at_once(
    make_stack: StackMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The Python client takes 16 packets in one poll unless told otherwise; browsers take any number.
    monkeypatch.setattr(Payload, "max_decode_packets", 10_000)
    stack = await make_stack(Limits(max_kept_events=2_000, max_kept_bytes=4_000_000, max_unread_bytes=100_000))
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    feed = stack.hub._broadcaster.find(room)
    assert feed is not None
    for number in range(1_500):
        feed.publish("room:state", {"room_state": {"n": number, "filler": "x" * 2_000}})
    back = await stack.joined(room, stack.tokens.guest("back"), since=ann.answer["seq"])
    poller = await stack.client(stack.tokens.guest("poll"), ["polling"])
    await poller.join(room, since=ann.answer["seq"])
    for client in (back, poller):
        await client.until(lambda client=client: len(client.named("room:state")) == 1_500)  # type: ignore[misc]
        assert [payload["room_state"]["n"] for payload in client.named("room:state")] == list(range(1_500))
