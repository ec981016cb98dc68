"""The moves of units between an offer's counts and the variant's free stock: one :class:`Draw` at a time.

A closed offer keeps only what is held or sold: what comes back from it goes to the variant, what is taken again comes
from there. Each move is one conditional UPDATE whose row count is checked, under the tables' CHECKs. Whoever moves
several does it in the order of their offers (:func:`move`), so that no two wait for each other.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import case, select, update

from livehub.commerce.errors import SoldOut
from livehub.commerce.orders.model import Draw, Order, OrderStatus
from livehub.storage.commerce import offers, variants
from livehub.storage.writer import Tx

Move = Callable[[Tx, Draw], None]


def held_draws(order: Order) -> list[Draw]:
    """What is kept for an order while it waits for its payment; nothing of one that does not."""
    waits = order.status is OrderStatus.PENDING_PAYMENT
    return [draw for line in order.lines if waits and line.held for draw in line.draws]


def not_held(order: Order) -> list[Draw]:
    """What an order that is paid now would take besides."""
    waits = order.status is OrderStatus.PENDING_PAYMENT
    return [draw for line in order.lines if not (waits and line.held) for draw in line.draws]


def move(tx: Tx, moves: Iterable[tuple[Draw, Move]]) -> None:
    """All of them, in the order that rows are locked in. Raises: SoldOut."""
    for draw, step in sorted(moves, key=lambda one: one[0].offer_id):
        step(tx, draw)


def sell_held(tx: Tx, draw: Draw) -> None:
    """The payment arrived in time."""
    _offer(tx, draw, held=-draw.quantity, sold=draw.quantity)


def give_back_held(tx: Tx, draw: Draw) -> None:
    """The order was cancelled or expired, or a claim ran out."""
    if _is_closed(tx, draw):
        _offer(tx, draw, held=-draw.quantity, quantity=-draw.quantity)
        _variant(tx, draw, draw.quantity)
    else:
        _offer(tx, draw, draw.quantity, held=-draw.quantity, available=draw.quantity)


def give_back_sold(tx: Tx, draw: Draw) -> None:
    """The order was refunded before the goods left."""
    if _is_closed(tx, draw):
        _offer(tx, draw, sold=-draw.quantity, quantity=-draw.quantity)
        _variant(tx, draw, draw.quantity)
    else:
        _offer(tx, draw, draw.quantity, sold=-draw.quantity, available=draw.quantity)


def are_available(tx: Tx, draws: Iterable[Draw]) -> bool:
    """Whether all of that could be had now, together."""
    wanted, of_deal, found = Counter[str](), Counter[str](), dict[str, Draw]()
    for draw in draws:
        wanted[draw.offer_id] += draw.quantity
        of_deal[draw.offer_id] += 0 if draw.deal is None else draw.quantity
        found.setdefault(draw.offer_id, draw)
    return all(_is_there(tx, found[id_], n, of_deal[id_]) for id_, n in wanted.items())


def _is_there(tx: Tx, draw: Draw, quantity: int, of_deal: int) -> bool:
    row = tx.execute(select(offers).where(offers.c.id == draw.offer_id)).one()
    if row.closed_at is not None:
        return _free(tx, draw) >= quantity
    deal_runs = draw.deal is not None and draw.deal == row.deals and row.deal_left is not None
    return bool(row.available >= quantity and (not deal_runs or row.deal_left >= of_deal))


def _free(tx: Tx, draw: Draw) -> int:
    """Of a closed offer's variant; a closed bundle has no units of its own to go by."""
    if not draw.variant_id:
        return draw.quantity
    return int(tx.execute(select(variants.c.free).where(variants.c.id == draw.variant_id)).scalar_one())


def sell_again(tx: Tx, draw: Draw) -> None:
    """The payment came late, or first, and :func:`are_available` said yes in the same transaction."""
    if _is_closed(tx, draw):
        _variant(tx, draw, -draw.quantity)
        _offer(tx, draw, sold=draw.quantity, quantity=draw.quantity)
    else:
        _offer(tx, draw, -draw.quantity, available=-draw.quantity, sold=draw.quantity)


def hold_again(tx: Tx, draw: Draw) -> None:
    """It was authorised late, or first, and :func:`are_available` said yes in the same transaction."""
    if _is_closed(tx, draw):
        _variant(tx, draw, -draw.quantity)
        _offer(tx, draw, held=draw.quantity, quantity=draw.quantity)
    else:
        _offer(tx, draw, -draw.quantity, available=-draw.quantity, held=draw.quantity)


def _is_closed(tx: Tx, draw: Draw) -> bool:
    closed_at = tx.execute(select(offers.c.closed_at).where(offers.c.id == draw.offer_id)).scalar_one()
    return closed_at is not None


def _offer(tx: Tx, draw: Draw, back: int = 0, **deltas: int) -> None:
    """``back``: units for the flash deal they came from, should it still run.

    Raises: SoldOut when a count would fall below zero (another process was faster).
    """
    statement = update(offers).where(offers.c.id == draw.offer_id)
    values: dict[str, Any] = {}
    if back and draw.deal is not None:
        same = case((offers.c.deals == draw.deal, back), else_=0)
        values["deal_left"] = offers.c.deal_left + same  # NULL where none runs
    for name, delta in deltas.items():
        column = offers.c[name]
        values[name] = column + delta
        if delta < 0:
            statement = statement.where(column >= -delta)
    if tx.execute(statement.values(values)).rowcount != 1:
        raise SoldOut("The stock has just changed; try again")


def _variant(tx: Tx, draw: Draw, delta: int) -> None:
    if not draw.variant_id:
        return
    statement = update(variants).where(variants.c.id == draw.variant_id)
    if delta < 0:
        statement = statement.where(variants.c.free >= -delta)
    if tx.execute(statement.values(free=variants.c.free + delta)).rowcount != 1:
        raise SoldOut("The stock has just changed; try again")


def lock(tx: Tx, offer_ids: Iterable[str]) -> None:
    """The rows of those offers, in the order of their ids, where several processes write."""
    wanted = select(offers.c.id).where(offers.c.id.in_(sorted(set(offer_ids)))).order_by(offers.c.id)
    tx.execute(wanted.with_for_update()).close()
