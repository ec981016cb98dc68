"""Buyers who want their money back once they have the goods: asked within the shop's terms, decided by the shop.

No I/O.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.errors import OfferNotFound, ReturnNotPossible
from livehub.commerce.fulfilment.shipments import GONE, Shipment, ShipmentStatus, gone
from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.commerce.payments.refunds import RefundState, worth
from livehub.errors import IllegalTransition, InvalidInput

MAX_REASON_CHARS: Final = 500
#: requests of an order, settled ones among them
MAX_RETURNS: Final = 20
#: what stands on the credit note; the buyer's own words stay between buyer and shop
SENT_BACK: Final = "sent back by the buyer"
_DAY_MS: Final = 24 * 3600 * 1000


class ReturnState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"  # the money is on its way, or back
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # by its buyer


TRANSITIONS: Final = MappingProxyType(
    {
        ReturnState.ASKED: frozenset({ReturnState.APPROVED, ReturnState.DECLINED, ReturnState.WITHDRAWN}),
        # the provider refused the refund for good: the shop has to find another way
        ReturnState.APPROVED: frozenset({ReturnState.ASKED}),
        ReturnState.DECLINED: frozenset[ReturnState](),
        ReturnState.WITHDRAWN: frozenset[ReturnState](),
    }
)


@dataclass(frozen=True, slots=True)
class Return:
    """``lines``: (offer, quantity); ``amount``: what they are worth, and once approved what goes back; ``answer``: why
    the shop said no; ``refund``: how the refund that came of it stands."""

    id: str
    order_id: str
    lines: tuple[tuple[str, int], ...]
    amount: Money
    reason: str
    state: ReturnState
    answer: str
    made_at: int
    decided_at: int | None = None
    refund: RefundState | None = None

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "order": self.order_id,
            "lines": [{"offer": offer, "quantity": quantity} for offer, quantity in self.lines],
            "amount": self.amount.present(),
            "reason": self.reason,
            "state": self.state,
            "answer": self.answer,
            "refund": self.refund,
            "made_at": iso(self.made_at),
            "decided_at": None if self.decided_at is None else iso(self.decided_at),
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is to know of an order's returns. ``days``: what the shop promises, the better for the buyer of when
    it was paid and now; ``returned``: units by offer of its refunds; ``returns``: oldest first."""

    days: int
    returned: Mapping[str, int]
    returns: tuple[Return, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """What a buyer may ask for: until when (ms; None: not at all), and units by offer; and what was asked."""

    until: int | None
    left: tuple[tuple[str, int], ...]
    returns: tuple[Return, ...]


def check_step(present: ReturnState, wanted: ReturnState) -> None:
    """Raises: IllegalTransition."""
    if wanted not in TRANSITIONS[present]:
        raise IllegalTransition("This was decided already", status_now=present)


def until(order: Order, days: int) -> int | None:
    """Until when (ms) its buyer may ask; None: nothing has left, or the shop takes nothing back.

    The days are counted from the last parcel: from when it arrived, where the courier says so, else from when it left.
    """
    began = [at for one in order.shipments if (at := _with_buyer_since(one)) is not None]
    return max(began) + days * _DAY_MS if began and days else None


def _with_buyer_since(shipment: Shipment) -> int | None:
    arrived = [at for status, at in shipment.steps if status is ShipmentStatus.DELIVERED]
    left = [at for status, at in shipment.steps if status in GONE]
    return next(iter(arrived or left), None)


def left_of(order: Order, returned: Mapping[str, int]) -> dict[str, int]:
    """Units by offer that can come back: of lines that have left the shop whole, what did not come back before.

    While some of a line is still to be sent, money that goes back for it means those units instead. Nothing of what is
    downloaded or given comes back.
    """
    if order.status not in {OrderStatus.PAID, OrderStatus.FULFILLED}:
        return {}
    sent = gone(order.shipments)
    kept = {line.offer_id: line.quantity - returned.get(line.offer_id, 0) for line in order.lines if line.is_sent}
    return {offer_id: quantity for offer_id, quantity in kept.items() if 0 < quantity <= sent[offer_id]}


def choose(
    order: Order, standing: Standing, wanted: Sequence[tuple[str, int]], at_ms: int
) -> tuple[tuple[tuple[str, int], ...], Money]:
    """What comes back, and what it is worth; nothing wanted is all that left the shop.

    Raises: ReturnNotPossible, OfferNotFound, InvalidInput.
    """
    end, left = until(order, standing.days), left_of(order, standing.returned)
    if end is None or not left:
        raise ReturnNotPossible("Nothing of this order can be sent back")
    if at_ms >= end:
        raise ReturnNotPossible("The time to send it back is over", until=iso(end))
    wanted = wanted or tuple(left.items())
    if len({offer for offer, _ in wanted}) != len(wanted):
        raise InvalidInput("Each offer has one line; add up the quantities", field="lines")
    bought = {line.offer_id for line in order.lines}
    for index, (offer_id, quantity) in enumerate(wanted):
        if offer_id not in bought:
            raise OfferNotFound("The order has no line of this offer", field=f"lines[{index}].offer")
        most = left.get(offer_id, 0)
        if not 1 <= quantity <= most:
            raise ReturnNotPossible(f"{most} of these can be sent back", field=f"lines[{index}].quantity")
    amount = give(order, wanted, standing.returned)
    if amount.amount_minor == 0:
        raise ReturnNotPossible("No money is left to give back for these", field="lines")
    return tuple(wanted), amount


def give(order: Order, lines: Sequence[tuple[str, int]], returned: Mapping[str, int]) -> Money:
    """What goes back for ``lines`` unless the shop says otherwise: what they cost, of what has not gone back before.

    Raises: RefundTooMuch, OfferNotFound, InvalidInput.
    """
    left = order.total.amount_minor - order.refunded_minor
    return Money(min(worth(order, lines, returned), left), order.total.currency)
