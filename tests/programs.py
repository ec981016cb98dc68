"""Programs of the system that tests run as peers (coturn, nginx, Firefox, Janus, Apertium …), found or installed.

They are Debian's packages. Where one is missing and cannot be installed its tests say so and are left out, but never
under ``CI``: there all of them have to run.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest


def require(program: str, *packages: str) -> str:
    """The path of ``program``; installs ``packages`` (Debian's names) where it is missing and we are root."""
    path = _find(program)
    if path is None and packages and install(*packages):
        path = _find(program)
    if path is None:
        leave_out(f"needs {program} (Debian: apt install {' '.join(packages) or program})")
    return path


def install(*packages: str) -> bool:
    """Whether Debian's package manager could be asked; a failure shows when the program is looked for again."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with (Path(tempfile.gettempdir()) / "livehub-tests-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # apt refuses a second one, and several processes may run the suite
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
            subprocess.run([apt, *arguments], check=False, capture_output=True, env=environment, timeout=600)
    return True


def leave_out(reason: str) -> NoReturn:
    """Skip with ``reason``, which ``pytest -ra`` lists; a failure under ``CI``."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _find(program: str) -> str | None:
    return shutil.which(program, path=os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin")
