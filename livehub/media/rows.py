"""The rows that datagrams are made in: protected where they stand, and handed to the kernel with one call.

The length that libsrtp updates *is* the ``iov_len`` that the kernel reads, so nothing is walked twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from livehub.media.limits import MediaLimits
from livehub.media.port import MediaPort
from livehub.media.segments import CONTROL_BYTES, Runs, control_blocks
from livehub.media.syscalls import address_of, ffi
from livehub.media.timers import Timers
from livehub.media.transport import length_pointer, packet_pointer, protect

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

ROW_BYTES = 1600
ROWS = 512
#: ``struct mmsghdr`` in words of eight bytes: where it keeps address, vectors, their number, control and its size
_WORDS, _NAME, _VECTORS, _VECTOR_COUNT, _CONTROL, _CONTROL_SIZE = 8, 0, 2, 3, 4, 5
#: where a control block keeps the size of a segment
_SEGMENT = 8


#: which packet of a group, where in its payload, and the bytes for each receiver: receivers × bytes
Patch = tuple[int, int, U8]


@dataclass(frozen=True, slots=True)
class Group:
    """Packets that leave together, with what differs from receiver to receiver."""

    #: receivers × packets × bytes
    heads: U8
    #: packets × bytes, the shorter ones filled up
    payloads: U8
    #: bytes of each packet, with its header, before it is protected
    sizes: tuple[int, ...]
    runs: Runs
    singles: Runs
    #: what differs within the payloads: the picture ids of VP8
    patches: tuple[Patch, ...] = ()


class Waiting(Protocol):
    """A fan-out with packets to send; implemented by :class:`livehub.media.fanout.Fanout`."""

    @property
    def may_wait(self) -> bool: ...

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
        self._memory = ffi.new("uint8_t[]", ROWS * ROW_BYTES)
        self._vectors = ffi.new("struct iovec[]", ROWS)
        self._messages = ffi.new("struct mmsghdr[]", ROWS)
        start, self._vectors_start = address_of(self._memory), address_of(self._vectors)
        for row in range(ROWS):
            self._vectors[row].iov_base = self._memory + row * ROW_BYTES
            self._messages[row].msg_hdr.msg_namelen = port.address_size
        self._vector_size = ffi.sizeof("struct iovec")
        lengths_start = self._vectors_start + ffi.offsetof("struct iovec", "iov_len")
        self._row_pointers = [packet_pointer(start + row * ROW_BYTES) for row in range(ROWS)]
        self._length_pointers = [length_pointer(lengths_start + row * self._vector_size) for row in range(ROWS)]
        self.rows: U8 = np.frombuffer(ffi.buffer(self._memory), np.uint8).reshape(ROWS, ROW_BYTES)
        self.lengths: U64 = np.frombuffer(ffi.buffer(self._vectors), np.uint64).reshape(ROWS, 2)[:, 1]
        self._words: U64 = np.frombuffer(ffi.buffer(self._messages), np.uint64).reshape(ROWS, _WORDS)
        self._control = control_blocks(ROWS)
        self._words[:, _CONTROL] = self._control.ctypes.data + CONTROL_BYTES * np.arange(ROWS, dtype=np.uint64)
        self._runs: Runs = ()
        self.protect_failures = 0
        #: who has packets to send, in order of their coming
        self.waiting: dict[Waiting, None] = {}

    def count(self, octets: int) -> None:
        """Payloads and RTP headers that fan-outs have sent."""
        self._port.counters.octets_sent += octets

    def send_group(self, group: Group, start: int, end: int, sessions: list[Any], addresses: U64) -> None:
        """The packets of ``group`` to its receivers from ``start`` to ``end``, each with its own headers."""
        count, packets, header = end - start, len(group.sizes), group.heads.shape[2]
        target = self.rows[: count * packets].reshape(count, packets, ROW_BYTES)
        target[:, :, :header] = group.heads[start:end]
        target[:, :, header : header + group.payloads.shape[1]] = group.payloads
        for packet, at, values in group.patches:
            target[:, packet, header + at : header + at + values.shape[1]] = values[start:end]
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
        statuses = list(map(function, each, self._row_pointers, self._length_pointers))
        self._arrange(runs, packets)
        messages = count * len(runs)
        self._words[:messages, _NAME].reshape(count, -1)[:] = addresses[:, np.newaxis]
        for index, (first, length) in enumerate(runs):
            if length > 1:
                last = count * packets
                self._control[index : messages : len(runs), _SEGMENT] = self.lengths[first:last:packets]
        if any(statuses):
            self._send_protected(statuses, count, packets, len(runs))
        else:
            self._port.send_batch(self._messages, messages, count * packets)

    def _arrange(self, runs: Runs, packets: int) -> None:
        """Point the messages at the rows; done anew only when groups have another form than the last."""
        if runs == self._runs:
            return
        self._runs = runs
        count = ROWS // packets
        words = self._words[: count * len(runs)].reshape(count, len(runs), _WORDS)
        rows = packets * np.arange(count, dtype=np.uint64)
        for index, (first, length) in enumerate(runs):
            words[:, index, _VECTORS] = self._vectors_start + self._vector_size * (rows + first)
            words[:, index, _VECTOR_COUNT] = length
            words[:, index, _CONTROL_SIZE] = CONTROL_BYTES if length > 1 else 0

    def _send_protected(self, statuses: Sequence[int], count: int, packets: int, runs: int) -> None:
        """Leave out who has a row that could not be protected: it is still plain and must not leave."""
        failed = sorted({row // packets for row, status in enumerate(statuses) if status})
        self.protect_failures += len(failed)
        start = 0
        for end in [*failed, count]:
            self._port.send_batch(self._messages + start * runs, (end - start) * runs, (end - start) * packets)
            start = end + 1

    def flush(self) -> None:
        """Send what the fan-outs have gathered of one batch of the port, save what may wait for its picture's rest."""
        waiting, self.waiting = self.waiting, {}
        for fanout in waiting:
            if fanout.may_wait:
                self.waiting[fanout] = None
            else:
                fanout.flush()
        if self.waiting and not self._armed:
            self._armed = True
            self._timers.call_later(self._gather_s, self._flush_late)

    def _flush_late(self) -> None:
        """The picture's end has not come in time: what there is goes out."""
        self._armed = False
        waiting, self.waiting = self.waiting, {}
        for fanout in waiting:
            fanout.flush()
