"""A show in figures, put together of what SQL says. Pure.

Money is the ledger's: ``taken`` is the sum of its payments for orders of the room, ``refunded`` of its refunds. What
was sold explains it to the cent: ``goods - discounts + charges + unserved = taken``, where ``unserved`` came too late
for orders that were given up (and goes back by itself). Amounts are in minor units of the store's one currency.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from livehub.clock import iso

MINUTE_MS: Final = 60_000
#: stands for every minute after the end, of money that moved then; the year 6053
AFTER: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class MinuteFacts:
    """One minute since the epoch, as it was written and booked."""

    minute: int
    peak: int = 0
    total: int = 0
    samples: int = 0
    entered: int = 0
    units: int = 0
    taken: int = 0
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """``goods``: units times what they were sold for, before coupons, of the orders that were paid."""

    offer_id: str
    sku: str
    title: str
    variant_title: str
    views: int = 0
    cards: int = 0
    checkouts: int = 0
    orders: int = 0
    units: int = 0
    returned: int = 0
    goods: int = 0
    available: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    text: str
    display_name: str
    votes: int
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """``served``: what the paid orders came to, all included; ``unserved``: money of orders that were given up."""

    orders: int = 0
    waiting: int = 0
    waiting_total: int = 0
    served: int = 0
    discounts: int = 0
    unserved: int = 0
    minutes: tuple[MinuteFacts, ...] = ()
    products: tuple[ProductFacts, ...] = ()
    questions: tuple[QuestionFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Show:
    """Times in ms since the epoch. ``currency`` is None where the room has no store."""

    room_id: str
    title: str
    kind: str
    state: str
    started_at: int | None
    ended_at: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Point:
    """``step_minutes`` of a show from ``at`` (ms) on. ``viewers``: the most at once."""

    at: int
    viewers: int
    viewers_mean: float
    entered: int
    units: int
    taken: int
    refunded: int


@dataclass(frozen=True, slots=True)
class Report:
    show: Show
    facts: Facts
    points: tuple[Point, ...]
    step_minutes: int
    #: what came after the end: replays, late payments, refunds
    after: Point
    made_at: int

    @property
    def taken(self) -> int:
        return sum(minute.taken for minute in self.facts.minutes)

    @property
    def refunded(self) -> int:
        return sum(minute.refunded for minute in self.facts.minutes)

    @property
    def goods(self) -> int:
        return sum(product.goods for product in self.facts.products)

    @property
    def charges(self) -> int:
        """Tax and shipping: what the orders came to beyond their goods."""
        return self.facts.served - self.goods + self.facts.discounts

    @property
    def units(self) -> int:
        return sum(product.units for product in self.facts.products)

    def present(self) -> dict[str, Any]:
        facts, show = self.facts, self.show
        total, samples = sum(one.total for one in facts.minutes), sum(one.samples for one in facts.minutes)
        return {
            "room": {
                "id": show.room_id,
                "title": show.title,
                "kind": show.kind,
                "state": show.state,
                "started_at": None if show.started_at is None else iso(show.started_at),
                "ended_at": None if show.ended_at is None else iso(show.ended_at),
            },
            "currency": show.currency,
            "made_at": iso(self.made_at),
            "money": {
                "goods": self.goods,
                "discounts": facts.discounts,
                "charges": self.charges,
                "unserved": facts.unserved,
                "taken": self.taken,
                "refunded": self.refunded,
                "net": self.taken - self.refunded,
            },
            "orders": facts.orders,
            "waiting": {"orders": facts.waiting, "total": facts.waiting_total},
            "units": self.units,
            "returned": sum(product.returned for product in facts.products),
            "viewers": {
                "peak": max((one.peak for one in facts.minutes), default=0),
                "mean": round(total / samples, 1) if samples else 0.0,
                "entered": sum(one.entered for one in facts.minutes),
            },
            "step_minutes": self.step_minutes,
            "minutes": [_present_point(point) for point in self.points],
            "after": _present_point(self.after),
            "products": [_present_product(product) for product in facts.products],
            "questions": [_present_question(question) for question in facts.questions],
        }


def make_report(show: Show, facts: Facts, made_at: int, max_points: int) -> Report:
    """Points for each minute from the start to the end (or now), several minutes to one when they would be too many."""
    first = (show.started_at or made_at) // MINUTE_MS
    last = max(first, (show.ended_at or made_at) // MINUTE_MS)
    step = max(1, math.ceil((last - first + 1) / max_points))
    buckets: dict[int, list[MinuteFacts]] = {}
    after: list[MinuteFacts] = []
    for one in facts.minutes:
        if one.minute > last and show.ended_at is not None:
            after.append(one)
        else:
            at = min(max(one.minute, first), last)
            buckets.setdefault((at - first) // step, []).append(one)
    points: tuple[Point, ...] = ()
    if show.started_at is not None:
        count = (last - first) // step + 1
        points = tuple(_point((first + n * step) * MINUTE_MS, buckets.get(n, ())) for n in range(count))
    return Report(show, facts, points, step, _point((last + 1) * MINUTE_MS, after), made_at)


def _point(at: int, minutes: Sequence[MinuteFacts]) -> Point:
    samples = sum(one.samples for one in minutes)
    return Point(
        at=at,
        viewers=max((one.peak for one in minutes), default=0),
        viewers_mean=round(sum(one.total for one in minutes) / samples, 1) if samples else 0.0,
        entered=sum(one.entered for one in minutes),
        units=sum(one.units for one in minutes),
        taken=sum(one.taken for one in minutes),
        refunded=sum(one.refunded for one in minutes),
    )


def _present_point(point: Point) -> dict[str, Any]:
    return {
        "at": iso(point.at),
        "viewers": point.viewers,
        "viewers_mean": point.viewers_mean,
        "entered": point.entered,
        "units": point.units,
        "taken": point.taken,
        "refunded": point.refunded,
    }


def _present_product(product: ProductFacts) -> dict[str, Any]:
    return {
        "offer": product.offer_id,
        "sku": product.sku,
        "title": product.title,
        "variant_title": product.variant_title,
        "funnel": {
            "view": product.views,
            "card": product.cards,
            "checkout": product.checkouts,
            "paid": product.orders,
        },
        "units": product.units,
        "returned": product.returned,
        "goods": product.goods,
        "available": product.available,
        "held": product.held,
    }


def _present_question(question: QuestionFacts) -> Mapping[str, Any]:
    return {
        "text": question.text,
        "display_name": question.display_name,
        "votes": question.votes,
        "answered": question.is_answered,
    }


@dataclass(frozen=True, slots=True)
class Summary:
    """One show among others of its store."""

    room_id: str
    title: str
    started_at: int
    ended_at: int | None
    currency: str
    peak: int
    mean: float
    orders: int
    units: int
    taken: int
    refunded: int

    def present(self) -> dict[str, Any]:
        return {
            "room": self.room_id,
            "title": self.title,
            "started_at": iso(self.started_at),
            "ended_at": None if self.ended_at is None else iso(self.ended_at),
            "currency": self.currency,
            "viewers": {"peak": self.peak, "mean": self.mean},
            "orders": self.orders,
            "units": self.units,
            "taken": self.taken,
            "refunded": self.refunded,
            "net": self.taken - self.refunded,
        }
