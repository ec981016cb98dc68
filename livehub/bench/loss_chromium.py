"""A real Chromium on a bad network, by the web client's own code: what stood still, what was made up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livehub.bench.first_frame import FLAGS, chromium, running_server
from livehub.bench.link import PERFECT, Conditions, Link

PUBLISH = """async ({ room, width, height, maxBitrateBps }) => {
  const { WhipPublisher } = await import('/static/lib/rtc.js');
  const { iceServers } = await import('/static/lib/ice-servers.js');
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width, height }, audio: true });
  window.states = [];
  await new Promise((resolve) => {
    const onState = (state) => { window.states.push(state); if (state === 'connected') resolve(); };
    window.link = new WhipPublisher({ room, stream, maxBitrateBps, iceServers, onState });
    window.link.start();
  });
}"""

WATCH = """async (room) => {
  const { WhepPlayer } = await import('/static/lib/rtc.js');
  const { iceServers } = await import('/static/lib/ice-servers.js');
  const { ensureIdentity } = await import('/static/lib/session.js');
  const video = document.createElement('video');
  video.muted = video.autoplay = true;
  document.body.append(video);
  const audio = document.createElement('audio');
  audio.muted = audio.autoplay = true;
  document.body.append(audio);
  window.states = [];
  window.shown = [];
  const onFrame = (now) => { window.shown.push(now); video.requestVideoFrameCallback(onFrame); };
  video.requestVideoFrameCallback(onFrame);
  const onState = (state) => window.states.push(state);
  window.link = new WhepPlayer({ room, iceServers, before: ensureIdentity, onState,
    onTrack: (track, slot) => {
      if (track.kind === 'video') video.srcObject = new MediaStream([track]);
      else if (slot === 0) audio.srcObject = new MediaStream([track]);
    } });
  await window.link.start();
}"""

#: what getStats tells of media received, summed by kind
RECEIVED = """async () => {
  const sums = {};
  for (const stat of (await window.link.pc.getStats()).values()) {
    if (stat.type !== 'inbound-rtp') continue;
    const sum = sums[stat.kind] ??= {};
    for (const [key, value] of Object.entries(stat)) if (typeof value === 'number') sum[key] = (sum[key] ?? 0) + value;
  }
  return sums;
}"""

SIGN_UP = """async () => {
  const call = async (path, body) => (await fetch('/api/v1' + path, { method: 'POST', body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' } })).json();
  await call('/accounts', { email: 'bench@example.org', password: 'correct horse battery', display_name: 'Bench',
    locale: 'en' });
  const room = await call('/rooms', { kind: 'show', title: 'Bench', locale: 'en' });
  await call(`/rooms/${room.id}/start`, {});
  return room.id;
}"""

LONGEST_GAP = """since => Math.max(0, ...window.shown.slice(since).map((at, i, all) => i ? at - all[i - 1] : 0))"""

SETTLE_S = 3.0


@dataclass(frozen=True, slots=True)
class Watched:
    """What a viewer got in ``seconds``. ``concealed_share``: of the sound's samples, how many Chromium made up."""

    seconds: float
    frames: int
    freezes: int
    frozen_s: float
    lost: int
    recovered: int
    concealed_share: float


class Tabs:
    """A host's tab and a viewer's, each behind a link of its own."""

    def __init__(self, host: Any, viewer: Any, uplink: Link, downlink: Link) -> None:
        self.host, self.viewer, self.uplink, self.downlink = host, viewer, uplink, downlink

    async def watch(self, side: str, conditions: Conditions, seconds: float) -> Watched:
        """Both ways of the link on ``side`` ("up" or "down") are that bad; the way back of a bottleneck is not."""
        link = self.uplink if side == "up" else self.downlink
        back = PERFECT if conditions.rate_bps else conditions
        link.set(*((conditions, back) if side == "up" else (back, conditions)))
        await asyncio.sleep(SETTLE_S)
        before = await self.viewer.evaluate(RECEIVED)
        await asyncio.sleep(seconds)
        after = await self.viewer.evaluate(RECEIVED)
        link.set()
        await asyncio.sleep(1)
        video, sound = (
            {key: value - before.get(kind, {}).get(key, 0) for key, value in after.get(kind, {}).items()}
            for kind in ("video", "audio")
        )
        return Watched(
            seconds,
            int(video.get("framesDecoded", 0)),
            int(video.get("freezeCount", 0)),
            float(video.get("totalFreezesDuration", 0.0)),
            int(video.get("packetsLost", 0)),
            int(video.get("retransmittedPacketsReceived", 0)),
            sound.get("concealedSamples", 0) / max(sound.get("totalSamplesReceived", 0), 1),
        )

    async def interrupt(self, side: str, how: str) -> float:
        """Milliseconds without a picture when the network of ``side`` changes or its NAT rebinds (``how``)."""
        link = self.uplink if side == "up" else self.downlink
        before = int(await self.viewer.evaluate("() => window.shown.length"))
        getattr(link, how)()
        await self.viewer.wait_for_function("n => window.shown.length > n", arg=before + 90, timeout=30_000)
        return float(await self.viewer.evaluate(LONGEST_GAP, before - 1))


@asynccontextmanager
async def tabs(folder: Path) -> AsyncIterator[Tabs]:
    """Raises: NoChromium."""
    from playwright.async_api import async_playwright

    async with running_server(folder) as (url, media_port), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        server = ("127.0.0.1", media_port)
        uplink, downlink = await Link(server, seed=11).start(), await Link(server, seed=23).start()
        pages = []
        for link in (uplink, downlink):
            context = await browser.new_context(base_url=url, permissions=["camera", "microphone"])
            for pattern in ("**/whip*", "**/whep*", "**/api/v1/media/*"):
                await context.route(pattern, _through(link))
            pages.append(await context.new_page())
            await pages[-1].goto("/")
        room = await pages[0].evaluate(SIGN_UP)
        await pages[0].evaluate(PUBLISH, {"room": room, "width": 320, "height": 180, "maxBitrateBps": 600_000})
        await pages[1].evaluate(WATCH, room)
        await pages[1].wait_for_function("() => window.shown.length > 60")
        try:
            yield Tabs(pages[0], pages[1], uplink, downlink)
        finally:
            await browser.close()
            uplink.close()
            downlink.close()


def _through(link: Link) -> Any:
    """A route that puts the link's port into answers in the place of the server's."""

    async def handle(route: Any) -> None:
        response = await route.fetch()
        await route.fulfill(response=response, body=link.through(await response.text()))

    return handle
