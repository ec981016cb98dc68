"""Auctions for everybody else: started and stopped by hosts, bid in by viewers, closed by the worker."""

import logging
from collections.abc import Iterable
from typing import Final

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.commerce.announcer import Gathered
from livehub.commerce.auctions.errors import OwnAuction
from livehub.commerce.auctions.model import Auction, BidLine, Mine, NewAuction
from livehub.commerce.auctions.ports import AuctionStore, Bid
from livehub.commerce.errors import CurrencyMismatch, OfferNotFound, RoomNotLive
from livehub.commerce.money import Money
from livehub.commerce.offers.ports import OfferStore
from livehub.ids import new_id, new_secret
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState

log = logging.getLogger(__name__)

#: bids of one person in one room
BIDS_PER_S: Final = 2
BIDS_BURST: Final = 10
#: how many auctions of a room are shown, and how many bids of one
SHOWN: Final = 20
SHOWN_BIDS: Final = 50
#: how many are closed at one look
BATCH: Final = 100


class AuctionDesk:
    def __init__(
        self, store: AuctionStore, offers: OfferStore, *, announcer: Gathered, offer_announcer: Gathered, clock: Clock
    ) -> None:
        self._store = store
        self._offers = offers
        self._announcer = announcer
        self._offer_announcer = offer_announcer
        self._clock = clock
        self._rate = TokenBuckets(clock, BIDS_PER_S, BIDS_BURST, max_keys=50_000)

    async def start(self, access: Access, new: NewAuction) -> Auction:
        """One unit of an offer of the room, taken out of what can be bought.

        Raises: Forbidden, RoomNotLive, InvalidInput, OfferNotFound, CurrencyMismatch, OfferClosed, SoldOut,
        AuctionRunning, TooManyAuctions, PriceCeiling.
        """
        access.require(Action.OFFER_EDIT)
        if access.room.state is not RoomState.LIVE:
            raise RoomNotLive("An auction begins while the room is live", state=access.room.state)
        new.check()
        found = await self._offers.by_ids([new.offer_id])
        if not found or found[0].room_id != access.room.id:
            raise OfferNotFound(field="offer")
        for name, money in (("start", new.start), ("increment", new.increment)):
            _require_currency(money, found[0].price.currency, f"{name}.currency")
        auction = await self._store.open(new_id("auc"), access.room.id, new, self._clock.now_ms())
        return self._told(auction)

    async def bid(self, access: Access, auction_id: str, maximum: Money, key: str | None) -> tuple[Auction, Mine]:
        """The caller would pay up to ``maximum``. The same key with the same maximum is the same bid.

        Raises: Unauthenticated, Forbidden (also ``own_auction``), RateLimited, AuctionNotFound, CurrencyMismatch,
        AuctionClosed, AuctionFull, BidTooLow, BidKeyReused, PriceCeiling.
        """
        access.require(Action.BUY)
        person = access.require_principal()
        if access.may(Action.OFFER_EDIT):
            raise OwnAuction
        self._rate.take(f"{access.room.id}/{person.identity}")
        now = self._clock.now_ms()
        auction = await self._store.find(access.room.id, auction_id)
        _require_currency(maximum, auction.currency, "max.currency")
        bid = Bid(auction.id, person.identity, person.display_name, key or f"none-{new_secret(18)}", maximum, now)
        bidden = await self._store.bid(bid)
        if bidden.moved:
            self._announcer.touch([auction.id])
        mine = await self._store.mine([auction.id], person.identity)
        return bidden.auction, _mine(bidden.auction, person.identity, mine)

    async def stop(self, access: Access, auction_id: str, *, cancel: bool) -> Auction:
        """Its leader wins now; with ``cancel`` nobody does. Raises: Forbidden, AuctionNotFound, AuctionClosed."""
        access.require(Action.OFFER_EDIT)
        return self._told(await self._store.stop(access.room.id, auction_id, self._clock.now_ms(), cancel=cancel))

    async def decline(self, access: Access, auction_id: str) -> tuple[Auction, Mine]:
        """The caller has won it, has not ordered it and does not want it: it is the next one's, or free.

        Raises: Unauthenticated, AuctionNotFound, AwardMissing.
        """
        identity = access.require_principal().identity
        auction = self._told(await self._store.decline(access.room.id, auction_id, identity, self._clock.now_ms()))
        return auction, _mine(auction, identity, await self._store.mine([auction.id], identity))

    async def in_room(self, access: Access) -> list[tuple[Auction, Mine | None]]:
        """Newest first, each with what the caller has in it, for whoever may see the room."""
        return await self._with_mine(access, await self._store.of_room(access.room.id, SHOWN))

    async def get(self, access: Access, auction_id: str) -> tuple[Auction, Mine | None]:
        """Raises: AuctionNotFound."""
        (found,) = await self._with_mine(access, [await self._store.find(access.room.id, auction_id)])
        return found

    async def bids(self, access: Access, auction_id: str) -> list[BidLine]:
        """The last bids that moved something. Raises: AuctionNotFound."""
        return await self._store.bids_of(await self._store.find(access.room.id, auction_id), SHOWN_BIDS)

    async def settle_due(self) -> int:
        """What time does to auctions: they close, and what is not ordered goes on. Returns how many that were."""
        now = self._clock.now_ms()
        done = 0
        for auction_id in await self._store.due(now, BATCH):
            try:
                auction = await self._store.settle(auction_id, now)
            except Exception:  # one that cannot be closed holds up none of the others; it is tried again
                log.exception("the auction %s could not be settled", auction_id)
                continue
            if auction is not None:
                self._told(auction)
                done += 1
        return done

    async def _with_mine(self, access: Access, found: list[Auction]) -> list[tuple[Auction, Mine | None]]:
        if access.principal is None or not found:
            return [(auction, None) for auction in found]
        identity = access.principal.identity
        mine = await self._store.mine([auction.id for auction in found], identity)
        return [(auction, _mine(auction, identity, mine)) for auction in found]

    def _told(self, auction: Auction) -> Auction:
        self.touch([auction.id])
        self._offer_announcer.touch([auction.offer_id])
        return auction

    def touch(self, auction_ids: Iterable[str]) -> None:
        """They changed in another way: their order did."""
        self._announcer.touch(auction_ids)


def _mine(auction: Auction, identity: str, maxima: dict[str, Money]) -> Mine:
    award = auction.award
    order_id = award.order_id if award is not None and award.bidder_id == identity else None
    return Mine(maxima.get(auction.id), leads=auction.standing.leader == identity, order_id=order_id)


def _require_currency(money: Money, currency: str, field: str) -> None:
    if money.currency != currency:
        raise CurrencyMismatch(f"The store sells in {currency}, not in {money.currency}", field=field)
