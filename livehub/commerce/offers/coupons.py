"""Coupons: a code that takes something off, within a budget, a number of uses and a number for each buyer. Pure.

A coupon is drawn from like stock: placing an order takes a use and its discount out of the budget in the order's own
commit; giving the order up returns both. The database holds the bounds by CHECKs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.errors import (
    CouponClosed,
    CouponMinimum,
    CouponNotFound,
    CouponSpent,
    CouponUnclaimed,
    CouponUsed,
)
from livehub.commerce.money import Money
from livehub.errors import InvalidInput

MAX_CODE_CHARS: Final = 32
MAX_PERCENT: Final = 95
MAX_PER_STORE: Final = 1000


def normal_code(text: str) -> str:
    """Codes are told aloud: letters, digits and dashes, whatever their case. Raises: InvalidInput."""
    code = text.strip().upper()
    if not 3 <= len(code) <= MAX_CODE_CHARS or not all(part.isalnum() for part in code.split("-")):
        raise InvalidInput(f"A code has 3 to {MAX_CODE_CHARS} letters, digits and dashes", field="coupon")
    return code


@dataclass(frozen=True, slots=True)
class NewCoupon:
    """``percent`` or ``amount``. ``room_id``: only in that room; ``claim``: only for those who claimed it there."""

    code: str
    percent: int | None = None
    amount: Money | None = None
    minimum: Money | None = None
    budget: Money | None = None
    max_uses: int | None = None
    per_buyer: int = 1
    room_id: str | None = None
    claim: bool = False
    starts_at: int | None = None
    ends_at: int | None = None

    def check(self) -> None:
        """Raises: InvalidInput."""
        if (self.percent is None) == (self.amount is None):
            raise InvalidInput("A coupon takes off a percent or an amount", field="percent")
        if self.amount is not None and (self.minimum is None or self.minimum.amount_minor <= self.amount.amount_minor):
            raise InvalidInput("Orders have to be larger than the amount taken off", field="minimum")
        if self.claim and self.room_id is None:
            raise InvalidInput("Coupons are claimed in a room", field="room")
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise InvalidInput("The coupon has to end after it begins", field="ends_at")


@dataclass(frozen=True, slots=True)
class Coupon:
    """``spent_minor`` of the budget and ``used`` of the uses are gone; ``claimed`` buyers have claimed it."""

    id: str
    store_id: str
    code: str
    currency: str
    percent: int | None
    amount_minor: int | None
    minimum_minor: int
    budget_minor: int | None
    spent_minor: int
    max_uses: int | None
    used: int
    per_buyer: int
    room_id: str | None
    claim: bool
    claimed: int
    starts_at: int | None
    ends_at: int | None
    ended_at: int | None
    created_at: int

    def discount(self, subtotal: Money) -> Money:
        """Rounded down to the minor unit; always less than ``subtotal``, which is at least the minimum."""
        if self.percent is not None:
            return Money(subtotal.amount_minor * self.percent // 100, subtotal.currency)
        return Money(min(self.amount_minor or 0, subtotal.amount_minor - 1), subtotal.currency)

    def is_open(self, at_ms: int) -> bool:
        return (
            self.ended_at is None
            and (self.starts_at is None or self.starts_at <= at_ms)
            and (self.ends_at is None or at_ms < self.ends_at)
        )

    @property
    def is_spent(self) -> bool:
        return (self.max_uses is not None and self.used >= self.max_uses) or (
            self.budget_minor is not None and self.spent_minor >= self.budget_minor
        )

    def present(self) -> dict[str, Any]:
        """For the merchant."""
        return {
            **self.shown(),
            "id": self.id,
            "budget": None if self.budget_minor is None else self._money(self.budget_minor),
            "spent": self._money(self.spent_minor),
            "max_uses": self.max_uses,
            "used": self.used,
            "claimed": self.claimed,
            "room": self.room_id,
            "created_at": iso(self.created_at),
        }

    def shown(self) -> dict[str, Any]:
        """For buyers. ``open``: can be had now, as far as the coupon itself is concerned."""
        return {
            "code": self.code,
            "percent": self.percent,
            "amount": None if self.amount_minor is None else self._money(self.amount_minor),
            "minimum": self._money(self.minimum_minor),
            "per_buyer": self.per_buyer,
            "claim": self.claim,
            "starts_at": None if self.starts_at is None else iso(self.starts_at),
            "ends_at": None if self.ends_at is None else iso(self.ends_at),
            "open": self.ended_at is None and not self.is_spent,
        }

    def _money(self, minor: int) -> dict[str, object]:
        return Money(minor, self.currency).present()


@dataclass(frozen=True, slots=True)
class Use:
    """What is known of a buyer and a coupon: uses in orders that were not given up, and whether it was claimed."""

    times: int
    claimed: bool


def take_off(coupon: Coupon | None, use: Use, room_id: str, subtotal: Money, at_ms: int) -> Money:
    """The discount on an order of ``subtotal``.

    Raises: CouponNotFound, CouponClosed, CouponUnclaimed, CouponUsed, CouponSpent, CouponMinimum.
    """
    if coupon is None or coupon.room_id not in {None, room_id}:
        raise CouponNotFound(field="coupon")
    if not coupon.is_open(at_ms):
        raise CouponClosed(field="coupon")
    if coupon.claim and not use.claimed:
        raise CouponUnclaimed(field="coupon")
    if use.times >= coupon.per_buyer:
        raise CouponUsed(field="coupon", per_buyer=coupon.per_buyer)
    if subtotal.amount_minor < coupon.minimum_minor:
        minimum = Money(coupon.minimum_minor, coupon.currency)
        raise CouponMinimum(f"The coupon is for orders from {minimum}", field="coupon", minimum=minimum.present())
    discount = coupon.discount(subtotal)
    over = coupon.budget_minor is not None and coupon.spent_minor + discount.amount_minor > coupon.budget_minor
    if coupon.is_spent or over:
        raise CouponSpent(field="coupon")
    return discount


def present_claimed(coupon: Coupon, *, claimed: bool) -> Mapping[str, Any]:
    return {**coupon.shown(), "claimed": claimed}
