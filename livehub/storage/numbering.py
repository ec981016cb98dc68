"""Whether migrations are numbered one after the other: two people who write one at a time take the same number.

Alembic itself would tell only when it runs, and a number that is skipped never. ``python -m livehub.storage.numbering``
is part of ``make check``.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
_NAME: Final = re.compile(r"([0-9]{4})_[a-z0-9_]+\.py")


def complaints(folder: Path) -> list[str]:
    """What is wrong, one sentence each; empty when all follow each other."""
    found: list[str] = []
    last = 0
    for file in sorted(file for file in folder.glob("*.py") if file.name != "__init__.py"):
        match = _NAME.fullmatch(file.name)
        if match is None:
            found.append(f"{file.name}: a migration is called NNNN_what_it_does.py")
            continue
        number = int(match[1])
        if number == last:
            found.append(f"{file.name}: {number:04d} is another migration's number; take the next free one")
        elif number != last + 1:
            found.append(f"{file.name}: {last + 1:04d} is skipped")
        found += _unlike(file, number)
        last = max(last, number)
    return found


def _unlike(file: Path, number: int) -> Iterator[str]:
    """What the file says of itself, where that is not its number and the one before."""
    said = _constants(file)
    before = f"{number - 1:04d}" if number > 1 else None
    for name, wanted in (("revision", f"{number:04d}"), ("down_revision", before)):
        if said.get(name, "nothing") != wanted:
            yield f"{file.name}: {name} is {said.get(name, 'nothing')!r} and should be {wanted!r}"


def _constants(file: Path) -> dict[str, object]:
    return {
        target.id: statement.value.value
        for statement in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


if __name__ == "__main__":
    sys.exit("\n".join(complaints(VERSIONS)) or 0)
