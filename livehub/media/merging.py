"""What several fan-outs send at one moment, put together by viewer: one message of the kernel's instead of one each.

Somebody in a call gets three voices and nine small pictures. Packet by packet each would walk the kernel's whole way
(2 to 3 µs); side by side, longest first, those of one viewer leave as few groups (:mod:`livehub.media.segments`). The
order within a stream stays; between streams there is none to keep (RFC 3550 numbers each by itself).

Nearly all viewers of a room get the same streams, so what is worked out is worked out once for all who do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from livehub.media.segments import Runs, split_runs

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.intp]

#: packets of one viewer that are put together at most; as many streams have a bit each
MOST_PACKETS: Final = 32
#: viewers for each distinct set of streams, at least: with fewer, working it out costs more than it saves
LEAST_ALIKE: Final = 8


@dataclass(frozen=True, slots=True)
class Order:
    """The receivers of a fan-out by address, which is the same for all slots of a viewer."""

    addresses: U64
    rows: Indices
    sessions: list[Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Packets of one fan-out, to all its receivers. ``sizes``: bytes of each, sealed.

    ``keys``: the sizes, none above one before it in its stream, so that sorting by them keeps the stream's order.
    """

    order: Order
    packets: int
    sizes: tuple[int, ...]
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """Viewers who get the same streams: their places among all, and how their packets follow and leave together.

    ``columns``: for each packet its part and its number there. ``runs``: :func:`~livehub.media.segments.split_runs`.
    """

    viewers: Indices
    columns: tuple[tuple[int, int], ...]
    runs: Runs


def falling(sizes: Sequence[int], ceiling: int) -> tuple[int, ...]:
    """The keys of a :class:`Part` whose stream had ``ceiling`` for its last key."""
    keys = []
    for size in sizes:
        ceiling = min(ceiling, size)
        keys.append(ceiling)
    return tuple(keys)


class Merge:
    """Who gets which of ``parts``. ``viewers``: the addresses of all, sorted."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.packets = sum(part.packets for part in parts)
        self.viewers: U64 = np.unique(np.concatenate([part.order.addresses for part in parts]))
        #: for each part, where each of its receivers stands among the viewers; and the other way round
        self.places = [np.searchsorted(self.viewers, part.order.addresses) for part in parts]
        self.indices = np.zeros((len(parts), len(self.viewers)), np.intp)
        self._sets: U64 = np.zeros(len(self.viewers), np.uint64)
        for number, places in enumerate(self.places):
            self.indices[number, places] = np.arange(len(places))
            self._sets[places] |= np.uint64(1 << number)
        self._distinct = np.unique(self._sets)

    @property
    def is_worth_it(self) -> bool:
        return len(self._distinct) * LEAST_ALIKE <= len(self.viewers)

    def alike(self, first: int, last: int) -> Iterator[Alike]:
        """The viewers from ``first`` to before ``last``, by the streams they get."""
        sets = self._sets[first:last]
        for distinct in self._distinct:
            viewers = np.flatnonzero(sets == distinct)
            if len(viewers):
                yield Alike(viewers + first, *self._pattern(int(distinct)))

    def _pattern(self, streams: int) -> tuple[tuple[tuple[int, int], ...], Runs]:
        packets = [
            (-key, number, packet)
            for number, part in enumerate(self.parts)
            if streams >> number & 1
            for packet, key in enumerate(part.keys)
        ]
        packets.sort()
        columns = tuple((number, packet) for _, number, packet in packets)
        return columns, split_runs([self.parts[number].sizes[packet] for number, packet in columns])
