"""Payments by Stripe, through its SDK's asynchronous client: nothing here blocks the event loop.

Money is authorised by the buyer (with 3-D Secure where the bank wants it), then the stock is committed, then the
money is captured. Our own name for the payment travels in the metadata. Idempotency keys keep one payment and one
refund from becoming two; but under a key Stripe also repeats a failure for a day, so captures and releases, which
happen once by themselves, are asked without, and a refund gets a new key each hour.
"""

from collections.abc import Awaitable, Mapping
from typing import Any, Final, TypeVar

import aiohttp
import stripe

from livehub.commerce.errors import CurrencyUnknown, GatewayFailed, PaymentNotFound, PaymentRefused
from livehub.commerce.gateway import (
    GatewayContext,
    Outcome,
    PaymentEvent,
    PaymentHandle,
    PaymentRequest,
    PaymentStart,
    PaymentState,
    RefundRequest,
)
from livehub.commerce.gateways.stripe.amounts import from_stripe, to_stripe
from livehub.commerce.gateways.stripe.setting import StripeSetting
from livehub.commerce.gateways.stripe.webhook import METADATA, read, verify
from livehub.commerce.money import Money

T = TypeVar("T")

#: one request to Stripe; the SDK repeats it twice when the connection failed or Stripe says to
TIMEOUT_S: Final = 20.0
RETRIES: Final = 2
#: a Checkout session lives at least half an hour (Stripe's rule): this long after the order has expired. What is paid
#: in between is dealt with as late.
CHECKOUT_S: Final = 30 * 60
_NO_MORE: Final = frozenset(
    {"charge_already_refunded", "charge_expired_for_capture", "capture_charge_authorization_expired"}
)


class StripeGateway:
    """Implements :class:`livehub.commerce.gateway.Gateway`, ``Captures``, ``Inquires`` and ``PaysInPlace``."""

    id = "stripe"
    title = "Card and more (Stripe)"
    by_hand = False

    def __init__(self, setting: StripeSetting, context: GatewayContext) -> None:
        self._setting = setting
        self._clock = context.clock
        # aiohttp's own connector: the SDK's default would bring another list of certificates and a blocking client
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        self._client: Any = stripe.StripeClient(
            setting.key,
            http_client=self._http,
            max_network_retries=RETRIES,
            base_addresses={"api": setting.api},
        )

    def prepare(self, payment_id: str) -> PaymentStart | None:
        """Stripe has to be asked."""
        return None

    async def begin(self, payment: PaymentRequest) -> PaymentStart:
        metadata = {METADATA: payment.payment_id, "order": payment.order_number}
        if self._setting.mode == "intents":
            made = await _ask(self._v1.payment_intents.create_async(self._intent(payment, metadata), _key(payment)))
            return PaymentStart(payment.payment_id, None, made.id)
        made = await _ask(self._v1.checkout.sessions.create_async(self._session(payment, metadata), _key(payment)))
        return PaymentStart(payment.payment_id, made.url, made.payment_intent or made.id)

    @property
    def _hour(self) -> int:
        return self._clock.now_ms() // 3_600_000

    @property
    def _v1(self) -> Any:
        return self._client.v1

    def _intent(self, payment: PaymentRequest, metadata: Mapping[str, str]) -> dict[str, Any]:
        methods: dict[str, Any] = {"automatic_payment_methods": {"enabled": True}}
        if self._setting.methods:
            methods = {"payment_method_types": list(self._setting.methods)}
        return {
            "amount": to_stripe(payment.amount),
            "currency": payment.amount.currency.lower(),
            "capture_method": "manual",
            "metadata": dict(metadata),
            **methods,
        }

    def _session(self, payment: PaymentRequest, metadata: Mapping[str, str]) -> dict[str, Any]:
        """One line for the whole order: what it is made of is the shop's to show, and sums stay the shop's."""
        line = {
            "quantity": 1,
            "price_data": {
                "currency": payment.amount.currency.lower(),
                "unit_amount": to_stripe(payment.amount),
                "product_data": {"name": f"#{payment.order_number}"},
            },
        }
        session: dict[str, Any] = {
            "mode": "payment",
            "line_items": [line],
            "client_reference_id": payment.payment_id,
            "metadata": dict(metadata),
            "payment_intent_data": {"capture_method": "manual", "metadata": dict(metadata)},
            "success_url": payment.return_url,
            "cancel_url": payment.return_url,
        }
        if payment.expires_at is not None:
            # Not of the present time: asked again with the same key, everything has to be the same.
            session["expires_at"] = payment.expires_at // 1000 + CHECKOUT_S
        if self._setting.methods:
            session["payment_method_types"] = list(self._setting.methods)
        return session

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent | None:
        verify(headers.get("stripe-signature", ""), body, self._setting.webhooks, self._clock.now_ms())
        return read(body)

    async def capture(self, payment: PaymentHandle) -> None:
        intent = await self._intent_of(payment)
        if intent.status == "succeeded":
            return
        if intent.status != "requires_capture":
            raise PaymentRefused(f"The payment is {intent.status} at Stripe")
        await _ask(self._v1.payment_intents.capture_async(intent.id))

    async def release(self, payment: PaymentHandle) -> None:
        intent = await self._intent_of(payment)
        if intent.status == "succeeded":
            raise GatewayFailed("The payment was captured meanwhile; its webhook will say so")
        if intent.status != "canceled":
            await _ask(self._v1.payment_intents.cancel_async(intent.id))

    async def refund(self, refund: RefundRequest) -> None:
        try:
            amount = to_stripe(refund.amount)
        except CurrencyUnknown as error:
            # No answer of Stripe's ever will be: kept as due it would hold the money back for good.
            raise PaymentRefused(error.detail) from error
        handle = PaymentHandle(refund.payment_id, refund.reference, refund.provider_payment, refund.amount)
        intent = await self._intent_of(handle)
        asked = {
            "payment_intent": intent.id,
            "amount": amount,
            "metadata": {METADATA: refund.payment_id, "livehub_refund": refund.refund_id},
        }
        # Keys change and are forgotten, refunds are tried for longer: what is there already is looked for first.
        made = await _ask(self._v1.refunds.list_async({"payment_intent": intent.id, "limit": 100}))
        if any(_is_of(one, refund.refund_id) for one in made.data):
            return
        await _ask(self._v1.refunds.create_async(asked, _again(refund.refund_id, f"refund-{self._hour}")))

    async def inquire(self, payment: PaymentHandle) -> PaymentState:
        intent = await self._intent_of(payment, or_session=True)
        if intent is None:
            nothing = Money(0, payment.amount.currency)
            return PaymentState(None, payment.amount, nothing, payment.provider_payment)
        outcome, amount = _standing(intent)
        refunded = 0
        if outcome is Outcome.PAID:
            made = await _ask(self._v1.refunds.list_async({"payment_intent": intent.id, "limit": 100}))
            refunded = sum(one.amount for one in made.data if one.status not in {"failed", "canceled"})
        return PaymentState(
            outcome, from_stripe(amount, intent.currency), from_stripe(refunded, intent.currency), intent.id
        )

    async def client_details(self, payment: PaymentHandle) -> Mapping[str, str]:
        if self._setting.mode != "intents":
            return {}
        intent = await self._intent_of(payment)
        return {"client_secret": intent.client_secret, "publishable_key": self._setting.publishable}

    async def _intent_of(self, payment: PaymentHandle, *, or_session: bool = False) -> Any:
        """The PaymentIntent; a Checkout session has none before its buyer pays (None with ``or_session``).

        Raises: PaymentNotFound, GatewayFailed.
        """
        name = payment.provider_payment or ""
        if name.startswith("cs_"):
            session = await _ask(self._v1.checkout.sessions.retrieve_async(name))
            name = session.payment_intent or ""
            if not name and or_session:
                return None
        if not name:
            raise PaymentNotFound("Stripe has not named a payment of this order yet")
        return await _ask(self._v1.payment_intents.retrieve_async(name))

    async def close(self) -> None:
        await self._http.close_async()


def _key(payment: PaymentRequest) -> dict[str, Any]:
    return _again(payment.payment_id, "begin")


def _again(name: str, what: str) -> dict[str, Any]:
    """Options under which Stripe does the same thing once, however often it is asked."""
    return {"idempotency_key": f"livehub-{what}-{name}"}


def _is_of(refund: Any, refund_id: str) -> bool:
    metadata = {} if refund.metadata is None else refund.metadata.to_dict()
    return metadata.get("livehub_refund") == refund_id and refund.status not in {"failed", "canceled"}


def _standing(intent: Any) -> tuple[Outcome | None, int]:
    match intent.status:
        case "succeeded":
            return Outcome.PAID, int(getattr(intent, "amount_received", intent.amount))
        case "requires_capture":
            return Outcome.AUTHORIZED, int(getattr(intent, "amount_capturable", intent.amount))
        case "canceled":
            return Outcome.CLOSED, int(intent.amount)
        case _:
            return None, int(intent.amount)


async def _ask(answer: Awaitable[T]) -> T:
    """The SDK's failures as ours; never with a key, a card or a person in the words.

    Raises: PaymentNotFound, PaymentRefused, GatewayFailed.
    """
    try:
        return await answer
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing" or error.http_status == 404:
            raise PaymentNotFound("Stripe knows no such payment") from None
        if error.code in _NO_MORE:
            raise PaymentRefused(f"Stripe refuses: {error.code}") from None
        raise GatewayFailed(f"Stripe does not accept this: {error.code or error.param or 'invalid request'}") from error
    except stripe.StripeError as error:
        raise GatewayFailed(f"Stripe did not do it: {error.code or type(error).__name__}") from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise GatewayFailed(f"Stripe cannot be reached: {type(error).__name__}") from error
