"""The command line as its user meets it: in a process of its own."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from livehub import __version__
from tests.e2e.server import Server
from tests.ports import free_port

pytestmark = pytest.mark.timeout(90)


def livehub(*arguments: str, given: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")}
    command = [sys.executable, "-m", "livehub", *arguments]
    return subprocess.run(
        command, env={**environment, **settings}, input=given, capture_output=True, text=True, timeout=60, check=False
    )


def test_version_and_help() -> None:
    assert livehub("--version").stdout.strip() == f"livehub {__version__}"
    told = livehub("--help").stdout
    assert all(command in told for command in ("serve", "demo", "bench", "account", "migrate"))


def test_a_setting_that_is_no_use_is_named(tmp_path: Path) -> None:
    done = livehub("serve", LIVEHUB_DATA_DIR=str(tmp_path), LIVEHUB_PORT="eighty")
    assert done.returncode == 2
    assert "LIVEHUB_PORT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("kind", "name"), [(socket.SOCK_STREAM, "LIVEHUB_PORT"), (socket.SOCK_DGRAM, "LIVEHUB_MEDIA_PORT")]
)
def test_a_port_that_is_taken_is_named(tmp_path: Path, kind: int, name: str) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        ports = {"LIVEHUB_PORT": str(free_port()), "LIVEHUB_MEDIA_PORT": "0"}
        ports[name] = str(taken.getsockname()[1])
        done = livehub("serve", LIVEHUB_DATA_DIR=str(tmp_path), LIVEHUB_MEDIA_IP="127.0.0.1", **ports)
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_an_account_made_here_can_sign_in(tmp_path: Path) -> None:
    done = livehub(
        "account",
        "owner@example.org",
        "--name",
        "Owner",
        given="correct horse battery\n",
        LIVEHUB_DATA_DIR=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    again = livehub(
        "account",
        "owner@example.org",
        "--name",
        "Owner",
        given="correct horse battery\n",
        LIVEHUB_DATA_DIR=str(tmp_path),
    )
    assert again.returncode == 2
    assert "Traceback" not in again.stderr
    server = Server(tmp_path)
    server.start()
    try:
        from tests.e2e.api import Api

        body = {"email": "owner@example.org", "password": "correct horse battery"}
        assert Api(server.url).call("POST", "/sessions", body)["display_name"] == "Owner"
    finally:
        assert server.stop() == 0
