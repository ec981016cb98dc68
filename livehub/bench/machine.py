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


def peak_mib() -> float:
    """The most memory that this program has held at once.

    getrusage's ``ru_maxrss`` is no measure of it: what a program was started by is counted there as well (Linux carries
    the peak over exec), so that after a larger process nothing seems to be used.
    """
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024
