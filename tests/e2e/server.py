"""A real livehub in a process of its own, for tests that come from outside."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.ports import free_port

START_TIMEOUT_S = 40.0


@dataclass
class Server:
    """``livehub serve`` on free ports with a data directory of its own."""

    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    media_port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.data_dir / "server.log"

    def start(self) -> None:
        start_all(self)

    def launch(self) -> None:
        """Without waiting for it: see :func:`start_all`."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")},
            "LIVEHUB_PORT": str(self.port),
            "LIVEHUB_MEDIA_PORT": str(self.media_port),
            "LIVEHUB_MEDIA_IP": "127.0.0.1",
            "LIVEHUB_DATA_DIR": str(self.data_dir),
            **self.settings,
        }
        with self.log_path.open("ab") as log:
            command = [sys.executable, "-m", "livehub", "serve"]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def wait_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended at once:\n{self.log()}")
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise RuntimeError(f"the server was not ready within {START_TIMEOUT_S:.0f} s:\n{self.log()}")

    def kill(self) -> None:
        """``kill -9``: nothing is flushed, nobody is told."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit status of an orderly end."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=20)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")[-8000:] if self.log_path.exists() else ""


def start_all(*servers: Server) -> None:
    """Those that need nothing of one another, beside each other: each takes a core for seconds."""
    try:
        for server in servers:
            server.launch()
        for server in servers:
            server.wait_ready()
    except BaseException:
        for server in servers:
            if server.process is not None:
                server.kill()  # nobody who did not get it would end it
        raise
