"""What happens when the kernel takes only a part of a batch."""

import socket

import pytest

from livehub.media.ice_lite import IceLite
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


@pytest.mark.parametrize(("kept", "read"), [(1, 256), (64, 400)])
def test_a_turn_ends_with_what_was_looked_at_and_silence_does_not_count(
    kept: int, read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in ``kept`` is looked at of 400 that wait: nothing is known of them, so they are counted as that."""
    port, turns = MediaPort(("127.0.0.1",), 0), list[int]()
    port._receiver, port._after_batch = IceLite(port.send, lambda: 0.0), lambda: turns.append(1)
    monkeypatch.setattr(port.sieve, "sift", lambda count, _sizes: range(0, count, kept))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(400):
            sender.sendto(bytes([0x80]) + bytes(39), ("127.0.0.1", port.port))
    port._on_readable()
    passed = port.counters.rtp
    assert (passed + port.counters.unknown, len(turns)) == (read, 1)
    assert (passed == 0) is (kept == 1)
    port._receiver = None
    port.close()
