"""A real server on a free port: real SQLite, rooms, chat and translation; sockets are python-socketio's own client."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
import socketio
from aiohttp import web
from sqlalchemy import insert

from livehub.accounts.origin import DeviceSigner
from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.chat.conversation import Conversation
from livehub.chat.service import ChatLimits, ChatService
from livehub.clock import SystemClock
from livehub.errors import Unauthenticated
from livehub.events import EventBus
from livehub.interaction.limits import InteractionLimits
from livehub.interaction.service import Interaction
from livehub.media.stage import SlotWish, StageOrders
from livehub.processes.ensemble import Ensemble
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.service import NewRoom, RoomService
from livehub.rooms.stage import StageDesk
from livehub.signalling.hub import Hub
from livehub.signalling.limits import Limits
from livehub.storage.accounts import accounts
from livehub.storage.chat import SqlChat
from livehub.storage.conversation import conversation_over
from livehub.storage.database import Database
from livehub.storage.interaction import interaction_over
from livehub.storage.rooms import SqlRooms
from livehub.translation.service import TranslationService
from livehub.web.problem import problem_middleware

#: rates that no test reaches by accident
UNLIMITED = ChatLimits(
    rate_per_s=1000,
    burst=5000,
    staff_rate_per_s=1000,
    staff_burst=5000,
    react_rate_per_s=1000,
    react_burst=1000,
)


DEVICES = DeviceSigner("a secret of the tests")

FREE = Limits(calls_per_s=1000, calls_burst=10_000, joins_per_s=1000, joins_burst=1000)


#: what members and hosts may do as often as tests do it
EAGER = InteractionLimits(votes_per_s=1000, votes_burst=1000, asks_burst=100, runs_burst=1000, tell_s=0.01)


class Tokens:
    """Every token is somebody's identity: ``name``, ``name:locale``; ``wrong`` is refused."""

    def __init__(self) -> None:
        self.known: dict[str, Principal] = {}

    def guest(self, name: str, locale: str = "en") -> str:
        self.known[name] = Principal(PrincipalKind.GUEST, name, name.title(), locale)
        return name

    def account(self, name: str, locale: str = "en") -> str:
        self.known[name] = Principal(PrincipalKind.ACCOUNT, name, name.title(), locale)
        return name

    async def principal(self, *, bearer: str | None, session: str | None, guest: str | None) -> Principal | None:
        token = bearer or session or guest
        if token is None:
            return None
        if token not in self.known:
            raise Unauthenticated("This token is not valid", code="token_invalid")
        return self.known[token]


class Shout:
    """An engine of the tests: every line in capitals with the target in front; remembers what it was asked."""

    name = "shout"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.hold = asyncio.Event()
        self.hold.set()

    def supports(self, source: str, target: str) -> bool:
        return True

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        self.asked += [(text, source, target) for text in texts]
        await self.hold.wait()
        return [f"{target}: {text.upper()}" for text in texts]

    async def close(self) -> None:
        return None


class Media:
    """Remembers what the plane was asked; nobody publishes."""

    def __init__(self) -> None:
        self.orders: dict[str, StageOrders] = {}
        self.choices: list[tuple[str, str, Sequence[SlotWish]]] = []
        self.heard: tuple[str, str, str | None] | None = None

    def tracks(self, room_id: str) -> Sequence[Mapping[str, Any]]:
        return ()

    async def direct(self, room_id: str, orders: StageOrders) -> None:
        self.orders[room_id] = orders

    async def choose(self, session_id: str, identity: str, wishes: Sequence[SlotWish]) -> None:
        self.choices.append((session_id, identity, wishes))

    async def listen(self, session_id: str, identity: str, locale: str | None) -> None:
        self.heard = (session_id, identity, locale)


@dataclass
class Stack:
    """The server and what it is made of."""

    url: str
    hub: Hub
    rooms: RoomService
    chat: ChatService
    bus: EventBus
    tokens: Tokens
    engine: Shout
    database: Database
    media: "Media"
    interaction: Interaction
    conversation: Conversation
    desk: StageDesk
    offers: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    clients: list["Client"] = field(default_factory=list)

    async def room(self, kind: RoomKind = RoomKind.SHOW, visibility: Visibility = Visibility.PUBLIC) -> str:
        """A live room of the account ``host``."""
        host = self.tokens.known[self.tokens.account("host")]
        access = await self.rooms.create(host, NewRoom(kind, "Pots", "en", visibility))
        await self.rooms.start(access)
        return access.room.id

    async def appoint(self, room: str, identity: str, role: Role) -> None:
        await self.rooms.set_role(await self.rooms.access(room, self.tokens.known["host"]), identity, role)

    async def client(
        self,
        token: str | None = None,
        transports: Sequence[str] = ("websocket",),
        headers: Mapping[str, str] | None = None,
    ) -> "Client":
        client = Client()
        self.clients.append(client)
        await client.connect(self.url, token, transports, headers)
        return client

    async def joined(self, room: str, token: str, locale: str = "en", **more: Any) -> "Client":
        client = await self.client(token)
        await client.join(room, locale, **more)
        return client


class Client:
    """Records every event in order, as (name, payload)."""

    def __init__(self) -> None:
        self.sio = socketio.AsyncClient(reconnection=False)
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.answer: dict[str, Any] = {}
        self._news = asyncio.Event()
        self.sio.on("*", self._on_event)

    async def _on_event(self, name: str, payload: dict[str, Any]) -> None:
        self.events.append((name, payload))
        self._news.set()

    async def connect(
        self, url: str, token: str | None, transports: Sequence[str], headers: Mapping[str, str] | None = None
    ) -> None:
        auth = {"token": token} if token else None
        await self.sio.connect(url, dict(headers or {}), auth=auth, transports=list(transports), wait_timeout=5)

    async def call(self, event: str, payload: Any = None) -> dict[str, Any]:
        answer = await self.sio.call(event, payload, timeout=10)
        assert isinstance(answer, dict)
        return answer

    async def ok(self, event: str, payload: Any = None) -> dict[str, Any]:
        answer = await self.call(event, payload)
        assert answer["ok"], answer
        return answer

    async def refused(self, event: str, payload: Any = None) -> str:
        answer = await self.call(event, payload)
        assert not answer["ok"], answer
        return str(answer["error"]["code"])

    async def join(self, room: str, locale: str = "en", **more: Any) -> dict[str, Any]:
        self.answer = await self.ok("room:join", {"room": room, "locale": locale, **more})
        return self.answer

    async def say(self, text: str, client_id: str | None = None) -> dict[str, Any]:
        answer = await self.ok("chat:send", {"text": text, "client_id": client_id or f"c-{text[:40]}"})
        message: dict[str, Any] = answer["message"]
        return message

    def named(self, name: str) -> list[dict[str, Any]]:
        return [payload for event, payload in self.events if event == name]

    def lines(self) -> list[str]:
        return [item["text"] for payload in self.named("chat:messages") for item in payload["items"]]

    async def until(self, condition: Callable[[], object], timeout_s: float = 5.0) -> None:
        """Wait for news until ``condition`` holds."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def quiet(self, seconds: float = 0.15) -> None:
        """Long enough for anything that was sent to have come."""
        await asyncio.sleep(seconds)

    def break_off(self) -> None:
        """What a tunnel does to a phone: the transport is gone, nobody says goodbye."""
        self.sio.eio.ws._writer.transport.abort()

    async def close(self) -> None:
        await self.sio.disconnect()
        if self.sio.eio.http is not None:
            await self.sio.eio.http.close()


class StackMaker(Protocol):
    async def __call__(
        self, limits: Limits | None = None, chat_limits: ChatLimits | None = None, ensemble: Ensemble | None = None
    ) -> Stack: ...


@pytest.fixture
async def make_stack(database: Database) -> AsyncIterator[StackMaker]:
    runners: list[tuple[web.AppRunner, Stack, TranslationService]] = []

    async def add_host() -> None:
        host = {"id": "host", "email": "h@example.com", "password_hash": "-", "display_name": "Host", "locale": "en"}
        await database.write(lambda tx: tx.execute(insert(accounts).values(**host, created_at=0)))

    async def make(
        limits: Limits | None = None, chat_limits: ChatLimits | None = None, ensemble: Ensemble | None = None
    ) -> Stack:
        clock, bus, tokens, engine = SystemClock(), EventBus(), Tokens(), Shout()
        if not runners:
            await add_host()
        hub: Hub
        media = Media()

        async def store_of(store_id: str) -> tuple[str, str] | None:
            return ("host", "Pottery") if store_id == "str_1" else None

        rooms = RoomService(
            SqlRooms(database), clock=clock, bus=bus, viewers=lambda room_id: hub.viewers(room_id), store_of=store_of
        )
        chat = ChatService(
            SqlChat(database),
            clock=clock,
            bus=bus,
            limits=chat_limits or UNLIMITED,
            shared=ensemble.tallies if ensemble else None,
        )
        translation = TranslationService([engine], clock=clock)
        offers: dict[str, list[Mapping[str, Any]]] = {}

        async def offers_of(room_id: str) -> Sequence[Mapping[str, Any]]:
            return offers.get(room_id, [])

        interaction = interaction_over(database, chat, clock=clock, bus=bus, limits=EAGER)
        conversation = conversation_over(database, chat.moderation, clock=clock, bus=bus)
        desk = StageDesk(clock, bus)
        hub = Hub(
            clock=clock, bus=bus, rooms=rooms, chat=chat, translation=translation, authenticator=tokens,
            offers=offers_of, media=media, desk=desk, store_of=store_of,
            interaction=interaction, conversation=conversation, devices=DEVICES,
            own_origin="http://live.example", limits=limits or FREE, ensemble=ensemble,
        )  # fmt: skip
        app = web.Application(middlewares=[problem_middleware])
        hub.attach(app)
        hub.start()
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        parts = rooms, chat, bus, tokens, engine, database, media, interaction, conversation, desk
        stack = Stack(url, hub, *parts, offers)
        runners.append((runner, stack, translation))
        return stack

    yield make
    for runner, stack, translation in runners:
        for client in stack.clients:
            await client.close()
        await runner.cleanup()
        await translation.close()


@pytest.fixture
async def stack(make_stack: StackMaker) -> Stack:
    return await make_stack()
