"""What an order has besides its goods: charges and affirmations, as they were quoted and confirmed. No I/O."""

from dataclasses import dataclass
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.checkout_hook import Affirmation, Charge
from livehub.commerce.money import Money


@dataclass(frozen=True, slots=True)
class Affirmed:
    """``at``: when the buyer said yes; None in a quote, where nobody has yet."""

    affirmation: Affirmation
    at: int | None

    def present(self) -> dict[str, Any]:
        when = {} if self.at is None else {"at": iso(self.at)}
        return {**self.affirmation.present(), **when}


@dataclass(frozen=True, slots=True)
class Confirmed:
    """``subtotal``: what the goods cost when it was quoted, before any coupon: an order at other prices is refused.
    ``discount_minor``: what the coupon took off then, likewise; None when none was named.
    """

    subtotal: Money
    charges: tuple[Charge, ...]
    affirmations: tuple[Affirmed, ...]
    discount_minor: int | None = None

    @property
    def added(self) -> Money:
        """What comes on top of the goods."""
        nothing = Money(0, self.subtotal.currency)
        return sum((charge.amount for charge in self.charges if not charge.included), nothing)


@dataclass(frozen=True, slots=True)
class Said:
    """What a buyer says with an order besides the basket: the quote's token, what they affirm as (id, version), and
    their locale for when there is no quote."""

    quote: str | None = None
    affirmed: tuple[tuple[str, str], ...] = ()
    locale: str = "en"


NOTHING_SAID: Final = Said()
