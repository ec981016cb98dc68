"""A show sent by WHIP to a browser: the strictest reader of offers, a full ICE agent behind names, and a decoder."""

import queue
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.server import Server
from tests.e2e.test_ffmpeg import film, publishing

__all__ = ["film"]
pytestmark = [pytest.mark.e2e, pytest.mark.ffmpeg, pytest.mark.timeout(240)]

ANSWER = """async (offer) => {
  const video = document.body.appendChild(document.createElement('video'));
  video.muted = true; video.autoplay = true; video.srcObject = new MediaStream();
  const peer = window.peer = new RTCPeerConnection();
  peer.ontrack = ({ track }) => video.srcObject.addTrack(track);
  await peer.setRemoteDescription({ type: 'offer', sdp: offer });
  await peer.setLocalDescription();
  const gathered = new Promise((resolve) => (peer.onicegatheringstatechange = resolve));
  if (peer.iceGatheringState !== 'complete') await Promise.race([gathered, new Promise((go) => setTimeout(go, 500))]);
  return peer.localDescription.sdp;
}"""
STATS = """async () => {
  const found = { video: 0, audio: 0, lost: 0 };
  for (const report of (await window.peer?.getStats())?.values() ?? []) {
    if (report.type !== 'inbound-rtp') continue;
    found[report.kind] += report.kind === 'video' ? report.framesDecoded ?? 0 : report.packetsReceived ?? 0;
    found.lost += report.packetsLost ?? 0;
  }
  return found;
}"""


class Bridge:
    """A WHIP endpoint whose answers somebody else makes."""

    def __init__(self) -> None:
        #: an offer, and where its own answer goes: a busy machine may be asked a second time
        self.offers: queue.Queue[tuple[str, queue.Queue[str]]] = queue.Queue()
        self.deleted = threading.Event()
        bridge = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                answer: queue.Queue[str] = queue.Queue()
                bridge.offers.put((self.rfile.read(int(self.headers["Content-Length"])).decode(), answer))
                try:
                    body = answer.get(timeout=15).encode()
                except queue.Empty:
                    self.send_error(503)
                    return
                self.send_response(201)
                self.send_header("Content-Type", "application/sdp")
                self.send_header("Location", "/session")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_DELETE(self) -> None:
                bridge.deleted.set()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_details: object) -> None:
                """Keeps the test's output readable."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/whip"
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("sender"), {"LIVEHUB_ALLOW_PRIVATE_RESTREAMS": "1"})
    server.start()
    yield server
    assert server.stop() == 0


def decoded(page: Page, bridge: Bridge, count: int) -> dict[str, int]:
    """Answer what is offered until so many pictures were decoded."""
    found: dict[str, int] = {}
    for _ in range(240):
        if not bridge.offers.empty():
            offer, answer = bridge.offers.get()
            text = page.evaluate(ANSWER, offer)
            candidates = re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+)", text)
            assert all(name.endswith(".local") for name in candidates)  # names only: the browser has to find us
            answer.put(text)
        found = page.evaluate(STATS)
        if found["video"] >= count:
            return found
        page.wait_for_timeout(250)
    raise AssertionError(found)


def test_chromium_takes_the_show_and_decodes_it(sender: Server, person: Person, film: Path, bridge: Bridge) -> None:
    host = Api.account(sender.url, "film@example.org", "Film")
    room = host.live_show("A film")
    page = person(viewport=DESKTOP, url=sender.url, bypass_csp=True).new_page()
    page.goto("/")
    with publishing(film, sender, room, host.join_token(room, "encoder", "speaker")):
        path = f"/rooms/{room}/restreams"
        target = host.call("POST", path, {"name": "Browser", "url": bridge.url})["id"]
        host.call("POST", f"{path}/{target}/start", {})
        assert decoded(page, bridge, 50)["lost"] == 0
        assert host.call("GET", path)["items"][0]["status"]["state"] == "live"
        host.call("POST", f"{path}/{target}/stop", {})
        assert bridge.deleted.wait(10)
    host.call("POST", f"/rooms/{room}/end")
