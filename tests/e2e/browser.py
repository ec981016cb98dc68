"""Finds a Chromium for the end-to-end tests, or installs one: ``python -m tests.e2e.browser`` prints its path."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")


class NoBrowser(RuntimeError):
    """No Chromium here, and none could be installed; the message says what to do."""


def find() -> str | None:
    """The path of an installed Chromium; ``CHROMIUM`` in the environment overrides the search."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given
    for name in NAMES:
        path = shutil.which(name)
        # Ubuntu's /usr/bin/chromium-browser may be a script that only says "install the snap".
        if path and _runs(path):
            return path
    return _playwrights()


def _runs(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return False
    return done.returncode == 0 and "Chrom" in done.stdout


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """From Debian's packages where we are root, else through Playwright into the user's own cache."""
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        print("== Chromium, from the system's packages", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        subprocess.run([apt, "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
        packages = ["chromium", "fonts-noto-core", "fonts-noto-cjk"]
        subprocess.run([apt, "install", "-y", "-qq", "--no-install-recommends", *packages], check=False, **quiet)  # type: ignore[call-overload]
    if find() is None:
        print("== Chromium, through Playwright", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def ensure() -> str:
    """Raises: NoBrowser."""
    path = find()
    if path is None:
        install()
        path = find()
    if path is None:
        raise NoBrowser(
            "The end-to-end tests need Chromium and none could be installed. Install it (Debian: apt install chromium),"
            " or set CHROMIUM to the path of one, and run make test again."
        )
    return path


if __name__ == "__main__":
    try:
        print(f"== browser: {ensure()}")
    except NoBrowser as error:
        sys.exit(str(error))
