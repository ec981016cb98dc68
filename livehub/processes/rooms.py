"""The numbered events of rooms, over Redis: appended, reserved and fulfilled there, heard by all who have it open.

See :mod:`livehub.processes.scripts` for what happens inside Redis, and :mod:`livehub.signalling.shared` for the copy of
a room's recent events that each process keeps.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from livehub.processes.limits import ProcessLimits
from livehub.processes.link import Life, Link, RedisAway

log = logging.getLogger(__name__)
_ROOM_KEYS: Final = ("s", "r", "w", "e")


@dataclass(frozen=True, slots=True)
class Entry:
    """``audience`` as its sender wrote it, empty for everybody."""

    seq: int
    audience: bytes
    packet: bytes


def parse(blob: bytes) -> Entry:
    """Raises: ValueError."""
    head, _, rest = blob.partition(b"\n")
    seq, _, length = head.partition(b" ")
    size = int(length)
    return Entry(int(seq), rest[:size], rest[size:])


class RoomListener(Protocol):
    """What a process keeps of a room."""

    @property
    def last(self) -> int: ...

    @property
    def hint(self) -> int:
        """A new number is at least that."""

    def received(self, entry: Entry) -> None:
        """In order; one that is known already comes again after a break."""

    def latest(self, name: str, packet: bytes) -> None:
        """An event without a number."""

    def began(self, floor: int, last: int) -> None:
        """The room's log is known above ``floor``; what lies before cannot be had (any more)."""


class RoomWires:
    """One for the process. Everything that is told is told in order, as soon as Redis is there."""

    def __init__(self, link: Link, process: str, limits: ProcessLimits, *, max_events: int, max_bytes: int) -> None:
        self._link: Final = link
        self._process: Final = process
        self._limits: Final = limits
        self._max: Final = (max_events, max_bytes)
        self._number = 0
        self._open: dict[str, _Open] = {}
        self._nudges: dict[str, asyncio.TimerHandle] = {}
        link.whenever_up(self._came_back)

    # --- told

    def append(self, room: str, hint: int, audience: bytes, head: bytes, tail: bytes) -> None:
        """``hint``: the number is at least that. The packet is ``head``, the number in decimal, ``tail``."""
        self._tell("append", room, hint, audience, head, tail)

    async def reserve(self, room: str, hint: int) -> int:
        """Raises: RedisAway."""
        return int(await self._link.ask(self._command("reserve", room, hint, 0)))

    def fulfil(self, room: str, hint: int, seq: int, audience: bytes, head: bytes, tail: bytes) -> None:
        self._tell("fulfil", room, hint, audience, head, tail, seq)

    def drop(self, room: str, seq: int) -> None:
        self._tell("drop", room, 0, b"", b"", b"", seq)

    def tell_latest(self, room: str, name: str, packet: bytes) -> None:
        """To whoever is there now; a later one takes its place."""
        self._link.publish(_channel(room), b"L" + name.encode() + b"\n" + packet)

    def _tell(self, script: str, room: str, hint: int, *args: Any) -> None:
        self._number += 1
        self._link.send(self._command(script, room, hint, self._number, *args))
        # Should a process have died with a number reserved, somebody has to look when its time is over.
        if room not in self._nudges:
            loop = asyncio.get_running_loop()
            self._nudges[room] = loop.call_later(self._limits.reservation_s * 1.5, self._nudge, room)

    def _nudge(self, room: str) -> None:
        del self._nudges[room]
        if self._link.is_up:
            self._link.send(self._command("drop", room, 0, 0, b"", b"", b"", 0))

    def _command(self, script: str, room: str, hint: int, number: int, *args: Any) -> Any:
        keys = [*(f"room:{room}:{name}" for name in _ROOM_KEYS), "ops"]
        limits = self._limits

        def make(life: Life) -> Sequence[Any]:
            return life.script(
                script,
                keys,
                self._link.channel(_channel(room)),
                hint,
                *self._max,
                int(limits.log_ttl_s * 1000),
                int(limits.reservation_s * 1000),
                self._process,
                number,
                *args,
            )

        return make

    # --- heard

    async def open(self, room: str, listener: RoomListener, hint: int) -> None:
        """From here on ``listener`` has all of the room.

        Raises: RedisAway; it is opened all the same once Redis is back.
        """
        opened = self._open[room] = _Open(listener)
        await self._link.listen(_channel(room), lambda blob: self._heard(opened, blob))
        await self._load(room, opened, hint)

    async def catch_up(self, room: str) -> None:
        """All that Redis has published by now is there when this returns. Raises: RedisAway."""
        opened = self._open.get(room)
        if opened is not None and opened.session == self._link.session:
            await self._load(room, opened, 0)

    async def close(self, room: str) -> None:
        self._open.pop(room, None)
        nudge = self._nudges.pop(room, None)
        if nudge is not None:
            nudge.cancel()
        await self._link.forget(_channel(room))

    def shut(self) -> None:
        for nudge in self._nudges.values():
            nudge.cancel()
        self._nudges.clear()

    async def _load(self, room: str, opened: "_Open", hint: int) -> None:
        session, listener = self._link.session, opened.listener
        floor, last, entries = await self._link.ask(self._command("open", room, hint, 0, listener.last))
        if int(floor) > listener.last:
            listener.began(int(floor), int(last))
        for blob in entries:
            listener.received(parse(blob))
        opened.session = session
        held, opened.held = opened.held, []
        for blob in held:
            self._heard(opened, blob)

    async def _came_back(self, is_new_life: bool) -> None:
        """Whatever was published meanwhile is read from the log. Another life knows nothing of what was."""
        loads = (self._load(room, opened, opened.listener.hint) for room, opened in list(self._open.items()))
        for outcome in await asyncio.gather(*loads, return_exceptions=True):
            if isinstance(outcome, RedisAway):
                raise outcome
            if isinstance(outcome, BaseException):
                log.error("a room could not be opened again", exc_info=outcome)

    def refresh(self) -> None:
        """Now and then: rooms that somebody is in are not to be forgotten by Redis for being quiet."""
        for room in list(self._open):
            self._link.send(self._command("drop", room, 0, 0, b"", b"", b"", 0))

    def _heard(self, opened: "_Open", blob: bytes) -> None:
        if blob[:1] == b"L":
            name, _, packet = blob[1:].partition(b"\n")
            opened.listener.latest(name.decode(), packet)
        elif opened.session == self._link.session:
            opened.listener.received(parse(blob))
        else:
            # What comes in a session whose log is still being read belongs after it.
            opened.held.append(blob)


class _Open:
    """A room that is listened to. ``session``: the link's, in which its log was read."""

    __slots__ = ("held", "listener", "session")

    def __init__(self, listener: RoomListener) -> None:
        self.listener = listener
        self.session = 0
        self.held: list[bytes] = []


def _channel(room: str) -> str:
    return f"room:{room}"
