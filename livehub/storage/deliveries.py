"""The outbox as a log: what went to one endpoint, and one of it again."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select, tuple_, update

from livehub.commerce.webhooks.ports import Delivery
from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from livehub.storage.outbox import SqlOutbox, outbox_row
from livehub.storage.writer import Tx


class SqlDeliveries:
    """Implements :class:`livehub.commerce.webhooks.ports.DeliveryStore`."""

    def __init__(self, database: Database, of: SqlOutbox) -> None:
        self._database = database
        self._outbox = of

    async def deliveries(self, endpoint_id: str, state: str | None, after: str | None, limit: int) -> list[Delivery]:
        target = f"endpoint:{endpoint_id}"
        statement = select(outbox).where(outbox.c.target == target)
        if state is not None:
            statement = statement.where(outbox.c.state == state)
        if after is not None:
            last = select(outbox.c.created_at).where(outbox.c.id == after).scalar_subquery()
            statement = statement.where(tuple_(outbox.c.created_at, outbox.c.id) < tuple_(last, after))
        statement = statement.order_by(outbox.c.created_at.desc(), outbox.c.id.desc()).limit(limit)

        def read(connection: Connection) -> list[Delivery]:
            return [_delivery(row) for row in connection.execute(statement)]

        return await self._database.read(read)

    async def replay(self, endpoint_id: str, delivery_id: str, at_ms: int) -> Delivery | None:
        one = (outbox.c.id == delivery_id) & (outbox.c.target == f"endpoint:{endpoint_id}")

        def write(tx: Tx) -> Delivery | None:
            tx.execute(update(outbox).where(one).values(state="waiting", due_at=at_ms, attempts=0))
            row = tx.execute(select(outbox).where(one)).first()
            return None if row is None else _delivery(row)

        again = await self._database.write(write)
        self._outbox.added()
        return again

    async def add_delivery(self, endpoint_id: str, delivery_id: str, body: str, at_ms: int) -> Delivery:
        row = outbox_row(delivery_id, f"endpoint:{endpoint_id}", body, at_ms)
        await self._database.write(lambda tx: tx.execute(insert(outbox), row).close())
        self._outbox.added()
        return Delivery(delivery_id, body, "waiting", 0, "", at_ms, at_ms)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(row.id, row.body, row.state, row.attempts, row.answer, row.created_at, row.due_at)
