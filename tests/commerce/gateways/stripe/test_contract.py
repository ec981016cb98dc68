"""The gateways that come with livehub keep the contract that others are held to."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from livehub.clock import ManualClock
from livehub.commerce.errors import PaymentRefused
from livehub.commerce.gateway import GatewayContext, PaymentRequest, PaymentStart, RefundRequest
from livehub.commerce.gateways.sandbox import SandboxGateway
from livehub.commerce.gateways.stripe.gateway import StripeGateway
from livehub.commerce.gateways.stripe.setting import StripeSetting
from livehub.commerce.money import Money
from livehub.commerce.signature import sign
from livehub.testing.gateway_contract import Delivery, GatewayContract, GatewayDriver
from tests.commerce.gateways.stripe.fake import KEY, WHSEC, FakeStripe, running

SETTING = StripeSetting(KEY, (WHSEC,))


class NoCallbacks:
    async def later(self, provider: str, event_id: str, body: bytes, due_at: int) -> None:
        raise AssertionError("nobody calls back here")


class StripeDriver:
    def __init__(self, stripe: FakeStripe, setting: StripeSetting) -> None:
        self._stripe = stripe
        self._clock = ManualClock()
        stripe.clock = ManualClock()
        self.gateway = StripeGateway(
            replace(setting, api=stripe.url),
            GatewayContext("https://shop.example", "s" * 32, self._clock, NoCallbacks()),
        )

    async def pay(self, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        return self.sign(json.dumps(self._stripe.authorize(payment.payment_id)).encode())

    async def decline(self, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        return self.sign(json.dumps(self._stripe.decline(payment.payment_id)).encode())

    def sign(self, body: bytes) -> Delivery:
        return Delivery(self._stripe.sign(body), body)

    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)

    async def money_back(self, payment: PaymentRequest) -> int:
        return self._stripe.money_back(self._stripe.intent_of(payment.payment_id)["id"])

    async def fail_next(self) -> None:
        """Twice what the SDK tries by itself; here the answers are lost and the work is done."""
        self._stripe.failing, self._stripe.work_then_fail = 3, True


class TestStripeCheckout(GatewayContract):
    setting = SETTING

    @pytest.fixture
    async def driver(self) -> AsyncIterator[GatewayDriver]:
        async with running(ManualClock()) as stripe:
            driver = StripeDriver(stripe, self.setting)
            yield driver
            await driver.gateway.close()


class TestStripeIntents(TestStripeCheckout):
    setting = replace(SETTING, mode="intents", publishable="pk_test_fake")


class SandboxDriver:
    """Nothing moves at the sandbox: what it gave back is what it was asked to."""

    def __init__(self) -> None:
        self._clock, self._there = ManualClock(), ManualClock()
        self.gateway = SandboxGateway(GatewayContext("https://shop.example", "s" * 32, self._clock, NoCallbacks()))

    def _report(self, kind: str, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        data = {"reference": start.reference, **payment.amount.present()}
        return self.sign(json.dumps({"type": kind, "data": data}).encode())

    async def pay(self, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        return self._report("payment.paid", payment, start)

    async def decline(self, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        return self._report("payment.declined", payment, start)

    def sign(self, body: bytes) -> Delivery:
        return Delivery(sign(self.gateway.webhook_secret, "evt_1", self._there.now_ms(), body), body)

    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)

    async def money_back(self, payment: PaymentRequest) -> int:
        raise AssertionError("no money was ever there")

    async def fail_next(self) -> None:
        raise AssertionError("there is nobody else to fail")


class TestSandbox(GatewayContract):
    @pytest.fixture
    def driver(self) -> GatewayDriver:
        return SandboxDriver()

    #: no money was ever there
    test_money_goes_back_in_parts_each_once = None  # type: ignore[assignment]
    test_more_than_was_paid_cannot_go_back = None  # type: ignore[assignment]
    test_a_provider_that_fails_is_said_to = None  # type: ignore[assignment]


async def test_a_refund_that_stripe_cannot_take_to_the_last_digit_is_refused_for_good() -> None:
    """Tried again and again it would never be done, and what it asks for would be kept from other refunds."""
    gateway = StripeGateway(SETTING, GatewayContext("https://shop.example", "s" * 32, ManualClock(), NoCallbacks()))
    with pytest.raises(PaymentRefused):
        await gateway.refund(RefundRequest("pay_1", "pi_1", Money(1005, "KWD"), "broke", "ref_1"))
    await gateway.close()
