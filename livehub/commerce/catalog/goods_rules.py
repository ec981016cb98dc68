"""Rules for listed goods: a price that they may not exceed, and what their buyers have to affirm. No I/O.

They hold for a SKU, whatever room it is offered in: the ceiling when its price is set, the affirmation in the write
that places the order. Another text is another version; an order keeps text, version and time of what was affirmed.
"""

from dataclasses import dataclass
from typing import Any, Final

from livehub.commerce.checkout_hook import Affirmation
from livehub.commerce.errors import PriceCeiling
from livehub.commerce.money import Money

MAX_RULES: Final = 2000


@dataclass(frozen=True, slots=True)
class GoodsRule:
    """``ceiling``: the most a unit may cost; ``affirmation``: what buyers say yes to."""

    ceiling: Money | None = None
    affirmation: Affirmation | None = None

    def check_price(self, price: Money, field: str = "price") -> None:
        """Raises: PriceCeiling, for ``field`` of what was asked."""
        if self.ceiling is not None and price.amount_minor > self.ceiling.amount_minor:
            raise PriceCeiling(f"This may cost {self.ceiling} at the most", field=field, ceiling=self.ceiling.present())

    def present(self, sku: str) -> dict[str, Any]:
        return {
            "sku": sku,
            "ceiling": None if self.ceiling is None else self.ceiling.present(),
            "affirmation": None if self.affirmation is None else self.affirmation.present(),
        }


NO_RULE: Final = GoodsRule()


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule that was put, and what looks different by it: offers that are open, auctions that run or whose winner has
    not ordered yet."""

    rule: GoodsRule
    offer_ids: tuple[str, ...] = ()
    auction_ids: tuple[str, ...] = ()
