"""What auctions need of storage. Each write is atomic; its check runs inside the transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from livehub.commerce.auctions.model import Auction, BidLine, NewAuction
from livehub.commerce.money import Money
from livehub.commerce.orders.checkout import Won


@dataclass(frozen=True, slots=True)
class Bid:
    """``at_ms``: when it reached this server; ``key``: of one bidder each once."""

    auction_id: str
    bidder_id: str
    bidder_name: str
    key: str
    maximum: Money = field(repr=False)
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Bidden:
    """The auction after a bid. ``moved``: others see a difference; False for a repeated bid too."""

    auction: Auction
    moved: bool


class AuctionStore(Protocol):
    async def open(self, auction_id: str, room_id: str, new: NewAuction, at_ms: int) -> Auction:
        """Holds one unit of the offer. Raises: OfferNotFound, OfferClosed, SoldOut, AuctionRunning, TooManyAuctions,
        PriceCeiling."""

    async def find(self, room_id: str, auction_id: str) -> Auction:
        """Raises: AuctionNotFound."""

    async def by_ids(self, auction_ids: Sequence[str]) -> list[Auction]: ...

    async def of_room(self, room_id: str, limit: int) -> list[Auction]:
        """Newest first."""

    async def bid(self, bid: Bid) -> Bidden:
        """Raises: AuctionNotFound, AuctionClosed, AuctionFull, BidTooLow, BidKeyReused, PriceCeiling."""

    async def mine(self, auction_ids: Sequence[str], bidder_id: str) -> dict[str, Money]:
        """Auction → the maximum of that bidder."""

    async def bids_of(self, auction: Auction, limit: int) -> list[BidLine]:
        """Newest first; without what moved nothing."""

    async def stop(self, room_id: str, auction_id: str, at_ms: int, *, cancel: bool) -> Auction:
        """End it now, or call it off. Raises: AuctionNotFound, AuctionClosed."""

    async def decline(self, room_id: str, auction_id: str, bidder_id: str, at_ms: int) -> Auction:
        """Who won it does not want it: it goes where it goes when they let the time pass.

        Raises: AuctionNotFound, AwardMissing.
        """

    async def may_inherit(self, auction: Auction, bidder_id: str) -> bool:
        """Whether it can still fall to that bidder, once those before them let it lapse."""

    async def due(self, at_ms: int, limit: int) -> list[str]:
        """Auctions that may have to be closed or handed on; :meth:`settle` decides."""

    async def settle(self, auction_id: str, at_ms: int) -> Auction | None:
        """Close it, or hand it on to the next; None: there is nothing to do. Safe to repeat, in any process."""

    async def won(self, auction_ids: Sequence[str]) -> dict[str, Won]:
        """What can be ordered of those auctions now."""
