"""What goes over the wire, and what Redis does with it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.accounts.permissions import Action
from livehub.bench.valkey import Valkey
from livehub.clock import SystemClock
from livehub.errors import RateLimited
from livehub.events import EventBus
from livehub.processes.ensemble import Ensemble
from livehub.processes.lease import Lease
from livehub.processes.limits import ProcessLimits
from livehub.processes.rooms import Entry, parse
from livehub.ratelimit import TokenBuckets
from livehub.rooms.stage import StageDesk
from livehub.signalling.sequence import EVERYONE, Audience, encode
from livehub.signalling.shared import around_number, read_audience, written_audience
from tests.processes.conftest import eventually

QUICK = ProcessLimits(retry_first_s=0.01, retry_last_s=0.05, reservation_s=0.2, beat_s=0.05, lease_s=1.0)


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text()), max_size=3), st.text(), st.text())
def test_a_packet_around_its_number_is_the_packet(payload: dict[str, Any], room: str, name: str) -> None:
    payload.pop("room", None)
    payload.pop("seq", None)
    head, tail = around_number(room, name, payload)
    assert head + b"1764331200000000" + tail == encode(name, {"room": room, "seq": 1764331200000000, **payload})


@given(st.integers(0, 2**53), st.binary(max_size=20), st.binary(max_size=40))
def test_an_entry_is_read_as_it_was_written(seq: int, audience: bytes, packet: bytes) -> None:
    assert parse(f"{seq} {len(audience)}\n".encode() + audience + packet) == Entry(seq, audience, packet)


@given(st.binary(max_size=60))
def test_anything_else_is_an_entry_or_refused(blob: bytes) -> None:
    try:
        parse(blob)
    except ValueError:
        return


@given(
    st.builds(Audience, st.sampled_from((None, "th")), st.sampled_from((None, *Action)), st.sampled_from((None, "a")))
)
def test_who_an_event_is_for_is_kept(audience: Audience) -> None:
    assert read_audience(written_audience(audience)) == audience
    assert read_audience(written_audience(EVERYONE)) is EVERYONE


class StillClock(SystemClock):
    """Time passes when the test says so."""

    now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


def test_what_was_taken_elsewhere_is_owed() -> None:
    clock = StillClock()
    buckets = TokenBuckets(clock, 1, 3)
    buckets.spend("ann", 5)
    with pytest.raises(RateLimited):
        buckets.take("ann")
    clock.now_s += 2.5
    with pytest.raises(RateLimited):
        buckets.take("ann")
    clock.now_s += 0.6
    buckets.take("ann")


@dataclass
class Heard:
    """A room's listener."""

    last: int = -1
    hint: int = 0
    entries: list[Entry] = field(default_factory=list)

    def received(self, entry: Entry) -> None:
        if entry.seq > self.last:
            self.last = entry.seq
            self.entries.append(entry)

    def latest(self, name: str, packet: bytes) -> None:
        raise AssertionError("nothing of the kind was told")

    def began(self, floor: int, last: int) -> None:
        self.last = floor

    @property
    def packets(self) -> list[bytes]:
        return [entry.packet.partition(b" ")[0] for entry in self.entries]


@pytest.fixture
async def pair(shared_valkey: Valkey) -> AsyncIterator[tuple[Ensemble, Ensemble]]:
    made = [Ensemble(shared_valkey.url, prefix="wire", limits=QUICK) for _ in range(2)]
    for each in made:
        await each.start()
    yield made[0], made[1]
    for each in made:
        await each.close()


async def test_a_number_whose_process_died_is_let_go(pair: tuple[Ensemble, Ensemble]) -> None:
    one, two = pair
    heard = Heard()
    await one.wires.open("dead", heard, 0)
    seq = await two.wires.reserve("dead", 0)
    one.wires.append("dead", 0, b"", b"waits ", b"")

    await eventually(lambda: heard.packets == [b"waits"])

    # The commit of the other took longer than anybody expected: told late, not never.
    two.wires.fulfil("dead", 0, seq, b"", b"late ", b"")
    await eventually(lambda: heard.packets == [b"waits", b"late"])
    assert heard.entries[1].seq > heard.entries[0].seq > seq


async def test_what_was_reserved_first_comes_first(pair: tuple[Ensemble, Ensemble]) -> None:
    one, two = pair
    here, there = Heard(), Heard()
    await one.wires.open("order", here, 0)
    await two.wires.open("order", there, 0)
    first = await one.wires.reserve("order", 0)
    second = await two.wires.reserve("order", 0)
    two.wires.append("order", 0, b"", b"third ", b"")
    two.wires.fulfil("order", 0, second, b"", b"second ", b"")
    one.wires.fulfil("order", 0, first, b"", b"first ", b"")
    for listener in (here, there):
        await eventually(lambda listener=listener: listener.packets == [b"first", b"second", b"third"])  # type: ignore[misc]
    assert here.entries == there.entries


async def test_two_who_change_a_stage_at_once_both_do(pair: tuple[Ensemble, Ensemble]) -> None:
    desks = []
    for each in pair:
        desks.append(StageDesk(SystemClock(), EventBus()))
        each.documents.hold("stage", desks[-1])

    def mute(which: int, who: str) -> Any:
        desk = desks[which]
        act = lambda: desk.mute("r", who, by_host=True, kinds={"audio": True})  # noqa: E731
        return pair[which].documents.change("stage", "r", act)

    await asyncio.gather(*(mute(number % 2, f"m{number}") for number in range(8)))
    everybody = {f"m{number}" for number in range(8)}
    await eventually(lambda: all(set(desk.all_muted("r")) == everybody for desk in desks))
    invited = await pair[0].documents.change("stage", "r", lambda: desks[0].invite("r", "ann", "Ann", "h", "Hana"))
    await eventually(lambda: desks[1].invitation("r", "ann"))
    found = desks[1].invitation("r", "ann")
    assert found is not None
    assert (found.expires_at, found.by_name) == (invited.expires_at, "Hana")
    pair[0].documents.forget("stage", "r")


async def test_a_role_is_one_process_s_until_it_ends(pair: tuple[Ensemble, Ensemble]) -> None:
    one, two = (
        Lease(each.link, "media", each.process, QUICK, on_lost=lambda: pytest.fail("it was lost")) for each in pair
    )
    await one.acquire()
    waiting = asyncio.create_task(two.acquire())
    await asyncio.sleep(0.2)  # longer than a beat
    assert not waiting.done()
    await one.release()
    await waiting
    await two.release()
