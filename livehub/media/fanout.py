"""One packet to many viewers: rewrite all headers at once, protect each copy, send them with one system call.

The hot path of livehub. For each viewer of a packet it runs no Python bytecode of its own: numpy writes the headers and
copies the payload into rows, ``map`` calls libsrtp on each, ``sendmmsg`` takes them all (:mod:`livehub.media.rows`).

The packets of a picture go out together, up to :data:`GROUP` at a time: a viewer's keys are still in the processor's
cache when its second packet is encrypted, and the kernel takes its packets as one (:mod:`livehub.media.segments`). For
a large audience the first of them wait a few milliseconds for the last, without which nobody could show them anyway.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from livehub.media.groups import Group, Patch
from livehub.media.merging import Order
from livehub.media.row_memory import ROW_BYTES, ROWS, U8, U64
from livehub.media.rows import SendRows
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.vp8 import read_ids
from livehub.media.segments import split_runs
from livehub.media.transport import MAX_TRAILER, protect_rtcp

U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]

#: packets of one batch that go out together
GROUP = 16
VIDEO_HEADER, AUDIO_HEADER = 20, 12
#: what AES-GCM appends; the other profile appends less
TAG_BYTES = 16
#: larger ones cannot have come in one datagram through any usual network
MAX_PAYLOAD = ROW_BYTES - VIDEO_HEADER - MAX_TRAILER
#: what is rewritten in a header
AUDIO_FIELDS: np.dtype[np.void] = np.dtype(
    {
        "names": ["second", "sequence", "timestamp"],
        "formats": ["u1", ">u2", ">u4"],
        "offsets": [1, 2, 4],
        "itemsize": 12,
    }
)
VIDEO_FIELDS: np.dtype[np.void] = np.dtype(
    {
        "names": ["second", "sequence", "timestamp", "extension"],
        "formats": ["u1", ">u2", ">u4", ">u4"],
        "offsets": [1, 2, 4, 16],
        "itemsize": 20,
    }
)


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
    def picture_offsets(self) -> tuple[int, int]:
        """What is added to the ids of VP8: picture, TL0PICIDX (:mod:`livehub.media.rtp.vp8`)."""

    @property
    def payload_type(self) -> int: ...

    @property
    def session(self) -> Any: ...

    @property
    def address_pointer(self) -> int: ...


class Fanout:
    """Everybody who watches one track. Columns by receiver; a receiver knows its row."""

    def __init__(self, rows: SendRows, *, video: bool, vp8: bool = False) -> None:
        self._rows = rows
        self._vp8 = vp8
        self._video = video
        self._header = VIDEO_HEADER if video else AUDIO_HEADER
        self._receivers: list[Receiver] = []
        self._sessions: list[Any] = []
        self._gathered: list[Packet] = []
        #: for each of the last receivers that came meanwhile, which of the gathered packets is its first
        self._begun: list[int] = []
        self._order: Order | None = None
        #: handed to every receiver since the track came; ``octets`` with the RTP header
        self.packets = self.octets = 0
        self._allocate(16)

    def __len__(self) -> int:
        return len(self._receivers)

    @property
    def receivers(self) -> Sequence[Receiver]:
        return self._receivers

    def _allocate(self, capacity: int) -> None:
        self._templates: U8 = np.zeros((capacity, self._header), np.uint8)
        self._sequence_offsets: U16 = np.zeros((capacity, 1), np.uint16)
        self._timestamp_offsets: U32 = np.zeros((capacity, 1), np.uint32)
        self._payload_types: U8 = np.zeros((capacity, 1), np.uint8)
        self._extension_ids: U32 = np.zeros((capacity, 1), np.uint32)
        self._addresses: U64 = np.zeros(capacity, np.uint64)
        self._picture_offsets: U16 = np.zeros((capacity, 2), np.uint16)
        self._templates[:, 0] = 0x90 if self._video else 0x80
        if self._video:
            self._templates[:, 12:16] = (0xBE, 0xDE, 0, 1)

    def add(self, receiver: Receiver) -> None:
        """``receiver`` gets the packets after those that were gathered already, and these go on waiting: where many
        come every second, what is sent would fall apart into ever smaller groups."""
        if self._gathered:
            self._begun.append(len(self._gathered))
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
        self._order = None

    def refresh(self, receiver: Receiver) -> None:
        """Take over a receiver's numbers again."""
        row = receiver.row
        self._order = None
        self._sequence_offsets[row] = receiver.sequence_offset
        self._timestamp_offsets[row] = receiver.timestamp_offset
        self._payload_types[row] = receiver.payload_type
        self._addresses[row] = receiver.address_pointer
        self._picture_offsets[row] = receiver.picture_offsets
        self._templates[row, 8:12] = np.frombuffer(receiver.ssrc.to_bytes(4, "big"), np.uint8)
        if self._video:
            self._extension_ids[row] = receiver.abs_send_time_id << 28 | 2 << 24

    def send(self, packet: Packet) -> None:
        """One packet to all, when the port's batch ends or the picture. Its payload: :data:`MAX_PAYLOAD` at most."""
        if not self._receivers:
            return
        if not self._gathered:
            self._rows.waiting[self] = None
        self._gathered.append(packet)
        self.packets += 1
        self.octets += self._header + len(packet.payload)

    @property
    def may_wait(self) -> bool:
        """Whether what was gathered may wait for more: a picture of which the end (the marker bit) has not come."""
        gathered = self._gathered
        return (
            self._video
            and 0 < len(gathered) < GROUP
            and not gathered[-1].marker
            and len(self._receivers) >= self._rows.gather_from
        )

    def flush(self) -> None:
        """Send what was gathered to those who are receivers now."""
        self.send_groups(self.take())

    def send_groups(self, groups: Sequence[Group]) -> None:
        """What :meth:`take` gave, in the same turn."""
        self._send_groups(groups, 0, len(self._receivers))

    def _send_groups(self, groups: Sequence[Group], first: int, end: int) -> None:
        """To the receivers from ``first`` to ``end``, for whom alone the groups were made."""
        for group in groups:
            step = ROWS // len(group.sizes)
            for start in range(first, end, step):
                stop = min(start + step, end)
                rows = slice(start - first, stop - first)
                self._rows.send_group(group, rows, self._sessions[start:stop], self._addresses[start:stop])

    def take(self) -> Sequence[Group]:
        """What was gathered, for those who are receivers now; whoever takes it sends it.

        Empty where not all get the same, because some came meanwhile: then it is sent here.
        """
        gathered, self._gathered = self._gathered, []
        begun, self._begun = self._begun, []
        count = len(self._receivers)
        if not begun:
            return self._groups(gathered, 0, count)
        end = count - len(begun)
        self._send_groups(self._groups(gathered, 0, end), 0, end)
        for begins, newcomers in groupby(begun):
            first, end = end, end + len(list(newcomers))
            self._send_groups(self._groups(gathered[begins:], first, end), first, end)
        return ()

    def _groups(self, packets: Sequence[Packet], first: int, end: int) -> Sequence[Group]:
        if first == end:
            return ()
        groups = [self._group(packets[at : at + GROUP], slice(first, end)) for at in range(0, len(packets), GROUP)]
        self._rows.count(sum(sum(group.sizes) for group in groups) * (end - first))
        return groups

    @property
    def order(self) -> Order:
        """The receivers by address."""
        if self._order is None:
            addresses = self._addresses[: len(self._receivers)]
            rows = np.argsort(addresses, kind="stable")
            self._order = Order(addresses[rows], rows, [self._sessions[row] for row in rows])
        return self._order

    def _group(self, packets: Sequence[Packet], rows: slice) -> Group:
        """Headers for some receivers, in one go: arrays of receivers × packets."""
        heads = np.repeat(self._templates[rows, np.newaxis], len(packets), axis=1)
        fields = heads.view(VIDEO_FIELDS if self._video else AUDIO_FIELDS)[:, :, 0]
        markers = np.array([packet.marker << 7 for packet in packets], np.uint8)
        numbers = np.array([packet.sequence_number for packet in packets], np.uint16)
        timestamps = np.array([packet.timestamp for packet in packets], np.uint32)
        fields["second"] = self._payload_types[rows] | markers
        fields["sequence"] = self._sequence_offsets[rows] + numbers
        fields["timestamp"] = self._timestamp_offsets[rows] + timestamps
        if self._video:
            stamps = np.array([packet.abs_send_time for packet in packets], np.uint32)
            fields["extension"] = self._extension_ids[rows] | stamps
        sizes = tuple(self._header + len(packet.payload) for packet in packets)
        payloads = np.zeros((len(packets), max(sizes) - self._header), np.uint8)
        for payload, packet in zip(payloads, packets, strict=True):
            payload[: len(packet.payload)] = np.frombuffer(packet.payload, np.uint8)
        runs = split_runs([size + TAG_BYTES for size in sizes])
        singles = tuple((index, 1) for index in range(len(packets)))
        return Group(heads, payloads, sizes, runs, singles, self._patches(packets, rows) if self._vp8 else ())

    def _patches(self, packets: Sequence[Packet], rows: slice) -> tuple[Patch, ...]:
        """Each receiver's own picture ids, once one of them has seen another layer or camera before."""
        offsets = self._picture_offsets[rows]
        if not offsets.any():
            return ()
        patches: list[Patch] = []
        for index, packet in enumerate(packets):
            ids = read_ids(packet.payload)
            if ids.picture_at:
                pictures = offsets[:, :1] + np.uint16(ids.picture)
                if ids.wide:
                    patches.append((index, ids.picture_at, (pictures | 0x8000).astype(">u2").view(np.uint8)))
                else:
                    patches.append((index, ids.picture_at, (pictures & 0x7F).astype(np.uint8)))
            if ids.level_at:
                patches.append((index, ids.level_at, (offsets[:, 1:] + np.uint16(ids.level)).astype(np.uint8)))
        return tuple(patches)

    def send_report(self, report: bytes, ssrc_offsets: Sequence[int], rtp_time_offset: int, rtp_time: int) -> None:
        """One RTCP compound to all, with each one's SSRC and its own RTP time written into it."""
        template = np.frombuffer(report, np.uint8)
        count, size = len(self._receivers), len(template)
        for start in range(0, count, ROWS):
            end = min(start + ROWS, count)
            target = self._rows.rows[: end - start, :size]
            target[:] = template
            for offset in ssrc_offsets:
                target[:, offset : offset + 4] = self._templates[start:end, 8:12]
            times = self._timestamp_offsets[start:end, 0] + np.uint32(rtp_time)
            target[:, rtp_time_offset : rtp_time_offset + 4] = times.astype(">u4").view(np.uint8).reshape(-1, 4)
            self._rows.lengths[: end - start] = size
            self._rows.seal_and_send(protect_rtcp, self._sessions[start:end], self._addresses[start:end])
