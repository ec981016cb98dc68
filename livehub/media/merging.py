"""What several fan-outs send at one moment, put together by viewer: one message of the kernel's instead of one each.

Somebody in a call gets three voices and nine small pictures. Packet by packet each would walk the kernel's whole way
(2 to 3 µs); side by side, longest first, those of one viewer leave as few groups (:mod:`livehub.media.segments`). The
order within a stream stays; between streams there is none to keep (RFC 3550 numbers each by itself).

Nearly all viewers of a room get the same streams, so what is worked out is worked out once for all who do. Viewers
whose set of streams few others have get theirs stream by stream.
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
#: viewers that get the same streams, from which on working out how these leave costs less than it saves
LEAST_ALIKE: Final = 8


@dataclass(frozen=True, slots=True)
class Order:
    """The receivers of a fan-out by address, which is the same for all slots of a viewer."""

    addresses: U64
    rows: Indices
    sessions: list[Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Packets of one fan-out, to all its receivers. ``sizes``: bytes of each, sealed; ``header`` of these are its own.

    ``keys``: the sizes, none above one before it in its stream, so that sorting by them keeps the stream's order.
    """

    order: Order
    header: int
    sizes: tuple[int, ...]
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """Packet ``packet`` of part ``part``, and how long it is."""

    part: int
    packet: int
    header: int
    size: int


@dataclass(frozen=True, slots=True)
class Alike:
    """Viewers who get the same streams: their places among all, and how their packets follow and leave together.

    ``runs``: :func:`~livehub.media.segments.split_runs`. ``blocks``: neighbours with headers and payloads of the same
    length, each as (first, behind the last).
    """

    viewers: Indices
    columns: tuple[Column, ...]
    runs: Runs
    blocks: Runs


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
        self.viewers: U64 = np.unique(np.concatenate([part.order.addresses for part in parts]))
        #: for each part, where each of its receivers stands among the viewers; and the other way round
        self.places = [np.searchsorted(self.viewers, part.order.addresses) for part in parts]
        self.indices = np.zeros((len(parts), len(self.viewers)), np.intp)
        sets: U64 = np.zeros(len(self.viewers), np.uint64)
        for number, places in enumerate(self.places):
            self.indices[number, places] = np.arange(len(places))
            sets[places] |= np.uint64(1 << number)
        distinct, self._which, self._counts = np.unique(sets, return_inverse=True, return_counts=True)
        self._distinct = [int(streams) for streams in distinct]

    def alike(self) -> Iterator[Alike]:
        """Viewers by the streams they get, where enough get the same."""
        for index, streams in enumerate(self._distinct):
            if self._counts[index] >= LEAST_ALIKE:
                yield self._alike(np.flatnonzero(self._which == index), streams)

    def others(self) -> Iterator[tuple[int, Indices]]:
        """For each part those of its receivers, by their place in its order, who are none of :meth:`alike`."""
        few = self._counts < LEAST_ALIKE
        if few.any():
            is_other = few[self._which]
            for number, places in enumerate(self.places):
                receivers = np.flatnonzero(is_other[places])
                if len(receivers):
                    yield number, receivers

    def _alike(self, viewers: Indices, streams: int) -> Alike:
        packets = [
            (-key, part.header, number, packet)
            for number, part in enumerate(self.parts)
            if streams >> number & 1
            for packet, key in enumerate(part.keys)
        ]
        packets.sort()
        columns = tuple(
            Column(number, packet, header, self.parts[number].sizes[packet]) for _, header, number, packet in packets
        )
        return Alike(viewers, columns, split_runs([column.size for column in columns]), _blocks(columns))


def _blocks(columns: Sequence[Column]) -> Runs:
    blocks: list[tuple[int, int]] = []
    for index, column in enumerate(columns):
        before = columns[index - 1]
        if index and (column.header, column.size) == (before.header, before.size):
            blocks[-1] = (blocks[-1][0], index + 1)
        else:
            blocks.append((index, index + 1))
    return tuple(blocks)
