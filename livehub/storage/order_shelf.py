"""Each order of a batch decided in the order it came, in plain Python, by what those before it have left; see
:mod:`livehub.storage.place`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from livehub.commerce.catalog.model import Offer
from livehub.commerce.errors import IdempotencyKeyReused, SoldOut, TooManyOpenOrders
from livehub.commerce.orders.checkout import Intent, affirmed, make_order, price, total
from livehub.commerce.orders.model import Order, OrderLine, TakenOff
from livehub.errors import LivehubError
from livehub.storage.auction_awards import AwardShelf
from livehub.storage.coupons import CouponShelf
from livehub.storage.pickups import PickupShelf
from livehub.storage.waitlist import ClaimShelf

Key = tuple[str, str]


class Accepted:
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


class Again:
    """The same key and the same basket as an order that is there, or that came earlier in this batch."""

    __slots__ = ("order_id",)

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id


class Shelf:
    """What a batch draws from: as it was when its transaction began, less what the orders decided so far took."""

    def __init__(
        self,
        known: dict[Key, tuple[str, str]],
        unpaid: dict[str, int],
        found: dict[str, Offer],
        bought: dict[Key, int],
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

    def decide(self, intent: Intent) -> Accepted | Again:
        """Raises: IdempotencyKeyReused, TooManyOpenOrders and what ``checkout.price`` raises."""
        key = (intent.buyer_id, intent.idempotency_key)
        if key in self.known:
            order_id, fingerprint = self.known[key]
            if fingerprint != intent.fingerprint:
                raise IdempotencyKeyReused
            return Again(order_id)
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
        return Accepted(intent, make_order(intent, lines, 0, coupon, self.pickups.take(intent), goods), units)

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


def decide(shelf: Shelf, intent: Intent) -> Accepted | Again | LivehubError:
    try:
        return shelf.decide(intent)
    except LivehubError as refusal:
        return refusal
