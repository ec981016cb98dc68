"""Amounts as Stripe counts them: mostly the minor unit of ISO 4217, but not always (docs.stripe.com/currencies)."""

from types import MappingProxyType
from typing import Final

from livehub.commerce.errors import CurrencyUnknown
from livehub.commerce.money import EXPONENTS, Money
from livehub.errors import MalformedRequest

#: digits of Stripe's unit where they are not those of ISO 4217
_EXPONENTS: Final = MappingProxyType({"MGA": 0, "ISK": 2, "UGX": 2})
#: of these Stripe takes whole tens of the minor unit only
_TENS: Final = frozenset(currency for currency, exponent in EXPONENTS.items() if exponent == 3)


def to_stripe(money: Money) -> int:
    """Raises: CurrencyUnknown for an amount that Stripe cannot take to the last digit."""
    exponent, own = _EXPONENTS.get(money.currency), EXPONENTS[money.currency]
    amount = money.amount_minor
    if exponent is not None:
        numerator, denominator = 10 ** max(0, exponent - own), 10 ** max(0, own - exponent)
        amount, rest = divmod(amount * numerator, denominator)
        if rest:
            raise CurrencyUnknown(f"Stripe takes whole units of {money.currency} only")
    if money.currency in _TENS and amount % 10:
        raise CurrencyUnknown(f"Stripe takes {money.currency} to two digits only")
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """Raises: MalformedRequest for what is no amount of a known currency."""
    code = currency.upper()
    if code not in EXPONENTS or not 0 <= amount < 10**18:
        raise MalformedRequest("The amount cannot be read")
    exponent, own = _EXPONENTS.get(code), EXPONENTS[code]
    if exponent is None:
        return Money(amount, code)
    whole, rest = divmod(amount * 10 ** max(0, own - exponent), 10 ** max(0, exponent - own))
    if rest:
        raise MalformedRequest("The amount is no whole number of the currency's units")
    return Money(whole, code)
