"""Money: an integer of minor units and an ISO 4217 code. Never a float, never a Decimal.

The exponents are those of ISO 4217:2015 list one (six-group.com): how many digits the minor unit has.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from livehub.commerce.errors import CurrencyMismatch, CurrencyUnknown

#: far above any article's price, far below what a 64-bit total of the largest order could overflow
MAX_AMOUNT_MINOR: Final = 1_000_000_000_000
#: what the goods of one order come to at the most: with its charges still a number that JSON's readers count exactly
MAX_GOODS_MINOR: Final = 900 * MAX_AMOUNT_MINOR

_BY_EXPONENT: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP
          CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR
          IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN
          NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
          STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG""",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
#: currency → digits of its minor unit
EXPONENTS: Final = MappingProxyType(
    {currency: exponent for exponent, listed in _BY_EXPONENT.items() for currency in listed.split()}
)


def check_currency(code: str) -> str:
    """``code`` itself. Raises: CurrencyUnknown unless it is one of ISO 4217, in capitals."""
    if code not in EXPONENTS:
        raise CurrencyUnknown(f'"{code[:12]}" is not a currency of ISO 4217, such as EUR or THB', field="currency")
    return code


@dataclass(frozen=True, slots=True)
class Money:
    amount_minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """Raises: CurrencyMismatch."""
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be added")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Raises: CurrencyMismatch."""
        return self + other * -1

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.amount_minor * quantity, self.currency)

    def __str__(self) -> str:
        """For logs and plain pages: ``12.50 EUR``. What people read in the client is formatted there, by locale."""
        exponent = EXPONENTS[self.currency]
        if exponent == 0:
            return f"{self.amount_minor} {self.currency}"
        whole, rest = divmod(abs(self.amount_minor), 10**exponent)
        sign = "-" if self.amount_minor < 0 else ""
        return f"{sign}{whole}.{rest:0{exponent}d} {self.currency}"

    def present(self) -> dict[str, object]:
        return {"amount_minor": self.amount_minor, "currency": self.currency}
