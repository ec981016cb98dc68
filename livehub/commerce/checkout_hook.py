"""What a checkout hook has to be: a typed, asynchronous Protocol, found by entry point (``livehub.checkout_hooks``).

A hook is asked what an order costs besides its goods (tax, shipping, a fee), what its buyer has to affirm, or whether
it may be placed at all. It sees what it needs for that, and never who the buyer is. docs/hooks.md shows one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, Protocol, runtime_checkable

from livehub.clock import Clock, iso
from livehub.commerce.money import Money

MAX_CHARGES: Final = 20
MAX_AFFIRMATIONS: Final = 10
MAX_TITLE_CHARS: Final = 120
MAX_AFFIRMATION_CHARS: Final = 4000
#: what a hook may take unless it says otherwise, and the most it may say
DEADLINE_S: Final = 2.0
MAX_DEADLINE_S: Final = 10.0


class ChargeKind(StrEnum):
    TAX = "tax"
    SHIPPING = "shipping"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class Charge:
    """``included``: shown, but part of the prices already (such as value added tax), so not added to the total."""

    kind: ChargeKind
    title: str
    amount: Money
    included: bool = False

    def present(self) -> dict[str, Any]:
        return {"kind": self.kind, "title": self.title, "amount": self.amount.present(), "included": self.included}


@dataclass(frozen=True, slots=True)
class Affirmation:
    """What the buyer has to say yes to. Another text needs another ``version``."""

    id: str
    version: str
    text: str

    @property
    def key(self) -> tuple[str, str]:
        return self.id, self.version

    def present(self) -> dict[str, Any]:
        return {"id": self.id, "version": self.version, "text": self.text}


@dataclass(frozen=True, slots=True)
class HookLine:
    offer_id: str
    sku: str
    title: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True)
class CheckoutContext:
    """``delivery``: {method: pickup|courier, address, …}; ``subtotal``: the goods, before any coupon; ``discount``:
    what the buyer's coupon takes off them, None without one; ``locale``: the buyer's, for titles and texts."""

    store_id: str
    room_id: str
    lines: tuple[HookLine, ...]
    subtotal: Money
    delivery: Mapping[str, Any]
    locale: str
    at_ms: int
    discount: Money | None = None

    def present(self) -> dict[str, Any]:
        """As a hook over HTTP gets it."""
        return {
            "store": self.store_id,
            "room": self.room_id,
            "lines": [
                {
                    "offer": line.offer_id,
                    "sku": line.sku,
                    "title": line.title,
                    "quantity": line.quantity,
                    "unit_price": line.unit_price.present(),
                }
                for line in self.lines
            ],
            "subtotal": self.subtotal.present(),
            "discount": None if self.discount is None else self.discount.present(),
            "delivery": dict(self.delivery),
            "locale": self.locale,
            "at": iso(self.at_ms),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """``refusal``: why this cannot be bought, in the buyer's language; then nothing else counts."""

    charges: tuple[Charge, ...] = ()
    affirmations: tuple[Affirmation, ...] = ()
    refusal: str | None = None


@runtime_checkable
class CheckoutHook(Protocol):
    """``deadline_s``: after it the hook counts as failed. ``on_failure``: ``refuse`` the order, or go on with
    ``default`` (say, a flat rate)."""

    id: str
    deadline_s: float
    on_failure: Literal["refuse", "default"]

    async def quote(self, context: CheckoutContext) -> Answer:
        """Whatever is raised counts as a failure."""

    def default(self, context: CheckoutContext) -> Answer:
        """What holds when :meth:`quote` failed and the policy is to go on."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class HookContext:
    """What a hook is made from."""

    clock: Clock


class HookFactory(Protocol):
    def __call__(self, setting: str, context: HookContext) -> CheckoutHook:
        """``setting`` is what follows the name in ``LIVEHUB_CHECKOUT_HOOKS``. Raises: ValueError."""
