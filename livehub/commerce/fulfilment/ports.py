"""What the way of an order from checkout to the buyer's hands needs of storage. Each write is atomic."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from livehub.commerce.catalog.goods_rules import GoodsRule, Ruled
from livehub.commerce.catalog.model import Store
from livehub.commerce.fulfilment.invoices import Invoice
from livehub.commerce.fulfilment.pickups import Place, Slot
from livehub.commerce.fulfilment.returns import Return, ReturnState, Standing
from livehub.commerce.fulfilment.shipments import ShipmentStatus, Tracking
from livehub.commerce.fulfilment.terms import Terms
from livehub.commerce.hooks.stores import StoreHookStore
from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order
from livehub.commerce.payments.refunds import Refund

if TYPE_CHECKING:
    from livehub.commerce.fulfilment.address_book import Entry


class PickupStore(Protocol):
    async def add_place(self, place: Place) -> None:
        """Raises: TooManyPlaces."""

    async def place(self, place_id: str) -> Place | None:
        """None for closed ones too."""

    async def places(self, store_id: str) -> list[Place]:
        """Open ones, oldest first."""

    async def close_place(self, place_id: str, at_ms: int) -> None: ...

    async def add_slots(self, place: Place, times: Sequence[tuple[int, int]], capacity: int, at_ms: int) -> list[Slot]:
        """Raises: InvalidInput for more than a place has room for."""

    async def slot(self, slot_id: str) -> Slot | None: ...

    async def slots(self, place_ids: Sequence[str], at_ms: int) -> list[Slot]:
        """Open ones that have not ended, the next first."""

    async def change_slot(self, slot_id: str, capacity: int) -> Slot:
        """Raises: SlotNotFound, SlotFull."""

    async def close_slot(self, slot_id: str, at_ms: int) -> None: ...


class AddressStore(Protocol):
    async def of(self, identity: str) -> "list[Entry]":
        """Used last, first."""

    async def keep(self, entry: "Entry", limit: int) -> "Entry":
        """One with the same content is used again; beyond ``limit`` the one not used for longest goes."""

    async def forget(self, identity: str, entry_id: str) -> None: ...

    async def hand_over(self, guest_id: str, account_id: str, limit: int) -> None: ...


class RuleStore(Protocol):
    async def of_store(self, store: Store) -> list[tuple[str, GoodsRule]]:
        """SKU and rule, by SKU."""

    async def put(self, store: Store, sku: str, ceiling: Money | None, text: str | None, limit: int) -> Ruled:
        """Without either there is no rule any more. The text's version grows when the text changes. A winner who has
        not ordered yet pays no more than the ceiling.

        Raises: SkuNotFound, PriceCeiling (an open offer is dearer), TooManyRules.
        """


class TermsStore(Protocol):
    async def terms(self, store_id: str) -> Terms: ...

    async def put_terms(self, store_id: str, terms: Terms) -> None: ...


class ShipmentStore(Protocol):
    """Each write tells the merchant's systems and the buyer in the same commit."""

    async def pack(self, order_id: str, shipment_id: str, lines: Sequence[tuple[str, int]], at_ms: int) -> Order:
        """Nothing named is all that is left. Raises: OrderNotFound, IllegalTransition, ShipmentTooMuch, …"""

    async def move(
        self, order_id: str, shipment_id: str, wanted: ShipmentStatus | None, tracking: Tracking | None, at_ms: int
    ) -> Order:
        """Another state, other tracking, or both; what is so already stays. The order is fulfilled with its last unit.

        Raises: ShipmentNotFound, IllegalTransition.
        """

    async def unpack(self, order_id: str, shipment_id: str) -> Order:
        """Raises: ShipmentNotFound, IllegalTransition (it has left)."""

    async def ship_all(self, order_id: str, shipment_id: str, at_ms: int) -> Order:
        """What is packed, and what is not, leaves now. Raises: OrderNotFound, IllegalTransition."""

    async def labelled(
        self, order_id: str, shipment_id: str, tracking: Tracking, label_url: str, at_ms: int
    ) -> Order: ...

    async def by_tracking(self, carrier: str, number: str) -> tuple[str, str] | None:
        """Order and shipment."""

    async def order_of(self, shipment_id: str) -> str | None: ...


class ReturnStore(Protocol):
    async def ask(
        self, order_id: str, return_id: str, lines: Sequence[tuple[str, int]], reason: str, at_ms: int
    ) -> Return:
        """Raises: OrderNotFound, ReturnOpen and what :func:`livehub.commerce.fulfilment.returns.choose` raises."""

    async def approve(
        self, return_id: str, refund_id: str, amount: Money | None, at_ms: int
    ) -> tuple[Return, Refund | None, Order]:
        """Its state and the refund that comes of it in one commit; no refund where it was approved before.

        Raises: ReturnNotFound, IllegalTransition and what
            :func:`livehub.commerce.payments.refunds.settle_amount` raises.
        """

    async def decide(self, return_id: str, state: ReturnState, answer: str, at_ms: int) -> Return:
        """Without money; the same again is the same. Raises: ReturnNotFound, IllegalTransition."""

    async def find(self, return_id: str) -> Return | None: ...

    async def standing(self, order_id: str) -> Standing:
        """Raises: OrderNotFound."""

    async def waiting(self, store_id: str, most: int) -> int:
        """How many of the store's are not decided, counted up to ``most``."""


class InvoiceStore(Protocol):
    async def of_order(self, order_id: str) -> list[Invoice]:
        """Oldest first."""

    async def find(self, invoice_id: str) -> Invoice | None: ...

    async def of_store(self, store_id: str, after: int | None, limit: int) -> list[Invoice]:
        """Newest first; ``after`` is a number."""


@dataclass(frozen=True, slots=True)
class FulfilmentStores:
    """All of them, as :class:`livehub.commerce.service.Commerce` is given them."""

    pickups: PickupStore
    addresses: AddressStore
    rules: RuleStore
    terms: TermsStore
    shipments: ShipmentStore
    invoices: InvoiceStore
    returns: ReturnStore
    hooks: StoreHookStore
