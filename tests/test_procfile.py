"""The larger form: each line of the Procfile starts, and nginx's example stands before just these processes."""

import re
import shlex
from pathlib import Path

from livehub.cli import _parser
from livehub.config import ROLES

ROOT = Path(__file__).parents[1]


def lines() -> dict[str, tuple[int, str, int]]:
    """name → (port, role, media workers)"""
    found: dict[str, tuple[int, str, int]] = {}
    for line in (ROOT / "Procfile").read_text().splitlines():
        if line.startswith("#"):
            continue
        name, _, command = line.partition(": ")
        setting, program, *arguments = shlex.split(command)
        assert program == ".venv/bin/livehub"
        parsed = _parser().parse_args(arguments)  # exits where there is no such option
        assert arguments[0] == "serve"
        found[name] = (int(setting.removeprefix("LIVEHUB_PORT=")), parsed.role, int(parsed.media_workers or 0))
    return found


def test_every_role_is_there_with_several_for_people() -> None:
    of_roles = [role for _, role, _ in lines().values()]
    assert set(of_roles) == set(ROLES) - {"all"}
    assert of_roles.count("web") >= 2
    assert of_roles.count("media") == of_roles.count("worker") == 1
    assert [workers for _, role, workers in lines().values() if role == "media"] == [2]


def test_nginx_stands_before_just_these() -> None:
    text = (ROOT / "docs" / "nginx" / "livehub-processes.conf").read_text()
    upstreams = {
        name: {int(port) for port in re.findall(r"server 127\.0\.0\.1:(\d+)", body)}
        for name, body in re.findall(r"upstream (\w+) \{(.*?)\}", text, re.DOTALL)
    }
    ports = {role: {port for port, its, _ in lines().values() if its == role} for role in ("web", "media")}
    assert upstreams == {"livehub_web": ports["web"], "livehub_media": ports["media"]}
