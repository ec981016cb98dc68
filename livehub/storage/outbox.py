"""The outbox: what must leave the server, kept in the same commit as what it tells of, delivered at least once.

A target is ``endpoint:<id>`` (a merchant's webhook endpoint), ``own:<provider>`` (this server's own payment webhook) or
``ordermail:<order>`` (a letter to its buyer).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from livehub.clock import iso
from livehub.commerce.fulfilment.buyer_letters import LETTER_TARGET, LETTERS, Letter
from livehub.commerce.orders.model import Order
from livehub.commerce.webhooks.ports import Endpoint, Parcel
from livehub.ids import new_id
from livehub.storage.commerce import outbox, webhook_endpoints
from livehub.storage.database import Database
from livehub.storage.prepared import Prepared
from livehub.storage.writer import Tx


class SqlOutbox:
    """Implements :class:`livehub.commerce.webhooks.ports.OutboxStore` and :class:`livehub.commerce.gateway.Callbacks`.

    ``mails``: buyers get letters about their orders; without a mail server none are written.
    """

    def __init__(self, database: Database, *, mails: bool = False) -> None:
        self._database = database
        self.mails = mails
        self._wake: Callable[[], None] = _nobody
        self._endpoints = Prepared(
            select(webhook_endpoints.c.id, webhook_endpoints.c.events).where(
                webhook_endpoints.c.store_id == bindparam("store_id")
            ),
            database.engine.dialect,
        )

    def on_added(self, wake: Callable[[], None]) -> None:
        """``wake`` is called on the event loop after something new was committed."""
        self._wake = wake

    def added(self) -> None:
        self._wake()

    async def later(self, provider: str, event_id: str, body: bytes, due_at: int) -> None:
        """A callback of a provider inside the server; an event that is known already is not kept twice."""

        def write(tx: Tx) -> None:
            if tx.execute(select(outbox.c.id).where(outbox.c.id == event_id)).first() is None:
                tx.execute(insert(outbox), outbox_row(event_id, f"own:{provider}", body.decode(), due_at))

        await self._database.write(write)
        self.added()

    def tell_merchant(self, tx: Tx, order: Order, event: str, at_ms: int) -> bool:
        """Inside the write that changed ``order``: one message for each of the store's endpoints, if there are any."""
        return self.tell(tx, order.store_id, event, order.present, at_ms)

    def tell(self, tx: Tx, store_id: str, event: str, data: Callable[[], Mapping[str, Any]], at_ms: int) -> bool:
        """As :meth:`tell_merchant`, of anything else; ``data`` is only asked for when somebody wants to know."""
        rows = self._endpoints.run(tx, {"store_id": store_id}).fetchall()
        wanted = [endpoint_id for endpoint_id, events in rows if not events or event in events.split()]
        if not wanted:
            return False
        body = msgspec.json.encode({"type": event, "timestamp": iso(at_ms), "data": data()}).decode()
        for endpoint_id in wanted:
            tx.execute(insert(outbox), outbox_row(new_id("msg"), f"endpoint:{endpoint_id}", body, at_ms))
        return True

    def tell_buyer(self, tx: Tx, order: Order, event: str, at_ms: int, shipment: str | None = None) -> bool:
        """Inside the write that changed ``order``: a letter to its buyer about ``event``, where there is one to write
        (see :data:`livehub.commerce.fulfilment.buyer_letters.LETTERS`) and an address to write to."""
        if event not in LETTERS:
            return False
        return self.post(tx, order, Letter(LETTERS[event], order.refunded_minor, shipment), at_ms)

    def post(self, tx: Tx, order: Order, letter: Letter, at_ms: int) -> bool:
        """``letter`` to its buyer, if letters are sent and there is an address to write to."""
        if not self.mails or not order.contact.get("email"):
            return False
        body = msgspec.json.encode(letter).decode()
        tx.execute(insert(outbox), outbox_row(new_id("msg"), f"{LETTER_TARGET}:{order.id}", body, at_ms)).close()
        return True

    async def due(self, at_ms: int, limit: int, kind: str, busy: Collection[str] = ()) -> list[Parcel]:
        of_kind = outbox.c.target.startswith(f"{kind}:", autoescape=True)
        statement = (
            select(outbox)
            .where(outbox.c.state == "waiting", outbox.c.due_at <= at_ms, of_kind, outbox.c.target.not_in(busy))
            .order_by(outbox.c.due_at)
            .limit(limit)
        )

        def read(connection: Connection) -> list[Parcel]:
            return [
                Parcel(row.id, row.target, row.body.encode(), row.created_at, row.attempts)
                for row in connection.execute(statement)
            ]

        return await self._database.read(read)

    async def delivered(self, parcel_id: str, answer: str) -> None:
        await self._set(parcel_id, state="delivered", answer=answer)

    async def postponed(self, parcel_id: str, due_at: int, answer: str) -> None:
        await self._set(parcel_id, due_at=due_at, answer=answer)

    async def given_up(self, parcel_id: str, answer: str) -> None:
        await self._set(parcel_id, state="given_up", answer=answer)

    async def _set(self, parcel_id: str, **values: Any) -> None:
        values["answer"] = values["answer"][:300]
        statement = update(outbox).where(outbox.c.id == parcel_id).values(attempts=outbox.c.attempts + 1, **values)
        await self._database.write(lambda tx: tx.execute(statement).close())

    async def forget(self, before_ms: int) -> None:
        """Drop what was settled and is older than that."""
        statement = delete(outbox).where(outbox.c.state != "waiting", outbox.c.created_at < before_ms)
        await self._database.write(lambda tx: tx.execute(statement).close())


def _nobody() -> None:
    """Nobody waits for new messages: they are found at the next look."""


def outbox_row(message_id: str, target: str, body: str, at_ms: int) -> dict[str, Any]:
    return {
        "id": message_id,
        "target": target,
        "body": body,
        "created_at": at_ms,
        "due_at": at_ms,
        "attempts": 0,
        "state": "waiting",
        "answer": "",
    }


_FIXED = frozenset({"id", "store_id", "created_at"})


class SqlEndpoints:
    """Implements :class:`livehub.commerce.webhooks.ports.EndpointStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, endpoint: Endpoint) -> None:
        values = {name: getattr(endpoint, name) for name in Endpoint.__slots__}
        await self._database.write(lambda tx: tx.execute(insert(webhook_endpoints), values).close())

    async def of_stores(self, store_ids: Sequence[str]) -> list[Endpoint]:
        return await self._read(webhook_endpoints.c.store_id.in_(store_ids))

    async def find(self, endpoint_id: str) -> Endpoint | None:
        found = await self._read(webhook_endpoints.c.id == endpoint_id)
        return found[0] if found else None

    async def change(self, endpoint: Endpoint) -> None:
        values = {name: getattr(endpoint, name) for name in Endpoint.__slots__ if name not in _FIXED}
        statement = update(webhook_endpoints).where(webhook_endpoints.c.id == endpoint.id).values(values)
        await self._database.write(lambda tx: tx.execute(statement).close())

    async def delete(self, endpoint_id: str) -> None:
        """What still waits for it is given up by the worker, which finds the endpoint gone."""
        statement = delete(webhook_endpoints).where(webhook_endpoints.c.id == endpoint_id)
        await self._database.write(lambda tx: tx.execute(statement).close())

    async def _read(self, condition: Any) -> list[Endpoint]:
        statement = select(webhook_endpoints).where(condition).order_by(webhook_endpoints.c.id)
        return await self._database.read(
            lambda connection: [Endpoint(**row._mapping) for row in connection.execute(statement)]
        )
