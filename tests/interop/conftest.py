"""A server that programs from outside reach as others would: over an address of the machine, not loopback.

libnice and Firefox take no candidates of loopback for themselves, and from another address there is no way to it.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from livehub.media.addresses import local_ips
from tests.e2e.server import Server
from tests.programs import install, leave_out, require

PEER = Path(__file__).with_name("gstreamer_peer.py")
#: Debian's names of what gstreamer_peer.py needs
PACKAGES = (
    "python3-gi",
    "gir1.2-gst-plugins-bad-1.0",
    "gir1.2-gst-plugins-base-1.0",
    "gstreamer1.0-nice",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-ugly",
    "gstreamer1.0-libav",
)
PROBE = (
    "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import Gst, GstWebRTC; Gst.init(None);"
    "assert all(Gst.ElementFactory.find(n) for n in 'webrtcbin nicesrc x264enc vp8enc opusenc avdec_h264'.split())"
)
PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    ips = [ip for ip in local_ips() if not ip.startswith("127.") and ip != "::1"]
    if not ips:
        leave_out("needs a network interface beside loopback")
    server = Server(tmp_path_factory.mktemp("interop"), {"LIVEHUB_MEDIA_IP": ips[0]})
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()


@dataclass
class Gstreamer:
    """One running ``gstreamer_peer.py``; ``said`` is what it has printed."""

    process: "subprocess.Popen[str]"
    said: list[dict[str, Any]] = field(default_factory=list)

    def wait_for(self, key: str, value: object = None) -> Any:
        """The first object said with ``key`` (and ``value``), be it while another was waited for."""
        for fact in self._facts():
            if key in fact and value in {None, fact[key]}:
                return fact[key]
        raise AssertionError(f"{key} was not said, but {self.said}")

    def _facts(self) -> Iterator[dict[str, Any]]:
        yield from self.said
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            fact = json.loads(line)
            self.said.append(fact)
            yield fact

    def finish(self) -> dict[str, Any]:
        """Let it end when it has had its frames. Returns what it said at last."""
        out, _ = self.process.communicate(timeout=90)
        self.said += [json.loads(line) for line in out.splitlines()]
        assert self.process.returncode == 0, self.said
        return self.said[-1]


@pytest.fixture(scope="package")
def gstreamer() -> Callable[..., Any]:
    """``with gstreamer("publish", url, token, "H264", frames=60) as peer``."""
    require(PYTHON, "python3")
    for attempt in range(2):
        if subprocess.run([PYTHON, "-c", PROBE], capture_output=True, check=False, timeout=60).returncode == 0:
            break
        if attempt or not install(*PACKAGES):
            leave_out(f"needs GStreamer's webrtcbin (Debian: apt install {' '.join(PACKAGES)})")

    @contextmanager
    def run(role: str, url: str, token: str, codec: str, frames: int = 60) -> Iterator[Gstreamer]:
        process = subprocess.Popen(
            [PYTHON, str(PEER), role, url, token, codec, str(frames)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Gstreamer(process)
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()

    return run
