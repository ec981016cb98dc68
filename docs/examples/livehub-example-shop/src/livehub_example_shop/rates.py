"""A checkout hook: shipping at a flat rate that is free from some sum on, value added tax that is part of the prices,
and wine for adults only."""

from typing import Final, Literal

from livehub.commerce.checkout_hook import (
    Affirmation,
    Answer,
    Charge,
    ChargeKind,
    CheckoutContext,
    CheckoutHook,
    HookContext,
)
from livehub.commerce.money import Money

_OF_AGE: Final = Affirmation("of-age", "2026-01", "I am 18 years of age or older.")


class Rates:
    id = "example-rates"
    deadline_s = 0.5
    on_failure: Literal["refuse", "default"] = "refuse"

    def __init__(self, shipping_minor: int, free_from_minor: int, tax_percent: int) -> None:
        self._shipping_minor = shipping_minor
        self._free_from_minor = free_from_minor
        self._tax_percent = tax_percent

    async def quote(self, context: CheckoutContext) -> Answer:
        currency, goods = context.subtotal.currency, context.subtotal.amount_minor
        charges = []
        if context.delivery["method"] == "courier" and goods < self._free_from_minor:
            charges.append(Charge(ChargeKind.SHIPPING, "Shipping", Money(self._shipping_minor, currency)))
        # Included in the price: 19 % of the net are 19/119 of the gross; half a unit is rounded up.
        tax = (2 * goods * self._tax_percent + 100 + self._tax_percent) // (2 * (100 + self._tax_percent))
        charges.append(Charge(ChargeKind.TAX, f"VAT {self._tax_percent} %", Money(tax, currency), included=True))
        wine = any(line.sku.startswith("WINE-") for line in context.lines)
        if wine and context.delivery["method"] == "courier" and "island" in (context.delivery["address"] or "").lower():
            return Answer(refusal="Wine cannot be sent to the islands.")
        return Answer(tuple(charges), (_OF_AGE,) if wine else ())

    def default(self, context: CheckoutContext) -> Answer:
        return Answer()

    async def close(self) -> None:
        """Holds nothing."""


def create(setting: str, context: HookContext) -> CheckoutHook:
    """``setting``: shipping/free from/tax in percent, such as ``490/5000/19``. Raises: ValueError."""
    shipping, free_from, tax = (int(part) for part in setting.split("/"))
    return Rates(shipping, free_from, tax)
