"""Money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.commerce.errors import CurrencyMismatch, CurrencyUnknown
from livehub.commerce.money import EXPONENTS, Money, check_currency


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1250, "EUR", "12.50 EUR"),
        (5, "EUR", "0.05 EUR"),
        (1250, "JPY", "1250 JPY"),
        (25000, "VND", "25000 VND"),
        (1250, "KWD", "1.250 KWD"),
        (1250, "CLF", "0.1250 CLF"),
        (-5, "USD", "-0.05 USD"),
    ],
)
def test_money_in_words(amount: int, currency: str, text: str) -> None:
    assert str(Money(amount, currency)) == text


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "DEM", "€", "E\u00dcR"])
def test_what_is_no_currency(code: str) -> None:
    with pytest.raises(CurrencyUnknown):
        check_currency(code)


def test_the_locales_own_currencies_are_there() -> None:
    for code in ("SAR", "IDR", "CNY", "USD", "EUR", "JPY", "RUB", "MXN", "THB", "TRY", "VND"):
        assert check_currency(code) == code
    assert {len(code) for code in EXPONENTS} == {3}


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 10**6))
def test_arithmetic_is_that_of_integers(one: int, other: int, times: int) -> None:
    total = (Money(one, "EUR") + Money(other, "EUR")) * times
    assert total == Money((one + other) * times, "EUR")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")
