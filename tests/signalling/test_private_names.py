"""Private names of the libraries under the sockets stay in two modules, whose tests notice a new version."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import livehub

SIGNALLING = Path(livehub.__file__).parent / "signalling"
#: those of python-socketio and engine.io, and those of aiohttp's server: see test_fastpath.py and test_takeover.py
HOLDERS = {"fastpath.py", "takeover.py"}
LIBRARIES = {"aiohttp", "engineio", "socketio"}


def private_names(source: str) -> Iterator[str]:
    """``a._b``, whatever ``a`` is but oneself; and names of libraries that begin with an underscore."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
            if not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}):
                yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in LIBRARIES:
            path = [*(node.module or "").split("."), *(name.name for name in node.names)]
            yield from (name for name in path if name.startswith("_"))


@pytest.mark.parametrize("file", sorted(SIGNALLING.glob("*.py")), ids=lambda file: file.name)
def test_no_other_module_uses_one(file: Path) -> None:
    found = list(private_names(file.read_text(encoding="utf-8")))
    assert not found or file.name in HOLDERS, f"move what uses {found} to one of {sorted(HOLDERS)}"


def test_those_two_do() -> None:
    """Else this looks at nothing."""
    assert all(list(private_names((SIGNALLING / name).read_text(encoding="utf-8"))) for name in HOLDERS)
    assert list(private_names("from aiohttp._http import x\nserver.eio._async\nself._own\n")) == [
        "_http",
        "server.eio._async",
    ]
