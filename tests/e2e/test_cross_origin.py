"""A page of another site watches by WHEP with a token: the browser itself holds the server to CORS."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.e2e.test_ffmpeg import film as film  # a fixture
from tests.e2e.test_ffmpeg import publishing

pytestmark = pytest.mark.timeout(400)

WATCH = """async ({ url, token }) => {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addTransceiver('video', { direction: 'recvonly' });
  await pc.setLocalDescription();
  const authorization = { Authorization: `Bearer ${token}` };
  const body = pc.localDescription.sdp;
  const headers = { ...authorization, 'Content-Type': 'application/sdp' };
  const answer = await fetch(url, { method: 'POST', headers, body });
  if (answer.status !== 201) return { status: answer.status };
  const session = new URL(answer.headers.get('Location'), answer.url).href;
  const etag = answer.headers.get('ETag');
  await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  await new Promise((resolve) => {
    pc.onconnectionstatechange = () => pc.connectionState === 'connected' && resolve();
    if (pc.connectionState === 'connected') resolve();
  });
  const patched = await fetch(session, {
    method: 'PATCH', body: 'a=end-of-candidates\\r\\n',
    headers: { ...authorization, 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': etag },
  });
  const stats = await (await fetch(`${session}/stats`, { headers: authorization })).json();
  const deleted = await fetch(session, { method: 'DELETE', headers: authorization });
  const refused = await fetch(url, { method: 'POST', headers, body: 'x' });
  const me = `${new URL(url).origin}/api/v1/me`;
  const elsewhere = await fetch(me, { headers: authorization }).then(() => 'read', () => 'kept');
  return { status: answer.status, etag, patched: patched.status, kind: stats.kind, deleted: deleted.status,
    code: (await refused.json()).code, elsewhere };
}"""


#: by the web client's own code, from a page of the server that sends on
SENT_ON = """async ({ room, token }) => {
  const { speakAs } = await import('/static/lib/api.js');
  const { WhepPlayer } = await import('/static/lib/rtc.js');
  speakAs(token);
  const video = document.createElement('video');
  video.muted = video.autoplay = true;
  document.body.append(video);
  const shown = new Promise((resolve) => { video.requestVideoFrameCallback(() => resolve()); });
  const problems = [];
  window.link = new WhepPlayer({ room,
    onTrack: (track) => { if (track.kind === 'video') video.srcObject = new MediaStream([track]); },
    onState: (_state, problem) => problem && problems.push(problem.code) });
  await window.link.start();
  await Promise.race([shown, new Promise((resolve) => { setTimeout(resolve, 30_000); })]);
  await window.link.restart();
  return { session: window.link.session, restarts: window.link.restarts, problems, shown: video.videoWidth };
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other_site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text("<!doctype html><title>another site</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


def test_a_page_of_another_site_watches_with_a_token(
    server: Server, browser: Browser, film: Path, other_site: str
) -> None:
    merchant = Api.account(server.url, "abroad@example.org", "Abroad")
    room = merchant.live_show("Shown elsewhere")
    url = f"{server.url}/api/v1/rooms/{room}/whep"
    with publishing(film, server, room, merchant.join_token(room, "encoder", "speaker")):
        page = browser.new_page()
        page.goto(other_site)
        asked = {"url": url, "token": merchant.join_token(room, "abroad", "viewer")}
        while (found := page.evaluate(WATCH, asked))["status"] == 409:
            page.wait_for_timeout(500)  # ffmpeg is not there yet
        page.close()
    assert found["status"] == 201
    assert found["etag"]
    assert (found["patched"], found["kind"], found["deleted"]) == (204, "play", 200)
    assert found["code"] == "malformed_sdp"
    assert found["elsewhere"] == "kept"


def test_a_page_is_sent_on_to_the_server_that_has_the_room(
    server: Server, browser: Browser, film: Path, tmp_path: Path
) -> None:
    """307 to another livehub with the same database and secret (RFC 9725 section 4.5), followed with the token."""
    secret, database = "0123456789abcdef" * 4, f"sqlite:///{tmp_path / 'shared.db'}"
    shared = {"LIVEHUB_SECRET": secret, "LIVEHUB_DATABASE_URL": database}
    carrying = Server(tmp_path / "carrying", shared)
    carrying.start()
    merchant = Api.account(carrying.url, "moved@example.org", "Moved")
    room = merchant.live_show("Carried elsewhere")
    asked = Server(tmp_path / "asked", {**shared, "LIVEHUB_ROOM_ORIGINS": f"{room}={carrying.url}"})
    asked.start()
    try:
        with publishing(film, carrying, room, merchant.join_token(room, "encoder", "speaker")):
            page = browser.new_page()
            statuses: list[tuple[str, str, int]] = []
            page.on("response", lambda it: statuses.append((it.request.method, it.url, it.status)))
            page.goto(asked.url)
            found = page.evaluate(SENT_ON, {"room": room, "token": merchant.join_token(room, "far", "viewer")})
            page.evaluate("() => window.link.stop()")
            page.close()
    finally:
        assert (asked.stop(), carrying.stop()) == (0, 0)
    assert found["shown"] == 320, found
    assert found["session"].startswith(f"{carrying.url}/api/v1/media/")
    media = [(method, url.partition("/api/")[0], status) for method, url, status in statuses if "/whep" in url]
    assert ("POST", asked.url, 307) in media
    assert ("POST", carrying.url, 201) in media
    patched = [(url, status) for method, url, status in statuses if method == "PATCH"]
    assert patched == [(found["session"], 200)], "also the session's requests go there"
