"""Several datagrams of one address in one go through the kernel: UDP_SEGMENT, generic segmentation offload of UDP.

The kernel takes a row of datagrams as if they were one, walks its stack once, and cuts them apart at the end (in the
network card, where that can do it). All must have the same size, save a shorter last one. What arrives is the same.
Source: Linux 4.18 and later, ``net/ipv4/udp.c``; udp(7).
"""

import errno
import socket
import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SOL_UDP, UDP_SEGMENT = 17, 103
#: most bytes of a datagram that is sent in a group: what fits a path of 1,500 bytes with IPv6 and UDP headers. Others
#: go alone; where a path is narrower still the kernel refuses the group, and the port sends it singly
MAX_SEGMENT = 1452
#: ``struct cmsghdr`` and a 16-bit size, padded
CONTROL_BYTES = 24
_CONTROL_LENGTH = 18
#: the group does not fit the path (EINVAL, in newer kernels EMSGSIZE), or the interface cannot make checksums (EIO)
REFUSED = frozenset({errno.EINVAL, errno.EMSGSIZE, errno.EIO})

Runs = tuple[tuple[int, int], ...]


def split_runs(sizes: Sequence[int]) -> Runs:
    """Cut a row of datagrams into groups the kernel takes: (index of the first, how many), in order, nothing left out.

    A shorter datagram ends its group, a longer one begins the next, one above :data:`MAX_SEGMENT` stays alone.
    """
    runs: list[tuple[int, int]] = []
    room = -1  # the size that the running group takes; -1: none may join it
    for index, size in enumerate(sizes):
        if 0 < size <= room:
            first, count = runs[-1]
            runs[-1] = (first, count + 1)
            if size < room:
                room = -1
        else:
            runs.append((index, 1))
            room = size if size <= MAX_SEGMENT else -1
    return tuple(runs)


def control_blocks(count: int) -> npt.NDArray[np.uint16]:
    """``count`` control messages of :data:`CONTROL_BYTES`; column 8 takes the size of a segment."""
    block = struct.pack("@QiiHxxxxxx", _CONTROL_LENGTH, SOL_UDP, UDP_SEGMENT, 0)
    return np.frombuffer(bytearray(block * count), np.uint16).reshape(count, CONTROL_BYTES // 2)


def is_supported(family: socket.AddressFamily) -> bool:
    """Try it on loopback: whether two datagrams handed over as one come out as two."""
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with socket.socket(family, socket.SOCK_DGRAM) as sender, socket.socket(family, socket.SOCK_DGRAM) as receiver:
        try:
            receiver.bind((host, 0))
            receiver.settimeout(0.2)
            control = [(SOL_UDP, UDP_SEGMENT, struct.pack("@H", 2))]
            sender.sendmsg([b"ab", b"c"], control, 0, receiver.getsockname())
            return (receiver.recv(8), receiver.recv(8)) == (b"ab", b"c")
        except OSError:  # an older kernel, a sandbox that has its own, or no such loopback
            return False
