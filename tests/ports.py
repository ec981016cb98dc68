"""Ports for servers that tests start, each given once.

A port that the kernel chose, was told and was let go again can be somebody else's a moment later: of another server's
test, or of any connection that goes out. These lie below the range that the kernel chooses from (ip(7)), each process
of the suite has a share of its own, and goes through it in turn.
"""

import itertools
import os
import re
import socket

FIRST, LAST = 20_000, 32_000
#: as many as processes of the suite may run beside each other
SHARES = 8
SHARE = (LAST - FIRST) // SHARES

_worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0) % SHARES
#: where it begins differs, so that two runs on one machine hardly meet
_turns = itertools.count(os.getpid() * 97)


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 on which nobody is now, for TCP or UDP. Raises: OSError, when all are taken."""
    for _ in range(SHARE):
        port = FIRST + _worker * SHARE + next(_turns) % SHARE
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError("every port for tests is taken")
