"""Reading what came to many sockets with little effort, and counting it afterwards: losses by gaps in the numbers."""

import socket
import struct
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livehub.bench.light import LightClient
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.header import parse_header
from livehub.media.syscalls import MSG_DONTWAIT, ffi, libc
from livehub.media.transport import Scratch, unprotect

HEAD_BYTES = 16
_MSG_TRUNC = 0x20
_SCM_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("qq")

U8 = npt.NDArray[np.uint8]


class Heads:
    """Reads a socket in batches, of each datagram only the first bytes."""

    BATCH = 512

    def __init__(self) -> None:
        self._memory = ffi.new("uint8_t[]", HEAD_BYTES * self.BATCH)
        self._vectors = ffi.new("struct iovec[]", self.BATCH)
        self._messages = ffi.new("struct mmsghdr[]", self.BATCH)
        for index in range(self.BATCH):
            self._vectors[index].iov_base, self._vectors[index].iov_len = self._memory + HEAD_BYTES * index, HEAD_BYTES
            header = self._messages[index].msg_hdr
            header.msg_iov, header.msg_iovlen = self._vectors + index, 1
        self._view: U8 = np.frombuffer(ffi.buffer(self._memory), np.uint8).reshape(self.BATCH, HEAD_BYTES)

    def read(self, descriptor: int) -> list[U8]:
        """Everything that waits: arrays of datagrams x bytes."""
        found = []
        while True:
            count = libc.recvmmsg(descriptor, self._messages, self.BATCH, MSG_DONTWAIT | _MSG_TRUNC, ffi.NULL)
            if count > 0:
                found.append(self._view[:count].copy())
            if count < self.BATCH:
                return found


@dataclass(frozen=True, slots=True)
class Tally:
    """``lost``: numbers that are missing between the first and the last of each stream; ``streams``: with packets."""

    packets: int
    lost: int
    streams: int


def tally(heads: list[U8]) -> Tally:
    """RTP by SSRC; resends (odd SSRCs here) and RTCP left out."""
    if not heads:
        return Tally(0, 0, 0)
    rows = np.concatenate(heads)
    second = rows[:, 1] & 0x7F
    rtp = rows[(rows[:, 0] >> 6 == 2) & ((second < 64) | (second >= 96)) & (rows[:, 11] & 1 == 0)]
    ssrcs = rtp[:, 8:12].copy().view(">u4")[:, 0]
    numbers = rtp[:, 2:4].copy().view(">u2")[:, 0].astype(np.int64)
    lost, streams = 0, np.unique(ssrcs)
    for ssrc in streams:
        lost += missing(numbers[ssrcs == ssrc])
    return Tally(len(rtp), lost, len(streams))


def missing(numbers: npt.NDArray[np.int64]) -> int:
    """Numbers that did not come, of a stream that wraps at 65,536."""
    steps = (np.diff(numbers) + 0x8000 & 0xFFFF) - 0x8000
    places = np.concatenate([[0], np.cumsum(steps)])
    return int(places.max() - places.min() + 1 - len(np.unique(places)))


class Probe:
    """A participant that decrypts what it gets and tells how long each packet was under way.

    The time of arrival is the kernel's (SO_TIMESTAMPNS), the time of sending stands in the payload.
    """

    def __init__(self, client: LightClient) -> None:
        self._client = client
        self._scratch = Scratch()
        self.delays_s: list[float] = []
        self._numbers: dict[int, list[int]] = {}

    def clear(self) -> None:
        self.delays_s = []
        self._numbers = {}

    @property
    def lost(self) -> int:
        return sum(missing(np.array(numbers, np.int64)) for numbers in self._numbers.values())

    def read(self) -> None:
        while True:
            try:
                data, ancillary, _, _ = self._client.socket.recvmsg(2048, 64)
            except BlockingIOError:
                return
            if not data or data[0] >> 6 != 2 or 64 <= data[1] & 0x7F < 96:
                continue
            self._received(data, ancillary)

    def _received(self, data: bytes, ancillary: list[tuple[int, int, bytes]]) -> None:
        arrived_s = time.time()
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == _SCM_TIMESTAMPNS:
                seconds, nanoseconds = _TIMESPEC.unpack(content)
                arrived_s = seconds + nanoseconds / 1e9
        plain = self._scratch.seal(unprotect, self._client.dtls.rx, data)
        if plain is None:
            return
        try:
            header = parse_header(plain)
        except RtpError:
            return
        start = header.payload_start
        if header.ssrc & 1:
            return  # a resend
        self._numbers.setdefault(header.ssrc, []).append(header.sequence_number)
        offset = start + (header.ssrc < 0x20000000)  # video begins with the unit's first byte
        (sent_ns,) = struct.unpack_from("!Q", plain, offset)
        self.delays_s.append(arrived_s - sent_ns / 1e9)
