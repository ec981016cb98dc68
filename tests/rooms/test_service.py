"""Who is what in a room, what changes are told, and that a remembered room is never an old one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import insert

from livehub.accounts.permissions import Action, Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.clock import ManualClock
from livehub.errors import Forbidden, Gone, IllegalTransition, InvalidInput, Unauthenticated
from livehub.events import Event, EventBus, RoomChanged, RoomDeleted, RoomEnded, RoomStarted
from livehub.rooms.access import decide
from livehub.rooms.errors import RecordingNotAllowed, RoomHasStarted, RoomNotFound
from livehub.rooms.kinds import POLICIES, RecordingMode, RoomKind, Visibility
from livehub.rooms.listing import Cursor
from livehub.rooms.model import TRANSITIONS, Room, RoomRecord, RoomState, check_transition
from livehub.rooms.service import CACHE_TTL_S, NewRoom, RoomPatch, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms

HOST = Principal(PrincipalKind.ACCOUNT, "acc_host", "Ana", "en")
#: who runs a room raises no hand in it, and enters no draw of their own
NOT_THE_HOSTS = {Action.RAISE_HAND, Action.DRAW_ENTER}
KEY = replace(HOST, kind=PrincipalKind.API_KEY)
OTHER = Principal(PrincipalKind.ACCOUNT, "acc_other", "Bob", "en")
GUEST = Principal(PrincipalKind.GUEST, "gst_1", "Lin", "zh")
MEMBER = Principal(PrincipalKind.MEMBER, "mem_host_7", "Mo", "es", room_id="room_1", role=Role.SPEAKER)
ROOM = Room(
    id="room_1",
    kind=RoomKind.SHOW,
    title="Bowls",
    description="",
    state=RoomState.SCHEDULED,
    locale="en",
    visibility=Visibility.PUBLIC,
    owner_id="acc_host",
    owner_name="Ana",
    store_id=None,
    store_title=None,
    created_at=1,
)


@pytest.mark.parametrize(
    ("principal", "public", "private"),
    [
        (HOST, Role.HOST, Role.HOST),
        (KEY, Role.HOST, Role.HOST),
        (OTHER, Role.MODERATOR, Role.MODERATOR),
        (MEMBER, Role.SPEAKER, Role.SPEAKER),
        (replace(MEMBER, room_id="room_2"), Role.VIEWER, None),
        (replace(GUEST, identity="gst_2"), Role.VIEWER, None),
        (GUEST, Role.COHOST, Role.COHOST),
        # Whoever could call themselves by an account's id without being that account is not the host.
        (replace(GUEST, identity="acc_host"), Role.VIEWER, None),
        (replace(MEMBER, identity="acc_host", room_id="room_2"), Role.VIEWER, None),
        (None, None, None),
    ],
)
def test_what_somebody_is(principal: Principal | None, public: Role | None, private: Role | None) -> None:
    roles = {"acc_other": Role.MODERATOR, "gst_1": Role.COHOST}
    assert decide(RoomRecord(ROOM, roles), principal).role == public
    unlisted = replace(ROOM, visibility=Visibility.UNLISTED)
    assert decide(RoomRecord(unlisted, roles), principal).role == public
    hidden = RoomRecord(replace(ROOM, visibility=Visibility.PRIVATE), roles)
    if private is None:
        with pytest.raises(RoomNotFound):
            decide(hidden, principal)
    else:
        assert decide(hidden, principal).role == private


@pytest.mark.parametrize("kind", RoomKind)
def test_guests_come_in_where_the_kind_lets_them(kind: RoomKind) -> None:
    access = decide(RoomRecord(replace(ROOM, kind=kind), {}), GUEST)
    if POLICIES[kind].guests:
        access.require(Action.WATCH)
    else:
        with pytest.raises(Forbidden) as refused:
            access.require(Action.WATCH)
        assert refused.value.error_code == "account_required"
    with pytest.raises(Unauthenticated):
        decide(RoomRecord(replace(ROOM, kind=kind), {}), None).require(Action.WATCH)


@pytest.mark.parametrize("kind", RoomKind)
@pytest.mark.parametrize("action", Action)
def test_a_kind_takes_away_and_never_adds(kind: RoomKind, action: Action) -> None:
    access = decide(RoomRecord(replace(ROOM, kind=kind), {}), HOST)
    assert access.may(action) == (action not in POLICIES[kind].withheld and action not in NOT_THE_HOSTS)
    assert access.may(action) == (action in access.actions)
    if not access.may(action):
        with pytest.raises(Forbidden):
            access.require(action)


@pytest.mark.parametrize("present", RoomState)
@pytest.mark.parametrize("wanted", RoomState)
def test_states_go_one_way(present: RoomState, wanted: RoomState) -> None:
    allowed = {("scheduled", "live"), ("scheduled", "ended"), ("live", "ended")}
    assert set(TRANSITIONS) == set(RoomState)
    if (present, wanted) in allowed:
        check_transition(present, wanted)
    else:
        with pytest.raises(IllegalTransition):
            check_transition(present, wanted)


def test_a_room_that_has_ended_is_gone() -> None:
    ROOM.require_not_ended()
    with pytest.raises(Gone):
        replace(ROOM, state=RoomState.ENDED).require_not_ended()


@pytest.mark.parametrize("key", [0, 1, 2**59])
def test_cursors_come_back(key: int) -> None:
    assert Cursor.parse(str(Cursor(key, "room_1"))) == Cursor(key, "room_1")


@pytest.mark.parametrize("text", ["", "x", "é", "====", "OnJvb21fMQ", "LTE6cm9vbV8x"])
def test_cursors_that_are_none(text: str) -> None:
    with pytest.raises(InvalidInput):
        Cursor.parse(text)


# --- the service


@dataclass
class Parts:
    service: RoomService
    store: SqlRooms
    clock: ManualClock
    told: list[Event] = field(default_factory=list)


@pytest.fixture
async def parts(database: Database, clock: ManualClock, bus: EventBus) -> Parts:
    rows = [
        {"id": p.identity, "email": p.identity, "password_hash": "", "display_name": p.display_name, "locale": "en"}
        for p in (HOST, OTHER)
    ]
    await database.write(lambda tx: tx.execute(insert(accounts), [row | {"created_at": 1} for row in rows]))

    async def store_of(store_id: str) -> tuple[str, str] | None:
        return ("acc_host", "Pots") if store_id == "sto_1" else None

    store = SqlRooms(database)
    service = RoomService(store, clock=clock, bus=bus, viewers=lambda _room: 3, store_of=store_of)
    parts = Parts(service, store, clock)
    bus.subscribe(RoomChanged, parts.told.append)
    bus.subscribe(RoomEnded, parts.told.append)
    return parts


async def test_changes_are_told_to_everybody_alike(parts: Parts) -> None:
    access = await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en", store_id="sto_1"))
    assert parts.told == []
    await parts.service.patch(access, RoomPatch(title="Cups"))
    await parts.service.start(access)
    await parts.service.end(access)
    changed = [event.room for event in parts.told if isinstance(event, RoomChanged)]
    assert [(room["title"], room["state"]) for room in changed] == [
        ("Cups", "scheduled"), ("Cups", "live"), ("Cups", "ended"),
    ]  # fmt: skip
    assert all(room["my_role"] is None and room["can"] == [] and room["viewers"] == 3 for room in changed)
    assert changed[-1]["ended_at"] is not None
    assert parts.told[-1] == RoomEnded(access.room.id)


async def test_deleting_a_room_ends_it_for_those_who_wait_in_it(parts: Parts) -> None:
    access = await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en"))
    await parts.service.delete(access)
    assert parts.told == [RoomEnded(access.room.id)]
    with pytest.raises(RoomNotFound):
        await parts.service.get(access.room.id)
    for step in (parts.service.start, parts.service.delete):
        with pytest.raises(RoomNotFound):
            await step(access)


async def test_a_change_is_seen_at_once_and_another_process_change_soon(parts: Parts) -> None:
    access = await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en"))
    room_id = access.room.id
    assert (await parts.service.get(room_id)).title == "Bowls"
    await parts.service.patch(access, RoomPatch(title="Cups"))
    assert (await parts.service.get(room_id)).title == "Cups"
    await parts.store.change(room_id, lambda room: replace(room, title="Elsewhere"))
    assert (await parts.service.get(room_id)).title == "Cups"
    parts.clock.advance(CACHE_TTL_S)
    assert (await parts.service.get(room_id)).title == "Elsewhere"


async def test_a_read_that_a_change_overtakes_is_not_remembered(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    access = await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en"))
    gate = asyncio.Event()
    find = parts.store.find

    async def slow(room_id: str) -> RoomRecord | None:
        record = await find(room_id)
        await gate.wait()
        return record

    monkeypatch.setattr(parts.store, "find", slow)
    reading = asyncio.ensure_future(parts.service.get(access.room.id))
    await asyncio.sleep(0.05)
    await parts.service.patch(access, RoomPatch(title="Cups"))
    gate.set()
    await reading
    assert (await parts.service.get(access.room.id)).title == "Cups"


async def test_those_who_come_at_once_are_one_read(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    room_id = (await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en"))).room.id
    gate, find, reads = asyncio.Event(), parts.store.find, 0

    async def counted(wanted: str) -> RoomRecord | None:
        nonlocal reads
        reads += 1
        await gate.wait()
        return await find(wanted)

    monkeypatch.setattr(parts.store, "find", counted)
    first, *others = (asyncio.ensure_future(parts.service.get(room_id)) for _ in range(50))
    await asyncio.sleep(0)
    first.cancel()  # whoever reads for the others may go away
    gate.set()
    rooms = await asyncio.gather(*others)
    assert {room.title for room in rooms} == {"Bowls"}
    assert reads == 2
    with pytest.raises(asyncio.CancelledError):
        await first
    unknown = await asyncio.gather(*(parts.service.get("room_0") for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in unknown] == [RoomNotFound] * 3


async def test_two_that_start_at_once_start_it_once(parts: Parts) -> None:
    access = await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en"))
    results = await asyncio.gather(*(parts.service.start(access) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, Room) for result in results) == 1
    assert sum(isinstance(result, IllegalTransition) for result in results) == 4
    assert len(parts.told) == 1


@pytest.mark.parametrize("refused", ["host", "owner"])
async def test_a_room_has_one_host(parts: Parts, refused: str) -> None:
    access = await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en"))
    identity, role = ("acc_other", Role.HOST) if refused == "host" else ("acc_host", Role.VIEWER)
    with pytest.raises(InvalidInput):
        await parts.service.set_role(access, identity, role)


async def test_only_those_who_may_can_change_a_room(parts: Parts) -> None:
    created = await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en"))
    access = await parts.service.access(created.room.id, OTHER)
    calls: list[Callable[[], Any]] = [
        lambda: parts.service.patch(access, RoomPatch(title="Mine")),
        lambda: parts.service.start(access),
        lambda: parts.service.end(access),
        lambda: parts.service.delete(access),
        lambda: parts.service.set_role(access, "acc_other", Role.COHOST),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call()
    assert (await parts.service.get(created.room.id)) == created.room


@pytest.mark.parametrize("kind", RoomKind)
@pytest.mark.parametrize("mode", [None, *RecordingMode])
async def test_a_kind_says_how_its_rooms_may_be_recorded(parts: Parts, kind: RoomKind, mode: RecordingMode) -> None:
    allowed = {"show": {"off", "on", "consent"}, "expert": {"off", "consent"}, "class": {"off", "consent"}}
    default = {"show": "on", "expert": "off", "class": "consent"}
    new = NewRoom(kind, "Bowls", "en", recording=mode)
    if mode is not None and mode not in allowed[kind]:
        with pytest.raises(RecordingNotAllowed):
            await parts.service.create(HOST, new)
        access = await parts.service.create(HOST, NewRoom(kind, "Bowls", "en"))
        with pytest.raises(RecordingNotAllowed):
            await parts.service.patch(access, RoomPatch(recording=mode))
    else:
        access = await parts.service.create(HOST, new)
        assert (await parts.service.get(access.room.id)).recording == (mode or default[kind])


@pytest.mark.parametrize("before", RecordingMode)
@pytest.mark.parametrize("wanted", RecordingMode)
async def test_once_people_are_in_they_are_asked(parts: Parts, before: RecordingMode, wanted: RecordingMode) -> None:
    access = await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en", recording=before))
    await parts.service.patch(access, RoomPatch(recording=RecordingMode.ON))
    await parts.service.patch(access, RoomPatch(recording=before))
    await parts.service.start(access)
    if wanted is RecordingMode.ON and before is not RecordingMode.ON:
        with pytest.raises(RoomHasStarted):
            await parts.service.patch(access, RoomPatch(recording=wanted))
        assert (await parts.service.get(access.room.id)).recording == before
    else:
        room = await parts.service.patch(access, RoomPatch(recording=wanted))
        assert room.recording == wanted
        assert (await parts.service.present(room, access))["recording"] == wanted


async def test_starting_and_deleting_are_told(parts: Parts, bus: EventBus) -> None:
    told: list[Event] = []
    for kind in (RoomStarted, RoomDeleted):
        bus.subscribe(kind, told.append)
    access = await parts.service.create(HOST, NewRoom(RoomKind.SHOW, "Bowls", "en"))
    await parts.service.start(access)
    await parts.service.end(access)
    await parts.service.delete(access)
    assert told == [RoomStarted(access.room.id), RoomDeleted(access.room.id)]
