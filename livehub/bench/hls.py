"""``livehub bench hls``: low-latency HLS through a real nginx with the documented configuration.

Chromium publishes its fake camera. Another tab watches with the web client's own HLS player, and tells how far behind
life its picture is: the time of day against the time at which the picture on show was taken, which the playlist
carries. Then a thousand light players watch, and what reaches livehub is counted.
"""

import asyncio
import contextlib
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import ClientSession

from livehub.bench import nginx
from livehub.bench.first_frame import FLAGS, PUBLISH, chromium, running_server
from livehub.bench.hls_players import watch
from livehub.bench.machine import describe

#: the player of the pages, without the page; ``behindS`` every tenth of a second once it plays steadily
WATCH = """async ([room, settleMs, ms]) => {
  const { HlsPlayer } = await import('/static/lib/hls-player.js');
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const states = [];
  const player = new HlsPlayer({ room, onState: (state, problem) => states.push(problem?.message ?? state) });
  player.attach(video, () => video.play().catch(() => undefined));
  const began = performance.now();
  const first = await new Promise((resolve) => {
    video.requestVideoFrameCallback(() => resolve(performance.now() - began));
    setTimeout(() => resolve(-1), 30_000);
  });
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const seen = [];
  let waits = 0;
  video.addEventListener('waiting', () => (waits += 1));
  const timer = setInterval(() => seen.push(player.behindS * 1000), 100);
  await new Promise((resolve) => setTimeout(resolve, ms));
  clearInterval(timer);
  player.stop();
  return { first, seen: seen.filter((value) => !Number.isNaN(value)), waits, states };
}"""


async def run(
    *, players: int = 1_000, seconds: float = 20.0, settle_s: float = 12.0, crowd_s: float = 8.0
) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            running_server(folder / "data") as (origin, _),
            nginx.running(folder / "nginx", _port(origin)) as front,
            _on_air(front) as (page, room),
        ):
            alone = await page.evaluate(WATCH, [room, settle_s * 1000, seconds * 1000])
            playlist = await _playlist(front, room)
            before = await _origin_requests(origin)
            crowd = await _crowd(f"{front}{playlist}", players, crowd_s, seconds)
            after = await _origin_requests(origin)
    if not alone["seen"]:
        raise RuntimeError(f"the player showed nothing: {alone['states']}")
    if not crowd["ages_s"]:
        raise RuntimeError(f"the light players fetched nothing; {crowd['failures']} requests failed")
    seen, ages = sorted(alone["seen"]), sorted(crowd["ages_s"])
    return {
        "bench": "hls",
        "machine": describe(),
        "conditions": {
            "publisher": "Chromium, fake camera 640×360",
            "player": "Chromium with hls.js, through nginx",
            "players": players,
            "seconds": seconds,
        },
        "figures": {
            "latency_ms_p50": round(statistics.median(seen)),
            "latency_ms_p95": round(_quantile(seen, 0.95)),
            "hls_first_frame_ms": round(alone["first"]),
            "waits": alone["waits"],
            "origin_requests_per_s": round((after - before) / crowd["wall_s"], 1),
            "player_requests_per_s": round(crowd["requests"] / seconds),
            "player_failures": crowd["failures"],
            "part_age_ms_p50": round(1000 * _quantile(ages, 0.5)),
            "part_age_ms_p99": round(1000 * _quantile(ages, 0.99)),
        },
    }


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


@asynccontextmanager
async def _on_air(url: str) -> AsyncIterator[tuple[Any, str]]:
    """A page that may watch, and the room that another one sends into."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        flags = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
        browser = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        host = await browser.new_page()
        await host.goto(f"{url}/")
        room = await host.evaluate(PUBLISH)
        page = await (await browser.new_context()).new_page()
        await page.goto(f"{url}/")
        try:
            yield page, room
        finally:
            await browser.close()


async def _playlist(front: str, room: str) -> str:
    """Path of the room's media playlist."""
    async with ClientSession() as session, session.get(f"{front}/hls/{room}/index.m3u8") as answer:
        answer.raise_for_status()
        text = await answer.text()
    return f"/hls/{room}/{text.splitlines()[-1]}"


async def _origin_requests(origin: str) -> float:
    """Requests for HLS that livehub itself has answered."""
    total = 0.0
    async with ClientSession() as session, session.get(f"{origin}/metrics") as answer:
        for line in (await answer.text()).splitlines():
            if line.startswith("livehub_http_requests_total{") and 'route="/hls/' in line:
                total += float(line.rpartition(" ")[2])
    return total


async def _crowd(url: str, players: int, settle_s: float, seconds: float) -> dict[str, Any]:
    """The light players, in a process of their own."""
    arguments = ("-m", "livehub.bench.hls", url, str(players), str(settle_s), str(seconds))
    loop = asyncio.get_running_loop()
    began = loop.time()
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(settle_s + seconds + 60 + players * 0.05):
            output, _ = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if process.returncode != 0:
        raise RuntimeError(f"the players ended with {process.returncode}")
    result: dict[str, Any] = msgspec.json.decode(output)
    return {**result, "wall_s": loop.time() - began}


def _play(url: str, players: str, settle_s: str, seconds: str) -> None:
    _, counted = uvloop.run(watch(url, int(players), settle_s=float(settle_s), seconds=float(seconds)))
    sys.stdout.buffer.write(msgspec.json.encode(asdict(counted)))


if __name__ == "__main__":
    _play(*sys.argv[1:])
