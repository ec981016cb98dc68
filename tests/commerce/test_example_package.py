"""The example package of docs/hooks.md, as installed: built into a folder of its own, found by its entry points."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "livehub-example-shop"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip put it, without touching this environment or asking any index."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--target", str(target), str(EXAMPLE)], check=True, timeout=100
    )
    return target


def run_python(installed: Path, *arguments: str) -> str:
    path = os.pathsep.join([str(installed), str(ROOT)])
    done = subprocess.run(
        [sys.executable, *arguments], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, cwd=ROOT,
        timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests_pass_against_the_installed_package(installed: Path) -> None:
    options = ("-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(EXAMPLE))
    said = run_python(installed, "-m", "pytest", *options, str(EXAMPLE / "tests"))
    assert " passed" in said
    where = run_python(installed, "-c", "import livehub_example_shop; print(livehub_example_shop.__file__)")
    assert where.startswith(str(installed))


def test_the_server_finds_it_by_its_entry_point(installed: Path) -> None:
    program = (
        "from livehub.clock import ManualClock\n"
        "from livehub.commerce.gateway import GatewayContext\n"
        "from livehub.commerce.gateways.registry import load_gateways\n"
        "context = GatewayContext('https://shop.example', 's' * 32, ManualClock(), None)\n"
        "print(*load_gateways(('manual', 'invoice:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw@/tmp/notes'), context))\n"
    )
    assert run_python(installed, "-c", program).split() == ["manual", "invoice"]
    program = (
        "from livehub.clock import ManualClock\n"
        "from livehub.commerce.checkout_hook import HookContext\n"
        "from livehub.commerce.hooks.registry import load_hooks\n"
        "print(*(hook.id for hook in load_hooks(('rates:490/5000/19',), HookContext(ManualClock()))))\n"
    )
    assert run_python(installed, "-c", program).split() == ["example-rates"]
