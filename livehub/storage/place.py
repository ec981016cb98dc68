"""Placing orders: the hot write. All that gathered since the last commit are placed by some eight statements.

What the orders could collide on is read first, for all of them; then each is decided in the order it came, in plain
Python, against what those before it have left; what was decided is written at last.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import ColumnClause, Dialect, and_, bindparam, func, literal_column, select, update

from livehub.commerce.catalog.model import Offer
from livehub.commerce.errors import IdempotencyKeyReused, SoldOut, TooManyOpenOrders
from livehub.commerce.orders.checkout import Intent, affirmed, make_order, price, total
from livehub.commerce.orders.model import Order, OrderLine, OrderStatus, TakenOff
from livehub.commerce.orders.ports import Placed
from livehub.errors import LivehubError
from livehub.storage.auction_awards import AwardShelf
from livehub.storage.commerce import bundle_parts, offers, order_lines, orders
from livehub.storage.confirmed import keep_confirmed
from livehub.storage.coupons import CouponShelf
from livehub.storage.insertion import Insertion
from livehub.storage.json_rows import fold, unfold
from livehub.storage.offer_rows import load_parts, offer_of, select_offers
from livehub.storage.order_rows import encode_history, encode_parts, load_orders
from livehub.storage.pickups import PickupShelf, PickupStatements
from livehub.storage.prepared import Prepared
from livehub.storage.waitlist import ClaimShelf, inherit
from livehub.storage.writer import Tx

_GIVEN_UP: list[ColumnClause[Any]] = [
    literal_column(f"'{status}'") for status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
]
_ORDER_COLUMNS = [column for column in orders.c if column.name != "seq"]
_Key = tuple[str, str]


class PlaceOrders:
    """A :class:`~livehub.storage.writer.Bulk`: the statements of one database, and the write made of them.

    ``tell`` is called with the new orders, inside the transaction; it answers which stores got a message. What comes of
    an intent is its order, and whether there is a message about it.
    """

    def __init__(self, dialect: Dialect, tell: Callable[[Tx, Sequence[Order]], set[str]]) -> None:
        self._tell = tell
        self._statements = _Statements(dialect)

    def run(self, tx: Tx, intents: Sequence[Intent], /) -> Sequence[tuple[Placed, bool] | LivehubError]:
        shelf = self._statements.look(tx, intents)
        decided = [_decide(shelf, intent) for intent in intents]
        accepted = [one for one in decided if isinstance(one, _Accepted)]
        new = {one.order_id for one in accepted}
        known = _load(tx, {one.order_id for one in decided if isinstance(one, _Again)} - new)
        told: set[str] = set()
        if accepted:
            seqs = self._statements.keep(tx, accepted)
            shelf.coupons.keep(tx)
            shelf.claims.keep(tx)
            if free := {id_ for one in accepted for id_, n in one.drawn.items() if n < 0}:
                inherit(tx, free, accepted[-1].intent.placed_at)
            shelf.pickups.keep(tx)
            shelf.awards.keep(tx)
            placed = [one.numbered(seqs[one.order_id]) for one in accepted]
            told = self._tell(tx, placed)
            known |= {order.id: order for order in placed}
        outcomes: list[tuple[Placed, bool] | LivehubError] = []
        for one in decided:
            if isinstance(one, LivehubError):
                outcomes.append(one)
            else:
                order, replayed = known[one.order_id], isinstance(one, _Again)
                outcomes.append((Placed(order, replayed), not replayed and order.store_id in told))
        return outcomes


def _decide(shelf: "_Shelf", intent: Intent) -> "_Accepted | _Again | LivehubError":
    try:
        return shelf.decide(intent)
    except LivehubError as refusal:
        return refusal


def _load(tx: Tx, order_ids: set[str]) -> dict[str, Order]:
    if not order_ids:
        return {}
    return {order.id: order for order in load_orders(tx, select(orders).where(orders.c.id.in_(order_ids)))}


class _Accepted:
    __slots__ = ("drawn", "intent", "lines", "order", "order_id")

    def __init__(self, intent: Intent, order: Order, drawn: Mapping[str, int]) -> None:
        """``drawn``: units that it takes of offers, less than none where it orders fewer than it had claimed."""
        self.intent, self.order, self.drawn = intent, order, drawn
        self.order_id, self.lines = order.id, order.lines

    def numbered(self, seq: int) -> Order:
        """The order with the number that its row has got."""
        # In place: nobody else has it yet, and to make it once more would cost as much as to decide it.
        object.__setattr__(self.order, "seq", seq)
        return self.order


class _Again:
    """The same key and the same basket as an order that is there, or that came earlier in this batch."""

    __slots__ = ("order_id",)

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id


class _Shelf:
    """What a batch draws from: as it was when its transaction began, less what the orders decided so far took."""

    def __init__(
        self,
        known: dict[_Key, tuple[str, str]],
        unpaid: dict[str, int],
        found: dict[str, Offer],
        bought: dict[_Key, int],
        coupons: CouponShelf,
        pickups: PickupShelf,
        claims: ClaimShelf,
        awards: AwardShelf,
    ) -> None:
        self.known = known
        self.unpaid = unpaid
        self.offers = found
        self.bought = bought
        self.coupons = coupons
        self.pickups = pickups
        self.claims = claims
        self.awards = awards
        self.has_bundles = any(offer.parts for offer in found.values())
        self.has_rules = any(offer.rule.affirmation is not None for offer in found.values())

    def decide(self, intent: Intent) -> _Accepted | _Again:
        """Raises: IdempotencyKeyReused, TooManyOpenOrders and what ``checkout.price`` raises."""
        key = (intent.buyer_id, intent.idempotency_key)
        if key in self.known:
            order_id, fingerprint = self.known[key]
            if fingerprint != intent.fingerprint:
                raise IdempotencyKeyReused
            return _Again(order_id)
        unpaid = self.unpaid.get(intent.buyer_id, 0)
        if unpaid >= intent.max_open:
            raise TooManyOpenOrders(
                f"{intent.max_open} of your orders wait for their payment; pay for some or cancel them first",
                limit=intent.max_open,
            )
        own = {line.offer_id: self.bought.get((intent.buyer_id, line.offer_id), 0) for line in intent.basket.lines}
        kept = self.claims.units(intent)
        lines = price(intent, self._seen(intent, kept), own, self.awards.won)
        units, goods = self._units(lines, kept), total(lines)
        intent.check_quote(goods)
        if self.has_rules:
            intent = affirmed(intent, self.offers, goods)
        self.pickups.check(intent)
        drawn = self.coupons.take(intent, goods)
        intent.check_discount(None if drawn is None else drawn[1])
        coupon = None if drawn is None else TakenOff(drawn[0].id, drawn[0].code, drawn[1])
        self.known[key] = (intent.order_id, intent.fingerprint)
        self.unpaid[intent.buyer_id] = unpaid + 1
        self.claims.take(intent)
        self.awards.take(intent)
        self._draw(lines, units)
        for line in lines:
            if self.offers[line.offer_id].per_buyer_limit is not None:
                self.bought[intent.buyer_id, line.offer_id] = own[line.offer_id] + line.quantity
        return _Accepted(intent, make_order(intent, lines, 0, coupon, self.pickups.take(intent), goods), units)

    def _seen(self, intent: Intent, kept: Mapping[str, int]) -> Mapping[str, Offer]:
        """The offers as this buyer finds them: what is kept for them is there, bundles reach as far as their parts."""
        if not kept and not self.has_bundles:
            return self.offers
        seen = dict(self.offers)
        for offer_id in {line.offer_id for line in intent.basket.lines} & seen.keys():
            offer, more = seen[offer_id], kept.get(offer_id, 0)
            if more or offer.parts:
                reach = min((self._available(part.offer_id) // part.quantity for part in offer.parts), default=None)
                reach = None if reach is None else reach + more
                seen[offer_id] = replace(offer, available=offer.available + more, reach=reach)
        return seen

    def _available(self, offer_id: str) -> int:
        offer = self.offers.get(offer_id)
        return 0 if offer is None else offer.available

    def _units(self, lines: Sequence[OrderLine], kept: Mapping[str, int]) -> Mapping[str, int]:
        """What the lines take of every offer together. Raises: SoldOut, where two of them want the same units."""
        if not kept and not self.has_bundles:  # each line has an offer to itself, and was compared with it
            return {line.offer_id: line.quantity for line in lines if line.held and line.takes_units}
        units = Counter[str]()
        for line in lines:
            if not line.takes_units:
                continue
            more = (line.quantity if line.held else 0) - kept.get(line.offer_id, 0)
            units[line.offer_id] += more
            for part in line.parts:
                units[part.offer_id] += more * part.quantity
        for offer_id, n in units.items():
            if n > max(0, self._available(offer_id)):
                raise SoldOut("Not that many are left for all of this", field="lines", offer=offer_id)
        return units

    def _draw(self, lines: Sequence[OrderLine], units: Mapping[str, int]) -> None:
        of_deal = {line.offer_id: line.quantity for line in lines if line.deal is not None and line.held}
        for offer_id, n in units.items():
            offer = self.offers[offer_id]
            # In place: this batch read these offers and nobody else has them, and to copy an offer for each order
            # would cost more than to decide it.
            object.__setattr__(offer, "available", offer.available - n)
            if offer.deal is not None and offer_id in of_deal:
                object.__setattr__(offer, "deal", replace(offer.deal, left=offer.deal.left - of_deal[offer_id]))


class _Statements:
    def __init__(self, dialect: Dialect) -> None:
        rows = unfold(dialect, [orders.c.buyer_id, orders.c.idempotency_key])
        by_key = select(orders.c.buyer_id, orders.c.idempotency_key, orders.c.id, orders.c.fingerprint).where(
            orders.c.buyer_id == rows["buyer_id"], orders.c.idempotency_key == rows["idempotency_key"]
        )
        rows = unfold(dialect, [orders.c.buyer_id])
        # The status stands in the statement itself: only so do databases see that the partial index fits.
        unpaid = (
            select(orders.c.buyer_id, func.count())
            .where(
                orders.c.buyer_id == rows["buyer_id"],
                orders.c.status == literal_column(f"'{OrderStatus.PENDING_PAYMENT}'"),
            )
            .group_by(orders.c.buyer_id)
        )
        rows = unfold(dialect, [orders.c.buyer_id, order_lines.c.offer_id])
        bought = (
            select(orders.c.buyer_id, order_lines.c.offer_id, func.sum(order_lines.c.quantity))
            .where(
                orders.c.buyer_id == rows["buyer_id"],
                orders.c.status.not_in(_GIVEN_UP),
                and_(order_lines.c.order_seq == orders.c.seq, order_lines.c.offer_id == rows["offer_id"]),
            )
            .group_by(orders.c.buyer_id, order_lines.c.offer_id)
        )
        wanted = select(unfold(dialect, [offers.c.id])["id"])
        # In one order for everybody, and locked where several processes write: what is read here is what is decided on.
        found = select_offers().where(offers.c.id.in_(wanted)).order_by(offers.c.id).with_for_update(of=offers)
        hold = (
            update(offers)
            .where(offers.c.id == bindparam("offer_id"), offers.c.available >= bindparam("least"))
            .values(
                available=offers.c.available - bindparam("less"),
                held=offers.c.held + bindparam("more"),
                deal_left=offers.c.deal_left - bindparam("of_deal"),
            )
        )
        within = select(bundle_parts.c.bundle_id, bundle_parts.c.offer_id).where(
            bundle_parts.c.bundle_id.in_(select(unfold(dialect, [offers.c.id])["id"]))
        )
        self._by_key = Prepared(by_key, dialect)
        self._unpaid = Prepared(unpaid, dialect)
        self._offers = Prepared(found, dialect)
        self._bought = Prepared(bought, dialect)
        self._hold = Prepared(hold, dialect)
        # SQLite has one writer: it can number the rows itself, which is cheaper than to ask which numbers they got.
        self._last = Prepared(select(func.max(orders.c.seq)), dialect) if dialect.name == "sqlite" else None
        if self._last is None:
            self._order = Insertion(_ORDER_COLUMNS, dialect, returning=(orders.c.id, orders.c.seq))
        else:
            self._order = Insertion(list(orders.c), dialect)
        self._line = Insertion(list(order_lines.c), dialect)
        self._within = Prepared(within, dialect)
        self._pickups = PickupStatements(dialect)

    def look(self, tx: Tx, intents: Sequence[Intent]) -> _Shelf:
        keys = {(intent.buyer_id, intent.idempotency_key) for intent in intents}
        named = fold({"buyer_id": buyer, "idempotency_key": key} for buyer, key in keys)
        known = {(buyer, key): (id_, print_) for buyer, key, id_, print_ in self._rows(tx, self._by_key, named)}
        buyers = fold({"buyer_id": buyer} for buyer in {intent.buyer_id for intent in intents})
        unpaid = dict(self._rows(tx, self._unpaid, buyers))
        found = self._look_at_offers(tx, {line.offer_id for intent in intents for line in intent.basket.lines})
        limited = {
            (intent.buyer_id, line.offer_id)
            for intent in intents
            for line in intent.basket.lines
            if line.offer_id in found and found[line.offer_id].per_buyer_limit is not None
        }
        bought: dict[_Key, int] = {}
        if limited:
            pairs = fold({"buyer_id": buyer, "offer_id": offer_id} for buyer, offer_id in limited)
            bought = {(buyer, offer_id): int(n) for buyer, offer_id, n in self._rows(tx, self._bought, pairs)}
        claims, pickups = ClaimShelf(tx, intents, found), self._pickups.look(tx, intents)
        return _Shelf(known, unpaid, found, bought, CouponShelf(tx, intents), pickups, claims, AwardShelf(tx, intents))

    def _look_at_offers(self, tx: Tx, named: set[str]) -> dict[str, Offer]:
        """Those offers and the parts of bundles among them, locked all together in the order of their ids."""
        within = self._rows(tx, self._within, fold({"id": offer_id} for offer_id in sorted(named)))
        ids = sorted(named | {part_id for _, part_id in within})
        rows = self._rows(tx, self._offers, fold({"id": offer_id} for offer_id in ids))
        found = {offer.id: offer for offer in map(offer_of, rows)}
        if bundles := {bundle_id for bundle_id, _ in within}:
            parts, _ = load_parts(tx, bundles)
            found |= {id_: replace(found[id_], parts=tuple(parts[id_])) for id_ in bundles}
        return found

    def keep(self, tx: Tx, accepted: Sequence[_Accepted]) -> dict[str, int]:
        """Reserve, then write the orders and their lines; the new orders' ``seq`` by their id."""
        taken, of_deal = Counter[str](), Counter[str]()
        for one in accepted:
            for offer_id, n in one.drawn.items():
                taken[offer_id] += n
            for line in one.lines:
                if line.deal is not None and line.held:
                    of_deal[line.offer_id] += line.quantity
        for offer_id, n in sorted(taken.items()):
            if n == 0 and not of_deal[offer_id]:
                continue
            values = {"offer_id": offer_id, "least": n, "less": n, "more": n, "of_deal": of_deal[offer_id]}
            held = self._hold.run(tx, values)
            if held.rowcount != 1:  # the rows are locked: only a mistake in this module comes here, and sells nothing
                raise SoldOut("The stock has just changed; try again", offer=offer_id)
        seqs = self._keep_orders(tx, accepted)
        self._keep_lines(tx, accepted, seqs)
        keep_confirmed(tx, {seqs[one.order_id]: one.intent.confirmed for one in accepted})
        return seqs

    def _keep_orders(self, tx: Tx, accepted: Sequence[_Accepted]) -> dict[str, int]:
        rows = [_order_values(one) for one in accepted]
        if self._last is None:
            return dict(self._order.run(tx, rows))
        (last,) = self._last.run(tx, {}).fetchone()
        for seq, row in enumerate(rows, (last or 0) + 1):
            row["seq"] = seq
        self._order.run(tx, rows)
        return {row["id"]: row["seq"] for row in rows}

    def _keep_lines(self, tx: Tx, accepted: Iterable[_Accepted], seqs: dict[str, int]) -> None:
        lines = [
            _line_values(seqs[one.order_id], position, line)
            for one in accepted
            for position, line in enumerate(one.lines)
        ]
        self._line.run(tx, lines)

    @staticmethod
    def _rows(tx: Tx, statement: Prepared, rows: str) -> Any:
        return statement.run(tx, {"rows": rows}).fetchall()


def _order_values(one: _Accepted) -> dict[str, Any]:
    intent, order = one.intent, one.order
    amount, coupon = order.total, order.coupon
    return {
        "id": intent.order_id,
        "store_id": intent.store_id,
        "store_title": intent.store_title,
        "room_id": intent.basket.room_id,
        "buyer_id": intent.buyer_id,
        "buyer_name": intent.buyer_name,
        "status": OrderStatus.PENDING_PAYMENT.value,
        "currency": amount.currency,
        "total_minor": amount.amount_minor,
        "idempotency_key": intent.idempotency_key,
        "fingerprint": intent.fingerprint,
        "provider": intent.payment.provider,
        "payment_id": intent.payment.id,
        "payment_status": intent.payment.status.value,
        "payment_reference": intent.payment.reference,
        "action_url": intent.payment.action_url,
        "delivery": msgspec.json.encode(order.delivery).decode(),
        "contact": msgspec.json.encode(intent.basket.contact).decode(),
        "history": encode_history(order.history),
        "placed_at": intent.placed_at,
        "expires_at": intent.expires_at,
        "coupon_id": coupon.id if coupon else None,
        "coupon_code": coupon.code if coupon else None,
        "discount_minor": coupon.discount.amount_minor if coupon else 0,
        "note": intent.basket.note,
        "locale": intent.locale,
        "slot_id": intent.basket.slot,
    }


def _line_values(seq: int, position: int, line: OrderLine) -> dict[str, Any]:
    return {
        "order_seq": seq,
        "position": position,
        "offer_id": line.offer_id,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "title": line.title,
        "variant_title": line.variant_title,
        "picture": line.picture,
        "quantity": line.quantity,
        "unit_minor": line.unit_price.amount_minor,
        "deal": line.deal,
        "ships_at": line.ships_at,
        "held": int(line.held),
        "parts": encode_parts(line.parts),
        "auction_id": line.auction_id,
        "digital": line.digital,
    }
