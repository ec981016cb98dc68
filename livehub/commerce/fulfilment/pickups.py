"""Picking up: a store's places, and slots of time in each with room for so many orders. No I/O.

A slot's room is drawn with the order, in the order's own commit, and comes back when the order is given up or refunded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from livehub.clock import iso
from livehub.errors import InvalidInput

MAX_PLACES: Final = 50
MAX_DAYS: Final = 62
#: made by one request, and open in the future of one place
MAX_SLOTS: Final = 500
MAX_OPEN_SLOTS: Final = 3000
MAX_CAPACITY: Final = 10_000
MIN_MINUTES: Final = 5
MAX_MINUTES: Final = 24 * 60
#: how far ahead, in days
HORIZON_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Place:
    """``directions``: how to find it, and what to bring. ``time_zone``: of IANA; slots are made in its local time."""

    id: str
    store_id: str
    title: str
    address: str
    directions: str
    time_zone: str
    created_at: int

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "address": self.address,
            "directions": self.directions,
            "time_zone": self.time_zone,
        }


@dataclass(frozen=True, slots=True)
class Slot:
    """From ``starts_at`` to ``ends_at`` (ms) for ``capacity`` orders, of which ``taken`` are there."""

    id: str
    place_id: str
    store_id: str
    starts_at: int
    ends_at: int
    capacity: int
    taken: int
    closed_at: int | None

    @property
    def left(self) -> int:
        return max(0, self.capacity - self.taken)

    def present(self) -> dict[str, Any]:
        """For the merchant."""
        return {**self.offered(), "capacity": self.capacity, "taken": self.taken}

    def offered(self) -> dict[str, Any]:
        """For buyers."""
        return {"id": self.id, "starts_at": iso(self.starts_at), "ends_at": iso(self.ends_at), "left": self.left}


def snapshot(place: Place, slot: Slot) -> dict[str, Any]:
    """What an order keeps of where and when it is picked up."""
    return {
        "slot": slot.id,
        "place": place.present(),
        "starts_at": iso(slot.starts_at),
        "ends_at": iso(slot.ends_at),
    }


@dataclass(frozen=True, slots=True)
class NewSlots:
    """Slots of ``minutes`` on each of ``days``, from ``opens`` to ``closes`` on the place's clock."""

    days: Sequence[date]
    opens: time
    closes: time
    minutes: int
    capacity: int


def zone_of(name: str) -> ZoneInfo:
    """Raises: InvalidInput."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("Give a time zone such as Europe/Madrid", field="time_zone") from None


def cut(new: NewSlots, zone: ZoneInfo, now_ms: int) -> list[tuple[int, int]]:
    """Begin and end (ms) of each slot that is still to come; what is left over of a day is no slot.

    A day on which the clocks change is as long as it is: slots have real minutes.

    Raises: InvalidInput.
    """
    if not 1 <= len(set(new.days)) <= MAX_DAYS:
        raise InvalidInput(f"Name from 1 to {MAX_DAYS} days", field="days")
    if not MIN_MINUTES <= new.minutes <= MAX_MINUTES:
        raise InvalidInput(f"A slot has from {MIN_MINUTES} to {MAX_MINUTES} minutes", field="minutes")
    if new.closes <= new.opens:
        raise InvalidInput("The place closes after it opens", field="closes")
    if not 1 <= new.capacity <= MAX_CAPACITY:
        raise InvalidInput(f"A slot has room for 1 to {MAX_CAPACITY} orders", field="capacity")
    last = datetime.fromtimestamp(now_ms / 1000, UTC).date() + timedelta(days=HORIZON_DAYS)
    if max(new.days) > last:
        raise InvalidInput(f"At most {HORIZON_DAYS} days ahead", field="days")
    length = new.minutes * 60_000
    found = []
    for day in sorted(set(new.days)):
        begin, end = (_ms(datetime.combine(day, at, zone)) for at in (new.opens, new.closes))
        found += [(at, at + length) for at in range(begin, end - length + 1, length) if at > now_ms]
        if len(found) > MAX_SLOTS:
            raise InvalidInput(f"At most {MAX_SLOTS} slots at a time", field="days")
    if not found:
        raise InvalidInput("There is no whole slot left on those days", field="days")
    return found


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
