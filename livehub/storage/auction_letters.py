"""Letters to bidders into the outbox, in the commit of what they tell of: to addresses that were confirmed, where this
server sends letters at all. :mod:`livehub.worker.auction_mailing` carries them."""

import hashlib
from typing import Final

import msgspec
from sqlalchemy import func, insert, select

from livehub.commerce.auctions.letters import (
    AGAIN_MS,
    BID_TARGET,
    END_TARGET,
    OUTBID_DELAY_MS,
    OUTBID_PER_HOUR,
    BidLetter,
    Kind,
)
from livehub.commerce.auctions.model import Auction
from livehub.followers.model import AddressState
from livehub.ids import new_id
from livehub.storage.auction_rows import auction_bids, auctions, load_auction, ranked
from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from livehub.storage.followers import notice_addresses
from livehub.storage.outbox import SqlOutbox, outbox_row
from livehub.storage.writer import Tx

_N, _B, _O = notice_addresses.c, auction_bids.c, outbox.c
_HOUR_MS: Final = 3600 * 1000


def tell_outbid(tx: Tx, letters: SqlOutbox, auction: Auction, at_ms: int) -> None:
    """``auction`` as it was before the bid that put its leader second."""
    target = _target_of(tx, letters, auction.standing.leader)
    if target is None:
        return
    body = _body("outbid", auction.id)
    lately = select(func.count(), func.count().filter(_O.body == body, _O.created_at > at_ms - AGAIN_MS)).where(
        _O.target == target, _O.created_at > at_ms - _HOUR_MS, _O.body.startswith('{"kind":"outbid"', autoescape=True)
    )
    in_all, of_this = tuple(tx.execute(lately).one())
    if in_all < OUTBID_PER_HOUR and not of_this:
        row = outbox_row(new_id("msg"), target, body, at_ms)
        tx.execute(insert(outbox), {**row, "due_at": at_ms + OUTBID_DELAY_MS}).close()


def tell_winner(tx: Tx, letters: SqlOutbox, auction_id: str, bidder_id: str, at_ms: int) -> None:
    target = _target_of(tx, letters, bidder_id)
    if target is not None:
        tx.execute(insert(outbox), outbox_row(new_id("msg"), target, _body("won", auction_id), at_ms)).close()


def tell_others(tx: Tx, letters: SqlOutbox, auction_id: str, at_ms: int) -> None:
    """It ended, and somebody has won it: the others are written to batch by batch, see :class:`SqlBidders`."""
    if letters.mails:
        row = outbox_row(f"end_{auction_id}", f"{END_TARGET}:{auction_id}", "{}", at_ms)
        tx.execute(insert(outbox), row).close()


def _target_of(tx: Tx, letters: SqlOutbox, identity: str | None) -> str | None:
    if not letters.mails or identity is None:
        return None
    confirmed = select(_N.id).where(_N.identity == identity, _N.state == AddressState.CONFIRMED)
    address_id = tx.execute(confirmed).scalar()
    return None if address_id is None else f"{BID_TARGET}:{address_id}"


def _body(kind: Kind, auction_id: str) -> str:
    return msgspec.json.encode(BidLetter(kind, auction_id)).decode()


class SqlBidders:
    """Implements :class:`livehub.worker.auction_mailing.Bidders`."""

    def __init__(self, database: Database, letters: SqlOutbox) -> None:
        self._database = database
        self._letters = letters

    async def tell_lost(self, auction_id: str, after: str, at_ms: int, limit: int) -> str | None:
        bidders = select(_B.bidder_id).where(_B.auction_id == auction_id).distinct()
        winner = select(auctions.c.award_to).where(auctions.c.id == auction_id).scalar_subquery()
        page = (
            select(_N.id, _N.identity)
            .where(_N.identity.in_(bidders), _N.identity != winner, _N.state == AddressState.CONFIRMED, _N.id > after)
            .order_by(_N.id)
            .limit(limit)
        )

        def write(tx: Tx) -> str | None:
            found = tx.execute(page).all()
            near = _near(tx, load_auction(tx, auction_id))
            rows = [
                outbox_row(
                    _lost_id(auction_id, row.id),
                    f"{BID_TARGET}:{row.id}",
                    _body("second" if row.identity in near else "lost", auction_id),
                    at_ms,
                )
                for row in found
            ]
            known = set(tx.execute(select(_O.id).where(_O.id.in_([row["id"] for row in rows]))).scalars())
            if fresh := [row for row in rows if row["id"] not in known]:
                tx.execute(insert(outbox), fresh).close()
            return str(found[-1].id) if len(found) == limit else None

        following = await self._database.write(write)
        self._letters.added()
        return following


def _near(tx: Tx, auction: Auction) -> set[str]:
    """Those to whom it may still fall."""
    return {bidder for rank, (bidder, _) in enumerate(ranked(tx, auction.id)) if auction.may_fall_to(rank)}


def _lost_id(auction_id: str, address_id: str) -> str:
    """One letter of an auction to one address, however often it is asked for."""
    return f"lost_{hashlib.sha256(f'{auction_id} {address_id}'.encode()).hexdigest()[:32]}"
