"""Orders as their buyer and their merchant see them, for the document of the API."""

import msgspec

from livehub.commerce.checkout_hook import ChargeKind
from livehub.commerce.fulfilment.shipments import ShipmentStatus
from livehub.commerce.orders.checkout import DeliveryMethod
from livehub.commerce.orders.digital import DigitalKind
from livehub.commerce.orders.model import OrderStatus
from livehub.commerce.payments.refunds import RefundState
from livehub.web.commerce_offers import PartView
from livehub.web.commerce_pickups import PlaceView
from livehub.web.commerce_wire import MoneyView, PictureView


class ShippedLine(msgspec.Struct):
    offer: str
    quantity: int


class RefundView(msgspec.Struct):
    """``state``: due (the provider is asked until it says yes), done or failed."""

    id: str
    amount: MoneyView
    lines: list[ShippedLine]
    reason: str
    state: RefundState
    answer: str
    made_at: str
    settled_at: str | None


class PaymentDetailsView(msgspec.Struct):
    """``client``: what the provider's widget needs, where it is paid in place; for Stripe client_secret and
    publishable_key."""

    provider: str
    status: str
    action_url: str | None
    client: dict[str, str]


class StoreRef(msgspec.Struct):
    id: str
    title: str


class OrderLineView(msgspec.Struct):
    offer: str
    sku: str
    title: str
    variant_title: str
    picture: PictureView | None
    quantity: int
    unit_price: MoneyView
    ships_at: str | None
    held: bool
    parts: list[PartView]
    auction: str | None
    digital: DigitalKind | None


class TakenOffView(msgspec.Struct):
    code: str
    discount: MoneyView


class PickupView(msgspec.Struct):
    """As it was when it was ordered."""

    slot: str
    place: PlaceView
    starts_at: str
    ends_at: str


class DeliveryView(msgspec.Struct):
    method: DeliveryMethod
    address: str | None
    contactless: bool = False
    leave_at: str | None = None
    pickup: PickupView | None = None


class ContactView(msgspec.Struct):
    name: str
    email: str | None = None
    phone: str | None = None


class PaymentStateView(msgspec.Struct):
    """``status``: pending, paid, failed or refunded. ``action_url``: where the buyer goes to pay."""

    provider: str
    status: str
    action_url: str | None = None


class StepView(msgspec.Struct):
    status: OrderStatus
    at: str


class BuyerView(msgspec.Struct):
    id: str
    display_name: str


class ChargeView(msgspec.Struct):
    """``included``: part of the prices already, so not added to the total."""

    kind: ChargeKind
    title: str
    amount: MoneyView
    included: bool


class AffirmationView(msgspec.Struct):
    id: str
    version: str
    text: str


class AffirmedView(AffirmationView):
    at: str


class ShipmentStep(msgspec.Struct):
    status: ShipmentStatus
    at: str


class ShipmentView(msgspec.Struct):
    """``carrier``: a courier's id, or a name. Empty strings are not known."""

    id: str
    lines: list[ShippedLine]
    status: ShipmentStatus
    carrier: str
    tracking_number: str
    tracking_url: str
    history: list[ShipmentStep]


class OrderView(msgspec.Struct):
    id: str
    number: str
    status: OrderStatus
    room_id: str
    store: StoreRef
    lines: list[OrderLineView]
    charges: list[ChargeView]
    affirmations: list[AffirmedView]
    coupon: TakenOffView | None
    total: MoneyView
    refunded: MoneyView
    delivery: DeliveryView
    contact: ContactView
    note: str | None
    shipments: list[ShipmentView]
    payment: PaymentStateView
    placed_at: str
    expires_at: str | None
    history: list[StepView]
    buyer: BuyerView
