"""docs/protocol.md has every request of the API: a stranger finds there what there is."""

import re
from pathlib import Path

from livehub.app import ROUTES
from livehub.web.application import OWN_MODULES
from livehub.web.openapi import Operation

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"
#: `POST GET /a/{b}`, `PUT …/c`; a path alone has the method of the one before it
_CODE = re.compile(r"`([^`]*)`")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def _operations() -> list[Operation]:
    return [operation for module in (*OWN_MODULES, *ROUTES) for operation in getattr(module, "OPERATIONS", [])]


def _segments(path: str) -> list[str]:
    """Without the names of what varies, and without the query."""
    return ["{}" if part.startswith("{") else part for part in path.partition("?")[0].split("/") if part]


def _documented() -> set[tuple[str, str]]:
    """(method, end of the path from its last named part on) of every request named in a row of a table."""
    found: set[tuple[str, str]] = set()
    for line in PAGE.read_text().splitlines():
        if not line.startswith("| `"):
            continue
        methods: set[str] = set()
        for code in _CODE.findall(line):
            words = code.split()
            methods = (set(words) & _METHODS) or methods
            paths = [word for word in words if "/" in word]
            found |= {(method, _end(path)) for method in methods for path in paths}
    return found


def _end(path: str) -> str:
    segments = _segments(path)
    last = max((at for at, part in enumerate(segments) if part not in {"{}", "…"}), default=0)
    return "/".join(segments[last:])


def test_every_request_of_the_api_is_in_it() -> None:
    documented = _documented()
    assert ("POST", "end") in documented
    missing = [f"{op.method} {op.path}" for op in _operations() if (op.method, _end(op.path)) not in documented]
    assert missing == []
