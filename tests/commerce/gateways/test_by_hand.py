"""Gateways whose money moves by hand: those that come with livehub keep the contract, and it refuses what breaks it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from livehub.commerce.errors import PluginInvalid
from livehub.commerce.gateway import Gateway, HandWords, PaymentRequest, PaymentStart, hand_words, words_for
from livehub.commerce.gateways import manual, transfer
from livehub.commerce.gateways.manual import ManualGateway
from livehub.commerce.gateways.registry import load_gateways
from livehub.testing.gateway_contract import HandGatewayContract
from tests.commerce.gateways.test_registry import CONTEXT, entry

WORDS = HandWords("Pay at the till.", "Give it back at the till.", "You get it back at the till.")


class TestManual(HandGatewayContract):
    @pytest.fixture
    def gateway(self) -> Gateway:
        return manual.create("", CONTEXT)


class TestTransfer(HandGatewayContract):
    @pytest.fixture
    def gateway(self) -> Gateway:
        return transfer.create("", CONTEXT)


class Till(ManualGateway):
    id = "till"
    words: Mapping[str, HandWords] = MappingProxyType({"en": WORDS})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("paid_first", "no", "paid_first is not a bool"),
        ("words", None, "words is not a mapping"),
        ("words", {"fr": WORDS}, 'no "en"'),
        ("words", {"en": "Pay at the till."}, "are not HandWords"),
        ("words", {"en": HandWords("", "x", "x")}, "waits in 'en' has to be from 1"),
        ("words", {"en": HandWords("x", "x", "x" * 501)}, "comes_back in 'en' has to be from 1 to 500"),
    ],
)
def test_what_is_none_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: Any, says: str) -> None:
    class Wrong(Till):
        pass

    setattr(Wrong, name, value)
    with pytest.raises(PluginInvalid, match=says):
        load_gateways(("till",), CONTEXT, [entry(monkeypatch, lambda _setting, _context: Wrong(), "till")])


def test_one_that_says_nothing_is_taken_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        id, title, by_hand = "till", "Till", True
        prepare, begin, parse_webhook = ManualGateway.prepare, ManualGateway.begin, ManualGateway.parse_webhook
        refund, close = ManualGateway.refund, ManualGateway.close

    found = [entry(monkeypatch, lambda _setting, _context: Silent(), "till")]
    (till,) = load_gateways(("till",), CONTEXT, found).values()
    assert hand_words(till) == {}


def test_words_are_in_the_readers_language_or_in_english() -> None:
    french = HandWords("a", "b", "c")
    words = {"en": WORDS, "fr": french}
    assert [words_for(words, locale) for locale in ("fr", "th", "en")] == [french, WORDS, WORDS]
    assert words_for({}, "en") is None


async def test_the_contract_finds_who_takes_anybodys_word() -> None:
    class Gullible(Till):
        def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Any:
            return None

    with pytest.raises(AssertionError, match="not refused"):
        await HandGatewayContract().test_nobody_reports_it_from_outside(Gullible())

    class Asks(Till):
        def prepare(self, payment_id: str) -> Any:
            return None

        async def begin(self, payment: PaymentRequest) -> PaymentStart:
            return PaymentStart("x", None)

    with pytest.raises(AssertionError, match="kept together"):
        await HandGatewayContract().test_it_is_prepared_with_the_order(Asks())
