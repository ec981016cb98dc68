"""Order: its state machine, its lines, and how its buyer and its merchant see it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.catalog.model import Part, present_picture
from livehub.commerce.fulfilment.shipments import Shipment
from livehub.commerce.gateway import PaymentHandle
from livehub.commerce.money import Money
from livehub.commerce.orders.confirmed import Confirmed
from livehub.errors import IllegalTransition

#: how long an order holds its stock while it waits for its payment
RESERVATION_MS: Final = 15 * 60 * 1000
#: orders of one buyer that wait for their payment at a time, over all stores: nobody may hold everything
MAX_OPEN_ORDERS: Final = 20
#: numbers begin here, so that the first order of a shop does not look like the first
FIRST_NUMBER: Final = 100_000


class OrderStatus(StrEnum):
    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FULFILLED = "fulfilled"
    REFUNDED = "refunded"


TRANSITIONS: Final = MappingProxyType(
    {
        OrderStatus.PENDING_PAYMENT: frozenset({OrderStatus.PAID, OrderStatus.CANCELLED, OrderStatus.EXPIRED}),
        OrderStatus.PAID: frozenset({OrderStatus.FULFILLED, OrderStatus.REFUNDED}),
        OrderStatus.FULFILLED: frozenset({OrderStatus.REFUNDED}),
        # a payment that was under way when the hold ran out, and whose units are still there: paid, or authorised
        OrderStatus.EXPIRED: frozenset({OrderStatus.PAID, OrderStatus.PENDING_PAYMENT}),
        OrderStatus.CANCELLED: frozenset[OrderStatus](),
        OrderStatus.REFUNDED: frozenset[OrderStatus](),
    }
)


class PaymentStatus(StrEnum):
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"  # declined; another attempt may still succeed while the order waits
    CAPTURE_DUE = "capture_due"  # authorised, and the stock is committed: being taken; on the wire still "pending"
    RELEASE_DUE = "release_due"  # authorised, but there is nothing to deliver: being let go; likewise
    RELEASED = "released"  # was authorised, never taken
    REFUND_DUE = "refund_due"  # paid, but there is nothing to deliver: being given back; on the wire still "paid"
    REFUNDED = "refunded"


#: states that are ours alone, and what they are called on the wire
_SHOWN: Final = MappingProxyType(
    {
        PaymentStatus.CAPTURE_DUE: PaymentStatus.PENDING,
        PaymentStatus.RELEASE_DUE: PaymentStatus.PENDING,
        PaymentStatus.REFUND_DUE: PaymentStatus.PAID,
    }
)
#: payments that wait for something to be done at their provider
PAYMENT_DUES: Final = (PaymentStatus.CAPTURE_DUE, PaymentStatus.RELEASE_DUE, PaymentStatus.REFUND_DUE)


def check_transition(present: OrderStatus, wanted: OrderStatus) -> None:
    """Raises: IllegalTransition for a step outside :data:`TRANSITIONS`."""
    if wanted not in TRANSITIONS[present]:
        raise IllegalTransition(f"An order that is {present} cannot become {wanted}", status_now=present)


@dataclass(frozen=True, slots=True)
class Draw:
    """Units that are taken from one offer, and from one variant behind it ("" where there is none). ``deal``: the
    number of the offer's flash deal that they came from."""

    offer_id: str
    variant_id: str
    quantity: int
    deal: int | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A snapshot: what the article was called and what it cost when it was bought. ``deal``: the number of the offer's
    flash deal that it came from; ``ships_at``: when it can be sent (ms), None for at once. ``held``: whether its units
    are kept while the order waits for its payment; else who pays first has them. ``parts``: what a bundle consists of.
    ``auction_id``: where it was won.
    """

    offer_id: str
    variant_id: str
    sku: str
    title: str
    variant_title: str
    picture: str | None
    quantity: int
    unit_price: Money
    deal: int | None = None
    ships_at: int | None = None
    held: bool = True
    parts: tuple[Part, ...] = ()
    auction_id: str | None = None
    digital: str | None = None

    @property
    def is_donation(self) -> bool:
        return not self.variant_id and not self.parts

    @property
    def takes_units(self) -> bool:
        """When it is ordered: a donation has none, that of an auction is held since it began."""
        return self.auction_id is None and not self.is_donation

    @property
    def is_sent(self) -> bool:
        """Whether it has to get to its buyer."""
        if self.parts:
            return any(part.digital is None for part in self.parts)
        return self.digital is None and not self.is_donation

    @property
    def draws(self) -> tuple[Draw, ...]:
        """From where its units come: its own offer, and for a bundle those of its parts; nowhere for a donation."""
        if self.is_donation:
            return ()
        parts = (Draw(part.offer_id, part.variant_id, part.quantity * self.quantity) for part in self.parts)
        return (Draw(self.offer_id, self.variant_id, self.quantity, self.deal), *parts)

    @property
    def offers(self) -> tuple[str, ...]:
        """Those that :attr:`draws` are from."""
        return () if self.is_donation else (self.offer_id, *(part.offer_id for part in self.parts))

    @property
    def draws_back(self) -> tuple[Draw, ...]:
        """What is free again once it was paid and comes back: an address or a code that somebody has seen is not."""
        kept = {part.offer_id for part in self.parts if part.digital}
        return () if self.digital else tuple(draw for draw in self.draws if draw.offer_id not in kept)

    def present(self) -> dict[str, Any]:
        return {
            "offer": self.offer_id,
            "sku": self.sku,
            "title": self.title,
            "variant_title": self.variant_title,
            "picture": present_picture(self.picture),
            "quantity": self.quantity,
            "unit_price": self.unit_price.present(),
            "ships_at": None if self.ships_at is None else iso(self.ships_at),
            "held": self.held,
            "parts": [part.present() for part in self.parts],
            "auction": self.auction_id,
            "digital": self.digital,
        }


@dataclass(frozen=True, slots=True)
class TakenOff:
    """What a coupon took off an order."""

    id: str
    code: str
    discount: Money

    def present(self) -> dict[str, Any]:
        return {"code": self.code, "discount": self.discount.present()}


@dataclass(frozen=True, slots=True)
class Payment:
    """``id`` is our own name for the payment, ``reference`` what the provider's webhook names it by (None until the
    provider was asked), ``action_url`` where the buyer pays, ``provider_payment`` the provider's own name for it."""

    provider: str
    status: PaymentStatus
    id: str
    reference: str | None
    action_url: str | None
    provider_payment: str | None = None

    def present(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"provider": self.provider, "status": _SHOWN.get(self.status, self.status)}
        if self.action_url is not None:
            shown["action_url"] = self.action_url
        return shown


@dataclass(frozen=True, slots=True)
class Order:
    """``seq`` grows with every order of the server. ``expires_at`` is None once nothing can expire any more."""

    seq: int
    id: str
    store_id: str
    store_title: str
    room_id: str
    buyer_id: str
    buyer_name: str
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    total: Money
    payment: Payment
    delivery: Mapping[str, Any]
    contact: Mapping[str, Any]
    history: tuple[tuple[OrderStatus, int], ...]
    placed_at: int
    expires_at: int | None
    coupon: TakenOff | None = None
    #: what went back to the buyer so far, or is on its way
    refunded_minor: int = 0
    #: charges and affirmations, where checkout hooks have a say
    confirmed: Confirmed | None = None
    #: what its buyer tells the merchant
    note: str | None = None
    #: its buyer's, for letters and invoices
    locale: str = "en"
    #: of the pick-up slot that it takes a place in
    slot_id: str | None = None
    shipments: tuple[Shipment, ...] = ()
    _shown: dict[str, Any] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def handle(self) -> PaymentHandle:
        """Its payment, as gateways are asked about it."""
        paid = self.payment
        return PaymentHandle(paid.id, paid.reference or "", paid.provider_payment, self.total)

    @property
    def number(self) -> str:
        return str(FIRST_NUMBER + self.seq)

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def holds_all(self) -> bool:
        """Whether all of its units are kept for it while it waits for its payment."""
        return all(line.held for line in self.lines)

    def present(self) -> dict[str, Any]:
        """The whole ``Order`` of docs/protocol.md: for its buyer and its merchant, for nobody else."""
        shown = self._shown
        if shown is None:  # made once: both are told of each order that is placed
            object.__setattr__(self, "_shown", shown := self._present())
        return shown

    def _present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "number": self.number,
            "status": self.status,
            "room_id": self.room_id,
            "store": {"id": self.store_id, "title": self.store_title},
            "lines": [line.present() for line in self.lines],
            "charges": [charge.present() for charge in self.confirmed.charges] if self.confirmed else [],
            "affirmations": [one.present() for one in self.confirmed.affirmations] if self.confirmed else [],
            "coupon": None if self.coupon is None else self.coupon.present(),
            "total": self.total.present(),
            "refunded": Money(self.refunded_minor, self.total.currency).present(),
            "delivery": self.delivery,
            "contact": self.contact,
            "note": self.note,
            "shipments": [shipment.present() for shipment in self.shipments],
            "payment": self.payment.present(),
            "placed_at": iso(self.placed_at),
            "expires_at": None if self.expires_at is None else iso(self.expires_at),
            "history": [{"status": status, "at": iso(at_ms)} for status, at_ms in self.history],
            "buyer": {"id": self.buyer_id, "display_name": self.buyer_name},
        }
