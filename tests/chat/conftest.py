"""Chat on real SQLite, without any socket."""

from dataclasses import replace

import pytest

from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.chat.model import Message
from livehub.chat.service import ChatService, Draft
from livehub.clock import ManualClock
from livehub.events import Event, EventBus
from livehub.rooms.access import Access
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.model import Room, RoomState
from livehub.storage.chat import SqlChat
from livehub.storage.database import Database

ROOM = Room("room_1", RoomKind.SHOW, "Pots", "", RoomState.LIVE, "en", Visibility.PUBLIC, "host", "Host", None, None, 0)


def access_of(name: str, role: Role | None = Role.VIEWER, **changes: object) -> Access:
    principal = Principal(PrincipalKind.GUEST, name, name.title(), "en")
    return Access(replace(ROOM, **changes), role, principal)  # type: ignore[arg-type]


HOST = access_of("host", Role.HOST)
MO = access_of("mo", Role.MODERATOR)
ANN = access_of("ann")


class Talk:
    """Sends lines the way signalling does: checked, numbered, composed, appended."""

    def __init__(self, chat: ChatService) -> None:
        self.chat = chat
        self._seq = 0

    async def say(self, access: Access, text: str, client_id: str = "") -> Message:
        await self.chat.check_send(access)
        self._seq += 1
        draft = Draft(text, client_id or f"c{self._seq}", "en")
        message, _ = await self.chat.append(self.chat.compose(access, draft, self._seq))
        return message


@pytest.fixture
def store(database: Database) -> SqlChat:
    return SqlChat(database)


@pytest.fixture
def chat(store: SqlChat, clock: ManualClock, bus: EventBus) -> ChatService:
    return ChatService(store, clock=clock, bus=bus)


@pytest.fixture
def talk(chat: ChatService) -> Talk:
    return Talk(chat)


async def screen(chat: ChatService, access: Access, text: str, client_id: str = "", locale: str = "en"):  # type: ignore[no-untyped-def]
    return await chat.screen(access, Draft(text, client_id or text[:60], locale), frozenset({locale}))


async def deeds(chat: ChatService) -> list[str]:
    return [entry.deed.value for entry in (await chat.desk.entries(MO)).entries]


def heard(bus: EventBus, *kinds: type[Event]) -> list[Event]:
    events: list[Event] = []
    for kind in kinds:
        bus.subscribe(kind, events.append)
    return events
