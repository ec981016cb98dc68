"""What orders need of storage. Each write is atomic; its check runs inside the transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from livehub.commerce.orders.checkout import Intent
from livehub.commerce.orders.digital import Delivered, DigitalGood
from livehub.commerce.orders.model import Order, OrderStatus


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


@dataclass(frozen=True, slots=True)
class Placed:
    """``replayed``: the order was there already, by the same key and the same basket."""

    order: Order
    replayed: bool


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
