"""Claims in SQL: made (:mod:`.claiming`), released, run out, each in one commit with its stock.

:mod:`.waitlist` has what orders do to them.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_, update

from livehub.commerce.catalog.model import Offer
from livehub.commerce.errors import ClaimNotFound, ClaimOver
from livehub.commerce.offers.claims import Claim, ClaimState, NewClaim
from livehub.storage.claim_rows import claims, load_claims, select_claims
from livehub.storage.claiming import ClaimUnits, Wish
from livehub.storage.commerce import offers
from livehub.storage.database import Database
from livehub.storage.offer_rows import offer_of, select_offers, with_parts
from livehub.storage.waitlist import NEWS, inherit, let_go, look_at
from livehub.storage.writer import Tx

_C = claims.c
_HELD, _OPEN, _WAITING = ClaimState.HELD.value, ClaimState.OPEN.value, ClaimState.WAITING.value


class SqlClaims:
    """Implements :class:`livehub.commerce.offers.ports.ClaimStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._units = ClaimUnits()

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
        return await self._database.write_bulk(self._units, Wish(new, at_ms))

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
        if not told:
            return
        # What changed again since it was read is news still.
        same = tuple_(_C.seq, _C.state, _C.quantity, _C.wanted).in_(
            [(one.seq, one.state.value, one.quantity, one.wanted) for one in told]
        )
        by_number = _C.seq.in_([one.seq for one in told])  # which an index has
        statement = update(claims).where(by_number, same).values(is_news=0)
        await self._database.write(lambda tx: tx.execute(statement).close())


def _find(tx: Tx, condition: Any) -> Claim | None:
    found = load_claims(tx, select_claims().where(condition))
    return found[0] if found else None


def _must_find(tx: Tx, claim_id: str) -> Claim:
    """Raises: ClaimNotFound."""
    claim = _find(tx, _C.id == claim_id)
    if claim is None:
        raise ClaimNotFound
    return claim


def _end(tx: Tx, offer: Offer, claim: Claim, state: ClaimState) -> None:
    if claim.state is ClaimState.HELD:
        let_go(tx, offer, claim.quantity)
    values = {"state": state.value, "expires_at": None, **NEWS}
    tx.execute(update(claims).where(_C.id == claim.id).values(values))
