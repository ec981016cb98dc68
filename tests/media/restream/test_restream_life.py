"""One restream's life, with connections that a test makes fail, and time that it moves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.clock import ManualClock
from livehub.errors import IllegalTransition
from livehub.media.restream.failure import SendFailure
from livehub.media.restream.programme import NOTHING, Programme
from livehub.media.restream.restream import Restream
from livehub.media.restream.status import BACKOFF_S, TRANSITIONS, State, Status, next_wait_s
from livehub.media.rtp.codecs import Codec
from livehub.media.track import Track
from tests.media.conftest import until


class Picture:
    """Stands for a track: only its codec is looked at here."""

    def __init__(self, codec: Codec = Codec.H264) -> None:
        self.codec = codec


def showing(codec: Codec = Codec.H264) -> Programme:
    return Programme(cast("Track", Picture(codec)))


@dataclass
class Connection:
    """Opens unless ``refusal`` is given."""

    on_failed: Callable[[SendFailure], None]
    refusal: SendFailure | None = None
    carries: bool = True
    octets: int = 0
    dropped_frames: int = 0
    is_closed: bool = False

    async def open(self, programme: Programme) -> None:
        if self.refusal is not None:
            raise self.refusal

    def use(self, programme: Programme) -> bool:
        return self.carries

    async def close(self) -> None:
        self.is_closed = True


@dataclass
class World:
    clock: ManualClock = field(default_factory=ManualClock)
    refusals: list[SendFailure] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    told: list[Mapping[str, Any]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    check: Callable[[Programme], SendFailure | None] = lambda _programme: None

    def __post_init__(self) -> None:
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.restream = Restream(
            "rst_1",
            self._connect,
            check=lambda programme: self.check(programme),
            tell=lambda status, _is_news: self.told.append(status),
            clock=self.clock,
            sleep=self._sleep,
            tick_s=0.01,
        )

    def _connect(self, on_failed: Callable[[SendFailure], None]) -> Connection:
        made = Connection(on_failed, self.refusals.pop(0) if self.refusals else None)
        self.connections.append(made)
        return made

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.go_on.wait()

    @property
    def state(self) -> State:
        return self.restream.status.state

    async def reach(self, state: State) -> None:
        await until(lambda: self.state is state)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    made.restream.start()
    yield made
    await made.restream.close()
    assert all(connection.is_closed for connection in made.connections)


LOST = SendFailure("connection_lost", "Gone.")


async def test_it_waits_connects_and_is_live(world: World) -> None:
    await asyncio.sleep(0.02)
    assert (world.state, world.connections) == (State.WAITING, [])
    world.restream.use(showing())
    await world.reach(State.LIVE)
    await world.restream.close()
    assert [status["state"] for status in world.told] == ["connecting", "live", "stopped"]


async def test_waits_grow_and_begin_anew_after_a_steady_time(world: World) -> None:
    world.refusals = [LOST] * 7
    world.restream.use(showing())
    await world.reach(State.LIVE)
    expected = [*BACKOFF_S, BACKOFF_S[-1]]
    assert all(base <= waited <= base * 1.25 for base, waited in zip(expected, world.waits, strict=True))
    world.clock.advance(31)
    world.connections[-1].on_failed(LOST)
    await until(lambda: len(world.waits) == 8)
    assert world.waits[-1] <= 1.25
    await world.reach(State.LIVE)


async def test_what_is_tried_again_says_why_and_when(world: World) -> None:
    world.go_on.clear()
    world.refusals = [SendFailure("server_busy", "Busy.", retry_after_s=60)]
    world.restream.use(showing())
    await world.reach(State.RETRYING)
    status = world.told[-1]
    assert (status["code"], status["detail"]) == ("server_busy", "Busy.")
    assert world.waits == [60]
    assert status["retry_at"] > status["since"]


async def test_a_final_failure_stays_until_it_is_started_anew(world: World) -> None:
    world.refusals = [SendFailure("key_refused", "No.", final=True)]
    world.restream.use(showing())
    await world.reach(State.FAILED)
    world.restream.use(NOTHING)
    world.restream.use(showing(Codec.VP8))
    await asyncio.sleep(0.03)
    assert (world.state, len(world.connections)) == (State.FAILED, 1)


async def test_one_about_the_codec_passes_with_it(world: World) -> None:
    refusal = SendFailure("rtmp_needs_h264", "VP8.", final=True, about_codec=True)
    world.check = lambda programme: refusal if "VP8" in programme.codecs else None
    world.restream.use(showing(Codec.VP8))
    await world.reach(State.FAILED)
    world.restream.use(NOTHING)
    await asyncio.sleep(0.03)
    assert world.state is State.FAILED
    world.restream.use(showing())
    await world.reach(State.LIVE)
    world.restream.use(showing(Codec.VP8))
    await world.reach(State.FAILED)


async def test_what_has_to_be_negotiated_anew_is(world: World) -> None:
    world.restream.use(showing())
    await world.reach(State.LIVE)
    world.connections[0].carries = False
    world.restream.use(showing(Codec.VP8))
    await until(lambda: len(world.connections) == 2)
    await world.reach(State.LIVE)
    assert world.waits == []


async def test_a_short_absence_is_bridged_and_a_long_one_is_not(world: World) -> None:
    world.restream.use(showing())
    await world.reach(State.LIVE)
    world.restream.use(NOTHING)
    world.clock.advance(20)
    await asyncio.sleep(0.03)
    world.restream.use(showing())
    await asyncio.sleep(0.03)
    assert len(world.connections) == 1
    world.restream.use(NOTHING)
    await asyncio.sleep(0.03)
    world.clock.advance(31)
    await world.reach(State.WAITING)


async def test_a_service_that_ends_a_silent_connection_is_no_failure(world: World) -> None:
    world.restream.use(showing())
    await world.reach(State.LIVE)
    world.restream.use(NOTHING)
    world.connections[0].on_failed(LOST)
    await world.reach(State.WAITING)
    assert world.waits == []


async def test_figures_are_told_while_live(world: World) -> None:
    world.restream.use(showing())
    await world.reach(State.LIVE)
    world.connections[0].octets = 250_000
    world.connections[0].dropped_frames = 3
    world.clock.advance(1)
    await until(lambda: world.told[-1]["dropped_frames"] == 3)
    assert world.told[-1]["bitrate_bps"] == 2_000_000
    world.connections[0].on_failed(LOST)
    await until(lambda: len(world.connections) == 2)
    world.connections[1].dropped_frames = 2
    world.clock.advance(1)
    await until(lambda: world.told[-1]["dropped_frames"] == 5)


async def test_a_defect_of_ours_is_told_and_tried_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.check = _broken
    world.go_on.clear()
    world.restream.use(showing())
    await world.reach(State.RETRYING)
    assert world.told[-1]["code"] == "internal"
    assert "failed in an unexpected way" in caplog.text


def _broken(_programme: Programme) -> SendFailure | None:
    raise RuntimeError("a defect")


@given(st.lists(st.sampled_from(State), max_size=12))
def test_no_step_outside_the_table(steps: list[State]) -> None:
    status = Status()
    for state in steps:
        if state in TRANSITIONS[status.state]:
            status = status.to(state, 5, code="c")
            assert (status.state, status.since_ms) == (state, 5)
        else:
            with pytest.raises(IllegalTransition):
                status.to(state, 5)


@given(st.integers(1, 50), st.none() | st.floats(0, 1e6), st.floats(0, 1))
def test_waits_are_bounded(failures: int, retry_after_s: float | None, jitter: float) -> None:
    assert 1 <= next_wait_s(failures, retry_after_s, jitter) <= 120
