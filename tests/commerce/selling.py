"""A server that sells, made of the real parts, and the people around it: a merchant with a live room, and buyers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector, web
from aiohttp.test_utils import TestServer, unused_port

from livehub.accounts.authenticator import CookieAndTokenAuthenticator
from livehub.accounts.model import Account, ApiKey
from livehub.accounts.service import API_KEY_PREFIX, fingerprint
from livehub.accounts.tokens import TokenSigner
from livehub.chat.service import ChatService
from livehub.clock import ManualClock
from livehub.commerce.catalog.picture_fetch import PictureFetcher
from livehub.commerce.catalog.pictures import PictureStore
from livehub.commerce.checkout_hook import CheckoutHook
from livehub.commerce.courier import Courier
from livehub.commerce.fulfilment.buyer_letters import LETTER_TARGET, BuyerLetters, Sender, ShopWords
from livehub.commerce.gateway import GatewayContext
from livehub.commerce.gateways.registry import load_gateways
from livehub.commerce.gateways.sandbox import SandboxGateway
from livehub.commerce.orders.quotes import Quotes
from livehub.commerce.orders.waiting import paid_first
from livehub.commerce.service import Commerce
from livehub.commerce.signature import sign
from livehub.events import (
    AuctionChanged,
    ClaimChanged,
    CouponChanged,
    Event,
    EventBus,
    OfferChanged,
    OfferPinned,
    OffersArranged,
    OrderChanged,
    OrderPaid,
    OrderPlaced,
)
from livehub.ids import new_id
from livehub.rooms.service import RoomService
from livehub.storage.accounts import SqlAccounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.chat import SqlChat
from livehub.storage.commerce import offers, variants
from livehub.storage.database import Database
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlEndpoints, SqlOutbox
from livehub.storage.rooms import SqlRooms
from livehub.storage.shop_stores import commerce_over
from livehub.web import commerce as commerce_routes
from livehub.web import rooms as room_routes
from livehub.web.application import make_application
from livehub.web.assets import get_picture, share_dir
from livehub.web.auth import AUTHENTICATOR
from livehub.web.commerce import COMMERCE
from livehub.web.i18n import Catalogues
from livehub.web.media import DOORKEEPER
from livehub.web.rooms import ROOMS, SIGNER
from livehub.worker.carrier import Carrier
from livehub.worker.order_mailing import OrderMailCarrier
from livehub.worker.posting import Postman
from livehub.worker.service import Worker

SECRET = "0123456789abcdef0123456789abcdef"
CONTACT = {"name": "Ana", "email": "ana@example.org"}
Json = dict[str, Any]


@dataclass
class Person:
    """Somebody with a token, who speaks to the server; answers are (status, decoded body)."""

    site: "SellingSite"
    token: str | None

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = path if path.startswith(("http", "/sandbox", "/pictures")) else f"/api/v1{path}"
        async with self.site.http.request(method, url, headers=headers, **options) as response:
            is_json = "json" in response.content_type
            return response.status, await response.json(content_type=None) if is_json else await response.text()

    async def ok(self, method: str, path: str, **options: Any) -> Any:
        status, body = await self.call(method, path, **options)
        assert status < 300, (status, body)
        return body

    async def refused(self, status: int, code: str, method: str, path: str, **options: Any) -> Json:
        got, body = await self.call(method, path, **options)
        assert (got, body.get("code") if isinstance(body, dict) else body) == (status, code), body
        document: Json = body
        return document


@dataclass
class SellingSite:
    url: str
    clock: ManualClock
    database: Database
    commerce: Commerce
    rooms: RoomService
    outbox: SqlOutbox
    worker: Worker
    signer: TokenSigner
    http: ClientSession
    events: list[Event] = field(default_factory=list)

    async def account(self, name: str = "Mai") -> Person:
        accounts, now = SqlAccounts(self.database), self.clock.now_ms()
        account = Account(new_id("acc"), f"{new_id('x')}@example.org", "-", name, "en", now)
        await accounts.add(account)
        key = API_KEY_PREFIX + new_id("k")
        await accounts.add_api_key(ApiKey(new_id("key"), account.id, fingerprint(key), "tests", now), 10)
        return Person(self, key)

    def guest(self, name: str = "Ana") -> Person:
        return Person(self, self.signer.guest(name, "en").token)

    @property
    def nobody(self) -> Person:
        return Person(self, None)

    @property
    def sandbox(self) -> SandboxGateway:
        gateway = self.commerce.gateways["sandbox"]
        assert isinstance(gateway, SandboxGateway)
        return gateway

    async def report(
        self, order: Json, kind: str = "payment.paid", *, event_id: str = "evt_1", **changes: Any
    ) -> tuple[int, Any]:
        """What the sandbox says of an order's payment, signed as it signs."""
        import json

        data = {"reference": order["payment"]["action_url"].rpartition("/")[2], **order["total"], **changes}
        body = json.dumps({"type": kind, "data": data}).encode()
        headers = sign(self.sandbox.webhook_secret, event_id, self.clock.now_ms(), body)
        return await self.nobody.call("POST", "/webhooks/payments/sandbox", data=body, headers=headers)

    async def counts(self, sku: str = "CUP-1") -> Json:
        """Where a variant's units are."""

        def read(connection: Any) -> Json:
            variant = connection.execute(variants.select().where(variants.c.sku == sku)).one()
            rows = connection.execute(offers.select().where(offers.c.variant_id == variant.id)).all()
            found = {
                "received": variant.received,
                "free": variant.free,
                "available": sum(row.available for row in rows),
                "held": sum(row.held for row in rows),
                "sold": sum(row.sold for row in rows),
            }
            assert found["received"] == found["free"] + found["available"] + found["held"] + found["sold"], found
            return found

        return await self.database.read(read)

    def seen(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@dataclass
class Show:
    """A store with one product of two variants, and a room in which the first is offered."""

    site: SellingSite
    merchant: Person
    store: Json
    product: Json
    room: Json
    offer: Json

    def basket(self, quantity: int = 1, **changes: Any) -> Json:
        return {
            "room": self.room["id"],
            "lines": [{"offer": self.offer["id"], "quantity": quantity}],
            "delivery": {"method": "pickup"},
            "contact": CONTACT,
            "payment_provider": "sandbox",
        } | changes

    async def buy(self, buyer: Person, quantity: int = 1, *, key: str | None = None, **changes: Any) -> Json:
        headers = {"Idempotency-Key": key or new_id("idem")}
        order: Json = await buyer.ok("POST", "/orders", json=self.basket(quantity, **changes), headers=headers)
        return order

    async def go_live(self) -> None:
        self.room = await self.merchant.ok("POST", f"/rooms/{self.room['id']}/start")

    async def end(self) -> None:
        self.room = await self.merchant.ok("POST", f"/rooms/{self.room['id']}/end")
        await self.site.worker.sweeper.sweep()


def euros(amount_minor: int) -> Json:
    return {"amount_minor": amount_minor, "currency": "EUR"}


async def open_show(site: SellingSite, *, stock: int = 10, quantity: int = 10, live: bool = True, **offer: Any) -> Show:
    merchant = await site.account()
    store = await merchant.ok("POST", "/stores", json={"title": "Mai's pottery", "currency": "EUR"})
    variants = [
        {"sku": "CUP-1", "title": "blue", "price": euros(1250), "stock": stock},
        {"sku": "CUP-2", "title": "red", "price": euros(1300), "stock": stock},
    ]
    product = await merchant.ok(
        "POST", f"/stores/{store['id']}/products", json={"title": "Tea cup", "variants": variants}
    )
    body = {"kind": "show", "title": "Cups", "locale": "en", "visibility": "public", "store_id": store["id"]}
    room = await merchant.ok("POST", "/rooms", json=body)
    made = await merchant.ok(
        "POST", f"/rooms/{room['id']}/offers", json={"sku": "CUP-1", "quantity": quantity, **offer}
    )
    show = Show(site, merchant, store, product, room, made)
    if live:
        await show.go_live()
    return show


@asynccontextmanager
async def selling(
    database: Database,
    clock: ManualClock,
    bus: EventBus,
    folder: Path,
    *,
    work: bool = False,
    payments: Sequence[str] = ("sandbox", "manual"),
    hooks: Sequence[CheckoutHook] = (),
    couriers: Mapping[str, Courier] | None = None,
    postman: Postman | None = None,
    words: ShopWords | None = None,
    private_pictures: bool = True,
    guarded_hooks: bool = False,
) -> AsyncIterator[SellingSite]:
    """``work``: with the worker running; without, tests sweep by hand."""
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    signer, catalog, outbox = (
        TokenSigner(SECRET, clock),
        SqlCatalog(database),
        SqlOutbox(database, mails=postman is not None),
    )
    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _room: 0, store_of=catalog.store_of)
    gateways = load_gateways(payments, GatewayContext(url, SECRET, clock, outbox))
    sql_orders = SqlOrders(database, outbox, paid_first(gateways))
    commerce = Commerce(
        commerce_over(database, sql_orders, outbox, public_url=url),
        fetcher=PictureFetcher(PictureStore(folder / "pictures", clock), url, allow_private=private_pictures),
        rooms=rooms,
        pictures=PictureStore(folder / "pictures", clock),
        gateways=gateways,
        quotes=Quotes(hooks, SECRET, clock),
        bus=bus,
        clock=clock,
        public_url=url,
        guarded_hooks=guarded_hooks,
        couriers=couriers,
    )
    carriers: dict[str, Carrier] = {}
    if postman is not None:
        letters = BuyerLetters(Catalogues(share_dir("translations")), Sender(url, "shop@example.org"), words, gateways)
        carriers[LETTER_TARGET] = OrderMailCarrier(
            postman, letters, sql_orders, commerce.invoices, commerce.terms, clock
        )
    worker = Worker(
        commerce,
        outbox,
        SqlEndpoints(database),
        clock=clock,
        public_url=url,
        allow_private_webhooks=True,
        carriers=carriers,
    )
    authenticator = CookieAndTokenAuthenticator(SqlAccounts(database), signer, clock)
    chat = ChatService(SqlChat(database), clock=clock, bus=bus)
    app = _application(url, folder, commerce, rooms, authenticator, chat, clock)
    app[SIGNER] = signer
    server = TestServer(app, port=port)
    await server.start_server()
    commerce.start()
    if work:
        worker.start()
    async with ClientSession(base_url=url, connector=TCPConnector(limit=0)) as http:
        site = SellingSite(url, clock, database, commerce, rooms, outbox, worker, signer, http)
        bus.subscribe(AuctionChanged, site.events.append)
        for kind in (
            ClaimChanged,
            CouponChanged,
            OfferChanged,
            OfferPinned,
            OffersArranged,
            OrderPlaced,
            OrderChanged,
            OrderPaid,
        ):
            bus.subscribe(kind, site.events.append)
        yield site
    await worker.close()
    await commerce.close()
    await server.close()


def _application(
    url: str,
    folder: Path,
    commerce: Commerce,
    rooms: RoomService,
    authenticator: CookieAndTokenAuthenticator,
    chat: ChatService,
    clock: ManualClock,
) -> web.Application:
    translations, pictures = folder / "translations", folder / "pictures"
    translations.mkdir(exist_ok=True)
    pictures.mkdir(exist_ok=True)
    app = make_application(
        public_url=url, static=share_dir("static"), translations=translations, pictures=pictures, clock=clock
    )
    app[AUTHENTICATOR] = authenticator
    app[ROOMS] = rooms
    app[COMMERCE] = commerce
    app[DOORKEEPER] = chat.moderation
    app.add_routes([*room_routes.routes(), *commerce_routes.routes(), web.get("/pictures/{path:.+}", get_picture)])
    return app


async def until(check: Any, what: str, *, timeout_s: float = 8.0) -> Any:
    """The first truthy answer of ``check`` (a coroutine function), which real work on other tasks brings about."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        found = await check()
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, f"it did not happen in time: {what}"
        await asyncio.sleep(0.02)


def headers_of(raw: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in raw.items()}
