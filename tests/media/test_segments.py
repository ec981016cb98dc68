"""How datagrams are cut into groups: every index once, in order, and never a form that the kernel refuses."""

import random
import socket
import struct

import pytest

from livehub.media.segments import CONTROL_BYTES, MAX_SEGMENT, SOL_UDP, UDP_SEGMENT, control_blocks, split_runs


@pytest.mark.parametrize(
    ("sizes", "runs"),
    [
        ([], ()),
        ([5], ((0, 1),)),
        ([5, 5, 5], ((0, 3),)),
        ([5, 5, 3, 3], ((0, 3), (3, 1))),
        ([3, 5, 5], ((0, 1), (1, 2))),
        ([5, 4, 3, 2], ((0, 2), (2, 2))),
        ([5, 0, 5], ((0, 1), (1, 1), (2, 1))),
        ([MAX_SEGMENT, MAX_SEGMENT, 1], ((0, 3),)),
        ([MAX_SEGMENT + 1, MAX_SEGMENT + 1, 1, 1], ((0, 1), (1, 1), (2, 2))),
    ],
)
def test_runs(sizes: list[int], runs: tuple[tuple[int, int], ...]) -> None:
    assert split_runs(sizes) == runs


def test_the_kernel_delivers_any_runs_as_they_were() -> None:
    chance = random.Random(7)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(2)
        for _ in range(300):
            sizes = [chance.choice((1, 2, 300, 1200, 1200, 1200, MAX_SEGMENT)) for _ in range(chance.randrange(1, 17))]
            data = [bytes([index]) * size for index, size in enumerate(sizes)]
            runs = split_runs(sizes)
            assert [index for first, count in runs for index in range(first, first + count)] == [*range(len(sizes))]
            for first, count in runs:
                control = [(SOL_UDP, UDP_SEGMENT, struct.pack("@H", sizes[first]))] if count > 1 else []
                sender.sendmsg(data[first : first + count], control, 0, receiver.getsockname())
            assert [receiver.recv(2048) for _ in data] == data


def test_control_blocks_have_the_layout_of_a_cmsghdr() -> None:
    blocks = control_blocks(3)
    blocks[:, 8] = 1216
    one = struct.pack("@Nii", 18, SOL_UDP, UDP_SEGMENT) + struct.pack("@H", 1216).ljust(8, b"\0")
    assert blocks.tobytes() == 3 * one
    assert len(blocks.tobytes()) == 3 * CONTROL_BYTES
