"""One packet to many viewers: rewrite all headers at once, protect each copy, send them with one system call.

The hot path of livehub. For each viewer of a packet it runs no Python bytecode of its own: numpy writes the headers and
copies the payload into the rows of one buffer, ``map`` calls libsrtp on each row, ``sendmmsg`` takes all rows. The
length that libsrtp updates *is* the ``iov_len`` that the kernel reads, so nothing is walked twice.

Rows are as wide as a packet needs and few enough to stay in the processor's second-level cache.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from livehub.media.port import MediaPort
from livehub.media.rtp.cache import Packet
from livehub.media.syscalls import address_of, ffi
from livehub.media.transport import MAX_TRAILER, length_pointer, packet_pointer, protect, protect_rtcp

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

ROW_BYTES = 1600
ROWS = 128
VIDEO_HEADER, AUDIO_HEADER = 20, 12
#: larger ones cannot have come in one datagram through any usual network
MAX_PAYLOAD = ROW_BYTES - VIDEO_HEADER - MAX_TRAILER


class SendRows:
    """The rows that all fan-outs of a port share, one packet at a time."""

    def __init__(self, port: MediaPort) -> None:
        self._port = port
        self._memory = ffi.new("uint8_t[]", ROWS * ROW_BYTES)
        self._vectors = ffi.new("struct iovec[]", ROWS)
        self._messages = ffi.new("struct mmsghdr[]", ROWS)
        start, vectors = address_of(self._memory), address_of(self._vectors)
        for row in range(ROWS):
            self._vectors[row].iov_base = self._memory + row * ROW_BYTES
            header = self._messages[row].msg_hdr
            header.msg_iov, header.msg_iovlen, header.msg_namelen = self._vectors + row, 1, port.address_size
        length_offset = ffi.offsetof("struct iovec", "iov_len")
        self._row_pointers = [packet_pointer(start + row * ROW_BYTES) for row in range(ROWS)]
        self._length_pointers = [
            length_pointer(vectors + row * ffi.sizeof("struct iovec") + length_offset) for row in range(ROWS)
        ]
        self.rows: U8 = np.frombuffer(ffi.buffer(self._memory), np.uint8).reshape(ROWS, ROW_BYTES)
        self._lengths: U64 = np.frombuffer(ffi.buffer(self._vectors), np.uint64).reshape(ROWS, 2)[:, 1]
        # msg_name is the first member of msghdr, which is the first of mmsghdr.
        words = ffi.sizeof("struct mmsghdr") // 8
        self._names: U64 = np.frombuffer(ffi.buffer(self._messages), np.uint64).reshape(ROWS, words)[:, 0]
        self.protect_failures = 0

    def seal_and_send(
        self, function: Callable[[Any, Any, Any], int], sessions: Sequence[Any], addresses: U64, size: int
    ) -> None:
        """The first ``len(sessions)`` rows hold ``size`` plain bytes each: protect them and send them."""
        count = len(sessions)
        self._lengths[:count] = size
        self._names[:count] = addresses
        statuses = list(map(function, sessions, self._row_pointers, self._length_pointers))
        if any(statuses):
            for row, status in enumerate(statuses):
                if status:  # the row is still plain: it must not leave
                    self.protect_failures += 1
                    self._lengths[row] = 0
        self._port.send_batch(self._messages, count)


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
        if receiver.row < 0:
            return
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
        """One packet to all. ``payload`` must not be longer than :data:`MAX_PAYLOAD`."""
        count = len(self._receivers)
        if not count:
            return
        heads = slice(0, count)
        self._head_second[heads] = self._payload_types[heads] | (packet.marker << 7)
        self._head_sequence[heads] = self._sequence_offsets[heads] + np.uint16(packet.sequence_number)
        self._head_timestamp[heads] = self._timestamp_offsets[heads] + np.uint32(packet.timestamp)
        if self._video:
            self._head_extension[heads] = self._extension_ids[heads] | packet.abs_send_time
        payload = np.frombuffer(packet.payload, np.uint8)
        header, rows = self._header, self._rows
        size = header + len(payload)
        for start in range(0, count, ROWS):
            end = min(start + ROWS, count)
            target = rows.rows[: end - start]
            target[:, :header] = self._heads[start:end]
            target[:, header:size] = payload
            sessions = self._sessions if count <= ROWS else self._sessions[start:end]
            rows.seal_and_send(protect, sessions, self._addresses[start:end], size)

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
            self._rows.seal_and_send(protect_rtcp, self._sessions[start:end], self._addresses[start:end], size)
