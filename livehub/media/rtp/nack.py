"""Asking for lost packets, and answering those who ask (RFC 4585 section 6.2.1)."""

from collections.abc import Iterable, Iterator


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


class NackGenerator:
    """What is missing of one source, and when to ask for it again."""

    MAX_MISSING = 256
    MAX_TRIES = 5

    def __init__(self, retry_s: float = 0.06) -> None:
        self.retry_s = retry_s
        self._missing: dict[int, tuple[int, float]] = {}  # sequence number → (tries, last asked)

    def __len__(self) -> int:
        return len(self._missing)

    def gap(self, newest: int, delta: int) -> None:
        """The source jumped by ``delta`` to ``newest``: what lies between is missing."""
        if delta > self.MAX_MISSING:
            self._missing.clear()  # an outage: a keyframe helps more than a thousand packets
            return
        for number in range(newest - delta + 1, newest):
            self._missing[number & 0xFFFF] = (0, float("-inf"))
        while len(self._missing) > self.MAX_MISSING:
            del self._missing[next(iter(self._missing))]

    def received(self, sequence_number: int) -> None:
        self._missing.pop(sequence_number, None)

    def due(self, now_s: float) -> list[int]:
        """Numbers to ask for now, in order. One that was asked for often enough is given up."""
        asked = []
        for number, (tries, at_s) in list(self._missing.items()):
            if now_s - at_s < self.retry_s:
                continue
            if tries >= self.MAX_TRIES:
                del self._missing[number]
                continue
            self._missing[number] = (tries + 1, now_s)
            asked.append(number)
        return asked

    def clear(self) -> None:
        self._missing.clear()


class ResendGate:
    """One resend of a packet per round trip, and a budget per second for one viewer."""

    def __init__(self, max_per_s: int) -> None:
        self._max_per_s = max_per_s
        self._budget = float(max_per_s)
        self._refilled_s = 0.0
        self._sent: dict[int, float] = {}

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
        while len(self._sent) > self._max_per_s:
            del self._sent[next(iter(self._sent))]
        return True
