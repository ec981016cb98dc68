"""Invoices and credit notes in SQL: numbered for each store without gaps, in the commit that moves the money."""

from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
)

from livehub.commerce.fulfilment.invoices import Document, Invoice, InvoiceKind
from livehub.commerce.orders.model import Order
from livehub.commerce.payments.refunds import Refund
from livehub.ids import new_secret
from livehub.storage.commerce import orders
from livehub.storage.database import Database
from livehub.storage.tables import metadata
from livehub.storage.terms import load_terms
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

#: how many documents a store has issued
invoice_counters = Table(
    "invoice_counters",
    metadata,
    Column("store_id", String(40), ForeignKey("stores.id"), primary_key=True),
    Column("issued", Integer, nullable=False),
)

invoices = Table(
    "invoices",
    metadata,
    #: nobody guesses it: whoever has it may read the document
    Column("id", String(60), primary_key=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("order_seq", BigInteger, ForeignKey("orders.seq"), nullable=False),
    Column("kind", String(16), nullable=False),
    #: what it is of: the payment, the refund, or the provider's event
    Column("reference", String(255), nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("locale", String(16), nullable=False),
    #: JSON of :class:`~livehub.commerce.fulfilment.invoices.Document`
    Column("document", Text, nullable=False),
    UniqueConstraint("store_id", "number"),
    UniqueConstraint("order_seq", "reference"),
    Index(None, "order_seq"),
)


def lock(tx: Tx, database: Database, store_id: str) -> None:
    """The store's counter: whoever else pays or gives back there waits. Before its offers are locked."""
    counter = insert_into(database, invoice_counters).values(store_id=store_id, issued=0)
    same = {"issued": invoice_counters.c.issued}
    tx.execute(counter.on_conflict_do_update(index_elements=["store_id"], set_=same)).close()


def issue(tx: Tx, database: Database, order: Order, at_ms: int) -> None:
    """The order was paid."""
    document = Document(load_terms(tx, order.store_id), order.present(), order.total.amount_minor)
    _keep(tx, database, order, InvoiceKind.INVOICE, order.payment.id, document, at_ms)


def credit(tx: Tx, database: Database, order: Order, refund: Refund, at_ms: int) -> None:
    """Money went back by a refund of ours."""
    seller, amount = load_terms(tx, order.store_id), refund.amount.amount_minor
    document = Document(seller, order.present(), amount, refund.reason, refund.lines)
    _keep(tx, database, order, InvoiceKind.CREDIT, refund.id, document, at_ms)


def credit_amount(tx: Tx, database: Database, order: Order, amount_minor: int, event_id: str, at_ms: int) -> None:
    """Money went back at the provider, without our asking."""
    document = Document(load_terms(tx, order.store_id), order.present(), amount_minor)
    _keep(tx, database, order, InvoiceKind.CREDIT, event_id, document, at_ms)


def _keep(
    tx: Tx, database: Database, order: Order, kind: InvoiceKind, reference: str, document: Document, at_ms: int
) -> None:
    counter = insert_into(database, invoice_counters).values(store_id=order.store_id, issued=1)
    more = {"issued": invoice_counters.c.issued + 1}
    counted = counter.on_conflict_do_update(index_elements=["store_id"], set_=more)
    number = tx.execute(counted.returning(invoice_counters.c.issued)).scalar_one()
    values = {
        "id": f"inv_{new_secret(24)}",
        "store_id": order.store_id,
        "number": number,
        "order_seq": order.seq,
        "kind": kind.value,
        "reference": reference[:255],
        "issued_at": at_ms,
        "locale": order.locale,
        "document": msgspec.json.encode(document).decode(),
    }
    tx.execute(insert(invoices), values).close()


class SqlInvoices:
    """Implements :class:`livehub.commerce.fulfilment.ports.InvoiceStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_order(self, order_id: str) -> list[Invoice]:
        return await self._read(_select().where(orders.c.id == order_id).order_by(invoices.c.number))

    async def find(self, invoice_id: str) -> Invoice | None:
        found = await self._read(_select().where(invoices.c.id == invoice_id))
        return found[0] if found else None

    async def of_store(self, store_id: str, after: int | None, limit: int) -> list[Invoice]:
        statement = _select().where(invoices.c.store_id == store_id).order_by(invoices.c.number.desc()).limit(limit)
        if after is not None:
            statement = statement.where(invoices.c.number < after)
        return await self._read(statement)

    async def _read(self, statement: Any) -> list[Invoice]:
        def read(connection: Connection) -> list[Invoice]:
            return [_invoice(row) for row in connection.execute(statement)]

        return await self._database.read(read)


def _select() -> Any:
    return select(invoices, orders.c.id.label("order_id")).join(orders, orders.c.seq == invoices.c.order_seq)


def _invoice(row: Any) -> Invoice:
    document = msgspec.json.decode(row.document, type=Document)
    return Invoice(
        row.id, row.store_id, row.number, row.order_id, InvoiceKind(row.kind), row.issued_at, row.locale, document
    )  # fmt: skip
