"""Sends what several fan-outs have for the same viewers (:mod:`livehub.media.merging`) with few messages.

Viewer after viewer: all that one gets stands in neighbouring rows and is encrypted in one go, while its keys, a few
kilobytes of them, are in the processor's nearest cache. Stream after stream would walk the keys of all viewers once for
each, and how long that takes depends on who else uses the outer caches.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from livehub.media.groups import Group
from livehub.media.merging import MOST_PACKETS, Alike, Indices, Merge, Order, Part, falling
from livehub.media.row_memory import ROW_BYTES, ROWS, U8, U64
from livehub.media.segments import Runs
from livehub.media.transport import protect

#: what AES-GCM appends; the other profile appends less, to all packets of a viewer alike
_TAG_BYTES = 16


class Source(Protocol):
    """Implemented by :class:`livehub.media.fanout.Fanout`."""

    @property
    def order(self) -> Order: ...

    def take(self) -> Sequence[Group]: ...

    def send_groups(self, groups: Sequence[Group]) -> None: ...


class Rows(Protocol):
    """Implemented by :class:`livehub.media.rows.SendRows`."""

    rows: U8
    lengths: U64

    def send_group(self, group: Group, receivers: Any, sessions: list[Any], addresses: U64) -> None: ...

    def seal_and_send(
        self, function: Callable[[Any, Any, Any], int], sessions: list[Any], addresses: U64, runs: Runs = ...
    ) -> None: ...


def send_merged(rows: Rows, sources: Sequence[Source]) -> None:
    """What ``sources`` have gathered, by ``rows``."""
    for batch in _batches([(source, group) for source in sources for group in source.take()]):
        if len(batch) > 1:
            _send(rows, Merge(_parts(batch)), [group for _, group in batch])
        else:
            for source, group in batch:
                source.send_groups([group])


def _send(rows: Rows, merge: Merge, groups: Sequence[Group]) -> None:
    for alike in merge.alike():
        _send_alike(rows, merge, alike, groups)
    for number, receivers in merge.others():
        order = merge.parts[number].order
        sessions = [order.sessions[index] for index in receivers]
        step = ROWS // len(groups[number].sizes)
        for start in range(0, len(receivers), step):
            some = receivers[start : start + step]
            rows.send_group(groups[number], order.rows[some], sessions[start : start + step], order.addresses[some])


def _send_alike(rows: Rows, merge: Merge, alike: Alike, groups: Sequence[Group]) -> None:
    columns, packets = alike.columns, len(alike.columns)
    # Whichever part is asked: a viewer has one session for all.
    first = merge.indices[columns[0].part, alike.viewers].tolist()
    known = merge.parts[columns[0].part].order.sessions
    sessions = [known[index] for index in first]
    addresses = merge.viewers[alike.viewers]
    receivers = {
        number: merge.parts[number].order.rows[merge.indices[number, alike.viewers]]
        for number in {column.part for column in columns}
    }
    blocks = [_block(alike, block, groups, receivers) for block in alike.blocks]
    sizes = [column.size - _TAG_BYTES for column in columns]
    step = ROWS // packets
    for start in range(0, len(sessions), step):
        end = min(start + step, len(sessions))
        count = (end - start) * packets
        target = rows.rows[:count].reshape(end - start, packets, ROW_BYTES)
        rows.lengths[:count].reshape(end - start, packets)[:] = sizes
        for (left, right), (heads, payloads) in zip(alike.blocks, blocks, strict=True):
            header = heads.shape[2]
            target[:, left:right, :header] = heads[start:end]
            target[:, left:right, header : header + payloads.shape[1]] = payloads
        _patch(target, alike, groups, receivers, start, end)
        rows.seal_and_send(protect, sessions[start:end], addresses[start:end], alike.runs)


def _block(
    alike: Alike, block: tuple[int, int], groups: Sequence[Group], receivers: dict[int, Indices]
) -> tuple[U8, U8]:
    """Headers, viewers × packets × bytes, and payloads, packets × bytes, of neighbours that are equally long."""
    columns = alike.columns[block[0] : block[1]]
    size = columns[0].size - _TAG_BYTES - columns[0].header
    heads = np.stack([groups[column.part].heads[receivers[column.part], column.packet] for column in columns], axis=1)
    return heads, np.stack([groups[column.part].payloads[column.packet, :size] for column in columns])


def _patch(
    target: U8, alike: Alike, groups: Sequence[Group], receivers: dict[int, Indices], start: int, end: int
) -> None:
    """What differs from viewer to viewer within the payloads."""
    for index, column in enumerate(alike.columns):
        for packet, at, values in groups[column.part].patches:
            if packet == column.packet:
                place = column.header + at
                target[:, index, place : place + values.shape[1]] = values[receivers[column.part][start:end]]


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
        parts.append(Part(source.order, group.heads.shape[2], sizes, keys))
    return parts
