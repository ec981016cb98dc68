"""The recent events of a room that several processes share: numbered in Redis, copied here, read like one's own.

:class:`SharedLog` has what :class:`~livehub.signalling.sequence.EventLog` has. What is appended comes back from Redis
in the order that all processes see.
"""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from livehub.processes.link import RedisAway
from livehub.processes.rooms import Entry, RoomWires
from livehub.signalling.sequence import EVERYONE, Audience, Event, RecentEvents

log = logging.getLogger(__name__)
_write: Final = msgspec.json.Encoder().encode
_read_audience: Final = msgspec.json.Decoder(Audience).decode


def around_number(room_id: str, name: str, payload: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """The packet of :func:`~livehub.signalling.sequence.encode` before and after its ``seq``."""
    head = b"2[" + _write(name) + b',{"room":' + _write(room_id) + b',"seq":'
    rest = _write(payload)
    return head, b"}]" if rest == b"{}" else b"," + rest[1:] + b"]"


class SharedReservation:
    """A number that Redis keeps free for an event that is still to be committed."""

    def __init__(self, log: "SharedLog", seq: int) -> None:
        self._log = log
        self.seq: Final = seq
        self.done = False

    def fulfil(self, name: str, payload: Mapping[str, Any], audience: Audience = EVERYONE) -> None:
        if not self.done:
            self.done = True
            self._log.fulfil(self.seq, name, payload, audience)

    def drop(self) -> None:
        if not self.done:
            self.done = True
            self._log.drop(self.seq)


class SharedLog(RecentEvents):
    """``on_news``: the packet of something received. ``on_gap``: what came before cannot be had; whoever has only that
    must come anew. ``on_latest``: name and packet of an event without a number."""

    def __init__(
        self,
        room_id: str,
        first: int,
        wires: RoomWires,
        *,
        max_events: int,
        max_bytes: int,
        on_news: Callable[[bytes], None],
        on_gap: Callable[[], None],
        on_latest: Callable[[str, bytes], None],
    ) -> None:
        # Nothing is known until the log is read: whatever is in Redis lies above.
        super().__init__(room_id, 0, max_events=max_events, max_bytes=max_bytes)
        self._wires = wires
        self._on_news = on_news
        self._on_gap = on_gap
        self._on_latest = on_latest
        self._kept = first
        self._is_known = False

    # --- told

    def append(self, name: str, payload: Mapping[str, Any], audience: Audience = EVERYONE) -> None:
        self._wires.append(
            self.room_id, self.hint, written_audience(audience), *around_number(self.room_id, name, payload)
        )

    @asynccontextmanager
    async def placing(self) -> AsyncIterator[SharedReservation]:
        """Raises: RedisAway."""
        reservation = SharedReservation(self, await self._wires.reserve(self.room_id, self.hint))
        try:
            yield reservation
        finally:
            reservation.drop()

    def fulfil(self, seq: int, name: str, payload: Mapping[str, Any], audience: Audience) -> None:
        around = around_number(self.room_id, name, payload)
        self._wires.fulfil(self.room_id, self.hint, seq, written_audience(audience), *around)

    def drop(self, seq: int) -> None:
        self._wires.drop(self.room_id, seq)

    def tell_latest(self, key: str, packet: bytes) -> None:
        """A later packet of the same key takes its place."""
        self._wires.tell_latest(self.room_id, key, packet)

    @property
    def hint(self) -> int:
        """A number is above all that are known here, whatever Redis has forgotten."""
        return max(self._kept, self.last + 1 if self._is_known else 0)

    # --- heard

    async def open(self, first: int) -> None:
        """``first``: numbers are at least that. Raises: RedisAway; it opens all the same once Redis is back."""
        self._kept = max(self._kept, first)
        await self._wires.open(self.room_id, self, self.hint)

    async def reaches(self, since: int) -> bool:
        """:meth:`resumable`, also for who comes from another process and was a few milliseconds ahead of this one."""
        if since > self.last:
            try:
                await self._wires.catch_up(self.room_id)
            except RedisAway:
                return False
        return self.resumable(since)

    def received(self, entry: Entry) -> None:
        if entry.seq > self.last:
            self._hold(Event(entry.seq, entry.packet, read_audience(entry.audience)))
            self.last = entry.seq
            self._trim()
            self._on_news(entry.packet)

    def latest(self, name: str, packet: bytes) -> None:
        self._on_latest(name, packet)

    def began(self, floor: int, last: int) -> None:
        """What was missed cannot be had: the copy begins anew at ``floor``."""
        self._events.clear()
        self._bytes = 0
        self.last = self.floor = self.sent = floor
        if self._is_known:
            log.warning("room %s: what came before %d cannot be had, its members come anew", self.room_id, floor)
            self._on_gap()
        self._is_known = True


def written_audience(audience: Audience) -> bytes:
    """As it goes between processes."""
    return b"" if audience is EVERYONE else _write(audience)


def read_audience(audience: bytes) -> Audience:
    """Raises: msgspec.ValidationError."""
    return _read_audience(audience) if audience else EVERYONE
