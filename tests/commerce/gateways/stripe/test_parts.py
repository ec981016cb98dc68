"""The Stripe gateway's pure parts: settings, amounts, and that no bytes of a webhook do harm."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.commerce.errors import CurrencyUnknown, WebhookRefused
from livehub.commerce.gateways.stripe.amounts import from_stripe, to_stripe
from livehub.commerce.gateways.stripe.setting import StripeSetting
from livehub.commerce.gateways.stripe.webhook import read, verify
from livehub.commerce.money import EXPONENTS, MAX_AMOUNT_MINOR, Money
from livehub.errors import MalformedRequest


@pytest.mark.parametrize(
    ("money", "asked"),
    [
        (Money(1250, "EUR"), 1250),
        (Money(500, "JPY"), 500),
        (Money(500, "ISK"), 50_000),
        (Money(500, "UGX"), 50_000),
        (Money(500, "MGA"), 5),
        (Money(1230, "KWD"), 1230),
    ],
)
def test_amounts_as_stripe_counts(money: Money, asked: int) -> None:
    assert to_stripe(money) == asked
    assert from_stripe(asked, money.currency.lower()) == money


@given(st.integers(0, MAX_AMOUNT_MINOR), st.sampled_from(sorted(EXPONENTS)))
def test_amounts_there_and_back(amount: int, currency: str) -> None:
    try:
        asked = to_stripe(Money(amount, currency))
    except CurrencyUnknown:
        assert currency in {"MGA"} or EXPONENTS[currency] == 3
        return
    assert from_stripe(asked, currency) == Money(amount, currency)


@pytest.mark.parametrize(("amount", "currency"), [(-1, "eur"), (5, "xyz"), (550, "isk"), (10**18, "eur")])
def test_amounts_that_are_none(amount: int, currency: str) -> None:
    with pytest.raises(MalformedRequest):
        from_stripe(amount, currency)


def test_settings(tmp_path: Path) -> None:
    file = tmp_path / "stripe"
    file.write_text("# ours\nkey=sk_live_1\nwebhook=whsec_new+whsec_old\nmethods=card+link\n")
    setting = StripeSetting.parse(f"@{file}")
    assert (setting.webhooks, setting.methods, setting.mode) == (
        ("whsec_new", "whsec_old"),
        ("card", "link"),
        "checkout",
    )
    assert "sk_live" not in repr(setting)
    for text, says in (
        ("", "key has to be"),
        ("key=pk_live_secret", "key has to be"),
        ("key=sk_1", "webhook has to be"),
        ("key=sk_1;webhook=w;mode=x", "mode is one of"),
        ("key=sk_1;webhook=w;mode=intents", "publishable has to be"),
        ("key=sk_1;webhook=w;api=ftp://x", "api begins with"),
        ("key=sk_1;hook=w", "each part is name=value"),
        ("@/nowhere/at/all", "the file cannot be read"),
    ):
        with pytest.raises(ValueError, match=says) as refused:
            StripeSetting.parse(text)
        assert "secret" not in str(refused.value).replace("signing secret", "").replace("a secret or", "")


@given(st.text(max_size=300), st.binary(max_size=200))
def test_no_header_does_harm(header: str, body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        verify(header, body, ("whsec_1",), 1_700_000_000_000)


_NAMES = st.sampled_from(["id", "object", "amount", "metadata"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "object", "amount", "metadata"]), inner)
    ),
    max_leaves=10,
)


@given(st.sampled_from(["payment_intent.succeeded", "charge.refunded", "x"]), _JSON, st.binary(max_size=60))
def test_no_body_does_harm(kind: str, about: object, junk: bytes) -> None:
    import json

    for body in (json.dumps({"id": "evt_1", "type": kind, "data": {"object": about}}).encode(), junk):
        try:
            read(body)
        except MalformedRequest:
            continue
