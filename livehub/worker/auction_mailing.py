"""``bidmail:<address>`` and ``auctionend:<auction>``: letters to those who bid.

Each is looked at again when it leaves: who leads by then, has ordered, or is in the room, is not written to.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec
from babel.dates import format_datetime

from livehub.clock import Clock
from livehub.commerce.auctions.letters import BATCH, BidLetter
from livehub.commerce.auctions.model import Auction, AuctionState
from livehub.commerce.auctions.ports import AuctionStore
from livehub.commerce.fulfilment.buyer_letters import ShopWords
from livehub.commerce.fulfilment.invoices import money
from livehub.commerce.money import Money
from livehub.commerce.webhooks.ports import Parcel
from livehub.followers.model import Address, AddressState
from livehub.followers.notices import AuctionNews, Notices
from livehub.followers.ports import FollowerStore
from livehub.worker.carrier import Outcome
from livehub.worker.posting import Postman

#: whether somebody, by identity, is in a room now
IsHere = Callable[[str, str], bool]


class Bidders(Protocol):
    async def tell_lost(self, auction_id: str, after: str, at_ms: int, limit: int) -> str | None:
        """A letter into the outbox for each of the next bidders who did not win, once however often it is asked for.
        Gives the ``after`` of the next batch; None: all done."""


class AuctionEnds:
    def __init__(self, bidders: Bidders, clock: Clock) -> None:
        self._bidders = bidders
        self._clock = clock

    def start(self) -> None:
        """Nothing runs between parcels."""

    async def close(self) -> None:
        """Nothing runs between parcels."""

    async def carry(self, parcel: Parcel) -> Outcome:
        after: str | None = ""
        while after is not None:
            auction_id = parcel.target.partition(":")[2]
            after = await self._bidders.tell_lost(auction_id, after, self._clock.now_ms(), BATCH)
        return Outcome(True, "told")


class BidMailCarrier:
    """Without ``words`` letters name articles as their shops do."""

    def __init__(
        self,
        postman: Postman,
        store: FollowerStore,
        auctions: AuctionStore,
        notices: Notices,
        is_here: IsHere,
        clock: Clock,
        words: ShopWords | None = None,
    ) -> None:
        self._postman = postman
        self._store = store
        self._auctions = auctions
        self._notices = notices
        self._is_here = is_here
        self._clock = clock
        self._words = words

    def start(self) -> None:
        self._postman.start()

    async def close(self) -> None:
        await self._postman.close()

    async def carry(self, parcel: Parcel) -> Outcome:
        address = await self._store.address(parcel.target.partition(":")[2])
        if address is None or address.state is not AddressState.CONFIRMED:
            return Outcome(False, "the address was taken away")
        letter = msgspec.json.decode(parcel.body, type=BidLetter)
        found = await self._auctions.by_ids([letter.auction])
        told = _told(letter, found[0], address.identity, self._clock.now_ms()) if found else None
        if told is None:
            return Outcome(False, "there is nothing to tell any more")
        auction, (what, price) = found[0], told
        if letter.kind == "second" and not await self._auctions.may_inherit(auction, address.identity):
            what = "lost"
        if letter.kind != "won" and self._is_here(auction.room_id, address.identity):
            return Outcome(False, "they are in the room and see it")
        news = await self._news(auction, what, price, address)
        written = await self._notices.auction(news, address, parcel.id, self._clock.now_ms())
        return await self._postman.post(written, parcel)

    async def _news(self, auction: Auction, what: str, price: Money, to: Address) -> AuctionNews:
        texts = [text for text in (auction.title, auction.variant_title) if text]
        told = await self._words.into(auction.store_id, auction.room_id, texts, to.locale) if self._words else {}
        until = auction.award.until if auction.award is not None else 0
        return AuctionNews(
            what,
            auction.room_id,
            ", ".join(told.get(text, text) for text in texts),
            ", ".join(texts),
            money(price.amount_minor, price.currency, to.locale),
            # Where the reader is, is not known.
            format_datetime(datetime.fromtimestamp(until // 1000, UTC), "d MMMM y, HH:mm 'UTC'", locale=to.locale),
        )


def _told(letter: BidLetter, auction: Auction, bidder: str, at_ms: int) -> tuple[str, Money] | None:
    """What there still is to tell the bidder, and the price."""
    award, standing = auction.award, auction.standing
    if letter.kind == "outbid":
        is_so = auction.takes_bids(at_ms) and standing.leader != bidder and not standing.is_at_ceiling
        return ("outbid", auction.money(standing.price)) if is_so and standing.price is not None else None
    if award is None:
        return None
    if letter.kind == "won":
        is_so = auction.state is AuctionState.AWARDED and award.bidder_id == bidder and at_ms < award.until
        return ("runner_up" if award.rank else "won", award.price) if is_so else None
    is_so = auction.state in {AuctionState.AWARDED, AuctionState.ORDERED, AuctionState.SOLD}
    return (letter.kind, award.price) if is_so and award.bidder_id != bidder else None
