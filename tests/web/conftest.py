"""A server on a free port with real services over SQLite, and clients that are somebody."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import Parameters, Type

from livehub.accounts.authenticator import CookieAndTokenAuthenticator
from livehub.accounts.origin import DeviceSigner
from livehub.accounts.passwords import Passwords
from livehub.accounts.service import AccountLimits, AccountService
from livehub.accounts.tokens import TokenSigner
from livehub.chat.service import ChatService
from livehub.clock import ManualClock
from livehub.errors import Unavailable
from livehub.events import EventBus
from livehub.followers.letters import Letters
from livehub.followers.limits import FollowerLimits
from livehub.followers.service import Followers
from livehub.rooms.model import Room
from livehub.rooms.service import RoomService
from livehub.storage.accounts import SqlAccounts
from livehub.storage.chat import SqlChat
from livehub.storage.database import Database
from livehub.storage.followers import SqlFollowers
from livehub.storage.rooms import SqlRooms
from livehub.web import calendar, card, followers
from livehub.web.accounts import ACCOUNTS, DEVICES, HAND_OVER, SESSIONS, STORES_OF
from livehub.web.application import add_routes, make_application
from livehub.web.assets import share_dir
from livehub.web.auth import AUTHENTICATOR
from livehub.web.calendar import CALENDAR_CLOCK
from livehub.web.card import CARDS, Cards
from livehub.web.config_route import CLIENT_CONFIG, PaymentView, client_config
from livehub.web.followers import FOLLOWERS
from livehub.web.health import CHECKS
from livehub.web.ice_servers import ICE_SERVERS, IceServers
from livehub.web.rooms import APPOINTMENTS, ROOMS, SIGNER
from tests.media.conftest import certificate, plane
from tests.web.on_air import stage

__all__ = ["certificate", "plane", "stage"]

PUBLIC_URL = "http://shop.example"
SECRET = "0123456789abcdef0123456789abcdef"
#: Argon2 at its least, so that tests which sign in are quick
CHEAP = Parameters(Type.ID, version=19, salt_len=16, hash_len=32, time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"

Client = TestClient[web.Request, web.Application]


@dataclass
class Orders:
    """What commerce is asked for here: whose orders became whose."""

    handed_over: list[tuple[str, str]] = field(default_factory=list)
    away: bool = False

    async def hand_over(self, guest_id: str, account_id: str) -> None:
        if self.away:
            raise Unavailable
        self.handed_over.append((guest_id, account_id))


@dataclass
class Site:
    """The running application and what tests look into."""

    app: web.Application
    server: TestServer
    clock: ManualClock
    signer: TokenSigner
    stores: dict[str, tuple[str, str]] = field(default_factory=dict)
    orders: Orders = field(default_factory=Orders)
    viewers: dict[str, int] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)

    async def client(self, *, bearer: str | None = None) -> Client:
        """A browser of its own: nobody, or who ``bearer`` says."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        client = TestClient(self.server, headers=headers)
        self.clients.append(client)
        return client

    async def account(self, name: str = "Ana", **more: str) -> Client:
        client = await self.client()
        body = {"email": f"{name.lower()}@example.org", "password": PASSWORD, "display_name": name, "locale": "en"}
        answer = await client.post("/api/v1/accounts", json=body | more)
        assert answer.status == 201, await answer.text()
        return client

    async def guest(self, name: str = "Gast") -> Client:
        client = await self.client()
        answer = await client.post("/api/v1/guests", json={"display_name": name, "locale": "en"})
        assert answer.status == 201, await answer.text()
        return client


@pytest.fixture
async def site(database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path) -> AsyncIterator[Site]:
    static, translations, pictures = share_dir("static"), tmp_path / "translations", tmp_path / "pictures"
    pictures.mkdir()
    app = make_application(
        public_url=PUBLIC_URL, static=static, translations=translations, pictures=pictures, clock=clock
    )
    signer = TokenSigner(SECRET, clock)
    passwords = Passwords(CHEAP)
    accounts = SqlAccounts(database)
    stores: dict[str, tuple[str, str]] = {}
    viewers: dict[str, int] = {}

    async def store_of(store_id: str) -> tuple[str, str] | None:
        return stores.get(store_id)

    async def stores_of(account_id: str) -> Sequence[Mapping[str, Any]]:
        return [{"id": key, "title": t, "currency": "EUR"} for key, (owner, t) in stores.items() if owner == account_id]

    app[DEVICES] = DeviceSigner(SECRET)
    app[ACCOUNTS] = AccountService(accounts, passwords, signer, clock, AccountLimits(sign_in_burst_email=5))
    app[AUTHENTICATOR] = app[SESSIONS] = CookieAndTokenAuthenticator(accounts, signer, clock)
    app[STORES_OF] = stores_of
    orders = Orders()
    app[HAND_OVER] = orders.hand_over
    app[SIGNER] = signer
    app[ROOMS] = RoomService(
        SqlRooms(database), clock=clock, bus=bus, viewers=lambda room: viewers.get(room, 0), store_of=store_of
    )
    app[APPOINTMENTS] = ChatService(SqlChat(database), clock=clock, bus=bus).desk
    app[CLIENT_CONFIG] = client_config(
        payments=[PaymentView("sandbox", "Sandbox")],
        translators=["phrasebook"],
        ice_servers=[],
        turn=False,
        max_message_chars=500,
    )
    app[ICE_SERVERS] = IceServers([{"urls": "turn:t.example"}], turn_secret="shared", turn_ttl_s=600, clock=clock)

    async def database_works() -> None:
        await database.read(lambda connection: connection.exec_driver_sql("SELECT 1"))

    app[CHECKS] = {"database": database_works}

    async def no_picture(_: Room) -> bytes | None:
        return None

    app[FOLLOWERS] = Followers(
        SqlFollowers(database), Letters(SECRET), clock=clock, mail=True, push_key="vapid", limits=FollowerLimits()
    )
    app[CALENDAR_CLOCK] = clock
    app[CARDS] = Cards(no_picture, clock)
    add_routes(app, public_url=PUBLIC_URL, more=(calendar, card, followers))
    server = TestServer(app)
    await server.start_server()
    site = Site(app, server, clock, signer, stores, orders, viewers)
    yield site
    for client in site.clients:
        await client.close()
    await server.close()
    await passwords.close()


@pytest.fixture
def problem_of() -> Callable[[Any], Awaitable[dict[str, Any]]]:
    """The problem document of an answer, checked for its form."""

    async def read(answer: Any) -> dict[str, Any]:
        assert answer.content_type == "application/problem+json", await answer.text()
        document: dict[str, Any] = await answer.json(content_type="application/problem+json")
        assert document["type"] == "about:blank"
        assert document["status"] == answer.status
        assert document["title"]
        assert document["detail"]
        return document

    return read
