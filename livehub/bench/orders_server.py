"""The server's side of the orders benchmark: the real routes, tokens, rooms and checkout, on uvloop as when serving.

With storage "none" everything is the same but for the orders themselves, which are made and forgotten.
"""

import asyncio
import itertools
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web
from sqlalchemy import insert, select

from livehub.accounts.authenticator import CookieAndTokenAuthenticator
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.accounts.tokens import TokenSigner
from livehub.bench.worker import SECRET, pin, serve
from livehub.chat.moderation import Moderation
from livehub.clock import SystemClock
from livehub.commerce.catalog.model import NewOffer, NewVariant, Offer
from livehub.commerce.catalog.picture_fetch import PictureFetcher
from livehub.commerce.catalog.pictures import PictureStore
from livehub.commerce.gateway import GatewayContext, Outcome, PaymentEvent
from livehub.commerce.gateways.registry import load_gateways
from livehub.commerce.money import Money
from livehub.commerce.orders.checkout import Intent, make_order, price
from livehub.commerce.orders.model import OrderStatus
from livehub.commerce.orders.ports import Placed
from livehub.commerce.orders.quotes import Quotes
from livehub.commerce.service import Commerce
from livehub.events import EventBus
from livehub.rooms.kinds import RoomKind
from livehub.rooms.service import NewRoom, RoomService
from livehub.serving import tune_garbage_collector, tune_threads
from livehub.storage.accounts import SqlAccounts, accounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.chat import SqlChat
from livehub.storage.commerce import offers as offer_table
from livehub.storage.commerce import order_lines as line_table
from livehub.storage.commerce import orders as order_table
from livehub.storage.database import Database
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.rooms import SqlRooms
from livehub.storage.shop_stores import commerce_over
from livehub.storage.tables import metadata
from livehub.web import commerce_orders
from livehub.web.auth import AUTHENTICATOR
from livehub.web.commerce_wire import COMMERCE
from livehub.web.origin import DOORKEEPER
from livehub.web.problem import problem_middleware
from livehub.web.rooms import ROOMS

HOST = Principal(PrincipalKind.ACCOUNT, "host", "Host", "en")
PLENTY = 10_000_000


class ForgetfulOrders(SqlOrders):
    """Makes orders as the real one does, and keeps nothing: what is left is everything but storage."""

    def __init__(self, database: Database, outbox: SqlOutbox) -> None:
        super().__init__(database, outbox)
        self._seq = itertools.count(1)
        self.offers: dict[str, Offer] = {}

    async def place(self, intent: Intent) -> Placed:
        return Placed(make_order(intent, price(intent, self.offers, {}), next(self._seq)), replayed=False)


class Server:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock, self._bus = SystemClock(), EventBus()
        self._runner: web.AppRunner | None = None

    async def start(self, storage: str, url: str, buyers: int) -> dict[str, Any]:
        database = self._database = Database(url or f"sqlite:///{self._folder}/orders.db")
        metadata.create_all(database.engine)
        database.start()
        signer, catalog, outbox = TokenSigner(SECRET, self._clock), SqlCatalog(database), SqlOutbox(database)
        self._orders = (ForgetfulOrders if storage == "none" else SqlOrders)(database, outbox)
        self._rooms = RoomService(
            SqlRooms(database), clock=self._clock, bus=self._bus, viewers=lambda _: 0, store_of=catalog.store_of
        )
        context = GatewayContext("http://127.0.0.1", SECRET, self._clock, outbox)
        self._commerce = Commerce(
            commerce_over(database, self._orders, outbox, public_url="http://127.0.0.1"),
            fetcher=PictureFetcher(PictureStore(self._folder, self._clock), "http://127.0.0.1"),
            rooms=self._rooms,
            pictures=PictureStore(self._folder, self._clock),
            gateways=load_gateways(("sandbox",), context),
            quotes=Quotes((), SECRET, self._clock),
            bus=self._bus,
            clock=self._clock,
            public_url="http://127.0.0.1",
            max_open_orders=1_000_000,  # few buyers stand for many
        )
        await self._seed()
        self._commerce.start()
        app = web.Application(middlewares=[problem_middleware])
        app[AUTHENTICATOR] = CookieAndTokenAuthenticator(SqlAccounts(database), signer, self._clock)
        app[ROOMS], app[COMMERCE] = self._rooms, self._commerce
        app[DOORKEEPER] = Moderation(SqlChat(database), clock=self._clock, bus=self._bus)
        app.add_routes(commerce_orders.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        tune_garbage_collector()
        tune_threads()
        tokens = [signer.guest(f"Buyer {number}", "en").token for number in range(buyers)]
        return {"port": self._runner.addresses[0][1], "room": self._access.room.id, "tokens": tokens}

    async def _seed(self) -> None:
        host = {"id": "host", "email": "h@example.org", "password_hash": "-", "display_name": "Host", "locale": "en"}
        await self._database.write(lambda tx: tx.execute(insert(accounts).values(**host, created_at=0)).close())
        store = await self._commerce.shop.open(HOST, "Bench", "EUR")
        variants = [NewVariant(f"SKU-{number}", "", Money(1250, "EUR"), 2 * PLENTY) for number in range(3)]
        await self._commerce.shop.add_product(HOST, store.id, "Cup", "", variants)
        self._access = await self._rooms.create(HOST, NewRoom(RoomKind.SHOW, "Bench", "en", store_id=store.id))
        await self._rooms.start(self._access)

    async def offer(self, number: int, quantity: int) -> dict[str, Any]:
        """A new offer of so many units."""
        access = await self._rooms.access(self._access.room.id, HOST)
        offer = await self._commerce.tray.add(access, NewOffer(f"SKU-{number}", quantity or PLENTY))
        if isinstance(self._orders, ForgetfulOrders):
            self._orders.offers[offer.id] = offer
        return {"offer": offer.id}

    async def counts(self, offer: str) -> dict[str, Any]:
        columns = (offer_table.c.available, offer_table.c.held, offer_table.c.sold)
        statement = select(*columns).where(offer_table.c.id == offer)
        row = await self._database.read(lambda connection: connection.execute(statement).one())
        usage = resource.getrusage(resource.RUSAGE_SELF)
        wal = self._folder / "orders.db-wal"
        return {
            "available": row.available,
            "held": row.held,
            "sold": row.sold,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "memory_mib": _resident_mib(),
            "wal_mib": wal.stat().st_size / (1 << 20) if wal.exists() else 0,
        }

    async def pay(self, offer: str, count: int) -> dict[str, Any]:
        """Take payments for so many orders that wait, 128 at a time: how many a second."""
        waiting = (
            select(order_table.c.payment_reference, order_table.c.total_minor)
            .join(line_table, line_table.c.order_seq == order_table.c.seq)
            .where(line_table.c.offer_id == offer, order_table.c.status == OrderStatus.PENDING_PAYMENT)
            .order_by(order_table.c.seq.desc())
            .limit(count)
        )
        rows = await self._database.read(lambda connection: connection.execute(waiting).all())
        left = iter(rows)

        async def take() -> None:
            for row in left:
                paid = PaymentEvent(f"evt-{row[0]}", row[0], Outcome.PAID, Money(row[1], "EUR"))
                await self._commerce.settlement.take("sandbox", paid)

        begin = time.perf_counter()
        await asyncio.gather(*(take() for _ in range(128)))
        return {"per_s": len(rows) / (time.perf_counter() - begin)}

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            await self._commerce.close()
            await self._database.close()


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


async def main() -> None:
    pin(int(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        await serve({"start": server.start, "offer": server.offer, "counts": server.counts, "pay": server.pay})
        await server.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
