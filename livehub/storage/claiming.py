"""Claiming: what a whole room does at the same moment. All that gathered since the last commit claim by a handful of
statements.

What they could collide on is read first, for all of them, the rows of their offers locked; then each is decided in the
order it came, against what those before it have left; what was decided is written at last. Orders are placed likewise
(:mod:`livehub.storage.place`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from livehub.commerce.catalog.model import Offer
from livehub.commerce.errors import (
    BuyerLimit,
    ClaimNotOffered,
    ClaimsRanOut,
    OfferClosed,
    OfferNotFound,
    TooManyClaims,
    WaitlistFull,
)
from livehub.commerce.offers.claims import MAX_LIVE, MAX_RUN_OUT, MAX_WAITING, Claim, ClaimState, NewClaim
from livehub.commerce.orders.model import OrderStatus
from livehub.errors import LivehubError
from livehub.storage.claim_rows import claims, load_claims, select_claims
from livehub.storage.commerce import order_lines, orders
from livehub.storage.waitlist import NEWS, hold, inherit, let_go, look_at
from livehub.storage.writer import Tx

_C = claims.c
_HELD, _OPEN, _WAITING = ClaimState.HELD.value, ClaimState.OPEN.value, ClaimState.WAITING.value
_LIVE = _C.state.in_([_HELD, _OPEN, _WAITING])
_GIVEN_UP = (OrderStatus.CANCELLED.value, OrderStatus.EXPIRED.value)


@dataclass(frozen=True, slots=True)
class Wish:
    new: NewClaim
    at_ms: int


class ClaimUnits:
    """A :class:`~livehub.storage.writer.Bulk`. What comes of a wish is its claim as it stands at the commit."""

    def run(self, tx: Tx, wishes: Sequence[Wish], /) -> Sequence[Claim | LivehubError]:
        counter = _Counter(tx, [wish.new for wish in wishes])
        decided = [counter.decide(wish) for wish in wishes]
        counter.keep()
        ids = {one for one in decided if isinstance(one, str)}
        made = {claim.id: claim for claim in load_claims(tx, select_claims().where(_C.id.in_(ids)))} if ids else {}
        return [made[one] if isinstance(one, str) else one for one in decided]


class _Counter:
    """Where a batch claims: the offers as they were when it began, less what those decided so far took."""

    def __init__(self, tx: Tx, new: Sequence[NewClaim]) -> None:
        self._tx = tx
        self._offer_ids = sorted({one.offer_id for one in new})
        self._buyers = sorted({one.buyer_id for one in new})
        self._rows: list[dict[str, Any]] = []
        self._held = Counter[str]()
        self._look()
        lines = [one.message_id for one in new if one.message_id is not None]
        known = tx.execute(select(_C.message_id, _C.id).where(_C.message_id.in_(lines))) if lines else ()
        self._by_line: dict[str | None, str] = {row.message_id: row.id for row in known}

    def _look(self) -> None:
        """Whatever a claim could collide on. The offers first: who has their rows is alone with their claims."""
        self._offers = look_at(self._tx, self._offer_ids)
        here, theirs = _C.offer_id.in_(self._offer_ids), _C.buyer_id.in_(self._buyers)
        waiting, ran_out = _C.state == _WAITING, _C.state == ClaimState.EXPIRED.value
        own = select(_C.offer_id, _C.buyer_id, _C.id, _C.wanted).where(here, theirs, _LIVE)
        self._mine = {(row.offer_id, row.buyer_id): (row.id, row.wanted) for row in self._tx.execute(own)}
        self._waiting = self._count(select(_C.offer_id, func.count()).where(here, waiting).group_by(_C.offer_id))
        self._live = self._count(select(_C.buyer_id, func.count()).where(theirs, _LIVE).group_by(_C.buyer_id))
        pairs = select(_C.offer_id, _C.buyer_id, func.count()).where(here, theirs, ran_out)
        self._ran_out = self._count(pairs.group_by(_C.offer_id, _C.buyer_id))
        self._bought = self._count_bought()
        used = Counter(id_ for offer in self._offers.values() for id_ in _drawn_from(offer))
        self._entangled = {offer.id for offer in self._offers.values() if any(used[i] > 1 for i in _drawn_from(offer))}

    def _count(self, statement: Any) -> Counter[Any]:
        """By the columns before the last, which counts."""
        found: list[Row[Any]] = list(self._tx.execute(statement))
        return Counter({row[0] if len(row) == 2 else tuple(row[:-1]): int(row[-1]) for row in found})

    def _count_bought(self) -> Counter[Any]:
        limited = [offer.id for offer in self._offers.values() if offer.per_buyer_limit is not None]
        if not limited:
            return Counter()
        units = func.sum(order_lines.c.quantity)
        return self._count(
            select(order_lines.c.offer_id, orders.c.buyer_id, units)
            .join(orders, orders.c.seq == order_lines.c.order_seq)
            .where(
                orders.c.buyer_id.in_(self._buyers),
                orders.c.status.not_in(_GIVEN_UP),
                order_lines.c.offer_id.in_(limited),
            )
            .group_by(order_lines.c.offer_id, orders.c.buyer_id)
        )

    def decide(self, wish: Wish) -> str | LivehubError:
        """The id of the claim that the wish made, or changed, or is of; or why there is none: then nothing is kept."""
        new = wish.new
        if (known := self._by_line.get(new.message_id)) is not None:
            return known
        try:
            offer = self._offered(wish)
            mine = self._mine.get((offer.id, new.buyer_id))
            if mine is None:
                self._add(offer, wish)
                mine = new.id, new.wanted
        except LivehubError as refusal:
            return refusal
        claim_id, wanted = mine
        if wanted != new.wanted:
            self._resize(offer, claim_id, wish)
        return claim_id

    def _offered(self, wish: Wish) -> Offer:
        """Raises: OfferNotFound, ClaimNotOffered, OfferClosed, BuyerLimit."""
        new = wish.new
        offer = self._offers.get(new.offer_id)
        if offer is None:
            raise OfferNotFound
        if offer.claim is None:
            raise ClaimNotOffered
        if not offer.is_open(wish.at_ms):
            raise OfferClosed("This offer is not open now")
        if offer.per_buyer_limit is not None:
            remaining = max(0, offer.per_buyer_limit - self._bought[offer.id, new.buyer_id])
            if new.wanted > remaining:
                raise BuyerLimit(
                    f"One buyer may take {offer.per_buyer_limit} of these; {remaining} more are possible",
                    field="quantity",
                    remaining=remaining,
                )
        return offer

    def _add(self, offer: Offer, wish: Wish) -> None:
        """Raises: TooManyClaims, ClaimsRanOut, WaitlistFull."""
        assert offer.claim is not None  # noqa: S101  _offered has looked
        new = wish.new
        if self._live[new.buyer_id] >= MAX_LIVE:
            raise TooManyClaims(limit=MAX_LIVE)
        if not offer.first_paid and self._ran_out[offer.id, new.buyer_id] >= MAX_RUN_OUT:
            raise ClaimsRanOut(limit=MAX_RUN_OUT)
        units = min(new.wanted, offer.buyable) if not self._waiting[offer.id] else 0
        if not units and self._waiting[offer.id] >= MAX_WAITING:
            raise WaitlistFull(limit=MAX_WAITING)
        state = _WAITING if not units else _OPEN if offer.first_paid else _HELD
        self._rows.append(
            {
                "id": new.id,
                "offer_id": offer.id,
                "room_id": offer.room_id,
                "buyer_id": new.buyer_id,
                "buyer_name": new.buyer_name,
                "wanted": new.wanted,
                "quantity": units,
                "state": state,
                "message_id": new.message_id,
                "claimed_at": wish.at_ms,
                "expires_at": wish.at_ms + offer.claim.seconds * 1000 if units else None,
                **NEWS,
            }
        )
        self._mine[offer.id, new.buyer_id] = new.id, new.wanted
        self._live[new.buyer_id] += 1
        self._waiting[offer.id] += int(state == _WAITING)
        if new.message_id is not None:
            self._by_line[new.message_id] = new.id
        if state == _HELD:
            self._take(offer, units)

    def _take(self, offer: Offer, units: int) -> None:
        self._held[offer.id] += units
        # In place: this batch read these offers and nobody else has them.
        object.__setattr__(offer, "available", offer.available - units)
        if offer.reach is not None:
            object.__setattr__(offer, "reach", offer.reach - units)
        if offer.id in self._entangled:  # of the batch's other offers some reach less far now
            self.keep()
            self._look()

    def _resize(self, offer: Offer, claim_id: str, wish: Wish) -> None:
        """Another number of the same, which is rare: its time stays, and so does its place in line."""
        self.keep()
        (claim,) = load_claims(self._tx, select_claims().where(_C.id == claim_id))
        values: dict[str, Any] = {"wanted": wish.new.wanted}
        if claim.state is not ClaimState.WAITING:
            more = 0 if self._waiting[offer.id] else min(max(0, wish.new.wanted - claim.quantity), offer.buyable)
            less = max(0, claim.quantity - wish.new.wanted)
            values["quantity"] = claim.quantity + more - less
            if claim.state is ClaimState.HELD:
                if more:
                    hold(self._tx, offer, more)
                if less:
                    let_go(self._tx, offer, less)
        self._tx.execute(update(claims).where(_C.id == claim.id).values(**values, **NEWS))
        inherit(self._tx, [offer.id], wish.at_ms)
        self._look()

    def keep(self) -> None:
        """Write what was decided since the last time, in the order it was: that of the line."""
        rows, held = self._rows, self._held
        self._rows, self._held = [], Counter()
        if rows:
            self._tx.execute(insert(claims), rows)
        for offer_id, units in sorted(held.items()):
            hold(self._tx, self._offers[offer_id], units)


def _drawn_from(offer: Offer) -> set[str]:
    return {offer.id, *(part.offer_id for part in offer.parts)}
