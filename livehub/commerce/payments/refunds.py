"""Money that goes back to a buyer, whole or in part: what is asked, and what may be given. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.errors import CurrencyMismatch, OfferNotFound, RefundTooMuch
from livehub.commerce.gateway import RefundRequest
from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.errors import IllegalTransition, InvalidInput

#: states of an order whose money can go back
REFUNDABLE: Final = frozenset({OrderStatus.PAID, OrderStatus.FULFILLED})


class RefundState(StrEnum):
    DUE = "due"  # asked for; the provider has not said yes yet, and is asked again until it does
    DONE = "done"
    FAILED = "failed"  # the provider refuses for good


@dataclass(frozen=True, slots=True)
class Asked:
    """What the merchant wants: nothing but a reason is everything that is left; ``lines`` (offer, quantity) are what
    comes back, priced as they were bought unless ``amount`` says otherwise."""

    reason: str
    amount: Money | None = None
    lines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Refund:
    id: str
    order_id: str
    amount: Money
    lines: tuple[tuple[str, int], ...]
    reason: str
    state: RefundState
    answer: str
    made_at: int
    settled_at: int | None

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "amount": self.amount.present(),
            "lines": [{"offer": offer, "quantity": quantity} for offer, quantity in self.lines],
            "reason": self.reason,
            "state": self.state,
            "answer": self.answer,
            "made_at": iso(self.made_at),
            "settled_at": None if self.settled_at is None else iso(self.settled_at),
        }

    def request(self, order: Order) -> RefundRequest:
        paid = order.payment
        return RefundRequest(
            paid.id, paid.reference or "", self.amount, self.reason, self.id, provider_payment=paid.provider_payment
        )


def settle_amount(order: Order, asked: Asked, returned: Mapping[str, int]) -> Money:
    """How much goes back. ``returned``: units by offer that came back with earlier refunds.

    Raises:
        IllegalTransition: the order is not paid, or all of its money is back.
        RefundTooMuch: more than is left (``remaining_minor``), or more units than were bought.
        CurrencyMismatch, OfferNotFound, InvalidInput.
    """
    if order.status not in REFUNDABLE:
        raise IllegalTransition(f"An order that is {order.status} has no money to give back", status_now=order.status)
    left = order.total.amount_minor - order.refunded_minor
    by_lines = worth(order, asked.lines, returned)
    if asked.amount is not None and asked.amount.currency != order.total.currency:
        raise CurrencyMismatch(f"The order was paid in {order.total.currency}", field="amount.currency")
    by_default = by_lines if asked.lines else left
    wanted = by_default if asked.amount is None else asked.amount.amount_minor
    if wanted > left or wanted == 0:
        detail = f"At most {Money(left, order.total.currency)} can go back" if left else "All the money is back already"
        raise RefundTooMuch(detail, remaining_minor=left)
    if wanted < 0:
        raise InvalidInput("An amount is more than nothing", field="amount.amount_minor")
    return Money(wanted, order.total.currency)


def worth(order: Order, lines: Sequence[tuple[str, int]], returned: Mapping[str, int]) -> int:
    """What ``lines`` were bought for, in minor units. Raises: RefundTooMuch, OfferNotFound, InvalidInput."""
    if len({offer for offer, _ in lines}) != len(lines):
        raise InvalidInput("Each offer has one line; add up the quantities", field="lines")
    bought = {line.offer_id: line for line in order.lines}
    price = 0
    for index, (offer_id, quantity) in enumerate(lines):
        line = bought.get(offer_id)
        if line is None:
            raise OfferNotFound("The order has no line of this offer", field=f"lines[{index}].offer")
        left = line.quantity - returned.get(offer_id, 0)
        if not 1 <= quantity <= left:
            raise RefundTooMuch(f"{left} of these can still come back", field=f"lines[{index}].quantity")
        price += line.unit_price.amount_minor * quantity
    if order.coupon is None:
        return price
    # What a coupon took off is spread over the goods in the order they come back, so that the parts sum to the whole.
    goods = sum(line.unit_price.amount_minor * line.quantity for line in order.lines)
    before = sum(line.unit_price.amount_minor * returned.get(line.offer_id, 0) for line in order.lines)
    paid = goods - order.coupon.discount.amount_minor
    return (before + price) * paid // goods - before * paid // goods
