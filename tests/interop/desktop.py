"""A session bus and the notifications that programs show over it, for a browser that is started within."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

from tests.programs import install, leave_out, require

PEER = Path(__file__).with_name("desktop_peer.py")
PYTHON = "/usr/bin/python3"
#: Debian's names of what desktop_peer.py and Firefox's notifications need
PACKAGES = ("python3-gi", "libnotify4")
PROBE = "import ctypes, gi; from gi.repository import Gio; ctypes.CDLL('libnotify.so.4')"


@dataclass
class Desktop:
    """``bus``: what goes into DBUS_SESSION_BUS_ADDRESS."""

    bus: str
    process: "subprocess.Popen[str]"
    _said: "Queue[dict[str, Any]]" = field(default_factory=Queue)

    def shown(self, patience_s: float) -> dict[str, Any]:
        """The next notification: number, title, body, clickable. Raises: queue.Empty."""
        while "title" not in (said := self._said.get(timeout=patience_s)):
            pass
        return said

    def click(self, number: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()

    def listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(json.loads(line))


@contextmanager
def running() -> Iterator[Desktop]:
    daemon = require("dbus-daemon", "dbus")
    require(PYTHON, "python3")
    for attempt in range(2):
        if subprocess.run([PYTHON, "-c", PROBE], capture_output=True, check=False, timeout=60).returncode == 0:
            break
        if attempt or not install(*PACKAGES):
            leave_out(f"needs a desktop's notifications (Debian: apt install {' '.join(PACKAGES)})")
    with subprocess.Popen(
        [daemon, "--session", "--nofork", "--nosyslog", "--print-address"], stdout=subprocess.PIPE, text=True
    ) as bus:
        assert bus.stdout is not None
        address = bus.stdout.readline().strip()
        with subprocess.Popen(
            [PYTHON, str(PEER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"DBUS_SESSION_BUS_ADDRESS": address},
        ) as peer:
            desktop = Desktop(address, peer)
            listener = threading.Thread(target=desktop.listen)
            listener.start()
            try:
                yield desktop
            finally:
                peer.terminate()
                listener.join()
        bus.terminate()
