"""The numbered events of one room: their order, the recent ones, and who of them reaches whom. Pure.

One sequence numbers everything that is told in a room, chat lines included, so that a client holds its whole place in
one integer. A chat line has to be committed before it is told, so its number is *reserved* first and *fulfilled* (or
dropped) after the commit. What was reserved later waits for it: events are released strictly in the order of their
numbers, and a client that has seen number n has been sent everything below n that is for it.

Numbers start at the present time in microseconds, so they grow across restarts as well, and stay below 2**53 (exact in
JavaScript) until the year 2255. They have gaps: dropped reservations, and events that are not for everybody.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from livehub.accounts.permissions import Action

_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Audience:
    """Those of that locale *and* who may do that action (None: all), and in any case the member ``identity``."""

    locale: str | None = None
    action: Action | None = None
    identity: str | None = None

    def reaches(self, locale: str, actions: frozenset[Action], identity: str) -> bool:
        if self.identity is not None and self.identity == identity:
            return True
        return (self.locale is None or self.locale == locale) and (self.action is None or self.action in actions)


EVERYONE: Final = Audience()


@dataclass(frozen=True, slots=True)
class Event:
    """``packet`` is the Socket.IO packet in UTF-8, encoded once for everybody: ``2["name",{"room":…,"seq":…}]``.

    ``seq`` is 0 for events that are not numbered.
    """

    seq: int
    packet: bytes
    audience: Audience = EVERYONE


def encode(name: str, payload: Mapping[str, Any]) -> bytes:
    return b"2" + _encode([name, payload])


def first_seq(now_ms: int, last_kept: int) -> int:
    """Where a room's numbers begin in this process; ``last_kept`` is the highest that SQL knows."""
    return max(now_ms * 1000, last_kept + 1)


class Place(Protocol):
    """A number that is spoken for, wherever numbers are given."""

    @property
    def seq(self) -> int: ...

    def fulfil(self, name: str, payload: Mapping[str, Any], audience: Audience = EVERYONE) -> None: ...

    def drop(self) -> None: ...


class Reservation:
    """One number that is spoken for. Ends in :meth:`fulfil` or :meth:`drop`, whichever comes first."""

    __slots__ = ("_event", "_log", "done", "seq")

    def __init__(self, log: "EventLog", seq: int) -> None:
        self._log = log
        self._event: Event | None = None
        self.seq = seq
        self.done = False

    def fulfil(self, name: str, payload: Mapping[str, Any], audience: Audience = EVERYONE) -> None:
        """Give the number its event; ``room`` and ``seq`` are added to ``payload`` here."""
        if not self.done:
            packet = encode(name, {"room": self._log.room_id, "seq": self.seq, **payload})
            self._event = Event(self.seq, packet, audience)
            self._finish()

    def drop(self) -> None:
        if not self.done:
            self._finish()

    def _finish(self) -> None:
        self.done = True
        self._log.release()

    @property
    def event(self) -> Event | None:
        return self._event


class RecentEvents:
    """The recent events of one room, at most ``max_events`` and ``max_bytes`` of those that were sent already.

    ``last`` is the highest number released, ``floor`` the number up to which events may be missing: everything in
    ``floor < seq <= last`` is held.
    """

    def __init__(self, room_id: str, first: int, *, max_events: int, max_bytes: int) -> None:
        self.room_id: Final = room_id
        self._max_events: Final = max_events
        self._max_bytes: Final = max_bytes
        self.last = first - 1
        self.floor = first - 1
        self.sent = first - 1
        self._events: deque[Event] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._events)

    def mark_sent(self, seq: int) -> None:
        """Everything up to ``seq`` was written to those present: it may go when room is needed."""
        self.sent = max(self.sent, seq)
        self._trim()

    def resumable(self, since: int) -> bool:
        """Can a client that has seen ``since`` be given exactly what it missed? Not if it is from another life."""
        return self.floor <= since <= self.last

    async def reaches(self, since: int) -> bool:
        """:meth:`resumable`, where it may have to be asked elsewhere."""
        return self.resumable(since)

    def after(self, since: int) -> list[Event]:
        """The held events above ``since``, in order."""
        found: list[Event] = []
        for event in reversed(self._events):
            if event.seq <= since:
                break
            found.append(event)
        found.reverse()
        return found

    def _hold(self, event: Event) -> None:
        self._events.append(event)
        self._bytes += len(event.packet)

    def _trim(self) -> None:
        events = self._events
        while events and (len(events) > self._max_events or self._bytes > self._max_bytes):
            if events[0].seq > self.sent:
                return
            gone = events.popleft()
            self._bytes -= len(gone.packet)
            self.floor = gone.seq


class EventLog(RecentEvents):
    """The numbers of a room that this process alone gives."""

    def __init__(self, room_id: str, first: int, *, max_events: int, max_bytes: int) -> None:
        super().__init__(room_id, first, max_events=max_events, max_bytes=max_bytes)
        self._next = first
        self._reserved: deque[Reservation] = deque()

    def reserve(self) -> Reservation:
        reservation = Reservation(self, self._next)
        self._next += 1
        self._reserved.append(reservation)
        return reservation

    @contextmanager
    def reserving(self) -> Iterator[Reservation]:
        """A reservation that is dropped on the way out unless it was fulfilled: no number may hold up the others."""
        reservation = self.reserve()
        try:
            yield reservation
        finally:
            reservation.drop()

    @asynccontextmanager
    async def placing(self) -> AsyncIterator[Reservation]:
        """:meth:`reserving` as it looks where the number has to be asked for."""
        with self.reserving() as reservation:
            yield reservation

    def append(self, name: str, payload: Mapping[str, Any], audience: Audience = EVERYONE) -> int:
        """Number an event that needs no commit. Returns its number."""
        reservation = self.reserve()
        reservation.fulfil(name, payload, audience)
        return reservation.seq

    def release(self) -> None:
        """Move what is done at the head of the line into the log."""
        while self._reserved and self._reserved[0].done:
            reservation = self._reserved.popleft()
            self.last = reservation.seq
            if reservation.event is not None:
                self._hold(reservation.event)
        self._trim()
