"""What other people publish: the packages and listings of docs/, as they are once pip has installed them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"


def install(example: Path, target: Path) -> Path:
    """Where pip puts it, without touching this environment or asking any index."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    options = ["--no-deps", "--no-build-isolation", "--target", str(target), str(example)]
    subprocess.run([*pip, *options], check=True, timeout=100)
    return target


def path_of(installed: Path) -> str:
    """``PYTHONPATH`` of a process that has it."""
    return os.pathsep.join([str(installed), str(ROOT)])


def run_python(installed: Path, *arguments: str, cwd: Path = ROOT) -> str:
    """What it says; it has to end well."""
    environment = {**os.environ, "PYTHONPATH": path_of(installed)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=cwd, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def own_tests_pass(installed: Path, example: Path) -> None:
    """Against what was installed, not against its sources."""
    options = ("-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(example))
    assert " passed" in run_python(installed, "-m", "pytest", *options, str(example / "tests"))
    module = example.name.replace("-", "_")
    where = run_python(installed, "-c", f"import {module}; print({module}.__file__)")
    assert where.startswith(str(installed))


def put(folder: Path, name: str, code: str, group: str, entry: str) -> str:
    """A package of one module, found by its entry point. Gives the ``PYTHONPATH`` that has it."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / f"{name}.py").write_text(code)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{entry}\n")
    known = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return os.pathsep.join([str(folder), *known])


def install_listing(page: str, name: str, group: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first module of a page of docs/ as ``name``, by the entry point that the page names."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    toml = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert toml
    assert code
    entry = re.search(r'^(\w+ = )"(.*)"$', toml[1], re.MULTILINE)
    assert entry
    monkeypatch.setenv("PYTHONPATH", put(folder, name, code[1], group, entry[1] + entry[2]))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)
