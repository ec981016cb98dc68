"""What commerce needs of storage and rooms. Each write is atomic; its check runs inside the transaction."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from livehub.accounts.principal import Principal
from livehub.clock import iso
from livehub.commerce.catalog.model import (
    ALL_PRODUCTS,
    NewBundle,
    NewDonation,
    NewOffer,
    NewVariant,
    Offer,
    OfferPatch,
    Product,
    ProductPatch,
    ProductQuery,
    Store,
)
from livehub.commerce.catalog.pricing import NewDeal
from livehub.commerce.gateway import PaymentEvent, PaymentStart
from livehub.commerce.money import Money
from livehub.commerce.offers.claims import Claim, NewClaim
from livehub.commerce.offers.coupons import Coupon, NewCoupon, Use
from livehub.commerce.orders.checkout import Intent
from livehub.commerce.orders.digital import Delivered, DigitalGood
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.commerce.payments.ledger import Movement
from livehub.commerce.payments.refunds import Asked, Refund
from livehub.rooms.access import Access


class RoomPort(Protocol):
    """Implemented by :class:`livehub.rooms.service.RoomService`."""

    async def access(self, room_id: str, principal: Principal | None) -> Access:
        """Raises: RoomNotFound."""


class CatalogStore(Protocol):
    async def add_store(self, store: Store) -> None: ...

    async def store(self, store_id: str) -> Store | None: ...

    async def stores_of(self, owner_id: str) -> list[Store]: ...

    async def add_product(self, product: Product, variants: Sequence[NewVariant], by: str = "") -> Product:
        """``by``: who it is, for the journal of the stock. Raises: SkuTaken."""

    async def product(self, product_id: str) -> Product | None:
        """None for archived ones too."""

    async def products(
        self, store_id: str, after: str | None, limit: int, wanted: ProductQuery = ALL_PRODUCTS
    ) -> list[Product]:
        """By id, oldest first."""

    async def change_product(self, product: Product, patch: ProductPatch, by: str = "", at_ms: int = 0) -> Product:
        """Raises: ProductNotFound, SkuTaken, StockShort, InvalidInput for a new SKU without price or stock."""

    async def set_picture(
        self, product_id: str, picture: str | None, *, sku: str | None = None, source: str | None = None
    ) -> Product:
        """Of the product, or of its variant ``sku``; ``source``: the address it was fetched from.

        Raises: ProductNotFound, SkuNotFound.
        """

    async def archive(self, product_id: str, at_ms: int) -> list[Offer]:
        """Hide it and close its offers, which are returned. Raises: ProductNotFound."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """The offer asked about, and all that are pinned in its room now, the last pinned first."""

    offer: Offer
    pinned: tuple[Offer, ...]
    changed: bool


class CouponStore(Protocol):
    async def add(self, coupon_id: str, store: Store, new: NewCoupon, at_ms: int) -> Coupon:
        """Raises: CouponTaken."""

    async def find(self, coupon_id: str) -> Coupon | None: ...

    async def of_store(self, store_id: str) -> list[Coupon]:
        """Newest first."""

    async def by_code(self, store_id: str, code: str, buyer_id: str) -> tuple[Coupon, Use] | None:
        """The one that has not ended, and what that buyer has of it."""

    async def claimable(self, room_id: str, buyer_id: str, at_ms: int) -> list[tuple[Coupon, bool]]:
        """Open ones that are claimed in the room, and whether that buyer has."""

    async def claim(self, coupon_id: str, buyer_id: str, at_ms: int) -> Coupon | None:
        """None when as many have claimed it as may use it. Raises: CouponNotFound."""

    async def end(self, coupon_id: str, at_ms: int) -> Coupon:
        """Raises: CouponNotFound."""


class OfferStore(Protocol):
    async def add(
        self, offer_id: str, room_id: str, store: Store, new: NewOffer, at_ms: int, check: Callable[[Money], None]
    ) -> Offer:
        """Allocates ``new.quantity`` of the variant's free stock; ``check`` is given its price.

        Raises: SkuNotFound, OfferExists, StockShort, what ``check`` raises.
        """

    async def of_room(self, room_id: str) -> list[Offer]:
        """In the order of the tray, without closed ones."""

    async def by_ids(self, offer_ids: Sequence[str]) -> list[Offer]: ...

    async def with_kin(self, offer_ids: Sequence[str]) -> list[str]:
        """Those, and the bundles that contain one of them."""

    async def add_bundle(self, offer_id: str, room_id: str, store: Store, new: NewBundle, at_ms: int) -> Offer:
        """Raises: OfferNotFound for a part that is not an open article of the room; ClaimWordTaken."""

    async def add_donation(self, offer_id: str, room_id: str, store: Store, new: NewDonation, at_ms: int) -> Offer: ...

    async def change(self, offer_id: str, patch: OfferPatch, check: Callable[[Offer], None], at_ms: int = 0) -> Offer:
        """Raises: OfferNotFound, StockShort, ClaimWordTaken, what ``check`` raises on the present row."""

    async def pin(self, offer_id: str, *, beside: bool, limit: int, at_ms: int) -> Pinned:
        """Without ``beside`` the room's other pins go. Raises: OfferNotFound, OfferClosed, TooManyPins."""

    async def unpin(self, offer_id: str) -> Pinned:
        """Raises: OfferNotFound."""

    async def arrange(self, room_id: str, offer_ids: Sequence[str]) -> list[str]:
        """Those first, in that order, then the others as they were; all ids. Raises: OfferNotFound."""

    async def start_deal(self, offer_id: str, deal: NewDeal, at_ms: int, check: Callable[[Offer], None]) -> Offer:
        """Raises: OfferNotFound, OfferClosed, StockShort, what ``check`` raises on the present row."""

    async def end_deal(self, offer_id: str) -> Offer:
        """Raises: OfferNotFound."""

    async def close_ended(self, at_ms: int) -> list[Offer]:
        """Closes what is open in rooms that are over, and gives what is left back to the variants' free stock."""


class DigitalStore(Protocol):
    async def put(self, product_id: str, good: DigitalGood) -> DigitalGood:
        """Raises: SkuNotFound."""

    async def take_away(self, product_id: str, sku: str) -> None:
        """Raises: SkuNotFound."""

    async def of_product(self, product_id: str) -> list[DigitalGood]: ...

    async def add_codes(self, product_id: str, sku: str, codes: Sequence[str]) -> DigitalGood:
        """Raises: SkuNotFound, InvalidInput."""

    async def of_order(self, order_id: str) -> list[Delivered]:
        """What a paid order has, and what it still lacks. Raises: OrderNotFound."""


class ClaimStore(Protocol):
    async def words(self, room_id: str, at_ms: int) -> dict[str, str]:
        """Keyword → offer, of what can be claimed in the room."""

    async def claim(self, new: NewClaim, at_ms: int) -> Claim:
        """Units as far as there are any and nobody waits, else a place in line. A buyer has one live claim on an offer:
        another number changes it. The same ``message_id`` answers the same claim.

        Raises: OfferNotFound, ClaimNotOffered, OfferClosed, BuyerLimit, TooManyClaims, ClaimsRanOut, WaitlistFull.
        """

    async def release(self, claim_id: str, at_ms: int) -> Claim:
        """Raises: ClaimNotFound, ClaimOver."""

    async def tend(self, at_ms: int, limit: int) -> int:
        """End what has run out and serve those who wait; how many ended, ``limit`` at the most."""

    async def find(self, claim_id: str) -> Claim | None: ...

    async def of_room(self, room_id: str, buyer_id: str | None, after: int | None, limit: int) -> list[Claim]:
        """Newest first."""

    async def news(self, limit: int) -> list[Claim]:
        """Changed since somebody was told."""

    async def told(self, told: Sequence[Claim]) -> None: ...


@dataclass(frozen=True, slots=True)
class Placed:
    """``replayed``: the order was there already, by the same key and the same basket."""

    order: Order
    replayed: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """``changed`` is False when the webhook told nothing new."""

    order: Order
    changed: bool


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Newest first. ``buyer_id`` or ``store_id`` is set; ``after``: the ``seq`` that the last page ended on.

    ``text``: a number, or part of a name, an e-mail address, a phone number, an address, a SKU or a title. ``work``:
    ``to_pack`` (paid, nothing packed yet), ``packed`` (something waits to leave) or ``returns`` (asked for). ``since``
    to ``until`` (ms): when it was placed.
    """

    buyer_id: str | None = None
    store_id: str | None = None
    room_id: str | None = None
    status: OrderStatus | None = None
    after: int | None = None
    limit: int = 50
    text: str = ""
    method: str | None = None
    work: str | None = None
    since: int | None = None
    until: int | None = None


class OrderStore(Protocol):
    async def place(self, intent: Intent) -> Placed:
        """Price, reserve and keep the order in one commit.

        Raises: IdempotencyKeyReused, TooManyOpenOrders and what :func:`livehub.commerce.orders.checkout.price` raises.
        """

    async def find(self, order_id: str) -> Order | None: ...

    async def by_key(self, buyer_id: str, idempotency_key: str) -> tuple[Order, str] | None:
        """The order placed with that key, and its basket's fingerprint."""

    async def by_payment(self, provider: str, reference: str) -> Order | None: ...

    async def page(self, query: OrderQuery) -> list[Order]: ...

    async def hand_over(self, guest_id: str, account_id: str) -> int:
        """Everything that ``guest_id`` ordered becomes ``account_id``'s, in one commit; how many orders that were."""

    async def move(self, order_id: str, wanted: OrderStatus, at_ms: int) -> Order:
        """One step of the transition table, with what it does to stock and payment.

        Raises: OrderNotFound, IllegalTransition.
        """

    async def expire(self, at_ms: int, limit: int) -> list[Order]:
        """Give up orders whose time is over; each exactly once, in one commit."""


class PaymentStore(Protocol):
    """Payments as they move, each step in one commit with its stock and its line of the ledger."""

    async def begun(self, order_id: str, start: PaymentStart) -> Order:
        """What the provider answered when the payment was opened."""

    async def settle(self, provider: str, event: PaymentEvent, at_ms: int) -> Settled:
        """Take a provider's word, once. Raises: PaymentNotFound, PaymentMismatch."""

    async def dues(self, limit: int) -> list[Order]:
        """Orders whose payment has to be captured, released or given back."""

    async def captured(self, order_id: str, at_ms: int) -> Order:
        """The authorised money is ours: the order is paid."""

    async def lost(self, order_id: str, at_ms: int) -> Order:
        """The authorised money cannot be had any more: the order may expire at once."""

    async def released(self, order_id: str) -> Order: ...

    async def returned(self, order_id: str, at_ms: int) -> Order:
        """The money of a ``refund_due`` payment has gone back."""

    async def unsettled(self, provider: str, since_ms: int, after: int, limit: int) -> list[Order]:
        """Orders of ``provider`` placed since then, by ``seq`` after ``after``, whose payment was begun."""


class RefundStore(Protocol):
    async def open_refund(self, order_id: str, refund_id: str, asked: Asked, at_ms: int) -> tuple[Refund, Order]:
        """Keep what goes back, as far as there is money left; one that is due for the same is found again.

        Raises: OrderNotFound and what :func:`livehub.commerce.payments.refunds.settle_amount` raises.
        """

    async def refund_done(self, refund_id: str, at_ms: int) -> Order:
        """The provider said yes: ledger, units, and the order's state once nothing is left."""

    async def refund_failed(self, refund_id: str, why: str, at_ms: int) -> Order:
        """The provider refuses for good: the money counts as not given back again."""

    async def refunds_due(self, limit: int) -> list[tuple[Refund, Order]]: ...

    async def refunds_of(self, order_id: str) -> list[Refund]: ...


class LedgerStore(Protocol):
    async def page(self, store_id: str, after: int | None, limit: int, order_id: str | None = None) -> list[Movement]:
        """Newest first; of one order or of all."""

    async def balances(self, store_id: str) -> dict[str, int]:
        """Account → what came in less what went out, in minor units of the store's currency."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a merchant wants webhooks; ``secret``: ``whsec_…``. ``events``: types, divided by spaces; none, all of
    them. Until ``previous_until`` messages are signed with ``previous_secret`` too: it was just replaced."""

    id: str
    store_id: str
    url: str
    secret: str
    created_at: int
    events: str = ""
    previous_secret: str | None = None
    previous_until: int | None = None

    def secrets(self, at_ms: int) -> tuple[str, ...]:
        """All that sign at ``at_ms``, the present one first."""
        if self.previous_secret is None or self.previous_until is None or self.previous_until <= at_ms:
            return (self.secret,)
        return self.secret, self.previous_secret


class _Head(msgspec.Struct):
    type: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """``id`` is the ``webhook-id``; ``answer`` what the endpoint said last, cut short; ``due_at`` the next attempt."""

    id: str
    body: str
    state: str
    attempts: int
    answer: str
    created_at: int
    due_at: int

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": msgspec.json.decode(self.body, type=_Head).type,
            "state": self.state,
            "attempts": self.attempts,
            "answer": self.answer,
            "created_at": iso(self.created_at),
            "due_at": iso(self.due_at) if self.state == "waiting" else None,
            "body": self.body,
        }


class DeliveryStore(Protocol):
    async def deliveries(
        self, endpoint_id: str, state: str | None, after: str | None, limit: int
    ) -> list[Delivery]: ...

    async def replay(self, endpoint_id: str, delivery_id: str, at_ms: int) -> Delivery | None:
        """None: the endpoint was never sent that, or it is forgotten."""

    async def add_delivery(self, endpoint_id: str, delivery_id: str, body: str, at_ms: int) -> Delivery: ...


class EndpointStore(Protocol):
    async def add(self, endpoint: Endpoint) -> None: ...

    async def of_stores(self, store_ids: Sequence[str]) -> list[Endpoint]: ...

    async def find(self, endpoint_id: str) -> Endpoint | None: ...

    async def change(self, endpoint: Endpoint) -> None:
        """Everything but id, store and time."""

    async def delete(self, endpoint_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that has to leave. ``id`` is the ``webhook-id``, the same at each attempt."""

    id: str
    target: str
    body: bytes
    created_at: int
    attempts: int


class OutboxStore(Protocol):
    def on_added(self, wake: Callable[[], None]) -> None:
        """``wake`` is called on the event loop after something new was committed."""

    async def due(self, at_ms: int, limit: int, kind: str, busy: Collection[str] = ()) -> list[Parcel]:
        """The longest due first, of targets ``<kind>:…`` without those in ``busy``."""

    async def delivered(self, parcel_id: str, answer: str) -> None: ...

    async def postponed(self, parcel_id: str, due_at: int, answer: str) -> None: ...

    async def given_up(self, parcel_id: str, answer: str) -> None: ...

    async def forget(self, before_ms: int) -> None: ...
