"""Bans on real SQLite: by device, address and network, under other names, in other processes."""

from dataclasses import replace

import pytest

from livehub.accounts.origin import Origin
from livehub.accounts.permissions import Role
from livehub.chat.conduct import MarkKind, Reach
from livehub.chat.errors import Banned
from livehub.chat.moderation import DEFAULT_NETWORK_S, Target
from livehub.chat.screening.rules import Rules
from livehub.chat.service import ChatService
from livehub.clock import ManualClock
from livehub.errors import InvalidInput
from livehub.events import EventBus, MemberSanctioned, RoomRulesChanged
from livehub.storage.chat import SqlChat
from tests.chat.conftest import MO, deeds


async def test_a_ban_reaches_the_device_under_another_name(chat: ChatService) -> None:
    here = Origin("203.0.113.7", "d" * 22)
    chat.moderation.saw("room_1", "ann", here)
    sanction = await chat.moderation.ban(MO, Target("ann", Role.VIEWER))
    assert sanction.marked == (MarkKind.DEVICE,)
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "ann2", here)
    await chat.moderation.check_may_enter("room_1", "ann2", replace(here, device="e" * 22))
    await chat.moderation.check_may_enter("room_1", "mo")  # whom a role brings here is asked for no origin
    await chat.moderation.check_may_enter("room_2", "ann2", here)
    await chat.moderation.unban(MO, Target("ann"))
    await chat.moderation.check_may_enter("room_1", "ann2", here)


@pytest.mark.parametrize(
    ("reach", "address", "caught", "free"),
    [
        (Reach.ADDRESS, "203.0.113.7", "203.0.113.7", "203.0.113.8"),
        (Reach.RANGE, "203.0.113.7", "203.0.113.8", "203.0.114.7"),
        (Reach.ADDRESS, "2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1:3::/64"),
        (Reach.RANGE, "2001:db8:1:2::/64", "2001:db8:1:3::/64", "2001:db8:2:2::/64"),
    ],
)
async def test_a_ban_reaches_an_address_for_a_while(
    chat: ChatService, clock: ManualClock, reach: Reach, address: str, caught: str, free: str
) -> None:
    chat.moderation.saw("room_1", "ann", Origin(address))
    assert (await chat.moderation.ban(MO, Target("ann"), reach=reach)).marked == (MarkKind.NETWORK,)
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "x", Origin(caught))
    await chat.moderation.check_may_enter("room_1", "x", Origin(free))
    clock.advance(DEFAULT_NETWORK_S)
    await chat.moderation.check_may_enter("room_1", "x", Origin(caught))
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "ann", Origin(free))


async def test_who_was_seen_elsewhere_by_another_process_is_banned_from_there_as_well(
    chat: ChatService, store: SqlChat, clock: ManualClock, bus: EventBus
) -> None:
    other = ChatService(store, clock=clock, bus=EventBus())
    chat.moderation.saw("room_1", "ann", Origin("203.0.113.7", "d" * 22))
    other.moderation.saw("room_1", "ann", Origin("198.51.100.7", "d" * 22))
    told: list[MemberSanctioned] = []
    bus.subscribe(MemberSanctioned, told.append)
    await chat.moderation.ban(MO, Target("ann"), reach=Reach.ADDRESS)
    (event,) = told
    assert (event.reach, event.networks) == ("address", ("203.0.113.7/32",))
    await chat.moderation.extend(event)  # it hears itself, and knows nothing more
    assert len(told) == 1
    await other.moderation.extend(event)
    for address in ("203.0.113.7", "198.51.100.7"):
        with pytest.raises(Banned):
            await other.moderation.check_may_enter("room_1", "anna", Origin(address))
    await chat.moderation.unban(MO, Target("ann"))
    late = ChatService(store, clock=clock, bus=EventBus())
    late.moderation.saw("room_1", "ann", Origin("192.0.2.7"))
    await late.moderation.extend(event)
    await late.moderation.check_may_enter("room_1", "anna", Origin("192.0.2.7"))


async def test_a_network_is_banned_by_name(chat: ChatService) -> None:
    await chat.moderation.ban_network(MO, "198.51.100.0/24", 3600)
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "x", Origin("198.51.100.9"))
    assert await chat.moderation.present("room_1") != []
    assert await chat.moderation.unban_network(MO, "198.51.100.0/24")
    await chat.moderation.check_may_enter("room_1", "x", Origin("198.51.100.9"))
    for wrong in ("0.0.0.0/0", "10.0.0.0/8", "127.0.0.1", "::/0", "x", ""):
        with pytest.raises(InvalidInput):
            await chat.moderation.ban_network(MO, wrong, None)


async def test_what_one_process_decides_another_reads(chat: ChatService, store: SqlChat, clock: ManualClock) -> None:
    """Two services on one database, as in two processes; the second hears of what the first did."""
    other_bus = EventBus()
    other = ChatService(store, clock=clock, bus=other_bus)
    await other.moderation.check_may_speak("room_1", "ann")
    assert (await other.desk.rules("room_1")).slow_s == 0
    await chat.moderation.ban(MO, Target("ann"))
    await chat.desk.set_rules(MO, Rules(slow_s=7))
    other_bus.hear(MemberSanctioned("room_1", "ann", "ban"))
    other_bus.hear(RoomRulesChanged("room_1", {}))
    with pytest.raises(Banned):
        await other.moderation.check_may_speak("room_1", "ann")
    assert (await other.desk.rules("room_1")).slow_s == 7


async def test_two_who_came_from_one_place_are_each_banned_from_it(chat: ChatService) -> None:
    """Letting one of them in again does not open the door to new names of the other."""
    there = Origin("203.0.113.7", "d" * 22)
    for name in ("ann", "ben"):
        chat.moderation.saw("room_1", name, there)
        await chat.moderation.ban(MO, Target(name), reach=Reach.ADDRESS)
    await chat.moderation.unban(MO, Target("ben"))
    for origin in (there, Origin("203.0.113.7"), Origin("198.51.100.1", "d" * 22)):
        with pytest.raises(Banned):
            await chat.moderation.check_may_enter("room_1", "annie", origin)
    await chat.moderation.unban(MO, Target("ann"))
    await chat.moderation.check_may_enter("room_1", "annie", there)


async def test_a_ban_of_a_network_outlasts_those_of_members_who_came_from_it(
    chat: ChatService, clock: ManualClock
) -> None:
    chat.moderation.saw("room_1", "ann", Origin("203.0.113.7"))
    await chat.moderation.ban_network(MO, "203.0.113.0/24", 7 * 24 * 3600)
    await chat.moderation.ban(MO, Target("ann"), reach=Reach.RANGE)
    await chat.moderation.unban(MO, Target("ann"))
    clock.advance(2 * DEFAULT_NETWORK_S)
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "annie", Origin("203.0.113.9"))
    assert [item["kind"] for item in await chat.moderation.present("room_1")] == ["network"]
    await chat.moderation.ban(MO, Target("ann"), reach=Reach.RANGE)
    assert await chat.moderation.unban_network(MO, "203.0.113.0/24")
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "annie", Origin("203.0.113.9"))


async def test_a_ban_its_marks_and_its_line_of_the_log_are_kept_together_or_not_at_all(
    chat: ChatService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    there = Origin("203.0.113.7", "d" * 22)
    chat.moderation.saw("room_1", "ann", there)
    with monkeypatch.context() as failing:
        failing.setattr("livehub.storage.chat.write_mark", broken)
        with pytest.raises(ZeroDivisionError):
            await chat.moderation.ban(MO, Target("ann"))
    await chat.moderation.check_may_enter("room_1", "ann", there)
    assert await deeds(chat) == []
    await chat.moderation.ban(MO, Target("ann"))
    with monkeypatch.context() as failing:
        failing.setattr("livehub.storage.chat.write_entry", broken)
        with pytest.raises(ZeroDivisionError):
            await chat.moderation.unban(MO, Target("ann"))
    for name, origin in (("ann", Origin()), ("annie", there)):
        with pytest.raises(Banned):
            await chat.moderation.check_may_enter("room_1", name, origin)
