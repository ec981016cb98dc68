"""What a figure was measured on."""

import os
import platform
import socket
import time
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


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, with all its threads, those that ended included; to the nanosecond.

    The kernel's clock of another process, as clock_getcpuclockid(3) names it; /proc/PID/stat counts in steps of 10 ms.

    Raises:
        OSError: there is no such process.
    """
    return time.clock_gettime(~pid << 3 | 2)
