"""Datagrams of the fan-outs of a port: made in rows, protected where they stand, handed to the kernel with one call."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Protocol

import numpy as np

from livehub.media.groups import Group
from livehub.media.limits import MediaLimits
from livehub.media.merged import send_merged
from livehub.media.merging import Order
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
    WORDS,
    RowMemory,
)
from livehub.media.segments import CONTROL_BYTES, Runs
from livehub.media.timers import Timers
from livehub.media.transport import protect


class Waiting(Protocol):
    """A fan-out with packets to send; implemented by :class:`livehub.media.fanout.Fanout`."""

    @property
    def may_wait(self) -> bool: ...

    def __len__(self) -> int: ...

    @property
    def order(self) -> Order: ...

    def take(self) -> Sequence[Group]: ...

    def send_groups(self, groups: Sequence[Group]) -> None: ...

    def flush(self) -> None: ...


class SendRows:
    """The rows that all fan-outs of a port share, one group of packets at a time.

    A group of ``k`` packets has ``k`` rows one after the other for each receiver.
    """

    def __init__(self, port: MediaPort, timers: Timers, limits: MediaLimits) -> None:
        self._port = port
        self._timers = timers
        self._gather_s = limits.gather_s
        #: receivers of a fan-out from which on its packets may wait for the rest of their picture
        self.gather_from = limits.gather_from
        self._armed = False
        memory = self._memory = RowMemory(port.address_size)
        self.rows, self.lengths = memory.rows, memory.lengths
        self._runs: Runs = ()
        self.protect_failures = 0
        #: who has packets to send, in order of their coming
        self.waiting: dict[Waiting, None] = {}

    def count(self, octets: int) -> None:
        """Payloads and RTP headers that fan-outs have sent."""
        self._port.counters.octets_sent += octets

    def send_group(self, group: Group, receivers: Any, sessions: list[Any], addresses: U64) -> None:
        """The packets of ``group`` to some of its receivers (a slice, or an array of their rows), each with its own
        headers."""
        count, packets = len(sessions), len(group.sizes)
        group.write(self.rows[: count * packets].reshape(count, packets, ROW_BYTES), receivers)
        self.lengths[: count * packets].reshape(count, packets)[:] = group.sizes
        self.seal_and_send(protect, sessions, addresses, group.runs if self._port.takes_groups else group.singles)

    def seal_and_send(
        self, function: Callable[[Any, Any, Any], int], sessions: list[Any], addresses: U64, runs: Runs = ((0, 1),)
    ) -> None:
        """The first rows hold plain packets, equally many for each of ``sessions``: protect them and send them.

        ``runs``: which of a receiver's packets leave together (:func:`livehub.media.segments.split_runs`).
        """
        count, packets = len(sessions), sum(length for _, length in runs)
        each = sessions if packets == 1 else chain.from_iterable(zip(*[sessions] * packets, strict=True))
        statuses = list(map(function, each, self._memory.row_pointers, self._memory.length_pointers))
        self._arrange(runs, packets)
        messages = count * len(runs)
        self._memory.words[:messages, NAME].reshape(count, -1)[:] = addresses[:, np.newaxis]
        for index, (first, length) in enumerate(runs):
            if length > 1:
                last = count * packets
                self._memory.control[index : messages : len(runs), SEGMENT] = self.lengths[first:last:packets]
        if any(statuses):
            self._send_protected(statuses, count, packets, len(runs))
        else:
            self._port.send_batch(self._memory.messages, messages, count * packets)

    def _arrange(self, runs: Runs, packets: int) -> None:
        """Point the messages at the rows; done anew only when groups have another form than the last."""
        if runs == self._runs:
            return
        self._runs = runs
        count = ROWS // packets
        words = self._memory.words[: count * len(runs)].reshape(count, len(runs), WORDS)
        rows = packets * np.arange(count, dtype=np.uint64)
        for index, (first, length) in enumerate(runs):
            words[:, index, VECTORS] = self._memory.vectors_start + VECTOR_BYTES * (rows + first)
            words[:, index, VECTOR_COUNT] = length
            words[:, index, CONTROL_SIZE] = CONTROL_BYTES if length > 1 else 0

    def _send_protected(self, statuses: Sequence[int], count: int, packets: int, runs: int) -> None:
        """Leave out who has a row that could not be protected: it is still plain and must not leave."""
        failed = sorted({row // packets for row, status in enumerate(statuses) if status})
        self.protect_failures += len(failed)
        start = 0
        for end in [*failed, count]:
            self._port.send_batch(self._memory.messages + start * runs, (end - start) * runs, (end - start) * packets)
            start = end + 1

    def flush(self) -> None:
        """Send what the fan-outs have gathered of one batch of the port, save what may wait for its picture's rest."""
        waiting, self.waiting = self.waiting, {}
        due = []
        for fanout in waiting:
            if fanout.may_wait:
                self.waiting[fanout] = None
            else:
                due.append(fanout)
        self._send(due)
        if self.waiting and not self._armed:
            self._armed = True
            self._timers.call_later(self._gather_s, self._flush_late)

    def _flush_late(self) -> None:
        """The picture's end has not come in time: what there is goes out."""
        self._armed = False
        waiting, self.waiting = self.waiting, {}
        self._send(list(waiting))

    def _send(self, due: Sequence[Waiting]) -> None:
        """By viewer where several fan-outs have many, each by itself otherwise."""
        large = [fanout for fanout in due if len(fanout) >= self.gather_from] if self._port.takes_groups else []
        if len(large) < 2:
            large = []
        for fanout in due:
            if fanout not in large:
                fanout.flush()
        if large:
            send_merged(self, large)
