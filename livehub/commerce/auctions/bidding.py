"""Proxy bidding as pure arithmetic: what a maximum does to the price and to who leads.

Bidders say the most that they would pay, which nobody else is told. The leader is whoever has the highest maximum, of
equal ones the earlier; the price is only as high as it has to be to lead: one increment above the second highest
maximum, and never above the leader's own. A bid is never taken back: a maximum can only be raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from livehub.commerce.auctions.errors import BidTooLow

#: no price of one unit is higher
MAX_BID_MINOR: Final = 1_000_000_000_00


@dataclass(frozen=True, slots=True)
class Standing:
    """Who leads at what price, in minor units. ``price`` and ``leader`` are None before the first bid.

    ``maximum`` is the leader's secret: it is in no representation, no event and no ``repr``. ``ceiling``: no price is
    above it, whatever was bid before it was put.
    """

    start: int
    increment: int
    price: int | None = None
    leader: str | None = None
    maximum: int | None = field(default=None, repr=False)
    ceiling: int | None = None

    @property
    def least(self) -> int:
        """The lowest maximum that somebody who does not lead may say now: the last step may be a smaller one."""
        if self.price is None:
            return self.start
        step = self.price + self.increment
        return step if self.is_at_ceiling else self.capped(step)

    @property
    def is_at_ceiling(self) -> bool:
        """Nobody else can bid any more: whoever leads came first."""
        return self.ceiling is not None and self.price is not None and self.price >= self.ceiling

    def capped(self, price: int) -> int:
        return price if self.ceiling is None else min(price, self.ceiling)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a bid did. ``moved``: others see a difference, a higher price or another leader."""

    standing: Standing
    leads: bool
    moved: bool


def take(standing: Standing, bidder: str, maximum: int) -> Taken:
    """The standing after ``bidder`` said ``maximum``.

    Raises:
        BidTooLow: below :attr:`Standing.least`, or no more than one's own maximum; ``minimum_minor`` is enough.
    """
    known = standing.maximum
    if standing.leader is None or known is None:
        _require(maximum, standing.least)
        return Taken(replace(standing, price=standing.start, leader=bidder, maximum=maximum), leads=True, moved=True)
    if bidder == standing.leader:
        _require(maximum, known + 1)
        return Taken(replace(standing, maximum=maximum), leads=True, moved=False)
    _require(maximum, standing.least)
    if maximum > known:
        price = standing.capped(min(maximum, known + standing.increment))
        return Taken(replace(standing, price=price, leader=bidder, maximum=maximum), leads=True, moved=True)
    # The leader's maximum answers by itself; of two equal ones the earlier leads.
    price = standing.capped(min(known, maximum + standing.increment))
    return Taken(replace(standing, price=price), leads=False, moved=True)


def _require(maximum: int, least: int) -> None:
    if maximum < least:
        raise BidTooLow("Bid more than that", field="max", minimum_minor=least)


def price_without(standing: Standing, maxima: Sequence[int]) -> int:
    """What the first of ``maxima`` (the highest first) pays where those who bid more are gone: what the auction
    would have come to without them."""
    first, *others = maxima
    return standing.capped(min(first, others[0] + standing.increment) if others else standing.start)
