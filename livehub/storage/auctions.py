"""Auctions in SQL: opened with their unit held, bid in, closed, and handed on when the winner does not order."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from livehub.commerce.auctions.bidding import take
from livehub.commerce.auctions.errors import (
    AuctionClosed,
    AuctionFull,
    AuctionNotFound,
    AuctionRunning,
    AwardMissing,
    BidKeyReused,
    TooManyAuctions,
)
from livehub.commerce.auctions.model import (
    MAX_AUCTIONS,
    MAX_BIDS,
    MAX_OVERTIME_MS,
    Auction,
    AuctionState,
    BidLine,
    NewAuction,
    check_transition,
)
from livehub.commerce.auctions.ports import Bid, Bidden
from livehub.commerce.catalog.goods_rules import GoodsRule
from livehub.commerce.errors import OfferClosed, OfferNotFound, PriceCeiling, SoldOut
from livehub.commerce.money import Money
from livehub.commerce.orders.checkout import Won
from livehub.errors import InvalidInput
from livehub.rooms.model import RoomState
from livehub.storage import stock
from livehub.storage.auction_awards import award_first, award_next, one_unit, set_free, tell, won_of
from livehub.storage.auction_letters import tell_outbid
from livehub.storage.auction_rows import (
    auction_bids,
    auction_of,
    auctions,
    load_auction,
    ranked,
    select_auctions,
    select_awards,
)
from livehub.storage.commerce import offers
from livehub.storage.database import Database
from livehub.storage.offer_rows import load_offer
from livehub.storage.outbox import SqlOutbox
from livehub.storage.rooms import rooms
from livehub.storage.writer import Tx

_A, _B = auctions.c, auction_bids.c
T = TypeVar("T")


class SqlAuctions:
    """Implements :class:`livehub.commerce.auctions.ports.AuctionStore`."""

    def __init__(self, database: Database, outbox: SqlOutbox) -> None:
        self._database = database
        self._outbox = outbox

    async def open(self, auction_id: str, room_id: str, new: NewAuction, at_ms: int) -> Auction:
        def write(tx: Tx) -> Auction:
            offer = load_offer(tx, new.offer_id)
            if offer.room_id != room_id:
                raise OfferNotFound(field="offer")
            if not offer.is_open(at_ms):
                raise OfferClosed("This offer is not open now", field="offer")
            if offer.parts or offer.donation is not None:
                raise InvalidInput("Articles are auctioned, not bundles or donations", field="offer")
            if offer.available < 1:
                raise SoldOut("Nothing of this offer is left", field="offer", available=0)
            offer.rule.check_price(new.start, "start")
            of_room = select(func.count(), func.count().filter(_A.state == AuctionState.OPEN))
            total, running = tuple(tx.execute(of_room.where(_A.room_id == room_id)).one())
            if running:
                raise AuctionRunning
            if total >= MAX_AUCTIONS:
                raise TooManyAuctions(f"A room has at most {MAX_AUCTIONS} auctions", limit=MAX_AUCTIONS)
            ends_at = at_ms + new.seconds * 1000
            values = {
                "id": auction_id,
                "room_id": room_id,
                "store_id": offer.store_id,
                "offer_id": offer.id,
                "currency": offer.price.currency,
                "mode": new.mode.value,
                "lapse": new.lapse.value,
                "state": AuctionState.OPEN.value,
                "start_minor": new.start.amount_minor,
                "increment_minor": new.increment.amount_minor,
                "extend_s": new.extend_s,
                "pay_minutes": new.pay_minutes,
                "started_at": at_ms,
                "ends_at": ends_at,
                "latest_end": ends_at + MAX_OVERTIME_MS,
            }
            stock.hold_again(tx, one_unit(tx, offer.id))
            tx.execute(insert(auctions), values)
            opened = load_auction(tx, auction_id)
            tell(tx, self._outbox, opened, "started", at_ms)
            return opened

        try:
            return await self._told(write)
        except IntegrityError:  # another process was faster: the index allows one that is open
            raise AuctionRunning from None

    async def find(self, room_id: str, auction_id: str) -> Auction:
        found = await self._read(select_auctions().where(_A.id == auction_id, _A.room_id == room_id))
        if not found:
            raise AuctionNotFound
        return found[0]

    async def by_ids(self, auction_ids: Sequence[str]) -> list[Auction]:
        return await self._read(select_auctions().where(_A.id.in_(auction_ids)).order_by(_A.id))

    async def of_room(self, room_id: str, limit: int) -> list[Auction]:
        newest = select_auctions().where(_A.room_id == room_id).order_by(_A.started_at.desc(), _A.id.desc())
        return await self._read(newest.limit(limit))

    async def bid(self, bid: Bid) -> Bidden:
        mine = (_B.auction_id == bid.auction_id) & (_B.bidder_id == bid.bidder_id) & (_B.key == bid.key)

        def write(tx: Tx) -> Bidden:
            auction = load_auction(tx, bid.auction_id)
            known = tx.execute(select(_B.maximum_minor).where(mine)).first()
            if known is not None:
                if known.maximum_minor != bid.maximum.amount_minor:
                    raise BidKeyReused
                return Bidden(auction, moved=False)
            if not auction.takes_bids(bid.at_ms):
                raise AuctionClosed
            taken = tx.execute(select(_A.taken).where(_A.id == auction.id)).scalar_one()
            if taken >= MAX_BIDS:
                raise AuctionFull
            _check_ceiling(auction, bid)
            bidden = self._take(tx, auction, bid, taken + 1)
            if auction.standing.leader not in {None, bidden.auction.standing.leader}:
                tell_outbid(tx, self._outbox, auction, bid.at_ms)
            return bidden

        return await self._database.write(write)

    @staticmethod
    def _take(tx: Tx, auction: Auction, bid: Bid, number: int) -> Bidden:
        done = take(auction.standing, bid.bidder_id, bid.maximum.amount_minor)
        standing = done.standing
        name = bid.bidder_name if done.leads else auction.leader_name
        ends_at = auction.extended(bid.at_ms) if done.moved else auction.ends_at
        row = {
            "auction_id": auction.id,
            "number": number,
            "bidder_id": bid.bidder_id,
            "bidder_name": bid.bidder_name,
            "key": bid.key,
            "maximum_minor": bid.maximum.amount_minor,
            "price_minor": standing.price,
            "leads": int(done.leads),
            "moved": int(done.moved),
            "at": bid.at_ms,
        }
        tx.execute(insert(auction_bids), row)
        values = {
            "price_minor": standing.price,
            "leader_id": standing.leader,
            "leader_name": name,
            "maximum_minor": standing.maximum,
            "bids": auction.bids + int(done.moved),
            "taken": number,
            "ends_at": ends_at,
        }
        tx.execute(update(auctions).where(_A.id == auction.id).values(values))
        bids = auction.bids + int(done.moved)
        after = replace(auction, standing=standing, leader_name=name, bids=bids, ends_at=ends_at)
        return Bidden(after, moved=done.moved)

    async def mine(self, auction_ids: Sequence[str], bidder_id: str) -> dict[str, Money]:
        own = (
            select(_B.auction_id, _A.currency, func.max(_B.maximum_minor).label("most"))
            .join(auctions, _A.id == _B.auction_id)
            .where(_B.bidder_id == bidder_id, _B.auction_id.in_(auction_ids))
            .group_by(_B.auction_id, _A.currency)
        )

        def read(connection: Connection) -> dict[str, Money]:
            return {row.auction_id: Money(row.most, row.currency) for row in connection.execute(own)}

        return await self._database.read(read)

    async def bids_of(self, auction: Auction, limit: int) -> list[BidLine]:
        moved = select(auction_bids).where(_B.auction_id == auction.id, _B.moved == 1).order_by(_B.number.desc())

        def read(connection: Connection) -> list[BidLine]:
            rows = connection.execute(moved.limit(limit)).all()
            return [
                BidLine(row.bidder_name, auction.money(row.price_minor), leads=bool(row.leads), at=row.at)
                for row in rows
            ]

        return await self._database.read(read)

    async def stop(self, room_id: str, auction_id: str, at_ms: int, *, cancel: bool) -> Auction:
        def write(tx: Tx) -> Auction:
            auction = self._locked(tx, auction_id)
            if auction.room_id != room_id:
                raise AuctionNotFound
            if auction.state is not AuctionState.OPEN:
                raise AuctionClosed
            if cancel:
                check_transition(auction.state, AuctionState.CANCELLED)
                set_free(tx, self._outbox, auction, AuctionState.CANCELLED, at_ms)
            else:
                award_first(tx, self._outbox, auction, at_ms)
            return load_auction(tx, auction_id)

        return await self._told(write)

    async def decline(self, room_id: str, auction_id: str, bidder_id: str, at_ms: int) -> Auction:
        def write(tx: Tx) -> Auction:
            auction = self._locked(tx, auction_id)
            if auction.room_id != room_id:
                raise AuctionNotFound
            award = auction.award
            if auction.state is not AuctionState.AWARDED or award is None or award.bidder_id != bidder_id:
                raise AwardMissing
            tx.execute(update(auctions).where(_A.id == auction_id).values(declined=_A.declined + 1)).close()
            tell(tx, self._outbox, replace(auction, declined=auction.declined + 1), "declined", at_ms)
            award_next(tx, self._outbox, auction, at_ms)
            return load_auction(tx, auction_id)

        return await self._told(write)

    async def may_inherit(self, auction: Auction, bidder_id: str) -> bool:
        def read(connection: Connection) -> bool:
            order = [bidder for bidder, _ in ranked(connection, auction.id)]
            return bidder_id in order and auction.may_fall_to(order.index(bidder_id))

        return await self._database.read(read)

    async def due(self, at_ms: int, limit: int) -> list[str]:
        over = (rooms.c.state == RoomState.ENDED) | rooms.c.deleted_at.is_not(None)
        is_open = _A.state == AuctionState.OPEN
        ended = select(_A.id).join(rooms, rooms.c.id == _A.room_id).where(is_open, over)
        ending = select(_A.id).where(is_open, _A.ends_at <= at_ms)
        lapsed = select(_A.id).where(_A.state == AuctionState.AWARDED, _A.award_until <= at_ms)

        def read(connection: Connection) -> list[str]:
            found = [row for each in (ending, lapsed, ended) for row in connection.execute(each.limit(limit)).scalars()]
            return list(dict.fromkeys(found))

        return await self._database.read(read)

    async def settle(self, auction_id: str, at_ms: int) -> Auction | None:
        room = select(rooms.c.state, rooms.c.deleted_at).join(auctions, _A.room_id == rooms.c.id)

        def write(tx: Tx) -> Auction | None:
            auction = self._locked(tx, auction_id)
            standing = tx.execute(room.where(_A.id == auction_id)).first()
            is_over = standing is None or standing.state == RoomState.ENDED or standing.deleted_at is not None
            if auction.is_over(at_ms) or (auction.state is AuctionState.OPEN and is_over):
                award_first(tx, self._outbox, auction, at_ms)
            elif auction.state is AuctionState.AWARDED and auction.award is not None and auction.award.until <= at_ms:
                award_next(tx, self._outbox, auction, at_ms)
            else:
                return None  # a bid came, or another process was faster
            return load_auction(tx, auction_id)

        return await self._told(write)

    async def won(self, auction_ids: Sequence[str]) -> dict[str, Won]:
        statement = select_awards().where(_A.id.in_(auction_ids))

        def read(connection: Connection) -> dict[str, Won]:
            return {row.id: won for row in connection.execute(statement) if (won := won_of(row)) is not None}

        return await self._database.read(read)

    async def _told(self, write: Callable[[Tx], T]) -> T:
        """Write, then wake the outbox."""
        result = await self._database.write(write)
        self._outbox.added()
        return result

    @staticmethod
    def _locked(tx: Tx, auction_id: str) -> Auction:
        """Its offer is locked before it, as where orders are placed: in one order for everybody."""
        offer = select(offers.c.id).join(auctions, _A.offer_id == offers.c.id).where(_A.id == auction_id)
        tx.execute(offer.with_for_update(of=offers)).first()
        return load_auction(tx, auction_id)

    async def _read(self, statement: Select[Any]) -> list[Auction]:
        return await self._database.read(lambda connection: [auction_of(row) for row in connection.execute(statement)])


def _check_ceiling(auction: Auction, bid: Bid) -> None:
    """Raises: PriceCeiling."""
    standing = auction.standing
    if standing.ceiling is None:
        return
    ceiling = auction.money(standing.ceiling)
    GoodsRule(ceiling).check_price(bid.maximum, "max")
    if standing.is_at_ceiling and bid.bidder_id != standing.leader:
        detail = f"It stands at {ceiling}, the most that it may cost; whoever leads was first"
        raise PriceCeiling(detail, field="max", ceiling=ceiling.present())
