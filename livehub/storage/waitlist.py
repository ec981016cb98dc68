"""Who has units kept, and who waits for some: what happens to claims inside the writes of orders and offers.

Whoever changes claims has locked the rows of their offers, and of the parts of bundles among them, before anything else
and all together in the order of their ids (:func:`lock_with_parts`): behind offers come slots, coupons, auctions.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from livehub.commerce.catalog.model import Offer
from livehub.commerce.offers.claims import ClaimState
from livehub.commerce.orders.checkout import Intent
from livehub.commerce.orders.model import Draw
from livehub.storage import stock
from livehub.storage.claim_rows import claims
from livehub.storage.commerce import bundle_parts, offers
from livehub.storage.offer_rows import offer_of, select_offers, with_parts
from livehub.storage.writer import Tx

_C = claims.c
_HELD, _OPEN, _WAITING = ClaimState.HELD.value, ClaimState.OPEN.value, ClaimState.WAITING.value
#: what every change of a claim has besides
NEWS: Mapping[str, Any] = {"is_news": 1}


def draws_of(offer: Offer, quantity: int) -> list[Draw]:
    """What ``quantity`` units of the offer are taken from, in the order that rows are locked in."""
    own = Draw(offer.id, offer.variant_id, quantity)
    parts = [Draw(part.offer_id, part.variant_id, part.quantity * quantity) for part in offer.parts]
    return sorted([own, *parts], key=lambda draw: draw.offer_id)


def lock_with_parts(tx: Tx, offer_ids: Iterable[str]) -> None:
    """Where several processes write. What a bundle consists of does not change."""
    ids = sorted(set(offer_ids))
    within = select(bundle_parts.c.offer_id).where(bundle_parts.c.bundle_id.in_(ids))
    stock.lock(tx, {*ids, *tx.execute(within).scalars()})


def look_at(tx: Tx, offer_ids: Collection[str]) -> dict[str, Offer]:
    """Those offers as they are, their rows and those of their parts locked."""
    lock_with_parts(tx, offer_ids)
    return _seen(tx, offer_ids)


def _seen(tx: Tx, offer_ids: Collection[str]) -> dict[str, Offer]:
    rows = tx.execute(select_offers().where(offers.c.id.in_(list(offer_ids))).order_by(offers.c.id))
    return {offer.id: offer for offer in with_parts(tx, [offer_of(row) for row in rows])}


def inherit(tx: Tx, offer_ids: Collection[str], at_ms: int) -> None:
    """Units that came free go to those who wait, in the order they came, before anybody else sees them.

    Nothing is locked here: the caller has locked them, with their parts, before what it locked besides.
    """
    waiting = select(_C.offer_id).where(_C.offer_id.in_(list(offer_ids)), _C.state == _WAITING).distinct()
    wanted = set(tx.execute(waiting).scalars())
    if not wanted:
        return
    known = _seen(tx, wanted)
    for number, offer_id in enumerate(sorted(known)):
        # Anew after the first: who waited for a part may just have got what is left of a bundle, and the other way.
        offer = _seen(tx, [offer_id])[offer_id] if number else known[offer_id]
        if offer.claim is not None and offer.is_open(at_ms):
            _serve(tx, offer, offer.claim.seconds, at_ms)


def _serve(tx: Tx, offer: Offer, seconds: int, at_ms: int) -> None:
    left = offer.buyable - (open_units(tx, offer.id) if offer.first_paid else 0)
    if left <= 0:
        return
    line = select(_C.seq, _C.wanted).where(_C.offer_id == offer.id, _C.state == _WAITING).order_by(_C.seq).limit(left)
    state, granted = (_OPEN if offer.first_paid else _HELD), 0
    for row in tx.execute(line).all():
        if left <= 0:
            break
        units = min(row.wanted, left)
        left, granted = left - units, granted + units
        values = {"state": state, "quantity": units, "expires_at": at_ms + seconds * 1000, **NEWS}
        tx.execute(update(claims).where(_C.seq == row.seq).values(values))
    if not offer.first_paid:
        hold(tx, offer, granted)


def hold(tx: Tx, offer: Offer, units: int) -> None:
    for draw in draws_of(offer, units):
        stock.hold_again(tx, draw)


def let_go(tx: Tx, offer: Offer, units: int) -> None:
    for draw in draws_of(offer, units):
        stock.give_back_held(tx, draw)


def open_units(tx: Tx, offer_id: str) -> int:
    """Units of an offer for whoever pays first that some were told they may order."""
    total = select(func.coalesce(func.sum(_C.quantity), 0)).where(_C.offer_id == offer_id, _C.state == _OPEN)
    return int(tx.execute(total).scalar_one())


def end_claims(tx: Tx, offer_ids: Collection[str]) -> None:
    """The offers, locked with their parts, close: what is held goes back to them first, and nobody waits any more."""
    live = select(_C.id, _C.offer_id, _C.quantity, _C.state).where(
        _C.offer_id.in_(list(offer_ids)), _C.state.in_([_HELD, _OPEN, _WAITING])
    )
    rows = tx.execute(live).all()
    if not rows:
        return
    known = _seen(tx, {row.offer_id for row in rows})
    for row in sorted(rows, key=lambda row: (row.offer_id, row.id)):
        if row.state == _HELD:
            let_go(tx, known[row.offer_id], row.quantity)
    over = {"state": ClaimState.EXPIRED.value, "expires_at": None, **NEWS}
    tx.execute(update(claims).where(_C.id.in_([row.id for row in rows])).values(over))


def hand_over_claims(tx: Tx, guest_id: str, account_id: str) -> None:
    """The guest's are the account's from now on; of two on one offer the account's own counts, the other runs out."""
    own = select(_C.offer_id).where(_C.buyer_id == account_id, _C.state.in_([_HELD, _OPEN, _WAITING]))
    theirs = (_C.buyer_id == guest_id) & _C.offer_id.not_in(own.scalar_subquery())
    tx.execute(update(claims).where(theirs).values(buyer_id=account_id, **NEWS))


@dataclass(frozen=True, slots=True)
class Kept:
    """A claim as an order finds it: ``units`` are kept for it, 0 where nothing is."""

    claim_id: str
    units: int


class ClaimShelf:
    """The claims of those who order, as a batch of orders takes them over; see :mod:`livehub.storage.place`."""

    def __init__(self, tx: Tx, intents: Sequence[Intent], known: Mapping[str, Offer]) -> None:
        claimable = [offer.id for offer in known.values() if offer.claim is not None]
        self._kept: dict[tuple[str, str], Kept] = {}
        self._ordered: dict[str, str] = {}
        if not claimable:
            return
        buyers = sorted({intent.buyer_id for intent in intents})
        live = select(_C.id, _C.buyer_id, _C.offer_id, _C.quantity, _C.state).where(
            _C.offer_id.in_(claimable), _C.buyer_id.in_(buyers), _C.state.in_([_HELD, _OPEN, _WAITING])
        )
        for row in tx.execute(live):
            units = row.quantity if row.state == _HELD else 0
            self._kept[row.buyer_id, row.offer_id] = Kept(row.id, units)

    def units(self, intent: Intent) -> dict[str, int]:
        """By offer: what is kept for this buyer already."""
        if not self._kept:
            return {}
        named = [line.offer_id for line in intent.basket.lines if line.auction_id is None]
        found = ((offer_id, self._kept.get((intent.buyer_id, offer_id))) for offer_id in named)
        return {offer_id: kept.units for offer_id, kept in found if kept is not None and kept.units}

    def take(self, intent: Intent) -> None:
        if not self._kept:
            return
        for line in intent.basket.lines:
            if line.auction_id is not None:
                continue  # its unit is the auction's, not the claim's
            kept = self._kept.pop((intent.buyer_id, line.offer_id), None)
            if kept is not None:
                self._ordered[kept.claim_id] = intent.order_id

    def keep(self, tx: Tx) -> None:
        for claim_id, order_id in sorted(self._ordered.items()):
            values = {"state": ClaimState.ORDERED.value, "order_id": order_id, "expires_at": None, **NEWS}
            tx.execute(update(claims).where(_C.id == claim_id).values(values))
