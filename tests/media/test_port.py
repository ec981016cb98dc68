"""What happens when the kernel takes only a part of a batch."""

import socket

from livehub.media.port import MediaPort
from livehub.media.syscalls import ffi


def test_a_full_buffer_drops_the_rest_and_counts_every_datagram() -> None:
    """Loopback never fills; a pair of Unix datagram sockets does, and answers the same."""
    port = MediaPort(("127.0.0.1",), 0)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    theirs.setblocking(False)
    count = 600  # more than net.core keeps for one receiver
    text = ffi.new("char[]", b"abc")
    vectors = ffi.new("struct iovec[]", 3)
    messages = ffi.new("struct mmsghdr[]", count)
    for vector in vectors:
        vector.iov_base, vector.iov_len = text, 3
    for index in range(count):
        messages[index].msg_hdr.msg_iov, messages[index].msg_hdr.msg_iovlen = vectors, 1 + index % 3
    kept, port._fd = port._fd, ours.fileno()
    try:
        port.send_batch(messages, count, 2 * count)
    finally:
        port._fd = kept
        ours.close()
        port.close()
    taken = 0
    with theirs:
        while True:
            try:
                received = theirs.recv(100)
            except BlockingIOError:
                break
            if not received:
                break
            assert received == b"abc" * (1 + taken % 3)
            taken += 1
    assert 0 < taken < count
    assert port.counters.sent == sum(1 + index % 3 for index in range(taken))
    assert port.counters.dropped == 2 * count - port.counters.sent
    assert port.counters.send_errors == 0
