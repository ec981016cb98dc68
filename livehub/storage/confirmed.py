"""Charges and affirmations of orders in SQL: one row for an order that has any."""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Table, Text, insert, select

from livehub.commerce.orders.confirmed import Confirmed
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

order_checkouts = Table(
    "order_checkouts",
    metadata,
    Column("order_seq", BigInteger, ForeignKey("orders.seq"), primary_key=True, autoincrement=False),
    #: JSON of :class:`~livehub.commerce.orders.confirmed.Confirmed`: amounts, texts and versions as they were affirmed
    Column("confirmed", Text, nullable=False),
)


def keep_confirmed(tx: Tx, confirmed: Mapping[int, Confirmed | None]) -> None:
    rows = [
        {"order_seq": seq, "confirmed": msgspec.json.encode(one).decode()}
        for seq, one in confirmed.items()
        if one is not None
    ]
    if rows:
        tx.execute(insert(order_checkouts), rows)


def load_confirmed(tx: Tx | Connection, seqs: Collection[int]) -> dict[int, Confirmed]:
    rows = tx.execute(select(order_checkouts).where(order_checkouts.c.order_seq.in_(seqs)))
    return {row.order_seq: msgspec.json.decode(row.confirmed, type=Confirmed) for row in rows}
