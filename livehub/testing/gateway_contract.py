"""What every payment gateway has to do, as tests that its own package runs.

Subclass :class:`GatewayContract`, name the subclass ``Test…``, and give it a ``driver`` fixture::

    class TestCoins(GatewayContract):
        @pytest.fixture
        async def driver(self) -> AsyncIterator[GatewayDriver]:
            ...

A gateway whose money moves by hand subclasses :class:`HandGatewayContract` instead, with a ``gateway`` fixture.

The tests are coroutines: run them with pytest-asyncio in its auto mode. The provider that the driver speaks for, a
fake or the provider's own sandbox, may live on the same event loop: a gateway that blocks the loop then hangs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from livehub.commerce.errors import GatewayFailed, PaymentNotFound, PaymentRefused, WebhookRefused
from livehub.commerce.gateway import (
    Captures,
    Gateway,
    Inquires,
    Outcome,
    PaidByHand,
    PaymentEvent,
    PaymentHandle,
    PaymentRequest,
    PaymentStart,
    PaysInPlace,
    RefundRequest,
    check_by_hand,
)
from livehub.commerce.money import Money
from livehub.errors import MalformedRequest
from livehub.translation.locale import closest

#: how far a webhook's time may be from ours before it has to be refused, at the most
TOLERANCE_S = 600


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as the provider sends it; header names in lower case."""

    headers: Mapping[str, str]
    body: bytes


class GatewayDriver(Protocol):
    """The gateway under test, and hands at the provider's side of it."""

    @property
    def gateway(self) -> Gateway: ...

    async def pay(self, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        """Pay, or authorise where the gateway captures later; what the provider then sends."""

    async def decline(self, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        """An attempt that fails; what the provider then sends."""

    def sign(self, body: bytes) -> Delivery:
        """Any body, signed as the provider signs."""

    def advance(self, seconds: float) -> None:
        """Let the gateway's clock go on, and not the provider's."""

    async def money_back(self, payment: PaymentRequest) -> int:
        """How much of the payment went back at the provider, in minor units."""

    async def fail_next(self) -> None:
        """The provider answers nothing of use to the next request (and to its repetitions)."""


class GatewayContract:
    """One test for each promise of :mod:`livehub.commerce.gateway`."""

    amount = Money(4250, "EUR")

    def payment(self, number: int = 1) -> PaymentRequest:
        return PaymentRequest(
            payment_id=f"pay_contract_{number}",
            order_id=f"ord_{number}",
            order_number=f"{100_000 + number}",
            amount=self.amount,
            return_url="https://shop.example/orders/ord_1",
            expires_at=None,
        )

    async def begun(self, driver: GatewayDriver, payment: PaymentRequest) -> PaymentStart:
        prepared = driver.gateway.prepare(payment.payment_id)
        return prepared if prepared is not None else await driver.gateway.begin(payment)

    async def paid(self, driver: GatewayDriver, payment: PaymentRequest) -> PaymentHandle:
        """A payment whose money is the shop's."""
        start = await self.begun(driver, payment)
        event = read(driver, await driver.pay(payment, start))
        handle = handle_of(payment, start, event)
        if event.outcome is Outcome.AUTHORIZED:
            assert isinstance(driver.gateway, Captures), "who says AUTHORIZED has to capture and release"
            await driver.gateway.capture(handle)
        return handle

    async def test_it_is_a_gateway(self, driver: GatewayDriver) -> None:
        is_gateway(driver.gateway)
        assert not driver.gateway.by_hand, "money that moves by hand has a contract of its own: HandGatewayContract"

    async def test_beginning_twice_is_one_payment(self, driver: GatewayDriver) -> None:
        payment = self.payment()
        first, second = await self.begun(driver, payment), await self.begun(driver, payment)
        assert first == second
        other = await self.begun(driver, self.payment(2))
        assert other.reference != first.reference
        assert len(first.reference) <= 255

    async def test_a_payment_is_reported_with_its_amount(self, driver: GatewayDriver) -> None:
        payment = self.payment()
        start = await self.begun(driver, payment)
        delivery = await driver.pay(payment, start)
        event = read(driver, delivery)
        assert event.outcome in {Outcome.PAID, Outcome.AUTHORIZED}
        assert (event.reference, event.amount) == (start.reference, payment.amount)
        assert 1 <= len(event.event_id) <= 200
        assert read(driver, delivery) == event, "repeated, it is the same event"

    async def test_a_decline_is_reported(self, driver: GatewayDriver) -> None:
        payment = self.payment()
        start = await self.begun(driver, payment)
        event = read(driver, await driver.decline(payment, start))
        assert (event.outcome, event.reference) == (Outcome.DECLINED, start.reference)

    async def test_what_is_forged_is_refused(self, driver: GatewayDriver) -> None:
        payment = self.payment()
        delivery = await driver.pay(payment, await self.begun(driver, payment))
        parse = driver.gateway.parse_webhook
        forged = [({}, delivery.body), (delivery.headers, delivery.body + b" "), (delivery.headers, b"")]
        for name, value in delivery.headers.items():
            if "signature" in name:
                altered = value[:-2] + ("00" if value[-2:] != "00" else "11")
                forged.append(({**delivery.headers, name: altered}, delivery.body))
                forged.append(({**delivery.headers, name: "\u00e9,v1=x t="}, delivery.body))
        for headers, body in forged:
            refuses(WebhookRefused, parse, headers, body)
        assert parse(delivery.headers, delivery.body) is not None

    async def test_what_is_old_is_refused(self, driver: GatewayDriver) -> None:
        payment = self.payment()
        delivery = await driver.pay(payment, await self.begun(driver, payment))
        driver.advance(TOLERANCE_S + 1)
        refuses(WebhookRefused, driver.gateway.parse_webhook, delivery.headers, delivery.body)

    async def test_signed_nonsense_pays_nothing(self, driver: GatewayDriver) -> None:
        for body in (b"", b"{}", b"no json", b"[]", b'{"type": 1}', b'{"id": "evt_1", "type": "x", "data": 7}'):
            delivery = driver.sign(body)
            try:
                event = driver.gateway.parse_webhook(delivery.headers, delivery.body)
            except MalformedRequest:
                continue
            assert event is None, f"{body!r} is about no payment"

    async def test_money_goes_back_in_parts_each_once(self, driver: GatewayDriver) -> None:
        payment = self.payment()
        handle = await self.paid(driver, payment)
        first, second = refund_of(handle, 1000, "ref_contract_1"), refund_of(handle, 250, "ref_contract_2")
        for refund in (first, first, second, first):
            await driver.gateway.refund(refund)
        assert await driver.money_back(payment) == 1250

    async def test_more_than_was_paid_cannot_go_back(self, driver: GatewayDriver) -> None:
        payment = self.payment()
        handle = await self.paid(driver, payment)
        await driver.gateway.refund(refund_of(handle, 4250, "ref_contract_1"))
        try:
            await driver.gateway.refund(refund_of(handle, 1, "ref_contract_2"))
        except (PaymentRefused, GatewayFailed):
            pass
        else:
            raise AssertionError("the provider gave back more than it took, or nobody said that it did not")
        assert await driver.money_back(payment) == 4250

    async def test_a_provider_that_fails_is_said_to(self, driver: GatewayDriver) -> None:
        payment = self.payment()
        handle = await self.paid(driver, payment)
        await driver.fail_next()
        refund = refund_of(handle, 700, "ref_contract_1")
        try:
            await driver.gateway.refund(refund)
        except GatewayFailed:
            pass
        else:
            assert await driver.money_back(payment) == 700, "it says done, and nothing went back"
        await driver.gateway.refund(refund)
        assert await driver.money_back(payment) == 700

    async def test_capturing_and_releasing_are_done_once(self, driver: GatewayDriver) -> None:
        gateway: object = driver.gateway
        if not isinstance(gateway, Captures):
            return
        taken = await self.paid(driver, self.payment())
        await gateway.capture(taken)
        payment = self.payment(2)
        start = await self.begun(driver, payment)
        left = handle_of(payment, start, read(driver, await driver.pay(payment, start)))
        await gateway.release(left)
        await gateway.release(left)
        try:
            await gateway.capture(left)
        except PaymentRefused:
            return
        raise AssertionError("what was released cannot be captured, for good: PaymentRefused")

    async def test_it_tells_how_a_payment_stands(self, driver: GatewayDriver) -> None:
        gateway: object = driver.gateway
        if not isinstance(gateway, Inquires):
            return
        payment = self.payment()
        start = await self.begun(driver, payment)
        handle = handle_of(payment, start, None)
        assert (await gateway.inquire(handle)).outcome is None
        handle = await self.paid(driver, payment)
        await driver.gateway.refund(refund_of(handle, 250, "ref_contract_1"))
        state = await gateway.inquire(handle)
        assert (state.outcome, state.amount, state.refunded.amount_minor) == (Outcome.PAID, payment.amount, 250)
        # What was known when it began is enough: a lost webhook must not make a payment unfindable.
        assert (await gateway.inquire(handle_of(payment, start, None))).outcome is Outcome.PAID
        try:
            await gateway.inquire(replace(handle, payment_id="pay_nobody", reference="nobody", provider_payment="pi_x"))
        except PaymentNotFound:
            return
        raise AssertionError("an unknown payment is PaymentNotFound")


class HandGatewayContract:
    """One test for each promise of a gateway with ``by_hand``: nobody reports its payments from outside, nothing is
    asked of anybody, and people are told what to do. Give the subclass a ``gateway`` fixture."""

    amount = Money(4250, "EUR")

    async def test_it_is_a_gateway(self, gateway: Gateway) -> None:
        is_gateway(gateway)
        assert gateway.by_hand
        assert not isinstance(gateway, Captures | Inquires | PaysInPlace), "there is nobody to ask"

    async def test_it_says_when_and_how(self, gateway: Gateway) -> None:
        assert isinstance(gateway, PaidByHand), "say paid_first and words"
        check_by_hand(gateway)
        for locale in gateway.words:
            assert closest(locale) == locale, f"{locale!r} is none of the languages that people choose from"

    async def test_it_is_prepared_with_the_order(self, gateway: Gateway) -> None:
        first, again, other = (gateway.prepare(f"pay_contract_{n}") for n in (1, 1, 2))
        assert first is not None, "nobody has to be asked: the order and its payment are kept together"
        assert other is not None
        assert first == again
        assert first.reference != other.reference
        assert len(first.reference) <= 255

    async def test_nobody_reports_it_from_outside(self, gateway: Gateway) -> None:
        for body in (b"", b"{}", b"no json", b'{"type": "payment.paid"}'):
            for headers in ({}, {"webhook-id": "evt_1", "webhook-signature": "v1,x"}):
                refuses(WebhookRefused, gateway.parse_webhook, headers, body)

    async def test_giving_back_is_the_shops_and_only_noted(self, gateway: Gateway) -> None:
        start = gateway.prepare("pay_contract_1")
        assert start is not None
        handle = PaymentHandle("pay_contract_1", start.reference, None, self.amount)
        for refund_id in ("ref_contract_1", "ref_contract_1", "ref_contract_2"):
            await gateway.refund(refund_of(handle, 1000, refund_id))


def is_gateway(gateway: object) -> None:
    assert isinstance(gateway, Gateway)
    assert gateway.id.isascii(), "the id is part of addresses"
    assert gateway.id == gateway.id.lower()
    assert len(gateway.id) <= 40
    assert gateway.title


def read(driver: GatewayDriver, delivery: Delivery) -> PaymentEvent:
    event = driver.gateway.parse_webhook(delivery.headers, delivery.body)
    assert event is not None, "this webhook is about a payment of ours"
    return event


def handle_of(payment: PaymentRequest, start: PaymentStart, event: PaymentEvent | None) -> PaymentHandle:
    name = start.provider_payment if event is None else event.provider_payment or start.provider_payment
    return PaymentHandle(payment.payment_id, start.reference, name, payment.amount)


def refund_of(handle: PaymentHandle, amount_minor: int, refund_id: str) -> RefundRequest:
    amount = Money(amount_minor, handle.amount.currency)
    return RefundRequest(
        handle.payment_id, handle.reference, amount, "contract", refund_id, provider_payment=handle.provider_payment
    )


def refuses(wanted: type[Exception], parse: Any, headers: Mapping[str, str], body: bytes) -> None:
    try:
        parse(headers, body)
    except wanted:
        return
    raise AssertionError(f"not refused with {wanted.__name__}: {dict(headers)!r} {body[:80]!r}")
