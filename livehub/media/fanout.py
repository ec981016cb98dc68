"""One packet to many viewers: rewrite all headers at once, protect each copy, send them with one system call.

The hot path of livehub. For each viewer of a packet it runs no Python bytecode of its own: numpy writes the headers and
copies the payload into the rows of one buffer, ``map`` calls libsrtp on each row, ``sendmmsg`` takes all rows. The
length that libsrtp updates *is* the ``iov_len`` that the kernel reads, so nothing is walked twice.

Packets of a track that come in one batch of the port, as those of a picture do, go out together, up to :data:`GROUP` at
a time: a viewer's keys are still in the processor's cache when its second packet is encrypted, and the kernel takes its
packets as one (:mod:`livehub.media.segments`). Nothing waits for more to come.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from livehub.media.port import MediaPort
from livehub.media.rtp.cache import Packet
from livehub.media.segments import CONTROL_BYTES, Runs, control_blocks, split_runs
from livehub.media.syscalls import address_of, ffi
from livehub.media.transport import MAX_TRAILER, length_pointer, packet_pointer, protect, protect_rtcp

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

ROW_BYTES = 1600
ROWS = 256
#: packets of one batch that go out together
GROUP = 16
VIDEO_HEADER, AUDIO_HEADER = 20, 12
#: what AES-GCM appends; the other profile appends less
TAG_BYTES = 16
#: larger ones cannot have come in one datagram through any usual network
MAX_PAYLOAD = ROW_BYTES - VIDEO_HEADER - MAX_TRAILER


#: ``struct mmsghdr`` in words of eight bytes: where it keeps address, vectors, their number, control and its size
_WORDS, _NAME, _VECTORS, _VECTOR_COUNT, _CONTROL, _CONTROL_SIZE = 8, 0, 2, 3, 4, 5
#: where a control block keeps the size of a segment
_SEGMENT = 8


class SendRows:
    """The rows that all fan-outs of a port share, one group of packets at a time.

    A group of ``k`` packets has ``k`` rows one after the other for each receiver.
    """

    def __init__(self, port: MediaPort) -> None:
        self._port = port
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
        #: fan-outs with packets that wait for the end of the port's batch
        self.waiting: list[Fanout] = []

    def put(self, index: int, packets: int, heads: U8, payload: U8) -> None:
        """Packet ``index`` of a group of ``packets``, for ``len(heads)`` receivers: own headers, one payload."""
        count, header = heads.shape
        target, size = self.rows[: packets * count].reshape(count, packets, ROW_BYTES)[:, index], header + len(payload)
        target[:, :header] = heads
        target[:, header:size] = payload
        self.lengths[index : packets * count : packets] = size

    def seal_and_send(
        self,
        function: Callable[[Any, Any, Any], int],
        sessions: list[Any],
        addresses: U64,
        sizes: Sequence[int] = (0,),
    ) -> None:
        """The first rows hold a group of plain packets for each of ``sessions``: protect and send them.

        ``sizes`` tells which of them can leave as one: the bytes each will have.
        """
        count, packets = len(sessions), len(sizes)
        runs = split_runs(sizes) if self._port.takes_groups else tuple((index, 1) for index in range(packets))
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
        """Send what the fan-outs have gathered of one batch of the port."""
        while self.waiting:
            self.waiting.pop().flush()


class Receiver(Protocol):
    """A slot as a fan-out sees it; implemented by :class:`livehub.media.slot.Slot`."""

    ssrc: int
    row: int
    abs_send_time_id: int

    @property
    def sequence_offset(self) -> int: ...

    @property
    def timestamp_offset(self) -> int: ...

    @property
    def payload_type(self) -> int: ...

    @property
    def session(self) -> Any: ...

    @property
    def address_pointer(self) -> int: ...


class Fanout:
    """Everybody who watches one track. Columns by receiver; a receiver knows its row."""

    def __init__(self, rows: SendRows, *, video: bool) -> None:
        self._rows = rows
        self._video = video
        self._header = VIDEO_HEADER if video else AUDIO_HEADER
        self._receivers: list[Receiver] = []
        self._sessions: list[Any] = []
        self._gathered: list[Packet] = []
        self._allocate(16)

    def __len__(self) -> int:
        return len(self._receivers)

    @property
    def receivers(self) -> Sequence[Receiver]:
        return self._receivers

    def _allocate(self, capacity: int) -> None:
        self._heads: U8 = np.zeros((capacity, self._header), np.uint8)
        self._sequence_offsets: U16 = np.zeros(capacity, np.uint16)
        self._timestamp_offsets: U32 = np.zeros(capacity, np.uint32)
        self._payload_types: U8 = np.zeros(capacity, np.uint8)
        self._extension_ids: U32 = np.zeros(capacity, np.uint32)
        self._addresses: U64 = np.zeros(capacity, np.uint64)
        head = self._heads
        head[:, 0] = 0x90 if self._video else 0x80
        self._head_second: U8 = head[:, 1]
        self._head_sequence = head[:, 2:4].view(">u2")[:, 0]
        self._head_timestamp = head[:, 4:8].view(">u4")[:, 0]
        self._head_ssrc = head[:, 8:12].view(">u4")[:, 0]
        if self._video:
            head[:, 12:16] = (0xBE, 0xDE, 0, 1)
            self._head_extension = head[:, 16:20].view(">u4")[:, 0]

    def add(self, receiver: Receiver) -> None:
        """``receiver`` gets the packets after those that were gathered already."""
        self.flush()
        receiver.row = len(self._receivers)
        self._receivers.append(receiver)
        self._sessions.append(receiver.session)
        if len(self._receivers) > len(self._addresses):
            self._allocate(2 * len(self._addresses))
            for item in self._receivers:
                self.refresh(item)
        else:
            self.refresh(receiver)

    def discard(self, receiver: Receiver) -> None:
        """``receiver`` still gets the packets that were gathered."""
        if receiver.row < 0:
            return
        self.flush()
        last, session = self._receivers.pop(), self._sessions.pop()
        if last is not receiver:
            last.row = receiver.row
            self._receivers[last.row], self._sessions[last.row] = last, session
            self.refresh(last)
        receiver.row = -1

    def refresh(self, receiver: Receiver) -> None:
        """Take over a receiver's numbers again."""
        row = receiver.row
        self._sequence_offsets[row] = receiver.sequence_offset
        self._timestamp_offsets[row] = receiver.timestamp_offset
        self._payload_types[row] = receiver.payload_type
        self._addresses[row] = receiver.address_pointer
        self._head_ssrc[row] = receiver.ssrc
        if self._video:
            self._extension_ids[row] = receiver.abs_send_time_id << 28 | 2 << 24

    def send(self, packet: Packet) -> None:
        """One packet to all, when the port's batch ends. ``payload`` must not be longer than :data:`MAX_PAYLOAD`."""
        if not self._receivers:
            return
        if not self._gathered:
            self._rows.waiting.append(self)
        self._gathered.append(packet)

    def flush(self) -> None:
        """Send what was gathered to those who are receivers now."""
        gathered, self._gathered = self._gathered, []
        for first in range(0, len(gathered), GROUP):
            self._send_group(gathered[first : first + GROUP])

    def _send_group(self, packets: Sequence[Packet]) -> None:
        count, rows = len(self._receivers), self._rows
        payloads = [np.frombuffer(packet.payload, np.uint8) for packet in packets]
        sizes = [self._header + len(payload) + TAG_BYTES for payload in payloads]
        step = ROWS // len(packets)
        for start in range(0, count, step):
            end = min(start + step, count)
            for index, (packet, payload) in enumerate(zip(packets, payloads, strict=True)):
                self._rewrite(packet, slice(start, end))
                rows.put(index, len(packets), self._heads[start:end], payload)
            rows.seal_and_send(protect, self._sessions[start:end], self._addresses[start:end], sizes)

    def _rewrite(self, packet: Packet, some: slice) -> None:
        self._head_second[some] = self._payload_types[some] | (packet.marker << 7)
        self._head_sequence[some] = self._sequence_offsets[some] + np.uint16(packet.sequence_number)
        self._head_timestamp[some] = self._timestamp_offsets[some] + np.uint32(packet.timestamp)
        if self._video:
            self._head_extension[some] = self._extension_ids[some] | packet.abs_send_time

    def send_report(self, report: bytes, ssrc_offsets: Sequence[int], rtp_time_offset: int, rtp_time: int) -> None:
        """One RTCP compound to all, with each one's SSRC and its own RTP time written into it."""
        template = np.frombuffer(report, np.uint8)
        count, size = len(self._receivers), len(template)
        for start in range(0, count, ROWS):
            end = min(start + ROWS, count)
            target = self._rows.rows[: end - start, :size]
            target[:] = template
            for offset in ssrc_offsets:
                target[:, offset : offset + 4] = self._heads[start:end, 8:12]
            times = self._timestamp_offsets[start:end] + np.uint32(rtp_time)
            target[:, rtp_time_offset : rtp_time_offset + 4] = times.astype(">u4").view(np.uint8).reshape(-1, 4)
            self._rows.lengths[: end - start] = size
            self._rows.seal_and_send(protect_rtcp, self._sessions[start:end], self._addresses[start:end])
