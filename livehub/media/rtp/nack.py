"""Asking for lost packets, and answering those who ask (RFC 4585 section 6.2.1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


def to_pairs(sequence_numbers: Iterable[int]) -> list[tuple[int, int]]:
    """(PID, BLP) pairs naming these numbers, which are in the order of the stream."""
    pairs: list[tuple[int, int]] = []
    for number in sequence_numbers:
        if pairs:
            distance = (number - pairs[-1][0]) & 0xFFFF
            if 0 < distance <= 16:
                pairs[-1] = (pairs[-1][0], pairs[-1][1] | 1 << (distance - 1))
                continue
        pairs.append((number, 0))
    return pairs


def from_pairs(pairs: Iterable[tuple[int, int]]) -> Iterator[int]:
    for first, bits in pairs:
        yield first
        for offset in range(16):
            if bits >> offset & 1:
                yield (first + offset + 1) & 0xFFFF


@dataclass(slots=True)
class _Missing:
    noticed_s: float
    asked_s: float = 0.0
    tries: int = 0


class NackGenerator:
    """What is missing of one source, and when to ask for it: not before it may just be late, then once a round trip.

    The round trip is measured by the answers themselves (RFC 6298 sections 2 to 5), for reports do not tell it. How
    long to wait before asking at all follows from how late packets came that were never lost.
    """

    MAX_MISSING = 256
    MAX_TRIES = 10
    #: what is older would come too late, and the sender keeps it no longer
    MAX_AGE_S = 2.0
    MIN_RETRY_S, MAX_RETRY_S = 0.02, 1.0
    MAX_BACKOFF = 8
    #: packets that overtake one another within the same picture are no sign of loss
    MIN_WAIT_S, MAX_WAIT_S = 0.005, 0.08
    #: share of the waiting that is left when for a second nothing came out of order
    WAIT_DECAY = 0.9

    def __init__(self, round_trip_s: float = 0.1) -> None:
        self._round_trip_s = round_trip_s
        self._deviation_s: float | None = None  # until the first measurement
        self._backoff = 1
        self._wait_s = self.MIN_WAIT_S
        self._decayed_s = float("-inf")
        #: by RTX: then what comes under its own number was late, and is no answer
        self.repairs_come_apart = False
        self._missing: dict[int, _Missing] = {}
        self.asked = self.given_up = 0

    def __len__(self) -> int:
        return len(self._missing)

    @property
    def retry_s(self) -> float:
        """From one request to the next for the same packet."""
        expected_s = self._round_trip_s + 4 * (self._deviation_s or 0.0)
        return min(max(expected_s * self._backoff, self.MIN_RETRY_S), self.MAX_RETRY_S)

    @property
    def wait_s(self) -> float:
        """From noticing a gap to asking."""
        return self._wait_s

    @property
    def round_trip_s(self) -> float | None:
        """As measured; None while no answer has shown it."""
        return self._round_trip_s if self._deviation_s is not None else None

    def gap(self, newest: int, delta: int, now_s: float) -> bool:
        """The source jumped by ``delta`` to ``newest``: what lies between is missing.

        False: it is too much to be asked for packet by packet, and a keyframe helps more. All is forgotten then.
        """
        if delta > self.MAX_MISSING:
            self._missing.clear()
            return False
        for number in range(newest - delta + 1, newest):
            self._missing[number & 0xFFFF] = _Missing(now_s)
        while len(self._missing) > self.MAX_MISSING:
            del self._missing[next(iter(self._missing))]
        return True

    def received(self, sequence_number: int, now_s: float, *, repair: bool) -> None:
        """It came; ``repair``: by RTX."""
        missing = self._missing.pop(sequence_number, None)
        if missing is None:
            return
        if not repair and (not missing.tries or self.repairs_come_apart):
            late_s = (now_s - missing.noticed_s) * 1.25
            self._wait_s = min(max(self._wait_s, late_s), self.MAX_WAIT_S)
            self._decayed_s = now_s
        elif missing.tries == 1:
            self._measured(now_s - missing.asked_s)
        else:  # an answer to which request? Perhaps the round trip is longer than thought
            self._backoff = min(2 * self._backoff, self.MAX_BACKOFF)

    def _measured(self, took_s: float) -> None:
        self._backoff = 1
        if self._deviation_s is None:
            self._round_trip_s, self._deviation_s = took_s, took_s / 4
            return
        error_s = took_s - self._round_trip_s
        self._round_trip_s += error_s / 8
        self._deviation_s += (abs(error_s) - self._deviation_s) / 4

    def due(self, now_s: float) -> list[int]:
        """Numbers to ask for now, in order. One that was asked for often enough, or is too old, is given up."""
        asked = []
        self._decay(now_s)
        for number, missing in list(self._missing.items()):
            if missing.tries >= self.MAX_TRIES or now_s - missing.noticed_s > self.MAX_AGE_S:
                del self._missing[number]
                self.given_up += 1
            elif self._due_s(missing) <= now_s:
                missing.asked_s = now_s
                missing.tries += 1
                asked.append(number)
        self.asked += len(asked)
        return asked

    def next_s(self) -> float | None:
        """When something is due next; None when nothing is missing."""
        return min(map(self._due_s, self._missing.values()), default=None)

    def clear(self) -> None:
        self._missing.clear()

    def _due_s(self, missing: _Missing) -> float:
        return missing.asked_s + self.retry_s if missing.tries else missing.noticed_s + self._wait_s

    def _decay(self, now_s: float) -> None:
        if now_s - self._decayed_s > 1.0:
            self._wait_s = max(self.MIN_WAIT_S, self._wait_s * self.WAIT_DECAY)
            self._decayed_s = now_s


class ResendGate:
    """One resend of a packet per round trip, and a budget per second for one viewer."""

    #: whatever the viewer's bandwidth: a lost keyframe has to come
    LEAST_PER_S = 50
    #: of a viewer's bandwidth for resends, in packets of a full datagram: more would crowd out what is new
    SHARE, DATAGRAM_BITS = 0.5, 9_600

    def __init__(self, max_per_s: int) -> None:
        self._most = max_per_s
        self._max_per_s = max_per_s
        self._budget = float(max_per_s)
        self._refilled_s = 0.0
        self._sent: dict[int, float] = {}

    def bound(self, bandwidth_bps: int) -> None:
        """The viewer has this much for all that it gets."""
        per_s = int(bandwidth_bps * self.SHARE / self.DATAGRAM_BITS)
        self._max_per_s = min(max(per_s, self.LEAST_PER_S), self._most)

    def allow(self, sequence_number: int, now_s: float, round_trip_s: float) -> bool:
        last = self._sent.get(sequence_number)
        if last is not None and now_s - last < round_trip_s:
            return False
        self._budget = min(self._max_per_s, self._budget + (now_s - self._refilled_s) * self._max_per_s)
        self._refilled_s = now_s
        if self._budget < 1:
            return False
        self._budget -= 1
        self._sent.pop(sequence_number, None)  # to the end: the dictionary is in order of time
        self._sent[sequence_number] = now_s
        while len(self._sent) > self._most:
            del self._sent[next(iter(self._sent))]
        return True
