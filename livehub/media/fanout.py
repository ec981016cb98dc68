"""One packet to many viewers: rewrite all headers at once, protect each copy, send them with one system call.

The hot path of livehub. For each viewer of a packet it runs no Python bytecode of its own: numpy writes the headers and
copies the payload into the rows of one buffer, ``map`` calls libsrtp on each row, ``sendmmsg`` takes all rows. The
length that libsrtp updates *is* the ``iov_len`` that the kernel reads, so nothing is walked twice.

Packets of a track that come in one batch of the port go out together, up to :data:`GROUP` to so many viewers that the
rows do: then the keys of a viewer are still in the processor's cache when its second packet is encrypted. So a server
that falls behind works more cheaply, and catches up.
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
ROWS = 256
#: packets of one batch that go out together
GROUP = 4
VIDEO_HEADER, AUDIO_HEADER = 20, 12
#: larger ones cannot have come in one datagram through any usual network
MAX_PAYLOAD = ROW_BYTES - VIDEO_HEADER - MAX_TRAILER


class SendRows:
    """The rows that all fan-outs of a port share, one group of packets at a time."""

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
        self.lengths: U64 = np.frombuffer(ffi.buffer(self._vectors), np.uint64).reshape(ROWS, 2)[:, 1]
        # msg_name is the first member of msghdr, which is the first of mmsghdr.
        words = ffi.sizeof("struct mmsghdr") // 8
        self._names: U64 = np.frombuffer(ffi.buffer(self._messages), np.uint64).reshape(ROWS, words)[:, 0]
        self.protect_failures = 0
        #: fan-outs with packets that wait for the end of the port's batch
        self.waiting: list[Fanout] = []

    def put(self, at: int, heads: U8, payload: U8) -> None:
        """Write ``len(heads)`` packets from row ``at`` on: each its own header, all the same payload."""
        count, header = heads.shape
        target, size = self.rows[at : at + count], header + len(payload)
        target[:, :header] = heads
        target[:, header:size] = payload
        self.lengths[at : at + count] = size

    def seal_and_send(
        self, function: Callable[[Any, Any, Any], int], sessions: list[Any], addresses: U64, packets: int = 1
    ) -> None:
        """The first rows hold ``packets`` plain packets for each of ``sessions``: protect them and send them."""
        count = len(sessions)
        for at in range(0, packets * count, count):
            self._names[at : at + count] = addresses
        statuses = list(map(function, sessions * packets, self._row_pointers, self._length_pointers))
        if any(statuses):
            for row, status in enumerate(statuses):
                if status:  # the row is still plain: it must not leave
                    self.protect_failures += 1
                    self.lengths[row] = 0
        self._port.send_batch(self._messages, packets * count)

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
        step = ROWS // len(packets)
        for start in range(0, count, step):
            end = min(start + step, count)
            for index, (packet, payload) in enumerate(zip(packets, payloads, strict=True)):
                self._rewrite(packet, slice(start, end))
                rows.put(index * (end - start), self._heads[start:end], payload)
            rows.seal_and_send(protect, self._sessions[start:end], self._addresses[start:end], len(packets))

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
