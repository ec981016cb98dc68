"""Sends what several fan-outs have for the same viewers (:mod:`livehub.media.merging`) with few messages."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol

import numpy as np
import numpy.typing as npt

from livehub.media.groups import Group
from livehub.media.merging import MOST_PACKETS, Alike, Merge, Order, Part, falling
from livehub.media.port import MediaPort
from livehub.media.row_memory import (
    CONTROL_SIZE,
    NAME,
    ROW_BYTES,
    ROWS,
    SEGMENT,
    U64,
    VECTOR_BYTES,
    VECTOR_COUNT,
    VECTORS,
    RowMemory,
)
from livehub.media.segments import CONTROL_BYTES
from livehub.media.transport import protect

#: what AES-GCM appends; the other profile appends less, to all packets of a viewer alike
_TAG_BYTES = 16
Indices = npt.NDArray[np.intp]


class Source(Protocol):
    """Implemented by :class:`livehub.media.fanout.Fanout`."""

    @property
    def order(self) -> Order: ...

    def take(self) -> Sequence[Group]: ...

    def send_groups(self, groups: Sequence[Group]) -> None: ...


class MergedSending:
    """Uses the rows and messages of ``memory`` while it sends; nothing of them is kept."""

    def __init__(self, port: MediaPort, memory: RowMemory) -> None:
        self._port = port
        self._memory = memory

    def send(self, sources: Sequence[Source]) -> int:
        """What they have gathered. Gives the packets that could not be protected: they were not sent."""
        failures = 0
        for batch in _batches([(source, group) for source in sources for group in source.take()]):
            parts = _parts(batch)
            merge = Merge(parts) if len(parts) > 1 else None
            if merge is not None and merge.is_worth_it:
                failures += self._send(merge, [group for _, group in batch])
            else:
                for source, group in batch:
                    source.send_groups([group])
        return failures

    def _send(self, merge: Merge, groups: Sequence[Group]) -> int:
        step, failures = ROWS // merge.packets, 0
        for first in range(0, len(merge.viewers), step):
            last = min(first + step, len(merge.viewers))
            bases, failed = self._protect(merge, groups, first, last)
            failures += len(failed)
            messages = packets = 0
            for alike in merge.alike(first, last):
                rows = _rows(merge, alike, bases)
                if failed:
                    sound = ~np.isin(rows, list(failed)).any(axis=1)
                    alike, rows = Alike(alike.viewers[sound], alike.columns, alike.runs), rows[sound]
                messages += self._arrange(merge.viewers[alike.viewers], alike, rows, messages, packets)
                packets += rows.size
            self._port.send_batch(self._memory.messages, messages, packets)
        return failures

    def _protect(
        self, merge: Merge, groups: Sequence[Group], first: int, last: int
    ) -> tuple[list[tuple[int, int]], set[int]]:
        """The packets of some viewers, sealed, part by part. Gives for each part its first row and the number of its
        first receiver, and the rows that could not be protected: they are still plain and must not leave."""
        memory, row = self._memory, 0
        bases: list[tuple[int, int]] = []
        failed: set[int] = set()
        for part, group, places in zip(merge.parts, groups, merge.places, strict=True):
            start, end = np.searchsorted(places, (first, last))
            count = int(end - start)
            until = row + count * part.packets
            bases.append((row, int(start)))
            group.write(memory.rows[row:until].reshape(count, part.packets, ROW_BYTES), part.order.rows[start:end])
            memory.lengths[row:until].reshape(count, part.packets)[:] = group.sizes
            sessions = part.order.sessions[start:end]
            each = sessions if part.packets == 1 else chain.from_iterable(zip(*[sessions] * part.packets, strict=True))
            statuses = list(map(protect, each, memory.row_pointers[row:until], memory.length_pointers[row:until]))
            if any(statuses):
                failed.update(row + index for index, status in enumerate(statuses) if status)
            row = until
        return bases, failed

    def _arrange(self, addresses: U64, alike: Alike, rows: Indices, message: int, vector: int) -> int:
        """Point messages, from ``message`` on, at the rows of alike viewers. Gives how many there are."""
        memory, runs, (viewers, packets) = self._memory, alike.runs, rows.shape
        memory.chosen[vector : vector + rows.size] = memory.vectors[rows.ravel()]
        until = message + viewers * len(runs)
        words = memory.words[message:until].reshape(viewers, len(runs), -1)
        words[:, :, NAME] = addresses[:, np.newaxis]
        starts = vector + packets * np.arange(viewers, dtype=np.uint64)
        for index, (first, length) in enumerate(runs):
            words[:, index, VECTORS] = memory.chosen_start + VECTOR_BYTES * (starts + first)
            words[:, index, VECTOR_COUNT] = length
            words[:, index, CONTROL_SIZE] = CONTROL_BYTES if length > 1 else 0
            if length > 1:
                memory.control[message + index : until : len(runs), SEGMENT] = memory.lengths[rows[:, first]]
        return int(viewers) * len(runs)


def _rows(merge: Merge, alike: Alike, bases: Sequence[tuple[int, int]]) -> Indices:
    """Viewers × packets, in the order in which they are sent."""
    columns = []
    for number, packet in alike.columns:
        row, start = bases[number]
        columns.append(row + (merge.indices[number, alike.viewers] - start) * merge.parts[number].packets + packet)
    return np.stack(columns, axis=1)


def _batches(items: Sequence[tuple[Source, Group]]) -> Iterator[list[tuple[Source, Group]]]:
    """In order, of so many packets at most as are put together."""
    batch: list[tuple[Source, Group]] = []
    packets = 0
    for source, group in items:
        if packets + len(group.sizes) > MOST_PACKETS and batch:
            yield batch
            batch, packets = [], 0
        batch.append((source, group))
        packets += len(group.sizes)
    if batch:
        yield batch


def _parts(batch: Sequence[tuple[Source, Group]]) -> list[Part]:
    ceilings: dict[Source, int] = {}
    parts = []
    for source, group in batch:
        sizes = tuple(size + _TAG_BYTES for size in group.sizes)
        keys = falling(sizes, ceilings.get(source, ROW_BYTES))
        ceilings[source] = keys[-1]
        parts.append(Part(source.order, len(sizes), sizes, keys))
    return parts
