"""Rooms that everybody has left end, and no others."""

from dataclasses import replace

import pytest

from livehub.clock import ManualClock
from livehub.events import EventBus, OthersHeard, RoomEnded
from livehub.rooms.abandoned import EVERY_S, AbandonedRooms
from livehub.rooms.kinds import RoomKind
from livehub.rooms.model import RoomState
from livehub.rooms.service import NewRoom
from tests.rooms.test_service import HOST, Parts, parts

__all__ = ["parts"]

AFTER_S = 600.0


class House:
    """Rooms, who is in them, and the time that passes."""

    def __init__(self, parts: Parts, clock: ManualClock, bus: EventBus) -> None:
        self.parts, self.clock = parts, clock
        self.used: set[str] = set()
        self.abandoned = self.another(bus)

    def another(self, bus: EventBus) -> AbandonedRooms:
        return AbandonedRooms(
            self.parts.service,
            self.parts.store,
            clock=self.clock,
            bus=bus,
            is_used=lambda room_id: room_id in self.used,
            after_s=AFTER_S,
        )

    async def room(self, *, start: bool = True) -> str:
        access = await self.parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en"))
        if start:
            await self.parts.service.start(access)
        return access.room.id

    async def pass_(self, seconds: float, abandoned: AbandonedRooms | None = None) -> None:
        for _ in range(round(seconds / EVERY_S)):
            self.clock.advance(EVERY_S)
            await (abandoned or self.abandoned).sweep()

    async def state(self, room_id: str) -> RoomState:
        return (await self.parts.service.get(room_id)).state

    @property
    def ended(self) -> list[str]:
        return [event.room_id for event in self.parts.told if isinstance(event, RoomEnded)]


@pytest.fixture
def house(parts: Parts, clock: ManualClock, bus: EventBus) -> House:
    return House(parts, clock, bus)


async def test_one_that_was_left_ends_once_its_time_is_up(house: House) -> None:
    left, used, planned = await house.room(), await house.room(), await house.room(start=False)
    house.used = {left, used}
    await house.pass_(2 * AFTER_S)
    house.used = {used}
    await house.pass_(AFTER_S)
    assert await house.state(left) is RoomState.LIVE
    await house.pass_(EVERY_S)
    assert await house.state(left) is RoomState.ENDED
    assert house.ended == [left]
    await house.pass_(2 * AFTER_S)
    assert (await house.state(used), await house.state(planned)) == (RoomState.LIVE, RoomState.SCHEDULED)
    assert house.ended == [left]


async def test_one_that_nobody_ever_came_to_ends_as_well(house: House) -> None:
    room_id = await house.room()
    await house.pass_(AFTER_S + EVERY_S)
    assert house.ended == [room_id]


async def test_who_comes_back_has_the_whole_time_again(house: House) -> None:
    room_id = await house.room()
    await house.pass_(AFTER_S - EVERY_S)
    house.used = {room_id}
    await house.pass_(EVERY_S)
    house.used = set()
    await house.pass_(AFTER_S)
    assert house.ended == []
    await house.pass_(EVERY_S)
    assert house.ended == [room_id]


async def test_while_others_are_not_heard_nobody_knows_who_is_there(house: House, bus: EventBus) -> None:
    room_id = await house.room()
    await house.pass_(AFTER_S - EVERY_S)
    bus.publish(OthersHeard(is_so=False))
    await house.pass_(2 * AFTER_S)
    assert house.ended == []
    bus.publish(OthersHeard(is_so=True))
    await house.pass_(AFTER_S)
    assert house.ended == []
    await house.pass_(EVERY_S)
    assert house.ended == [room_id]


async def test_one_that_another_server_carries_is_let_alone(house: House) -> None:
    room_id = await house.room()
    elsewhere = house.another(EventBus())
    await house.pass_(2 * AFTER_S, elsewhere)
    assert await house.state(room_id) is RoomState.LIVE


async def test_one_that_its_host_ends_meanwhile_is_no_failure(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, live = await house.room(), await house.room()
    ids = await house.parts.store.live()
    assert set(ids) == {ended, live}
    await house.parts.store.change(ended, lambda room: replace(room, state=RoomState.ENDED))

    async def as_before() -> list[str]:
        return ids

    monkeypatch.setattr(house.parts.store, "live", as_before)
    await house.pass_(AFTER_S + EVERY_S)
    assert house.ended == [live]
