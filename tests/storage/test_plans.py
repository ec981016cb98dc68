"""What happens at every order, page and look of the worker reads no big table through: PostgreSQL counts each time it
does. Counted are the plans that ran, with the statistics of tables that are filled, not what EXPLAIN would choose."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import psycopg

from livehub.bench.postgres import Postgres
from livehub.commerce.orders.model import OrderStatus
from livehub.commerce.orders.ports import OrderQuery
from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from livehub.storage.outbox import SqlOutbox
from livehub.storage.shop_words import SqlShopWords
from tests.databases import Templates
from tests.storage.test_place import Till, intent
from tests.storage.test_returns import Process

ROWS: Final = 20_000
STORES: Final = 200
BIG: Final = ("orders", "order_lines", "offers", "variants", "outbox")
#: copies of the first row of each table, spread over stores and buyers; most is settled, as in a shop's life
FILL: Final = (
    """INSERT INTO stores SELECT r.*
       FROM (SELECT * FROM stores LIMIT 1) s, generate_series(1, {stores}) n,
       jsonb_populate_record(NULL::stores, to_jsonb(s) || jsonb_build_object('id', 'other_' || n)) r""",
    """INSERT INTO variants SELECT r.*
       FROM (SELECT * FROM variants LIMIT 1) v, generate_series(1, {rows}) n,
       jsonb_populate_record(NULL::variants, to_jsonb(v) || jsonb_build_object(
           'id', 'var_' || n, 'sku', 'S' || n, 'store_id', 'other_' || (1 + n % {stores}))) r""",
    """INSERT INTO offers SELECT r.*
       FROM (SELECT * FROM offers LIMIT 1) o, generate_series(1, {rows}) n,
       jsonb_populate_record(NULL::offers, to_jsonb(o) || jsonb_build_object(
           'id', 'other_' || n, 'room_id', 'other_' || (n / 20), 'variant_id', 'var_' || n,
           'store_id', 'other_' || (1 + n % {stores}), 'closed_at', 1)) r""",
    """INSERT INTO orders SELECT r.*
       FROM (SELECT * FROM orders LIMIT 1) o, generate_series(1, {rows}) n,
       jsonb_populate_record(NULL::orders, to_jsonb(o) || jsonb_build_object(
           'seq', 1000000 + n, 'id', 'other_' || n, 'store_id', 'other_' || (1 + n % {stores}),
           'buyer_id', 'other_' || (n / 3), 'idempotency_key', 'k' || n, 'payment_reference', 'r' || n,
           'payment_id', 'p' || n, 'status', 'fulfilled', 'payment_status', 'paid', 'expires_at', NULL)) r""",
    """INSERT INTO order_lines SELECT r.*
       FROM (SELECT * FROM order_lines LIMIT 1) l, generate_series(1, {rows}) n,
       jsonb_populate_record(NULL::order_lines, to_jsonb(l) || jsonb_build_object(
           'order_seq', 1000000 + n, 'offer_id', 'other_' || n)) r""",
    """INSERT INTO outbox (id, target, body, created_at, due_at, attempts, state, answer)
       SELECT 'other_' || n, 'endpoint:' || (n % {stores}), '{{}}', n, n, 1, 'delivered', '204'
       FROM generate_series(1, {rows}) n""",
)


async def _filled(url: str) -> str:
    async with opened(url) as process:
        await Till(process.database).open(1000)
        order = (await process.orders.place(intent("gst_1", ("ofr_a", 1)))).order
        assert order.lines
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as filling:
        for statement in FILL:
            await filling.execute(statement.format(rows=ROWS, stores=STORES).encode())
        await filling.execute("ANALYZE")
    return url


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Process]:
    database = Database(url)
    database.start()
    yield Process(database)
    await database.close()


async def read_through(url: str) -> dict[str, int]:
    """How often each of the big tables was, by all who are gone. A session tells what it did when it ends, which is
    some time after its client has hung up."""
    others = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
    counts = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY(%s)"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as looking, asyncio.timeout(60):
        while await (await looking.execute(others)).fetchone() != (0,):
            await asyncio.sleep(0.02)
        rows = await (await looking.execute(counts, (list(BIG),))).fetchall()
    assert len(rows) == len(BIG)
    return {str(name): int(count) for name, count in rows}


async def test_no_big_table_is_read_through(postgres: Postgres, templates: Templates) -> None:
    url = await _filled(templates.migrate_in(postgres))
    before = await read_through(url)
    for doing in (place_pay_and_expire, claim_the_outbox, look_and_search, say_what_shops_say):
        async with opened(url) as process:
            await doing(process)
        after = await read_through(url)
        assert after == before, doing.__name__


async def test_what_reads_one_through_is_noticed(postgres: Postgres, templates: Templates) -> None:
    url = templates.migrate_in(postgres)
    before = await read_through(url)
    async with opened(url) as process:
        assert await Till(process.database).rows(outbox) == 0
    assert await read_through(url) == {**before, "outbox": before["outbox"] + 1}


async def place_pay_and_expire(process: Process) -> None:
    till = Till(process.database)
    # More often than after what PostgreSQL settles for one plan of a prepared statement.
    for number in range(12):
        placed = await till.together(*(intent(f"gst_{number}_{n}", ("ofr_a", 1), ("ofr_b", 1)) for n in range(4)))
        await process.orders.move(placed[0].order.id, OrderStatus.PAID, 10)
        await process.orders.move(placed[1].order.id, OrderStatus.CANCELLED, 10)
        assert await process.orders.by_key(f"gst_{number}_2", placed[2].order.id) is not None
        assert await process.orders.find(placed[3].order.id) is not None
        await process.orders.expire(10**13, 100)


async def claim_the_outbox(process: Process) -> None:
    parcels = SqlOutbox(process.database)
    for number in range(12):
        await parcels.later("sandbox", f"evt_{number}", b"{}", 5)
        (parcel,) = await parcels.due(10**13, 100, "own")
        await parcels.delivered(parcel.id, "204")
        assert await parcels.due(10**13, 100, "endpoint", ["endpoint:1"]) == []


async def look_and_search(process: Process) -> None:
    for number in range(1, 13):
        buyer, store = f"other_{number}", f"other_{number}"
        assert len(await process.orders.page(OrderQuery(buyer_id=buyer))) == 3
        assert len(await process.orders.page(OrderQuery(store_id=store, limit=20))) == 20
        assert len(await process.orders.page(OrderQuery(store_id=store, after=1_010_000, limit=20))) == 20
        for text in ("nobody", "77"):
            assert await process.orders.page(OrderQuery(store_id=store, text=text)) == []
        assert len(await process.orders.page(OrderQuery(store_id=store, text="CuP", limit=20))) == 20
        assert await process.orders.page(OrderQuery(store_id=store, work="to_pack")) == []
        assert await process.orders.page(OrderQuery(store_id=store, status=OrderStatus.PAID)) == []


async def say_what_shops_say(process: Process) -> None:
    words = SqlShopWords(process.database)
    for number in range(1, 13):
        store = f"other_{number}"
        said = await words.of_store(store, 0, 200)
        for word in said:
            assert await words.find(store, word.text) == word
        assert await words.find(store, "Nobody says this") is None
