"""An auction, its states, and what anybody may see of it. No I/O."""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.auctions.bidding import MAX_BID_MINOR, Standing
from livehub.commerce.catalog.model import present_picture
from livehub.commerce.money import Money
from livehub.errors import IllegalTransition, InvalidInput

MIN_SECONDS: Final = 10
MAX_SECONDS: Final = 24 * 3600
MIN_EXTEND_S: Final = 5
MAX_EXTEND_S: Final = 120
#: however often it is extended, it is over so long after its first end
MAX_OVERTIME_MS: Final = 3600 * 1000
#: what reached the server before the end but waits for its commit is still taken
GRACE_MS: Final = 500
MIN_PAY_MINUTES: Final = 5
MAX_PAY_MINUTES: Final = 7 * 24 * 60
#: of one room, over all the time
MAX_AUCTIONS: Final = 500
#: of one auction: a price cannot be raised more often by hand
MAX_BIDS: Final = 20_000
#: how many may let it lapse, one after the other, before it is free again
MAX_AWARDS: Final = 5


class Mode(StrEnum):
    SOFT = "soft"  # a bid in the last seconds gives the others as many again
    SUDDEN = "sudden"  # it ends when it ends


class Lapse(StrEnum):
    """What becomes of the unit when the winner does not pay in time."""

    RUNNER_UP = "runner_up"
    RELEASE = "release"


class AuctionState(StrEnum):
    OPEN = "open"
    AWARDED = "awarded"  # the unit is held for the winner, who has not ordered yet
    ORDERED = "ordered"  # by the winner; the order has its own time to be paid
    SOLD = "sold"
    UNSOLD = "unsold"  # nobody bid, or nobody who won paid
    CANCELLED = "cancelled"


TRANSITIONS: Final = MappingProxyType(
    {
        AuctionState.OPEN: frozenset({AuctionState.AWARDED, AuctionState.UNSOLD, AuctionState.CANCELLED}),
        # to AWARDED: the next bidder's
        AuctionState.AWARDED: frozenset({AuctionState.AWARDED, AuctionState.ORDERED, AuctionState.UNSOLD}),
        AuctionState.ORDERED: frozenset({AuctionState.AWARDED, AuctionState.SOLD, AuctionState.UNSOLD}),
        AuctionState.SOLD: frozenset[AuctionState](),
        # an order that had lapsed was paid late, and its unit was still there
        AuctionState.UNSOLD: frozenset({AuctionState.SOLD}),
        AuctionState.CANCELLED: frozenset[AuctionState](),
    }
)


def check_transition(present: AuctionState, wanted: AuctionState) -> None:
    """Raises: IllegalTransition for a step outside :data:`TRANSITIONS`."""
    if wanted not in TRANSITIONS[present]:
        raise IllegalTransition(f"An auction that is {present} cannot become {wanted}", state=present)


@dataclass(frozen=True, slots=True)
class NewAuction:
    """``extend_s``: the last seconds of a soft close; ``pay_minutes``: how long a winner has to order."""

    offer_id: str
    seconds: int
    start: Money
    increment: Money
    mode: Mode = Mode.SOFT
    extend_s: int = 15
    pay_minutes: int = 15
    lapse: Lapse = Lapse.RUNNER_UP

    def check(self) -> None:
        """Raises: InvalidInput; ``field`` says where."""
        for name, value, least, most in (
            ("seconds", self.seconds, MIN_SECONDS, MAX_SECONDS),
            ("extend_s", self.extend_s, MIN_EXTEND_S, MAX_EXTEND_S),
            ("pay_minutes", self.pay_minutes, MIN_PAY_MINUTES, MAX_PAY_MINUTES),
            ("start.amount_minor", self.start.amount_minor, 1, MAX_BID_MINOR),
            ("increment.amount_minor", self.increment.amount_minor, 1, MAX_BID_MINOR),
        ):
            if not least <= value <= most:
                raise InvalidInput(f"This is from {least} to {most}", field=name)


@dataclass(frozen=True, slots=True)
class Award:
    """The unit is held for ``bidder_id`` at ``price`` until ``until`` (ms); ``rank`` 0 won, 1 came after them, …"""

    bidder_id: str
    bidder_name: str
    price: Money
    until: int
    rank: int
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Auction:
    """Times in ms since the epoch. ``ends_at`` moves with a soft close, up to ``latest_end``. ``declined``: how many
    who had won it said that they do not want it."""

    id: str
    room_id: str
    store_id: str
    offer_id: str
    title: str
    variant_title: str
    picture: str | None
    currency: str
    mode: Mode
    lapse: Lapse
    state: AuctionState
    standing: Standing = field(repr=False)
    leader_name: str | None
    bids: int
    extend_s: int
    pay_minutes: int
    started_at: int
    ends_at: int
    latest_end: int
    closed_at: int | None = None
    award: Award | None = None
    declined: int = 0

    def takes_bids(self, at_ms: int) -> bool:
        return self.state is AuctionState.OPEN and at_ms < self.ends_at

    def is_over(self, at_ms: int) -> bool:
        """Whether it has to be closed; a moment after its end."""
        return self.state is AuctionState.OPEN and at_ms >= self.ends_at + GRACE_MS

    def extended(self, at_ms: int) -> int:
        """The end after a bid at ``at_ms`` that moved the price or the lead. A leader's raised maximum extends
        nothing: that would tell of it."""
        if self.mode is Mode.SUDDEN or at_ms < self.ends_at - self.extend_s * 1000:
            return self.ends_at
        return max(self.ends_at, min(at_ms + self.extend_s * 1000, self.latest_end))

    def may_fall_to(self, rank: int) -> bool:
        """Whether whoever is at ``rank`` of the bidders (0: had bid the most) can still come to have it after the
        winner there is."""
        is_waiting = self.state in {AuctionState.AWARDED, AuctionState.ORDERED} and self.award is not None
        goes_on = is_waiting and self.lapse is Lapse.RUNNER_UP
        return goes_on and self.award is not None and self.award.rank < rank < MAX_AWARDS

    def money(self, amount_minor: int) -> Money:
        return Money(amount_minor, self.currency)

    def present(self, at_ms: int) -> dict[str, Any]:
        """What everybody sees. Nobody's maximum is in it. ``now``: the server's clock, to count down by."""
        standing = self.standing
        leader = None
        if standing.leader is not None:
            leader = {"identity": standing.leader, "display_name": self.leader_name or ""}
        return {
            "id": self.id,
            "room_id": self.room_id,
            "offer": self.offer_id,
            "title": self.title,
            "variant_title": self.variant_title,
            "picture": present_picture(self.picture),
            "mode": self.mode,
            "lapse": self.lapse,
            "state": self.state,
            "start": self.money(standing.start).present(),
            "increment": self.money(standing.increment).present(),
            "price": None if standing.price is None else self.money(standing.price).present(),
            "minimum": self.money(standing.least).present(),
            "ceiling": None if standing.ceiling is None else self.money(standing.ceiling).present(),
            "leader": leader,
            "bids": self.bids,
            "extend_s": self.extend_s,
            "pay_minutes": self.pay_minutes,
            "started_at": iso(self.started_at),
            "ends_at": iso(self.ends_at),
            "closed_at": None if self.closed_at is None else iso(self.closed_at),
            "winner": self._winner(),
            "declined": self.declined,
            "now": iso(at_ms),
        }

    def _winner(self) -> dict[str, Any] | None:
        award = self.award
        if award is None:
            return None
        return {
            "identity": award.bidder_id,
            "display_name": award.bidder_name,
            "price": award.price.present(),
            "until": iso(award.until),
            "is_runner_up": award.rank > 0,
        }


@dataclass(frozen=True, slots=True)
class Mine:
    """What one bidder is told of themselves alone."""

    maximum: Money | None = field(repr=False)
    leads: bool
    order_id: str | None = None

    def present(self) -> dict[str, Any]:
        maximum = None if self.maximum is None else self.maximum.present()
        return {"max": maximum, "leads": self.leads, "order": self.order_id}


@dataclass(frozen=True, slots=True)
class BidLine:
    """One bid as everybody sees it once it moved something: who, what the price was after it, whether they led."""

    bidder_name: str
    price: Money
    leads: bool
    at: int

    def present(self) -> dict[str, Any]:
        return {
            "display_name": self.bidder_name,
            "price": self.price.present(),
            "leads": self.leads,
            "at": iso(self.at),
        }
