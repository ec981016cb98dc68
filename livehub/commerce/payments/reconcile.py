"""Comparing every payment with what its provider says of it, and mending what differs.

Webhooks get lost: a server was away for longer than its provider was patient, an endpoint was set up wrongly. What the
provider says then is taken as if its webhook had come; what cannot be mended by that is reported for a person.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from livehub.clock import Clock
from livehub.commerce.errors import PaymentNotFound
from livehub.commerce.gateway import Gateway, Inquires, Outcome, PaymentEvent, PaymentState
from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order, PaymentStatus
from livehub.commerce.payments.ports import PaymentStore
from livehub.commerce.payments.settlement import Settlement
from livehub.errors import LivehubError

PAGE: Final = 100
#: what our state says the provider has to have
_PAID: Final = frozenset({PaymentStatus.PAID, PaymentStatus.REFUND_DUE, PaymentStatus.REFUNDED})


@dataclass(frozen=True, slots=True)
class Difference:
    """``mended``: the order is now as the provider says. ``what``: one sentence for whoever runs the command."""

    order_id: str
    number: str
    provider: str
    what: str
    mended: bool


class Reconciler:
    def __init__(
        self, payments: PaymentStore, gateways: dict[str, Gateway], settlement: Settlement, *, clock: Clock
    ) -> None:
        self._payments = payments
        self._gateways = gateways
        self._settlement = settlement
        self._clock = clock

    async def run(self, since_ms: int, *, mend: bool = True) -> AsyncIterator[Difference]:
        """Every difference in payments of orders placed since then, as they are found. Safe to repeat, and beside a
        running server. Providers that cannot be asked (:class:`~livehub.commerce.gateway.Inquires`) are left out."""
        for name, gateway in self._gateways.items():
            if not isinstance(gateway, Inquires):
                continue
            after = 0
            while page := await self._payments.unsettled(name, since_ms, after, PAGE):
                for order in page:
                    found = await self._compare(name, gateway, order, mend=mend)
                    if found is not None:
                        yield found
                after = page[-1].seq

    async def _compare(self, name: str, gateway: Inquires, order: Order, *, mend: bool) -> Difference | None:
        def difference(what: str, *, mended: bool = False) -> Difference:
            return Difference(order.id, order.number, name, what, mended)

        try:
            state = await gateway.inquire(order.handle)
        except PaymentNotFound:
            return difference("the provider knows no such payment")
        except LivehubError as error:
            return difference(f"the provider did not answer: {error.detail}")
        event = missing_event(order, state)
        if event is None:
            what = unmendable(order, state)
            return None if what is None else difference(what)
        what = f"{event.outcome} at the provider, {order.payment.status} here ({event.amount})"
        if not mend:
            return difference(what)
        try:
            after = await self._settlement.take(name, event)
        except LivehubError as error:
            return difference(f"{what}; {error.detail}")
        return difference(what, mended=after != order)


def missing_event(order: Order, state: PaymentState) -> PaymentEvent | None:
    """The webhook that should have come, where one would change something."""
    known = order.payment.status
    refunded = _refunded(order)
    if known in _PAID and state.refunded.amount_minor > refunded:
        return _event(order, state, Outcome.REFUNDED, state.refunded)
    if state.outcome is Outcome.PAID and known not in _PAID:
        return _event(order, state, Outcome.PAID, state.amount)
    if state.outcome is Outcome.AUTHORIZED and known in {PaymentStatus.PENDING, PaymentStatus.FAILED}:
        return _event(order, state, Outcome.AUTHORIZED, state.amount)
    if state.outcome is Outcome.CLOSED and known in {PaymentStatus.CAPTURE_DUE, PaymentStatus.RELEASE_DUE}:
        return _event(order, state, Outcome.CLOSED, state.amount)
    return None


def unmendable(order: Order, state: PaymentState) -> str | None:
    """What a person has to look at."""
    if order.payment.status in _PAID and state.outcome is not Outcome.PAID:
        return f"paid here, {state.outcome or 'open'} at the provider"
    if order.payment.status in _PAID and state.amount != order.total:
        return f"{order.total} here, {state.amount} at the provider"
    if order.payment.status is PaymentStatus.REFUNDED and state.refunded.amount_minor < _refunded(order):
        back = Money(_refunded(order), order.total.currency)
        return f"{back} went back here, {state.refunded} at the provider"
    return None


def _refunded(order: Order) -> int:
    if order.payment.status is PaymentStatus.REFUND_DUE:
        return order.total.amount_minor
    return order.refunded_minor


def _event(order: Order, state: PaymentState, outcome: Outcome, amount: Money) -> PaymentEvent:
    event_id = f"reconciled_{order.payment.id}_{outcome}_{amount.amount_minor}"
    return PaymentEvent(event_id, order.payment.reference or "", outcome, amount, state.provider_payment)
