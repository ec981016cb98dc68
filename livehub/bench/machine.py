"""What a figure was measured on."""

import os
import platform
import socket
from importlib.metadata import version
from pathlib import Path
from typing import Any


class Unavailable(RuntimeError):
    """This machine lacks what a benchmark needs; the message says what to install."""


def describe() -> dict[str, Any]:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "aiortc": version("aiortc"),
        "pylibsrtp": version("pylibsrtp"),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
