"""When a room's members are written to, and what those who are at the same place in its log share. Pure.

A round through a crowd takes as long as the kernel needs for its writes: some 10 µs a member, 80 ms for eight thousand.
Were everybody given what was known when the round began, a line that just missed it would wait for the rest of that
round, the pause, and up to all of the next: 3 rounds where the pause is as long as one. Each slice therefore gets the
newest, and a line waits at most for one round and one pause, whoever it is for.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from livehub.signalling.links import Batch
from livehub.signalling.member import Member
from livehub.signalling.sequence import EVERYONE, Event

#: round and pause together shall not be longer, where the round leaves a pause at all
_TURN_S: Final = 0.1
#: of the round's length: what is left to others even then
_LEAST_REST: Final = 0.25


#: What nobody waits for to the tenth of a second leaves with the next event of another kind, or after so long. Were it
#: to start a round, a chat line that comes in then would wait for that round and its pause.
PATIENCE_S: Final = 0.1
PATIENT: Final = frozenset({"chat:translations"})
PATIENT_PACKETS: Final = tuple(f'2["{name}",'.encode() for name in PATIENT)


def is_patient(event: Event) -> bool:
    return event.packet.startswith(PATIENT_PACKETS)


def rest_s(gather_s: float, round_s: float) -> float:
    """How long to gather after a round that took ``round_s``.

    Short rounds: ``gather_s``, for fewer and larger writes. The longer they take the less is gained by gathering on
    top of it, and the more it delays. Others on the loop have their turns between the slices too.
    """
    return max(min(gather_s, _TURN_S - round_s), round_s * _LEAST_REST)


def short_rest_s(gather_s: float, round_s: float) -> float:
    """The same where there are few: rounds begin ``gather_s`` apart.

    So a line that comes so long after another waits for nothing, however long the other's round took.
    """
    return max(gather_s - round_s, round_s * _LEAST_REST)


def packets_for(member: Member, events: Iterable[Event]) -> list[bytes]:
    """Those of ``events`` that reach the member."""
    return [event.packet for event in events if event.audience.reaches(member.locale, member.actions, member.identity)]


class Fresh:
    """What is new to those at one place: encoded and framed once per kind of reader, not per reader."""

    def __init__(self, events: Sequence[Event], latest: Sequence[bytes]) -> None:
        self._events = events
        self._latest = latest
        self._named = {event.audience.identity for event in events if event.audience.identity is not None}
        self._alike = all(event.audience is EVERYONE for event in events)
        self._batches: dict[object, Batch] = {}
        #: what everybody gets, when everybody gets the same
        self.for_all: Final = Batch([*(event.packet for event in events), *latest]) if self._alike else None
        if self.for_all is not None:
            self._batches[None] = self.for_all

    def batch_for(self, member: Member) -> Batch:
        if member.identity in self._named:
            return self._made_for(member)
        kind = None if self._alike else (member.locale, member.actions)
        batch = self._batches.get(kind)
        if batch is None:
            batch = self._batches[kind] = self._made_for(member)
        return batch

    def _made_for(self, member: Member) -> Batch:
        return Batch([*packets_for(member, self._events), *self._latest])
