"""What a payment provider has to be: a typed, asynchronous Protocol, found by entry point (:mod:`.gateways.registry`).

A provider never decides that an order is paid by its answer to a request: it says so by a signed webhook, which the
server checks, compares with the order's total and takes at most once. docs/hooks.md shows how to write one, and
:mod:`livehub.testing.gateway_contract` holds it to what is promised here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from livehub.clock import Clock
from livehub.commerce.money import Money


class Outcome(StrEnum):
    PAID = "paid"
    #: the buyer's bank holds the money for us; it is ours once :meth:`Captures.capture` has taken it
    AUTHORIZED = "authorized"
    #: this attempt failed; another may still succeed
    DECLINED = "declined"
    #: the payment cannot be paid any more: cancelled at the provider, or the hold ran out
    CLOSED = "closed"
    #: given back at the provider itself, without us; ``amount`` is the sum given back so far
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """``payment_id`` is livehub's own name for the payment: unguessable, the same at every attempt (use it as the
    provider's idempotency key). ``return_url``: where the buyer goes back to."""

    payment_id: str
    order_id: str
    order_number: str
    amount: Money
    return_url: str
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class PaymentStart:
    """``reference``: how the provider's webhook will name the payment. ``action_url``: where the buyer pays, if any.
    ``provider_payment``: the provider's own name for it, where that is another (a Stripe ``pi_…``)."""

    reference: str
    action_url: str | None
    provider_payment: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """What a webhook says. ``event_id`` is the same when the provider repeats itself; ``provider_payment`` is kept
    with the payment when it says something."""

    event_id: str
    reference: str
    outcome: Outcome
    amount: Money
    provider_payment: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentHandle:
    """A payment that was begun. ``amount``: the order's total."""

    payment_id: str
    reference: str
    provider_payment: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """``amount`` may be a part of what was paid. ``refund_id`` is livehub's own name for this refund, the same at
    every attempt: use it as the provider's idempotency key."""

    payment_id: str
    reference: str
    amount: Money
    reason: str
    refund_id: str
    provider_payment: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentState:
    """How a payment stands at the provider. ``outcome`` None: still open. ``amount``: what was asked, authorised or
    paid, by ``outcome``; ``refunded``: the sum that went back."""

    outcome: Outcome | None
    amount: Money
    refunded: Money
    provider_payment: str | None = None


@runtime_checkable
class Gateway(Protocol):
    """``id`` is the provider's name on the wire; ``title`` what buyers read; ``by_hand``: the money comes
    outside of any system, so the merchant marks the order paid; see :class:`PaidByHand` for when that has to be."""

    id: str
    title: str
    by_hand: bool

    def prepare(self, payment_id: str) -> PaymentStart | None:
        """The start of a payment where nobody has to be asked, kept in the same commit as the order; else None, and
        :meth:`begin` is called once the order is safe."""

    async def begin(self, payment: PaymentRequest) -> PaymentStart:
        """Open a payment at the provider. May be called again for the same ``payment_id`` after a failure.

        Raises: GatewayFailed.
        """

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent | None:
        """Check the signature and its age, then read. ``headers`` have lower-case names. None: genuine, but nothing
        that concerns a payment of ours.

        Raises: WebhookRefused; MalformedRequest for a body that is signed but cannot be read.
        """

    async def refund(self, refund: RefundRequest) -> None:
        """Give ``refund.amount`` back; done when it returns. Called again after a failure: must be idempotent by
        ``refund_id``.

        Raises: GatewayFailed; PaymentRefused when asking again is of no use.
        """

    async def close(self) -> None: ...


#: characters of each of :class:`HandWords`
MAX_HAND_WORDS: Final = 500


@dataclass(frozen=True, slots=True)
class HandWords:
    """What people are told where money moves by hand, in one language: a sentence or two each.

    ``waits``: the buyer, while the order waits for the money: what to do. ``give_back``: the shop, before it gives
    money back: how that is done. ``comes_back``: a buyer whose money goes back: how it reaches them.
    """

    waits: str
    give_back: str
    comes_back: str


@runtime_checkable
class PaidByHand(Protocol):
    """A gateway with ``by_hand`` that says when its money comes, and what people are told of it.

    ``paid_first``: nothing is handed over before the money is there, so an order waits for as many days as the shop's
    terms say, and then expires. Where it is false, and without this, money comes when the goods change hands, and the
    order waits without an end. ``words`` by locale, "en" among them; empty leaves it to the interface's own sentences.
    """

    paid_first: bool
    words: Mapping[str, HandWords]


def is_paid_first(gateway: Gateway) -> bool:
    return gateway.by_hand and isinstance(gateway, PaidByHand) and gateway.paid_first


def hand_words(gateway: Gateway | None) -> Mapping[str, HandWords]:
    """Those of ``gateway``, if it has any."""
    return gateway.words if gateway is not None and gateway.by_hand and isinstance(gateway, PaidByHand) else {}


def words_for(words: Mapping[str, HandWords], locale: str) -> HandWords | None:
    """In that language, else in English; None where there are none."""
    return words.get(locale) or words.get(locale.partition("-")[0]) or words.get("en")


def check_by_hand(gateway: PaidByHand) -> None:
    """Raises: TypeError, ValueError, saying what is wrong with ``paid_first`` or the words."""
    if not isinstance(gateway.paid_first, bool):
        raise TypeError("paid_first is not a bool")
    if not isinstance(gateway.words, Mapping):
        raise TypeError("words is not a mapping by locale")
    if gateway.words and "en" not in gateway.words:
        raise ValueError('words have no "en", which everybody else is told')
    for locale, words in gateway.words.items():
        if not isinstance(words, HandWords):
            raise TypeError(f"words in {locale!r} are not HandWords")
        for name in HandWords.__slots__:
            text = getattr(words, name)
            if not isinstance(text, str) or not 1 <= len(text.strip()) <= len(text) <= MAX_HAND_WORDS:
                raise ValueError(f"{name} in {locale!r} has to be from 1 to {MAX_HAND_WORDS} characters")


@runtime_checkable
class Captures(Protocol):
    """A gateway whose payments are authorised first: their webhook says ``AUTHORIZED``, the stock is committed, and
    only then the money is taken. Both methods are called again after a failure and must be idempotent."""

    async def capture(self, payment: PaymentHandle) -> None:
        """Take the authorised money. Raises: GatewayFailed; PaymentRefused when it cannot be had any more."""

    async def release(self, payment: PaymentHandle) -> None:
        """Let the authorised money go: there is nothing to deliver. Raises: GatewayFailed."""


@runtime_checkable
class Inquires(Protocol):
    """A gateway that can be asked how a payment stands: ``livehub payments reconcile`` needs it."""

    async def inquire(self, payment: PaymentHandle) -> PaymentState:
        """Raises: GatewayFailed; PaymentNotFound when the provider knows no such payment."""


@runtime_checkable
class PaysInPlace(Protocol):
    """A gateway that is paid inside an app or page by its own widget, instead of on a page of the provider."""

    async def client_details(self, payment: PaymentHandle) -> Mapping[str, str]:
        """What the widget of this very buyer needs; shown to nobody else. Raises: GatewayFailed."""


class Callbacks(Protocol):
    """What lets a provider that lives inside the server call back over HTTP, at least once, across restarts."""

    async def later(self, provider: str, event_id: str, body: bytes, due_at: int) -> None: ...


@dataclass(frozen=True, slots=True)
class GatewayContext:
    """What a provider is made from. ``public_url``: origin without trailing slash; ``secret``: derive keys from it,
    never show or send it."""

    public_url: str
    secret: str
    clock: Clock
    callbacks: Callbacks


class GatewayFactory(Protocol):
    def __call__(self, setting: str, context: GatewayContext) -> Gateway:
        """``setting`` is what follows the name in ``LIVEHUB_PAYMENTS``. Raises: ValueError for one that is no use."""
