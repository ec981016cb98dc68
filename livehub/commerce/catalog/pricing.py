"""What a unit costs: the offer's price, less for many at once, less while a flash deal runs. Pure.

A flash deal has a price, an end and a quantity of its own. Its units are the offer's units: the quantity only bounds
how many go at the deal's price. When it ends the offer's own price holds again, so buyers name the price they saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.money import Money
from livehub.errors import InvalidInput

MAX_TIERS: Final = 5
MIN_DEAL_S: Final = 10
MAX_DEAL_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Tier:
    """``price`` for each unit from ``quantity`` units in one order on."""

    quantity: int
    price: Money

    def present(self) -> dict[str, Any]:
        return {"quantity": self.quantity, "price": self.price.present()}


@dataclass(frozen=True, slots=True)
class Deal:
    """``number`` counts the deals of an offer; ``left`` of its ``quantity`` can be had, until ``ends_at`` (ms)."""

    number: int
    price: Money
    quantity: int
    left: int
    ends_at: int

    def serves(self, quantity: int, at_ms: int) -> bool:
        return at_ms < self.ends_at and quantity <= self.left

    def present(self) -> dict[str, Any]:
        return {
            "price": self.price.present(),
            "quantity": self.quantity,
            "left": self.left,
            "ends_at": iso(self.ends_at),
        }


@dataclass(frozen=True, slots=True)
class NewDeal:
    price: Money
    quantity: int
    seconds: int


def unit_price(
    price: Money, tiers: Sequence[Tier], deal: Deal | None, quantity: int, at_ms: int
) -> tuple[Money, Deal | None]:
    """The lowest price that ``quantity`` units have at that time, and the deal if it is the deal's."""
    if not tiers and deal is None:
        return price, None
    reached = [tier.price for tier in tiers if quantity >= tier.quantity]
    lowest = min([price, *reached], key=lambda money: money.amount_minor)
    if deal is not None and deal.serves(quantity, at_ms) and deal.price.amount_minor < lowest.amount_minor:
        return deal.price, deal
    return lowest, None


def check_tiers(tiers: Sequence[Tier], price: Money) -> None:
    """Raises: InvalidInput unless more units are always cheaper than fewer."""
    if len(tiers) > MAX_TIERS:
        raise InvalidInput(f"An offer has up to {MAX_TIERS} prices by quantity", field="tiers")
    before = Tier(1, price)
    for index, tier in enumerate(tiers):
        if tier.quantity <= before.quantity or tier.price.amount_minor >= before.price.amount_minor:
            raise InvalidInput(
                "Each price by quantity is for more units, and lower, than the one before", field=f"tiers[{index}]"
            )
        before = tier


def rises(before: tuple[Money, Sequence[Tier]], after: tuple[Money, Sequence[Tier]]) -> bool:
    """Whether any quantity would cost more than before."""
    bounds = {1, *(tier.quantity for tier in (*before[1], *after[1]))}

    def at(side: tuple[Money, Sequence[Tier]], quantity: int) -> int:
        return unit_price(side[0], side[1], None, quantity, 0)[0].amount_minor

    return any(at(after, quantity) > at(before, quantity) for quantity in bounds)
