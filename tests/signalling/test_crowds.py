"""What a crowd does at once: who comes and goes is told as a sum, and who is too many is told when to come."""

import asyncio
from typing import Any

import pytest

from livehub.signalling import links, sequence
from livehub.signalling.limits import Limits
from livehub.signalling.straight import StraightLink
from livehub.signalling.wire import frame
from tests.signalling.conftest import Client, Stack, StackMaker

TELL_S = 0.4
MANY = Limits(presence_s=TELL_S, presence_sample=3, joins_per_s=1000, joins_burst=1000)


async def guests(stack: Stack, room: str, names: list[str]) -> list[Client]:
    return list(await asyncio.gather(*(stack.joined(room, stack.tokens.guest(name)) for name in names)))


async def counted(client: Client, count: int) -> dict[str, Any]:
    """What was told last, once it is that many."""
    await client.until(lambda: client.named("room:presence") and client.named("room:presence")[-1]["count"] == count)
    return client.named("room:presence")[-1]


async def test_a_small_room_has_a_roster_and_a_big_one_a_sample(make_stack: StackMaker) -> None:
    stack = await make_stack(MANY)
    room = await stack.room()
    host = await stack.joined(room, "host")
    await guests(stack, room, ["ann", "ben", "cem"])
    assert {one["identity"] for one in (await counted(host, 3))["sample"]} == {"ann", "ben", "cem"}
    await guests(stack, room, ["dan", "eva"])
    shown = (await counted(host, 5))["sample"]
    assert len(shown) == 3
    assert {"dan", "eva"} <= {one["identity"] for one in shown}, "those who came last"
    late = await stack.joined(room, stack.tokens.guest("flo"))
    assert len(late.answer["state"]["presence"]["sample"]) == 3


async def test_comings_and_goings_of_a_crowd_are_told_together(make_stack: StackMaker) -> None:
    stack = await make_stack(MANY)
    room = await stack.room()
    host = await stack.joined(room, "host")
    await host.quiet()
    host.events.clear()
    began_s = asyncio.get_running_loop().time()
    crowd = await guests(stack, room, [f"guest{n}" for n in range(25)])
    await counted(host, 25)
    await asyncio.gather(*(client.close() for client in crowd[:20]))
    await counted(host, 5)
    took_s = asyncio.get_running_loop().time() - began_s
    assert {name for name, _ in host.events} == {"room:presence"}, "nobody is announced, nobody is bidden farewell"
    assert len(host.events) <= took_s / TELL_S + 2
    assert all(len(told["sample"]) <= 3 for _, told in host.events)


async def test_a_storm_of_joins_is_let_in_bit_by_bit_and_told_when_to_come(make_stack: StackMaker) -> None:
    stack = await make_stack(Limits(all_joins_per_s=20, all_joins_burst=2, longest_join_wait_s=0.2, joins_burst=100))
    room = await stack.room()
    crowd = [await stack.client(stack.tokens.guest(f"guest{n}")) for n in range(16)]
    loop, told = asyncio.get_running_loop(), []

    async def come(client: Client) -> float:
        while True:
            answer = await client.call("room:join", {"room": room, "locale": "en"})
            if answer["ok"]:
                return loop.time()
            assert answer["error"]["code"] == "rate_limited"
            told.append(answer["error"]["retry_after_s"])
            await asyncio.sleep(told[-1])

    began_s = loop.time()
    let_in = sorted([at_s - began_s for at_s in await asyncio.gather(*map(come, crowd))])
    assert told, "sixteen are too many at once"
    assert all(0.2 <= wait_s <= 0.4 for wait_s in told)
    assert len(set(told)) > len(told) / 2, "not all are sent for at the same moment"
    assert let_in[-1] >= (16 - 2 - 1) / 20, "at the pace that was set"
    assert stack.hub.viewers(room) == 16


async def test_a_line_to_a_crowd_is_encoded_and_framed_once_and_leaves_as_the_same_bytes(
    make_stack: StackMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = await make_stack(MANY)
    room = await stack.room()
    crowd = await guests(stack, room, [f"guest{n}" for n in range(20)])
    await counted(crowd[0], 20)
    encoded: list[str] = []
    framed: list[bytes] = []
    written: list[bytes] = []
    encode, write = sequence.encode, StraightLink.write_frames

    def encoding(name: str, payload: Any) -> bytes:
        encoded.append(name)
        return encode(name, payload)

    def framing(payload: bytes) -> bytes:
        framed.append(payload)
        return frame(payload)

    def writing(link: StraightLink, frames: bytes) -> None:
        if b'2["chat:messages"' in frames:
            written.append(frames)
        write(link, frames)

    monkeypatch.setattr(sequence, "encode", encoding)
    monkeypatch.setattr(links, "frame", framing)
    monkeypatch.setattr(StraightLink, "write_frames", writing)
    await crowd[0].say("hello")
    for client in crowd:
        await client.until(lambda client=client: client.lines() == ["hello"])  # type: ignore[misc]
    assert encoded.count("chat:messages") == 1
    assert len([payload for payload in framed if b'"chat:messages"' in payload]) == 1
    assert len(written) == 20
    assert len({id(frames) for frames in written}) == 1
