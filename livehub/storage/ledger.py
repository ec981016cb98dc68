"""The ledger in SQL: booked in the same commit as what it tells of, never changed, never booked twice."""

from sqlalchemy import Connection, func, insert, select

from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order
from livehub.commerce.payments.ledger import BUYER, Movement, MovementKind, till
from livehub.storage.commerce import orders
from livehub.storage.database import Database
from livehub.storage.payment_tables import money_movements
from livehub.storage.writer import Tx


def book(tx: Tx, order: Order, kind: MovementKind, amount_minor: int, reference: str, at_ms: int) -> None:
    """One movement of ``order``'s money; one that is booked already, and nothing at all, is left out."""
    known = select(money_movements.c.seq).where(
        money_movements.c.kind == kind.value, money_movements.c.reference == reference
    )
    if amount_minor == 0 or tx.execute(known).first() is not None:
        return
    money = till(order.payment.provider)
    source, destination = (BUYER, money) if kind is MovementKind.PAYMENT else (money, BUYER)
    values = {
        "order_seq": order.seq,
        "store_id": order.store_id,
        "kind": kind.value,
        "from_account": source,
        "to_account": destination,
        "amount_minor": amount_minor,
        "currency": order.total.currency,
        "reference": reference,
        "at": at_ms,
    }
    tx.execute(insert(money_movements), values)


def booked_refunds(tx: Tx, order: Order) -> int:
    """What went back for ``order`` by now."""
    total = select(func.coalesce(func.sum(money_movements.c.amount_minor), 0)).where(
        money_movements.c.order_seq == order.seq, money_movements.c.kind == MovementKind.REFUND.value
    )
    return int(tx.execute(total).scalar_one())


class SqlLedger:
    """Implements :class:`livehub.commerce.payments.ports.LedgerStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, store_id: str, after: int | None, limit: int, order_id: str | None = None) -> list[Movement]:
        statement = (
            select(money_movements, orders.c.id.label("order_id"))
            .join(orders, orders.c.seq == money_movements.c.order_seq)
            .where(money_movements.c.store_id == store_id)
            .order_by(money_movements.c.seq.desc())
            .limit(limit)
        )
        if after is not None:
            statement = statement.where(money_movements.c.seq < after)
        if order_id is not None:
            statement = statement.where(orders.c.id == order_id)

        def read(connection: Connection) -> list[Movement]:
            return [
                Movement(
                    row.seq,
                    row.order_id,
                    row.store_id,
                    MovementKind(row.kind),
                    row.from_account,
                    row.to_account,
                    Money(row.amount_minor, row.currency),
                    row.reference,
                    row.at,
                )
                for row in connection.execute(statement)
            ]

        return await self._database.read(read)

    async def balances(self, store_id: str) -> dict[str, int]:
        """Account → what came in less what went out, of all the store's movements."""

        def side(column: object) -> object:
            return (
                select(column, func.sum(money_movements.c.amount_minor))  # type: ignore[call-overload]
                .where(money_movements.c.store_id == store_id)
                .group_by(column)
            )

        def read(connection: Connection) -> dict[str, int]:
            found: dict[str, int] = {}
            for column, sign in ((money_movements.c.from_account, -1), (money_movements.c.to_account, 1)):
                for account, amount in connection.execute(side(column)):  # type: ignore[call-overload]
                    found[account] = found.get(account, 0) + sign * int(amount)
            return found

        return await self._database.read(read)
