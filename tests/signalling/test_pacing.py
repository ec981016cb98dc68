"""How long a room's sending rests, and that a round gives each slice the newest without a gap or a double."""

import asyncio
import json

import pytest

from livehub.accounts.permissions import Action, Role
from livehub.signalling import rounds
from livehub.signalling.broadcaster import Feed
from livehub.signalling.limits import Limits
from livehub.signalling.links import Batch
from livehub.signalling.member import Connection, Member
from livehub.signalling.pacing import rest_s, short_rest_s
from livehub.signalling.sequence import Audience


def test_short_rounds_rest_for_the_gathering_and_long_ones_leave_a_fifth_to_others() -> None:
    assert rest_s(0.05, 0.0) == 0.05
    assert rest_s(0.05, 0.05) == 0.05
    assert rest_s(0.05, 0.07) == pytest.approx(0.03)
    assert rest_s(0.05, 0.4) == pytest.approx(0.1)
    assert rest_s(0.0, 0.0) == 0.0


def test_where_there_are_few_rounds_begin_as_far_apart_as_lines_gather() -> None:
    assert short_rest_s(0.03, 0.0) == 0.03
    assert short_rest_s(0.03, 0.01) == pytest.approx(0.02)
    assert short_rest_s(0.03, 0.04) == pytest.approx(0.01)
    assert short_rest_s(0.0, 0.0) == 0.0


class Reader:
    """Stands for a link: keeps what is written to it, and may do something when that happens."""

    def __init__(self, direct: bool) -> None:
        self.id = "reader"
        self.direct = direct
        self.cut_off = False
        self.seqs: list[int] = []
        self.names: list[str] = []
        self.writes = 0

    def write_frames(self, frames: bytes) -> None:
        self.writes += 1
        text = frames.decode("utf-8", "replace")
        for part in text.split('42["')[1:]:
            name, _, rest = part.partition('",')
            self.names.append(name)
            if '"seq":' in rest:
                self.seqs.append(int(rest.partition('"seq":')[2].split(",")[0].split("}")[0]))

    def write(self, batch: Batch) -> None:
        self.writes += 1
        for packet in batch.queued:
            name, payload = json.loads(packet.data[1:])
            self.names.append(name)
            self.seqs += [payload["seq"]] if "seq" in payload else []

    def cut(self) -> None:
        self.cut_off = True


def member(feed: Feed, number: int, locale: str = "en") -> tuple[Member, Reader]:
    reader = Reader(direct=number % 3 != 0)
    connection = Connection(f"s{number}", reader, None)  # type: ignore[arg-type]
    actions = frozenset({Action.MUTE}) if number % 5 == 0 else frozenset()
    made = Member(connection, "room", f"m{number}", "M", locale, Role.VIEWER, actions, feed.log.last)
    feed.add(made)
    return made, reader


async def test_what_is_released_during_a_round_reaches_everybody_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "SLICE", 4)
    feed = Feed("room", 1, Limits(gather_s=0, presence_s=1_000))
    readers = [member(feed, number, "en" if number % 2 else "es")[1] for number in range(30)]
    for number in range(40):
        feed.publish("said", {"n": number})
        if number % 7 == 0:
            feed.publish("es", {}, Audience(locale="es"))
        if number % 11 == 0:
            feed.tell_latest("count", {"n": number})
        if number % 13 == 0:
            readers.append(member(feed, 100 + number)[1])
        # Not until the round is over: the next is released in the middle of it.
        await asyncio.sleep(0)
    said = [event.seq for event in feed.log.after(0) if b'"said"' in event.packet]
    for _ in range(2_000):
        if all(reader.seqs and reader.seqs[-1] >= said[-1] for reader in readers):
            break
        await asyncio.sleep(0.001)
    for reader in readers:
        assert reader.seqs == sorted(set(reader.seqs))
        assert not reader.cut_off
    for reader in readers[:30]:
        assert [seq for seq, name in zip(reader.seqs, numbered(reader), strict=True) if name == "said"] == said
        assert reader.names.count("es") == (6 if readers.index(reader) % 2 == 0 else 0)
        assert 1 <= reader.names.count("count") <= 4
    await feed.close()


def numbered(reader: Reader) -> list[str]:
    return [name for name in reader.names if name not in {"count", "room:presence"}]


async def test_who_fell_behind_what_is_kept_is_cut_and_the_others_are_served() -> None:
    feed = Feed("room", 1, Limits(gather_s=0, presence_s=1_000))
    behind, lost = member(feed, 1)
    _, reader = member(feed, 2)
    feed.publish("said", {})
    behind.cursor = -5
    for _ in range(2_000):
        if reader.seqs and lost.cut_off:
            break
        await asyncio.sleep(0.001)
    assert reader.seqs == [1]
    assert lost.cut_off
    assert lost.seqs == []
    await feed.close()


async def got(name: str, *readers: Reader) -> None:
    """Until everybody has it."""
    async with asyncio.timeout(60):
        while not all(name in reader.names for reader in readers):
            await asyncio.sleep(0.001)


def translate(feed: Feed, number: int = 0) -> None:
    feed.aside(lambda: feed.publish("chat:translations", {"n": number}, Audience(locale="es")))


async def test_what_can_wait_goes_after_what_is_waited_for_and_alone() -> None:
    feed = Feed("room", 1, Limits(gather_s=0, presence_s=1_000))
    _, english = member(feed, 1)
    spanish = [member(feed, number, "es")[1] for number in (2, 3)]
    translate(feed)
    feed.publish("said", {})
    await got("chat:translations", *spanish)
    for reader in spanish:
        assert numbered(reader) == ["said", "chat:translations"]
    assert numbered(english) == ["said"]
    assert {member.cursor for member in feed.members} == {feed.log.last}, "nobody is behind what was not for them"
    await feed.close()


async def test_what_can_wait_goes_by_itself_where_nothing_else_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "PATIENCE_S", 0.0)
    feed = Feed("room", 1, Limits(gather_s=0, presence_s=1_000))
    _, spanish = member(feed, 1, "es")
    translate(feed)
    await got("chat:translations", spanish)
    assert numbered(spanish) == ["chat:translations"]
    await feed.close()


async def test_what_can_wait_gives_way_and_nobody_gets_anything_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "SMALL_SLICE", 1)
    monkeypatch.setattr(rounds, "PATIENCE_S", 0.0)
    feed = Feed("room", 1, Limits(gather_s=0, presence_s=1_000))
    readers = [member(feed, number, "es")[1] for number in range(30)]
    translate(feed)
    async with asyncio.timeout(60):
        while not readers[0].seqs:
            await asyncio.sleep(0)
    assert not readers[-1].seqs, "in the middle of it"
    feed.publish("said", {})
    await got("said", *readers)
    for reader in readers:
        assert numbered(reader) == ["chat:translations", "said"]
    await feed.close()


async def test_what_other_processes_told_and_can_wait_leaves_in_the_rest_too(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed("room", 1, Limits(gather_s=0, presence_s=1_000))
    _, spanish = member(feed, 1, "es")
    await got("room:presence", spanish)
    monkeypatch.setattr(rounds, "short_rest_s", lambda *_: 1_000.0)
    feed.publish("said", {})
    await got("said", spanish)
    # Without a job: as it comes from Redis.
    feed.publish("chat:translations", {}, Audience(locale="es"))
    await got("chat:translations", spanish)
    await feed.close()


async def test_where_a_line_waits_already_what_can_wait_goes_with_it_in_one_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed = Feed("room", 1, Limits(gather_s=0, presence_s=1_000))
    readers = [member(feed, number, "es")[1] for number in (1, 3)]
    await got("room:presence", *readers)
    monkeypatch.setattr(rounds, "short_rest_s", lambda *_: 0.1)
    feed.publish("said", {})
    await got("said", *readers)
    writes = [reader.writes for reader in readers]
    feed.publish("said again", {})
    translate(feed)
    await got("chat:translations", *readers)
    for reader, before in zip(readers, writes, strict=True):
        assert numbered(reader) == ["said", "said again", "chat:translations"]
        assert reader.writes == before + 1
    await feed.close()


async def test_a_job_that_fails_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    feed = Feed("room", 1, Limits(gather_s=0, presence_s=1_000))
    _, spanish = member(feed, 1, "es")
    feed.aside(lambda: 1 / 0)  # type: ignore[arg-type]
    translate(feed)
    feed.publish("said", {})
    await got("chat:translations", spanish)
    assert numbered(spanish) == ["said", "chat:translations"]
    assert "left for the rest of room" in caplog.text
    await feed.close()


async def test_what_came_in_during_a_round_waits_for_the_next_one() -> None:
    feed = Feed("room", 1, Limits(gather_s=3_600, presence_s=3_600))
    _, reader = member(feed, 1)
    feed.aside(lambda: feed.publish("said", {"n": 2}))
    feed.publish("said", {"n": 1})
    await got("said", reader)
    for _ in range(100):
        await asyncio.sleep(0)
    assert numbered(reader) == ["said"], "no second round through everybody in the rest after the first"
    await feed.close()
