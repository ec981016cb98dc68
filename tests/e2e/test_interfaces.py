"""Chromium in a network namespace with two interfaces: one goes down, and the picture goes on by the other."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.api import Api
from tests.e2e.browser import ensure
from tests.e2e.conftest import FLAGS
from tests.e2e.network import longest_gap_ms, until_shown, watch_bare
from tests.e2e.server import Server
from tests.ports import free_port
from tests.programs import require

pytestmark = [pytest.mark.e2e, pytest.mark.ffmpeg, pytest.mark.timeout(150)]

#: a browser that notices nothing takes its path for dead after more than this
NOTICED_BY_ITSELF_MS = 5_000
#: the server's address, which both interfaces lead to (RFC 2544 gives 198.18.0.0/15 to such tests)
HOME = "198.18.0.1"


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=20)


@dataclass
class Namespace:
    """Interfaces ``one`` and ``two`` inside, each with a way to :data:`HOME`; the first is preferred."""

    name: str
    ip: str

    def make(self) -> None:
        run(self.ip, "netns", "add", self.name)
        run(self.ip, "addr", "add", f"{HOME}/32", "dev", "lo")
        self.inside("link", "set", "lo", "up")
        for number, inner in ((1, "one"), (2, "two")):
            outer, network = f"{self.name}-{number}", f"198.18.{number}"
            run(self.ip, "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", self.name)
            run(self.ip, "addr", "add", f"{network}.1/24", "dev", outer)
            run(self.ip, "link", "set", outer, "up")
            # Answers come from where they were asked for, whichever interface they leave by.
            run(self.ip, "route", "replace", f"{network}.0/24", "dev", outer, "src", HOME)
            self.inside("addr", "add", f"{network}.2/24", "dev", inner)
            self.inside("link", "set", inner, "up")
            self.inside("route", "add", "default", "via", f"{network}.1", "metric", str(number))

    def inside(self, *command: str) -> None:
        run(self.ip, "-n", self.name, *command)

    def remove(self) -> None:
        for command in (("netns", "del", self.name), ("addr", "del", f"{HOME}/32", "dev", "lo")):
            subprocess.run([self.ip, *command], check=False, capture_output=True, timeout=20)


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root; tests/e2e/test_network.py holds the same without them")
    made = Namespace(f"lh{os.getpid() % 100_000}", require("ip", "iproute2"))
    try:
        made.make()
    except subprocess.CalledProcessError as error:
        made.remove()
        pytest.skip(f"no network namespaces here: {error.stderr.decode(errors='replace').strip()}")
    yield made
    made.remove()


@pytest.fixture
def server(namespace: Namespace, tmp_path: Path) -> Iterator[Server]:
    port = free_port()
    settings = {
        "LIVEHUB_HOST": "0.0.0.0",
        "LIVEHUB_PUBLIC_URL": f"http://{HOME}:{port}",
        "LIVEHUB_MEDIA_IP": HOME,
    }
    made = Server(tmp_path / "server", settings, port=port)
    made.start()
    yield made
    assert made.stop() == 0


@pytest.fixture
def inside(namespace: Namespace, server: Server, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A page of a Chromium that runs in the namespace; Playwright speaks to it by a pipe."""
    wrapper = tmp_path / "chromium-inside"
    wrapper.write_text(f'#!/bin/sh\nexec {namespace.ip} netns exec {namespace.name} {ensure()} "$@"\n')
    wrapper.chmod(0o755)
    launched = browser.browser_type.launch(executable_path=wrapper, args=FLAGS)
    page = launched.new_page(base_url=f"http://{HOME}:{server.port}")
    yield page
    launched.close()


def publishing(server: Server, room: str, token: str) -> subprocess.Popen[bytes]:
    """ffmpeg's test picture, by WHIP, a keyframe each second."""
    return subprocess.Popen(
        [
            imageio_ffmpeg.get_ffmpeg_exe(),
            *["-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"],
            *["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"],
            *["-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-tune", "zerolatency"],
            *["-b:v", "500k", "-g", "25", "-bf", "0", "-c:a", "libopus", "-ar", "48000", "-ac", "2"],
            *["-f", "whip", "-authorization", token, f"{server.url}/api/v1/rooms/{room}/whip"],
        ],
        stdin=subprocess.PIPE,
    )


def test_an_interface_goes_down_and_the_picture_goes_on(namespace: Namespace, server: Server, inside: Page) -> None:
    merchant = Api.account(server.url, "train@example.org", "Train")
    room = merchant.live_show("On a train")
    ffmpeg = publishing(server, room, merchant.join_token(room, "encoder", "speaker"))
    try:
        inside.goto("/")
        posts: list[str] = []
        inside.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        watch_bare(inside, room)
        until_shown(inside, 50, 30_000)
        before = int(inside.evaluate("() => window.shown.length"))
        namespace.inside("link", "set", "one", "down")
        until_shown(inside, 75, 30_000)
        assert longest_gap_ms(inside, before - 1) < NOTICED_BY_ITSELF_MS
        assert sum("/whep" in url for url in posts) == 1, "the session stayed"
    finally:
        ffmpeg.kill()
        ffmpeg.communicate()
