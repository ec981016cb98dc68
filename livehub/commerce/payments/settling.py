"""What a provider's word does to an order: pure, so that every order of events can be tried."""

from collections.abc import Callable
from enum import StrEnum

from livehub.commerce.gateway import Outcome
from livehub.commerce.orders.model import OrderStatus, PaymentStatus

#: nobody has said that its money is there, or under way
UNPAID = frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED})
#: the bank holds the money, or has let it go again
_AUTHORIZED = frozenset({PaymentStatus.CAPTURE_DUE, PaymentStatus.RELEASE_DUE, PaymentStatus.RELEASED})


class Step(StrEnum):
    NOTHING = "nothing"
    PAY = "pay"  # the stock is sold, from what is held or, late, from what is there
    CAPTURE = "capture"  # the hold on the stock cannot expire any more; the money is taken next
    HOLD_AGAIN = "hold_again"  # late or first, and the units are there: held from now on, and then as CAPTURE
    RELEASE = "release"  # nothing to deliver: the authorised money is let go
    GIVE_BACK = "give_back"  # nothing to deliver: the money that was taken goes back
    FAIL = "fail"  # the order waits on: the buyer may try again until it expires
    LOSE = "lose"  # the authorised money is gone: the order may expire at once
    LET_GO = "let_go"  # what was to be released is


def next_step(
    order: OrderStatus, payment: PaymentStatus, outcome: Outcome, is_there: Callable[[], bool], *, is_held: bool = True
) -> Step:
    """``is_there``: whether the units that are not held for the order could be had; asked only when it matters.
    ``is_held``: an order that waits for its payment holds all of its units; else who pays first has them.

    Repetitions and any order of arrival are harmless: what the payment has passed already is NOTHING. Refunds made at
    the provider are not decided here: they are sums, not steps.
    """
    match outcome:
        case Outcome.PAID if payment in UNPAID | _AUTHORIZED:
            return _served(order, is_held, is_there, Step.PAY, Step.PAY, Step.GIVE_BACK)
        case Outcome.AUTHORIZED if payment in UNPAID:
            return _served(order, is_held, is_there, Step.CAPTURE, Step.HOLD_AGAIN, Step.RELEASE)
        case Outcome.DECLINED if payment is PaymentStatus.PENDING and order is OrderStatus.PENDING_PAYMENT:
            return Step.FAIL
        case Outcome.CLOSED:
            return _closed(order, payment)
        case _:
            return Step.NOTHING


def _served(
    order: OrderStatus, is_held: bool, is_there: Callable[[], bool], in_time: Step, late: Step, never: Step
) -> Step:
    if order is OrderStatus.PENDING_PAYMENT and is_held:
        return in_time
    may_be = order in {OrderStatus.EXPIRED, OrderStatus.PENDING_PAYMENT}
    return late if may_be and is_there() else never


def _closed(order: OrderStatus, payment: PaymentStatus) -> Step:
    if payment is PaymentStatus.CAPTURE_DUE:
        return Step.LOSE
    if payment is PaymentStatus.RELEASE_DUE:
        return Step.LET_GO
    if payment is PaymentStatus.PENDING and order is OrderStatus.PENDING_PAYMENT:
        return Step.FAIL
    return Step.NOTHING
