"""The example package of docs/translation.md, as installed into a folder of its own and found by its entry point."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "livehub-example-translator"


def install(example: Path, target: Path) -> Path:
    """Where pip puts it, without touching this environment or asking any index."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    options = ["--no-deps", "--no-build-isolation", "--target", str(target), str(example)]
    subprocess.run([*pip, *options], check=True, timeout=100)
    return target


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("installed"))


def run_python(installed: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests_pass_against_the_installed_package(installed: Path) -> None:
    options = ("-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(EXAMPLE))
    assert " passed" in run_python(installed, "-m", "pytest", *options, str(EXAMPLE / "tests"))
    where = run_python(installed, "-c", "import livehub_example_translator; print(livehub_example_translator.__file__)")
    assert where.startswith(str(installed))


def test_the_server_finds_it_by_its_entry_point(installed: Path) -> None:
    program = (
        "from livehub.clock import ManualClock\n"
        "from livehub.translation.registry import TranslatorRegistry\n"
        "settings = ['parlance@eu(pairs=en-*):https://parlance.example?key=k', 'phrasebook']\n"
        "for engine in TranslatorRegistry().build_chain(settings, clock=ManualClock(), deadline_s=3.0):\n"
        "    print(engine.name, engine.supports('en', 'th'), engine.supports('th', 'en'))\n"
    )
    assert run_python(installed, "-c", program).splitlines() == ["parlance@eu True False", "phrasebook True True"]
