"""Events of what is sold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livehub.events.bus import Event


@dataclass(frozen=True, slots=True)
class OfferChanged(Event):
    """``offer`` is the public representation: availability, price or window changed, or it was added."""

    room_id: str
    offer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OfferPinned(Event):
    """``offer``: the one pinned last, None when no pin is left; ``offers``: all that are pinned, the last one first."""

    room_id: str
    offer: Mapping[str, Any] | None
    offers: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class OffersArranged(Event):
    """The tray has another order; ``offers`` are ids."""

    room_id: str
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CouponChanged(Event):
    """A coupon that is claimed in the room was made or ended; ``coupon`` is what buyers see of it."""

    room_id: str
    coupon: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimChanged(Event):
    """For its buyer and for those who run the room; ``claim`` is the representation for both."""

    room_id: str
    claim: Mapping[str, Any]
    buyer: str


@dataclass(frozen=True, slots=True)
class AuctionChanged(Event):
    """An auction began, was bid in, ended or went on to somebody; ``auction`` is what everybody sees of it."""

    room_id: str
    auction: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrderPlaced(Event):
    """An order holds stock and waits for its payment. ``order`` is the merchant's representation."""

    room_id: str
    order: Mapping[str, Any]
    buyer: str
    store_id: str


@dataclass(frozen=True, slots=True)
class OrderChanged(Event):
    """Any change of an order's status."""

    room_id: str
    order: Mapping[str, Any]
    buyer: str
    store_id: str


@dataclass(frozen=True, slots=True)
class OrderPaid(Event):
    """For the room's quiet line: who bought how many, nothing private."""

    room_id: str
    order_id: str
    display_name: str
    units: int
