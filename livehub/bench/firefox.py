"""Debian's Firefox, driven by Marionette: the protocol that is built into it, so that no driver has to be installed.

Playwright needs a Firefox of its own making; this one is what people have. Commands are those of WebDriver, sent as
JSON behind their length (https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html).
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
START_TIMEOUT_S = 60.0
#: a camera and microphone of the browser's own, no questions, and addresses of loopback as candidates
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    "media.gmp-manager.updateEnabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "intl.accept_languages": "en-GB",
}


class FirefoxError(RuntimeError):
    """What Marionette answered instead of a value."""


class Firefox:
    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._next = 0
        self._read()  # it says hello first
        self.command("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"unhandledPromptBehavior": "accept"}}})

    def command(self, name: str, parameters: dict[str, Any] | None = None) -> Any:
        """Raises: FirefoxError."""
        self._next += 1
        message = json.dumps([0, self._next, name, parameters or {}]).encode()
        self._stream.write(b"%d:%b" % (len(message), message))
        self._stream.flush()
        _, _, error, result = self._read()
        if error is not None:
            raise FirefoxError(f"{name}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def _read(self) -> Any:
        length = b""
        while (byte := self._stream.read(1)) not in {b":", b""}:
            length += byte
        return json.loads(self._stream.read(int(length)))

    def open(self, url: str) -> None:
        self.command("WebDriver:Navigate", {"url": url})

    def sign_in(self, url: str, cookie: str) -> None:
        """``cookie``: name=value of a session on the server at ``url``."""
        self.open(f"{url}/healthz")  # a cookie needs a page that it belongs to
        for name, _, value in (cookie.partition("="), ("livehub_known", "=", "1")):
            self.command("WebDriver:AddCookie", {"cookie": {"name": name, "value": value, "path": "/"}})

    def run(self, script: str) -> Any:
        """The body of a function in the page; its return value."""
        return self.command("WebDriver:ExecuteScript", {"script": script, "args": []})

    def run_until_done(self, promise: str) -> Any:
        """What comes of an expression that gives a promise. Raises: FirefoxError, also with what it is rejected for."""
        script = (
            f"const done = arguments[0]; ({promise}).then((value) => done([value]), (error) => done(String(error)));"
        )
        found = self.command("WebDriver:ExecuteAsyncScript", {"script": script, "args": [], "scriptTimeout": 30_000})
        if isinstance(found, str):
            raise FirefoxError(found)
        return found[0]

    def press(self, name: str, timeout_s: float = 20.0) -> None:
        """The button of that name, once it is there."""
        xpath = f"//button[normalize-space(.)='{name}' or @aria-label='{name}']"

        def found() -> Any:
            return self.command("WebDriver:FindElements", {"using": "xpath", "value": xpath})

        element = self.until(found, f"a button {name!r}", timeout_s)[0]
        self.command("WebDriver:ElementClick", {"id": element[ELEMENT]})

    def until(self, condition: Callable[[], Any], what: str, timeout_s: float = 20.0) -> Any:
        """Ask until the answer is true. Raises: FirefoxError, after ``timeout_s``."""
        deadline = time.monotonic() + timeout_s
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise FirefoxError(f"{what} did not come within {timeout_s:.0f} s")
            time.sleep(0.1)
        return value


@contextmanager
def running(program: str, profile: Path, preferences: Mapping[str, str | int] | None = None) -> Iterator[Firefox]:
    """A headless Firefox with an empty profile; ended when left. ``preferences``: beside those above."""
    profile.mkdir(parents=True)
    port = _free_port()
    wanted = {**PREFERENCES, **(preferences or {}), "marionette.port": port}
    (profile / "user.js").write_text(
        "".join(f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in wanted.items())
    )
    process = subprocess.Popen(  # noqa: S603  the browser that was asked for
        [program, "--headless", "--marionette", "--no-remote", "--profile", str(profile), "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"},
    )
    try:
        with _connected(port, process) as connection:
            yield Firefox(connection)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _connected(port: int, process: "subprocess.Popen[bytes]") -> socket.socket:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        if process.poll() is not None:
            raise FirefoxError("Firefox ended at once")
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except OSError:
            if time.monotonic() > deadline:
                raise FirefoxError("Firefox did not open its Marionette port") from None
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
