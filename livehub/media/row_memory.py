"""Memory for datagrams on their way out, with every pointer into it made once.

A row holds one datagram, protected where it stands. The length that libsrtp updates *is* the ``iov_len`` that the
kernel reads, so nothing is walked twice.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from livehub.media.segments import CONTROL_BYTES, control_blocks
from livehub.media.syscalls import address_of, ffi
from livehub.media.transport import length_pointer, packet_pointer

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U64 = npt.NDArray[np.uint64]

ROW_BYTES: Final = 1600
ROWS: Final = 512
#: ``struct mmsghdr`` in words of eight bytes: where it keeps address, vectors, their number, control and its size
WORDS, NAME, VECTORS, VECTOR_COUNT, CONTROL, CONTROL_SIZE = 8, 0, 2, 3, 4, 5
#: where a control block keeps the size of a segment
SEGMENT: Final = 8
#: ``struct iovec``
VECTOR_BYTES: Final = 16


class RowMemory:
    """:data:`ROWS` rows, as many vectors that name them in order, and messages."""

    def __init__(self, address_size: int) -> None:
        self._memory = ffi.new("uint8_t[]", ROWS * ROW_BYTES)
        self._vectors = ffi.new("struct iovec[]", ROWS)
        self.messages = ffi.new("struct mmsghdr[]", ROWS)
        start, self.vectors_start = address_of(self._memory), address_of(self._vectors)
        for row in range(ROWS):
            self._vectors[row].iov_base = self._memory + row * ROW_BYTES
            self.messages[row].msg_hdr.msg_namelen = address_size
        lengths_start = self.vectors_start + ffi.offsetof("struct iovec", "iov_len")
        self.row_pointers = [packet_pointer(start + row * ROW_BYTES) for row in range(ROWS)]
        self.length_pointers = [length_pointer(lengths_start + row * VECTOR_BYTES) for row in range(ROWS)]
        self.rows: U8 = np.frombuffer(ffi.buffer(self._memory), np.uint8).reshape(ROWS, ROW_BYTES)
        vectors: U64 = np.frombuffer(ffi.buffer(self._vectors), np.uint64).reshape(ROWS, 2)
        self.lengths: U64 = vectors[:, 1]
        self.words: U64 = np.frombuffer(ffi.buffer(self.messages), np.uint64).reshape(ROWS, WORDS)
        self.control: U16 = control_blocks(ROWS)
        self.words[:, CONTROL] = self.control.ctypes.data + CONTROL_BYTES * np.arange(ROWS, dtype=np.uint64)
