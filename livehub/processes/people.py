"""Who is in which room, told between processes: what changed, gathered; everything to whoever is new."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

import msgspec

from livehub.processes.exchange import Beat, Exchange
from livehub.processes.limits import ProcessLimits
from livehub.processes.roster import Person, Roster


class Changed(msgspec.Struct, frozen=True):
    """``version`` counts the sender's messages: one that was missed is noticed. ``is_whole``: nothing before counts."""

    version: int
    changes: tuple[tuple[str, str, Person | None], ...]
    is_whole: bool = False


class People:
    """``on_change`` is called with rooms in which who is present, or a hand, has changed elsewhere."""

    def __init__(self, exchange: Exchange, limits: ProcessLimits) -> None:
        self.roster: Final = Roster()
        self._exchange: Final = exchange
        self._limits: Final = limits
        self._on_change: list[Callable[[set[str]], None]] = []
        self._on_lost: list[Callable[[str, list[tuple[str, str]]], None]] = []
        self._dirty: dict[tuple[str, str], None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._version = 0
        self._versions: dict[str, int] = {}
        exchange.on("people", Changed, self._changed)
        exchange.whenever_asked(self.tell_all)
        exchange.whenever_dead(self._dead)

    def whenever_changed(self, act: Callable[[set[str]], None]) -> None:
        self._on_change.append(act)

    def whenever_hands_are_lost(self, act: Callable[[str, list[tuple[str, str]]], None]) -> None:
        """``act`` is called in one of the processes with a room and the (identity, name) whose hands a dead one had."""
        self._on_lost.append(act)

    # --- of this process

    def put(self, room_id: str, identity: str, person: Person | None) -> None:
        self.roster.put(self._exchange.process, room_id, identity, person)
        self._dirty[room_id, identity] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._limits.people_s, self._flush)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def tell_all(self) -> None:
        mine = self.roster.told_by(self._exchange.process)
        self._dirty.clear()
        self._tell(mine, is_whole=True)

    def _flush(self) -> None:
        self._timer = None
        dirty, self._dirty = self._dirty, {}
        me = self._exchange.process
        self._tell((room, identity, self.roster.own(me, room, identity)) for room, identity in dirty)

    def _tell(self, changes: Iterable[tuple[str, str, Person | None]], *, is_whole: bool = False) -> None:
        left = iter(changes)
        while (part := tuple(islice(left, self._limits.people_batch))) or is_whole:
            self._version += 1
            self._exchange.tell("people", Changed(self._version, part, is_whole))
            is_whole = False

    # --- of others

    def _changed(self, process: str, message: Changed) -> None:
        touched: set[str] = set()
        if message.is_whole:
            touched |= self.roster.drop(process)
        elif self._versions.get(process) != message.version - 1:
            # Something was missed. The whole follows the next time that anybody asks.
            self._exchange.ask_again()
        self._versions[process] = message.version
        for room_id, identity, person in message.changes:
            self.roster.put(process, room_id, identity, person)
            touched.add(room_id)
        self._tell_changed(touched)

    def _dead(self, process: str, _beat: Beat) -> None:
        self._versions.pop(process, None)
        hands: dict[str, list[tuple[str, str]]] = {}
        for room_id, identity, person in self.roster.told_by(process):
            if person.hand_ms:
                hands.setdefault(room_id, []).append((identity, person.display_name))
        self._tell_changed(self.roster.drop(process))
        if self._exchange.is_first:
            for room_id, lowered in hands.items():
                for act in self._on_lost:
                    act(room_id, lowered)

    def _tell_changed(self, rooms: set[str]) -> None:
        for act in self._on_change:
            act(rooms)
