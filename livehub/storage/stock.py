"""The moves of units between an offer's counts and the variant's free stock: one line of an order at a time.

A closed offer keeps only what is held or sold: what comes back from it goes to the variant, what is taken again comes
from there. Each move is one conditional UPDATE whose row count is checked, under the tables' CHECKs.
"""

from typing import Any

from sqlalchemy import case, select, update

from livehub.commerce.errors import SoldOut
from livehub.commerce.orders import OrderLine
from livehub.storage.commerce import offers, variants
from livehub.storage.writer import Tx


def sell_held(tx: Tx, line: OrderLine) -> None:
    """The payment arrived in time."""
    _offer(tx, line, held=-line.quantity, sold=line.quantity)


def give_back_held(tx: Tx, line: OrderLine) -> None:
    """The order was cancelled or expired."""
    if _is_closed(tx, line):
        _offer(tx, line, held=-line.quantity, quantity=-line.quantity)
        _variant(tx, line, line.quantity)
    else:
        _offer(tx, line, line.quantity, held=-line.quantity, available=line.quantity)


def give_back_sold(tx: Tx, line: OrderLine) -> None:
    """The order was refunded before the goods left."""
    if _is_closed(tx, line):
        _offer(tx, line, sold=-line.quantity, quantity=-line.quantity)
        _variant(tx, line, line.quantity)
    else:
        _offer(tx, line, line.quantity, sold=-line.quantity, available=line.quantity)


def is_available(tx: Tx, line: OrderLine) -> bool:
    """Whether an expired order's line could be served again."""
    if _is_closed(tx, line):
        there = tx.execute(select(variants.c.free).where(variants.c.id == line.variant_id)).scalar_one()
    else:
        row = tx.execute(select(offers).where(offers.c.id == line.offer_id)).one()
        there = row.available
        if line.deal is not None and line.deal == row.deals and row.deal_left is not None:
            there = min(there, row.deal_left)
    return bool(there >= line.quantity)


def sell_again(tx: Tx, line: OrderLine) -> None:
    """The payment arrived late, and :func:`is_available` said yes in the same transaction."""
    if _is_closed(tx, line):
        _variant(tx, line, -line.quantity)
        _offer(tx, line, sold=line.quantity, quantity=line.quantity)
    else:
        _offer(tx, line, -line.quantity, available=-line.quantity, sold=line.quantity)


def hold_again(tx: Tx, line: OrderLine) -> None:
    """The payment was authorised late, and :func:`is_available` said yes in the same transaction."""
    if _is_closed(tx, line):
        _variant(tx, line, -line.quantity)
        _offer(tx, line, held=line.quantity, quantity=line.quantity)
    else:
        _offer(tx, line, -line.quantity, available=-line.quantity, held=line.quantity)


def _is_closed(tx: Tx, line: OrderLine) -> bool:
    closed_at = tx.execute(select(offers.c.closed_at).where(offers.c.id == line.offer_id)).scalar_one()
    return closed_at is not None


def _offer(tx: Tx, line: OrderLine, back: int = 0, **deltas: int) -> None:
    """``back``: units for the flash deal they came from, should it still run.

    Raises: SoldOut when a count would fall below zero (another process was faster).
    """
    statement = update(offers).where(offers.c.id == line.offer_id)
    values: dict[str, Any] = {}
    if back and line.deal is not None:
        same = case((offers.c.deals == line.deal, back), else_=0)
        values["deal_left"] = offers.c.deal_left + same  # NULL where none runs
    for name, delta in deltas.items():
        column = offers.c[name]
        values[name] = column + delta
        if delta < 0:
            statement = statement.where(column >= -delta)
    if tx.execute(statement.values(values)).rowcount != 1:
        raise SoldOut("The stock has just changed; try again")


def _variant(tx: Tx, line: OrderLine, delta: int) -> None:
    statement = update(variants).where(variants.c.id == line.variant_id)
    if delta < 0:
        statement = statement.where(variants.c.free >= -delta)
    if tx.execute(statement.values(free=variants.c.free + delta)).rowcount != 1:
        raise SoldOut("The stock has just changed; try again")
