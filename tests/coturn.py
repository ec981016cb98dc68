"""A real TURN server for tests, configured as docs/operations.md says, on loopback."""

import socket
import subprocess
import time
from pathlib import Path

from tests.ports import free_port
from tests.programs import require

SECRET = "a secret that livehub and coturn share"


class Coturn:
    """Relays to 127.0.0.1 and to nothing else. ``tcp_only``: clients reach it by TCP alone, as behind a firewall."""

    def __init__(self, folder: Path, *, tcp_only: bool) -> None:
        self.port = free_port()
        self._log = folder / "turnserver.log"
        self._folder = folder
        self._tcp_only = tcp_only
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, transport: str = "tcp") -> str:
        return f"turn:127.0.0.1:{self.port}?transport={transport}"

    def start(self) -> None:
        program = require("turnserver", "coturn")
        configuration = self._folder / "turnserver.conf"
        lines = [
            f"listening-port={self.port}",
            "listening-ip=127.0.0.1",
            "relay-ip=127.0.0.1",
            "realm=livehub.test",
            "fingerprint",
            "use-auth-secret",
            f"static-auth-secret={SECRET}",
            "denied-peer-ip=0.0.0.0-255.255.255.255",
            "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "allowed-peer-ip=127.0.0.1",
            "allow-loopback-peers",
            "user-quota=8",
            "no-multicast-peers",
            "no-cli",
            "no-tls",
            "no-dtls",
            f"pidfile={self._folder / 'turnserver.pid'}",
            f"userdb={self._folder / 'turndb'}",
            *(["no-udp"] if self._tcp_only else []),
        ]
        configuration.write_text("\n".join(lines) + "\n")
        with self._log.open("wb") as log:
            command = [program, "-c", str(configuration), "--log-file=stdout", "--simple-log"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self._process is not None
                assert self._process.poll() is None, self.log()
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"coturn does not listen:\n{self.log()}")

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
