"""``livehub bench first_frame``: from the click to the first decoded frame, in a real Chromium on loopback.

One tab publishes its fake camera through the web client's own WHIP code; another joins, waits for the first frame
that is presented (requestVideoFrameCallback), leaves, and joins again. The server runs as ``livehub serve``.

Then the same from afar: every datagram takes 50 ms more each way through a relay (:mod:`livehub.bench.link`), and so do
the request and its answer.
"""

import asyncio
import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession

from livehub.bench.firefox import running as running_firefox
from livehub.bench.link import Conditions, Link
from livehub.bench.machine import Unavailable, describe

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
)
START_TIMEOUT_S = 30.0
FAR_S = 0.05

PUBLISH = """async (codec) => {
  const { getCapabilities } = RTCRtpSender;
  RTCRtpSender.getCapabilities = (kind) => {
    const all = getCapabilities.call(RTCRtpSender, kind);
    return kind === 'video' && codec ? { ...all, codecs: all.codecs.filter((one) => one.mimeType === codec) } : all;
  };
  const call = async (path, body) => (await fetch('/api/v1' + path, { method: 'POST', body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' } })).json();
  await call('/accounts', { email: 'bench@example.org', password: 'correct horse battery', display_name: 'Bench',
    locale: 'en' });
  const room = await call('/rooms', { kind: 'show', title: 'Bench', locale: 'en' });
  await call(`/rooms/${room.id}/start`, {});
  const { WhipPublisher } = await import('/static/lib/rtc.js');
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 }, audio: true });
  const connected = new Promise((resolve) => {
    const onState = (state) => state === 'connected' && resolve();
    window.publisher = new WhipPublisher({ room: room.id, stream, onState });
  });
  await window.publisher.start();
  await connected;
  return room.id;
}"""

WATCH = """async (room) => {
  const { WhepPlayer } = await import('/static/lib/rtc.js');
  const video = document.createElement('video');
  video.muted = video.autoplay = true;
  document.body.append(video);
  const began = performance.now();
  const ms = await new Promise((resolve) => {
    window.player = new WhepPlayer({ room, onTrack: (track) => {
      if (track.kind !== 'video') return;
      video.srcObject = new MediaStream([track]);
      video.requestVideoFrameCallback(() => resolve(performance.now() - began));
    } });
    window.player.start();
    setTimeout(() => resolve(-1), 10_000);
  });
  window.player.stop();
  video.remove();
  return ms;
}"""


GUEST = """async () => { await fetch('/api/v1/guests', { method: 'POST',
  body: '{"display_name":"Guest","locale":"en"}', headers: { 'Content-Type': 'application/json' } }); }"""

# In the page, not by Playwright's routes: those take as long again as the distance that is to be measured.
MOVE_AWAY = """({ ms, from, to }) => {
  const fetched = window.fetch;
  const pass = () => new Promise((resolve) => { setTimeout(resolve, ms); });
  window.fetch = async (...request) => {
    await pass();
    const response = await fetched(...request);
    const body = (await response.text()).replaceAll(from, to);
    await pass();
    const bare = [204, 304].includes(response.status);
    const late = new Response(bare ? null : body, { status: response.status, headers: response.headers });
    return Object.defineProperty(late, 'url', { value: response.url });
  };
}"""


class NoChromium(Unavailable):
    """This benchmark needs Chromium and Playwright (`make test` brings both)."""


def chromium() -> str:
    """Raises: NoChromium."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "google-chrome-stable", "google-chrome"):
        path = shutil.which(name) if name else None
        if path:
            return path
    raise NoChromium("Chromium was not found; install it or set CHROMIUM to its path")


async def run(*, joins: int = 40, far_joins: int = 20) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    from playwright.async_api import async_playwright

    with tempfile.TemporaryDirectory() as folder:
        async with running_server(Path(folder)) as (url, media_port), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            room = await _published(browser, url, "")
            viewer = await _guest(browser, url)
            await asyncio.sleep(2)
            near = await _joins(viewer, room, joins)
            away = Conditions(delay_s=FAR_S)
            link = await Link(("127.0.0.1", media_port), away, away).start()
            distant = await _guest(browser, url)
            await _move_away(distant, link)
            far = await _joins(distant, room, far_joins)
            link.close()
            await browser.close()
    with tempfile.TemporaryDirectory() as folder:
        other = await _joins_of_firefox(Path(folder), joins)
    figures = _percentiles(near, "first_frame_ms") | _percentiles(far, "far_first_frame_ms")
    if other:
        figures |= _percentiles(other, "firefox_first_frame_ms")
    return {
        "bench": "first_frame",
        "machine": describe(),
        "conditions": {
            "joins": joins,
            "far_joins": far_joins,
            "far": f"{FAR_S * 1000:.0f} ms more each way, media and HTTP",
            "publisher": "Chromium, fake camera 640×360",
            "player": "Chromium, headless",
            "other_player": "Firefox, headless, VP8" if other else "no Firefox here",
        },
        "figures": {**figures, "failed_joins": sum(ms < 0 for ms in near + far + other)},
    }


async def _guest(browser: "Browser", url: str) -> "Page":
    """Somebody new. One who joined too often would be told to wait (``MediaLimits.offers_per_member``), and that would
    be measured instead."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{url}/")
    await page.evaluate(GUEST)
    return page


async def _published(browser: "Browser", url: str, codec: str) -> str:
    """A room with the camera of a page of its own; in ``codec`` alone, unless that is empty."""
    host = await (await browser.new_context()).new_page()
    await host.goto(f"{url}/")
    return str(await host.evaluate(PUBLISH, codec))


async def _joins(viewer: "Page", room: str, count: int) -> list[float]:
    """Milliseconds of each; -1 where nothing was seen within ten seconds."""
    times = []
    for _ in range(count):
        times.append(float(await viewer.evaluate(WATCH, room)))
        await asyncio.sleep(0.7)  # somewhere else between two keyframes each time
    return times


async def _joins_of_firefox(folder: Path, count: int) -> list[float]:
    """As :func:`_joins`, in Debian's Firefox; none where it is not installed.

    It has no H.264 of its own, so the room is in VP8; and it sends media from the address of the default route alone,
    so a server is met there.
    """
    from playwright.async_api import async_playwright

    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        return []
    async with running_server(folder, _outward_ip()) as (url, _), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        room = await _published(browser, url, "video/VP8")
        await asyncio.sleep(2)
        times = await asyncio.to_thread(_in_firefox, program, folder / "profile", url, room, count)
        await browser.close()
    return times


def _in_firefox(program: str, profile: Path, url: str, room: str, count: int) -> list[float]:
    """Blocks."""
    with running_firefox(program, profile) as firefox:
        firefox.open(f"{url}/")
        firefox.run_until_done(f"({GUEST})()")
        times = []
        for _ in range(count):
            times.append(float(firefox.run_until_done(f"({WATCH})({json.dumps(room)})")))
            time.sleep(0.7)
        return times


def _outward_ip() -> str:
    """This machine's address on the default route; nothing is sent to find it. Raises: OSError, where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737)
        return str(probe.getsockname()[0])


async def _move_away(viewer: "Page", link: Link) -> None:
    """Requests of the page take their time from now on, and answers lead its media through ``link``."""
    server_port = link.server[1]
    await viewer.evaluate(
        MOVE_AWAY, {"ms": FAR_S * 1000, "from": f" {server_port} typ host", "to": f" {link.port} typ host"}
    )


def _percentiles(times: list[float], name: str) -> dict[str, float]:
    seen = sorted(ms for ms in times if ms >= 0)
    if not seen:
        raise RuntimeError(f"{name}: no viewer saw anything")
    return {
        f"{name}_p50": round(statistics.median(seen), 1),
        f"{name}_p95": round(seen[min(len(seen) - 1, int(0.95 * len(seen)))], 1),
        f"{name}_max": round(seen[-1], 1),
    }


@asynccontextmanager
async def running_server(folder: Path, media_ip: str = "127.0.0.1") -> AsyncIterator[tuple[str, int]]:
    """Its address, and its port for media."""
    port, media_port = _free_port(), _free_port(socket.SOCK_DGRAM)
    environment = {
        **os.environ,
        "LIVEHUB_PORT": str(port),
        "LIVEHUB_MEDIA_PORT": str(media_port),
        "LIVEHUB_MEDIA_IP": media_ip,
        "LIVEHUB_DATA_DIR": str(folder),
        "LIVEHUB_LOG": "warning",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "livehub", "serve", env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        await _until_ready(url)
        yield url, media_port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_ready(url: str) -> None:
    async with ClientSession() as session, asyncio.timeout(START_TIMEOUT_S):
        while True:
            try:
                async with session.get(f"{url}/readyz") as response:
                    if response.status == 200:
                        return
            except ClientError:
                pass  # not listening yet
            await asyncio.sleep(0.1)


def _free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
