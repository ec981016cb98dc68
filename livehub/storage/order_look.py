"""All that a batch of orders could collide on, read by one statement.

Each statement costs a thread the interpreter, and on PostgreSQL a way to the server and back; on SQLite it costs the
interpreter once more for each row. While the loop is busy with the next requests, to get it back is what takes long:
one row of JSON, whatever is found, is worth putting together.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Dialect, Integer, Select, column, func, literal_column, select, union

from livehub.commerce.catalog.model import Offer
from livehub.commerce.orders.checkout import Intent
from livehub.commerce.orders.model import OrderStatus
from livehub.storage.commerce import bundle_parts, offers, orders, webhook_endpoints
from livehub.storage.json_rows import fold, gather, unfold
from livehub.storage.offer_rows import load_parts, offer_of, select_offers
from livehub.storage.order_shelf import Key
from livehub.storage.prepared import Prepared
from livehub.storage.writer import Tx


class Found:
    """``known``: id and fingerprint of the orders that have one of the keys; ``unpaid``: how many orders of a buyer
    wait for their payment; ``offers``: those named and the parts of bundles among them; ``listened``: the stores whose
    merchants' systems want to be told."""

    __slots__ = ("known", "listened", "offers", "unpaid")

    def __init__(
        self, known: dict[Key, tuple[str, str]], unpaid: dict[str, int], offers: dict[str, Offer], listened: set[str]
    ) -> None:
        self.known, self.unpaid, self.offers, self.listened = known, unpaid, offers, listened


class Look:
    """The statement of one database. Offers are locked, all together and in the order of their ids, where several
    processes write."""

    def __init__(self, dialect: Dialect) -> None:
        parts = _is_in(dialect, bundle_parts.c.bundle_id, "named")
        named = select(unfold(dialect, [offers.c.id], "named")["id"])
        wanted = union(named, select(bundle_parts.c.offer_id).where(parts))
        listening = _is_in(dialect, webhook_endpoints.c.store_id, "stores")
        answers = (
            _of_buyers(dialect),
            select(bundle_parts.c.bundle_id).where(parts).distinct(),
            # What is read here is what is decided on.
            select_offers().where(offers.c.id.in_(wanted)).order_by(offers.c.id).with_for_update(of=offers),
            select(webhook_endpoints.c.store_id).where(listening).distinct(),
        )
        self._all = Prepared(select(*(gather(dialect, rows) for rows in answers)), dialect)

    def run(self, tx: Tx, intents: Sequence[Intent]) -> Found:
        values = {
            "buyers": fold(
                {"n": n, "buyer_id": intent.buyer_id, "idempotency_key": intent.idempotency_key}
                for n, intent in enumerate(intents)
            ),
            "named": fold({"id": id_} for id_ in {line.offer_id for one in intents for line in one.basket.lines}),
            "stores": fold({"store_id": store_id} for store_id in {intent.store_id for intent in intents}),
        }
        row = self._all.run(tx, values).fetchone()
        of_buyers, bundles, rows, listened = (msgspec.json.decode(text) if text else [] for text in row)
        known: dict[Key, tuple[str, str]] = {}
        unpaid: dict[str, int] = {}
        for n, order, waiting in of_buyers:
            intent = intents[n]
            unpaid[intent.buyer_id] = waiting
            if order is not None:
                order_id, _, fingerprint = order.partition(" ")
                known[intent.buyer_id, intent.idempotency_key] = (order_id, fingerprint)
        found = {offer.id: offer for offer in map(offer_of, rows)}
        if bundles:
            parts, _ = load_parts(tx, [bundle_id for (bundle_id,) in bundles])
            found |= {id_: replace(found[id_], parts=tuple(parts[id_])) for id_ in parts}
        return Found(known, unpaid, found, {store_id for (store_id,) in listened})


def _of_buyers(dialect: Dialect) -> Select[Any]:
    """Of each intent: its place among them, the order that has its key, and how many of its buyer's wait."""
    # A subquery for each row, not a join: PostgreSQL can but guess how many rows the JSON has, and went through all
    # orders there are to join them. A subquery is answered by the index.
    row = unfold(dialect, [column("n", Integer()), orders.c.buyer_id, orders.c.idempotency_key], "buyers")
    known = select(orders.c.id + literal_column("' '") + orders.c.fingerprint).where(
        orders.c.buyer_id == row["buyer_id"], orders.c.idempotency_key == row["idempotency_key"]
    )
    # The status stands in the statement itself: only so do databases see that the partial index fits.
    waiting = select(func.count(orders.c.buyer_id)).where(
        orders.c.buyer_id == row["buyer_id"], orders.c.status == literal_column(f"'{OrderStatus.PENDING_PAYMENT}'")
    )
    own = (one.correlate_except(orders).scalar_subquery() for one in (known, waiting))
    return select(row["n"], *(one.label(name) for one, name in zip(own, ("known", "unpaid"), strict=True)))


def _is_in(dialect: Dialect, of: Any, name: str) -> ColumnElement[bool]:
    """Whether ``of`` is among the rows of the parameter ``name``, which have one column: an id, or one called so."""
    key = offers.c.id if name == "named" else of
    is_in: ColumnElement[bool] = of.in_(select(unfold(dialect, [key], name)[key.name]))
    return is_in
