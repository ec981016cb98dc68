"""Claims in SQL: made, released, run out, each in one commit with its stock; :mod:`.waitlist` has what orders do."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from livehub.commerce.catalog.model import Offer
from livehub.commerce.errors import (
    BuyerLimit,
    ClaimNotFound,
    ClaimNotOffered,
    ClaimOver,
    ClaimsRanOut,
    OfferClosed,
    OfferNotFound,
    TooManyClaims,
    WaitlistFull,
)
from livehub.commerce.offers.claims import MAX_LIVE, MAX_RUN_OUT, MAX_WAITING, Claim, ClaimState, NewClaim
from livehub.commerce.orders.model import OrderStatus
from livehub.storage.claim_rows import claims, load_claims, select_claims
from livehub.storage.commerce import offers, order_lines, orders
from livehub.storage.database import Database
from livehub.storage.offer_rows import offer_of, select_offers, with_parts
from livehub.storage.waitlist import NEWS, hold, inherit, let_go, look_at
from livehub.storage.writer import Tx

_C = claims.c
_HELD, _OPEN, _WAITING = ClaimState.HELD.value, ClaimState.OPEN.value, ClaimState.WAITING.value
_LIVE = _C.state.in_([_HELD, _OPEN, _WAITING])
_GIVEN_UP = (OrderStatus.CANCELLED.value, OrderStatus.EXPIRED.value)


class SqlClaims:
    """Implements :class:`livehub.commerce.offers.ports.ClaimStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def words(self, room_id: str, at_ms: int) -> dict[str, str]:
        open_now = (
            (offers.c.room_id == room_id)
            & offers.c.closed_at.is_(None)
            & offers.c.claim_word.is_not(None)
            & (offers.c.ends_at.is_(None) | (offers.c.ends_at > at_ms))
        )
        statement = select(offers.c.claim_word, offers.c.id).where(open_now)
        return await self._database.read(lambda connection: {row[0]: row[1] for row in connection.execute(statement)})

    async def claim(self, new: NewClaim, at_ms: int) -> Claim:
        def write(tx: Tx) -> Claim:
            if new.message_id is not None and (known := _find(tx, _C.message_id == new.message_id)) is not None:
                return known
            offer = look_at(tx, [new.offer_id]).get(new.offer_id)
            if offer is None:
                raise OfferNotFound
            if offer.claim is None:
                raise ClaimNotOffered
            if not offer.is_open(at_ms):
                raise OfferClosed("This offer is not open now")
            _require_within_limit(tx, offer, new)
            mine = _find(tx, (_C.offer_id == offer.id) & (_C.buyer_id == new.buyer_id) & _LIVE)
            if mine is None:
                _make(tx, offer, new, at_ms)
                mine = _must_find(tx, new.id)
            elif mine.wanted != new.wanted:
                _resize(tx, offer, mine, new.wanted, at_ms)
            return _must_find(tx, mine.id)

        return await self._database.write(write)

    async def release(self, claim_id: str, at_ms: int) -> Claim:
        def write(tx: Tx) -> Claim:
            claim = _must_find(tx, claim_id)
            offer = look_at(tx, [claim.offer_id])[claim.offer_id]
            claim = _must_find(tx, claim_id)  # again, now that nobody else can change it
            if claim.state.value not in {_HELD, _OPEN, _WAITING}:
                raise ClaimOver(state=claim.state)
            _end(tx, offer, claim, ClaimState.RELEASED)
            inherit(tx, [offer.id], at_ms)
            return _must_find(tx, claim_id)

        return await self._database.write(write)

    async def tend(self, at_ms: int, limit: int) -> int:
        due = (_C.expires_at <= at_ms) & _C.state.in_([_HELD, _OPEN])
        ending = select(_C.id, _C.offer_id).where(due).order_by(_C.expires_at).limit(limit)
        lines = select(_C.offer_id).where(_C.state == _WAITING).distinct()

        def is_needed(connection: Connection) -> bool:
            """Whether a claim ends, or somebody waits for what has units now."""
            if connection.execute(ending.limit(1)).first() is not None:
                return True
            waited_for = list(connection.execute(lines).scalars())
            rows = connection.execute(select_offers().where(offers.c.id.in_(waited_for))) if waited_for else ()
            return any(offer.buyable for offer in with_parts(connection, [offer_of(row) for row in rows]))

        if not await self._database.read(is_needed):
            return 0

        def write(tx: Tx) -> int:
            offer_ids = {row.offer_id for row in tx.execute(ending)} | set(tx.execute(lines).scalars())
            known = look_at(tx, offer_ids)
            over = tx.execute(ending).all()  # again, under the locks
            for row in sorted(over, key=lambda row: (row.offer_id, row.id)):
                if row.offer_id in known:
                    _end(tx, known[row.offer_id], _must_find(tx, row.id), ClaimState.EXPIRED)
            inherit(tx, offer_ids, at_ms)
            return len(over)

        return await self._database.write(write)

    async def find(self, claim_id: str) -> Claim | None:
        statement = select_claims().where(_C.id == claim_id)
        found = await self._database.read(lambda connection: load_claims(connection, statement))
        return found[0] if found else None

    async def of_room(self, room_id: str, buyer_id: str | None, after: int | None, limit: int) -> list[Claim]:
        statement = select_claims().where(_C.room_id == room_id).order_by(_C.seq.desc()).limit(limit)
        if buyer_id is not None:
            statement = statement.where(_C.buyer_id == buyer_id)
        if after is not None:
            statement = statement.where(_C.seq < after)
        return await self._database.read(lambda connection: load_claims(connection, statement))

    async def news(self, limit: int) -> list[Claim]:
        statement = select_claims().where(_C.is_news == 1).order_by(_C.seq).limit(limit)
        return await self._database.read(lambda connection: load_claims(connection, statement))

    async def told(self, told: Sequence[Claim]) -> None:
        def write(tx: Tx) -> None:
            for claim in told:
                # what changed again since it was read is news still
                same = (_C.seq == claim.seq) & (_C.state == claim.state.value) & (_C.quantity == claim.quantity)
                same &= _C.wanted == claim.wanted
                tx.execute(update(claims).where(same).values(is_news=0)).close()

        await self._database.write(write)


def _find(tx: Tx, condition: Any) -> Claim | None:
    found = load_claims(tx, select_claims().where(condition))
    return found[0] if found else None


def _must_find(tx: Tx, claim_id: str) -> Claim:
    """Raises: ClaimNotFound."""
    claim = _find(tx, _C.id == claim_id)
    if claim is None:
        raise ClaimNotFound
    return claim


def _require_within_limit(tx: Tx, offer: Offer, new: NewClaim) -> None:
    if offer.per_buyer_limit is None:
        return
    bought = (
        select(func.coalesce(func.sum(order_lines.c.quantity), 0))
        .join(orders, orders.c.seq == order_lines.c.order_seq)
        .where(
            orders.c.buyer_id == new.buyer_id,
            orders.c.status.not_in(_GIVEN_UP),
            order_lines.c.offer_id == offer.id,
        )
    )
    remaining = max(0, offer.per_buyer_limit - int(tx.execute(bought).scalar_one()))
    if new.wanted > remaining:
        raise BuyerLimit(
            f"One buyer may take {offer.per_buyer_limit} of these; {remaining} more are possible",
            field="quantity",
            remaining=remaining,
        )


def _make(tx: Tx, offer: Offer, new: NewClaim, at_ms: int) -> None:
    """Raises: TooManyClaims, ClaimsRanOut, WaitlistFull."""
    assert offer.claim is not None  # noqa: S101  the caller has looked
    own = _C.buyer_id == new.buyer_id
    if _count(tx, own & _LIVE) >= MAX_LIVE:
        raise TooManyClaims(limit=MAX_LIVE)
    here = _C.offer_id == offer.id
    if not offer.first_paid and _count(tx, own & here & (_C.state == ClaimState.EXPIRED.value)) >= MAX_RUN_OUT:
        raise ClaimsRanOut(limit=MAX_RUN_OUT)
    waiting = _count(tx, here & (_C.state == _WAITING))
    units = min(new.wanted, offer.buyable) if not waiting else 0
    if not units and waiting >= MAX_WAITING:
        raise WaitlistFull(limit=MAX_WAITING)
    state = _WAITING if not units else _OPEN if offer.first_paid else _HELD
    values = {
        "id": new.id,
        "offer_id": offer.id,
        "room_id": offer.room_id,
        "buyer_id": new.buyer_id,
        "buyer_name": new.buyer_name,
        "wanted": new.wanted,
        "quantity": units,
        "state": state,
        "message_id": new.message_id,
        "claimed_at": at_ms,
        "expires_at": at_ms + offer.claim.seconds * 1000 if units else None,
        **NEWS,
    }
    tx.execute(insert(claims), values)
    if state == _HELD:
        hold(tx, offer, units)


def _resize(tx: Tx, offer: Offer, claim: Claim, wanted: int, at_ms: int) -> None:
    """Another number of the same: its time stays, and so does its place in line."""
    values: dict[str, Any] = {"wanted": wanted}
    if claim.state is not ClaimState.WAITING:
        others_wait = _count(tx, (_C.offer_id == offer.id) & (_C.state == _WAITING)) > 0
        more = 0 if others_wait else min(max(0, wanted - claim.quantity), offer.buyable)
        less = max(0, claim.quantity - wanted)
        values["quantity"] = claim.quantity + more - less
        if claim.state is ClaimState.HELD:
            if more:
                hold(tx, offer, more)
            if less:
                let_go(tx, offer, less)
    tx.execute(update(claims).where(_C.id == claim.id).values(**values, **NEWS))
    inherit(tx, [offer.id], at_ms)


def _end(tx: Tx, offer: Offer, claim: Claim, state: ClaimState) -> None:
    if claim.state is ClaimState.HELD:
        let_go(tx, offer, claim.quantity)
    values = {"state": state.value, "expires_at": None, **NEWS}
    tx.execute(update(claims).where(_C.id == claim.id).values(values))


def _count(tx: Tx, condition: Any) -> int:
    return int(tx.execute(select(func.count()).select_from(claims).where(condition)).scalar_one())
