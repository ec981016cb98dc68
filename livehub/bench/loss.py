"""``livehub bench loss``: what bad networks cost the picture and the sound, up to the server and down from it.

Two ways. Light clients under all conditions at once say exactly which packets came and how soon the lost ones did. A
real Chromium, publishing in one tab and watching in another, says what a person sees and hears of it. Between them
and the server stands the relay of :mod:`livehub.bench.link`, by fixed seeds.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from livehub.bench.light import LightClient, OfferOptions
from livehub.bench.link import PERFECT, Conditions, Link
from livehub.bench.loss_chromium import Watched, tabs
from livehub.bench.lossy_peers import LossyPublisher, LossyViewer, Seen
from livehub.bench.machine import describe
from livehub.clock import SystemClock
from livehub.events import EventBus
from livehub.media.plane import MediaPlane
from livehub.media.transport import Certificate

DELAY_S = 0.025
LOST_2 = Conditions(loss=0.02, delay_s=DELAY_S)
LOST_5 = Conditions(loss=0.05, delay_s=DELAY_S)
LOST_10 = Conditions(loss=0.10, delay_s=DELAY_S)
BURSTS = Conditions(loss=0.05, burst=4, delay_s=DELAY_S)
JITTER = Conditions(delay_s=DELAY_S, jitter_s=0.03)
REORDERED = replace(JITTER, overtakes=True)
BOTTLENECK = Conditions(delay_s=DELAY_S, rate_bps=300_000)
CASES: Mapping[str, Conditions] = {
    "2": LOST_2, "5": LOST_5, "10": LOST_10, "bursts": BURSTS, "jitter": JITTER, "reordered": REORDERED,
}  # fmt: skip
#: what is sent after the part that counts, so that the end of it is known to be lost
AFTER_S = 1.5


async def run(*, seconds: float = 6.0) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``. Two minutes in all.

    Raises:
        NoChromium: there is none here.
    """
    figures: dict[str, float] = {}
    for side in ("up", "down"):
        figures |= await _light(side, seconds)
    with tempfile.TemporaryDirectory() as folder:
        figures |= await _browser(Path(folder), seconds)
    return {
        "bench": "loss",
        "machine": describe(),
        "conditions": {
            "delay_ms": 1000 * DELAY_S,
            "way back": "as bad",
            "jitter_ms": 1000 * JITTER.jitter_s,
            "bursts": f"5 %, {BURSTS.burst:.0f} in a row",
            "bottleneck": "300 kbit/s, 40 KB queue",
            "seconds": seconds,
            "light stream": "700 kbit/s in 3 packets a picture, 50 of sound a second",
            "Chromium": "fake camera 320×180, at most 600 kbit/s",
        },
        "figures": {key: round(value, 4) for key, value in figures.items()},
    }


async def _light(side: str, seconds: float) -> dict[str, float]:
    """All conditions at once, each in a room of its own."""
    plane = MediaPlane(0, ("127.0.0.1",), bus=EventBus(), clock=SystemClock())
    await plane.start()
    certificate = await asyncio.to_thread(Certificate.generateCertificate)
    try:
        each = [_stream(plane, certificate, name, side, seconds) for name in CASES]
        found = dict(zip(CASES, await asyncio.gather(*each), strict=True))
    finally:
        await plane.close()
    figures = {f"arrived_share_{name}_{side}": video for name, (video, _, _, _) in found.items()}
    figures |= {f"sound_arrived_share_{name}_{side}": sound for name, (_, sound, _, _) in found.items()}
    delays = sorted(found["5"][2].repair_s)
    figures[f"repair_ms_p50_{side}"] = 1000 * delays[len(delays) // 2]
    figures[f"repair_ms_p95_{side}"] = 1000 * delays[int(len(delays) * 0.95)]
    figures[f"needless_share_reordered_{side}"] = found["reordered"][3]
    return figures


async def _stream(
    plane: MediaPlane, certificate: Certificate, name: str, side: str, seconds: float
) -> tuple[float, float, Seen, float]:
    """Share of video and of sound that came, what the viewer saw, and what was sent again for each packet sent."""
    conditions, link = CASES[name], await Link(("127.0.0.1", plane.port), seed=3).start()
    host = LightClient(certificate, OfferOptions("sendonly", audio_nack=True))
    client = LightClient(certificate, OfferOptions("recvonly", audio_nack=True))
    publishing = await plane.publish(name, "host", "Host", host.offer)
    watching = await plane.play(name, "viewer", client.offer, 1)
    await host.use_answer(link.through(publishing.answer_sdp) if side == "up" else publishing.answer_sdp)
    await client.use_answer(link.through(watching.answer_sdp) if side == "down" else watching.answer_sdp)
    link.set(conditions, conditions if conditions.loss else PERFECT)
    if side == "down":
        link.set(link.down.conditions, conditions)
    publisher, viewer = LossyPublisher(host), LossyViewer(client)
    video, sound = await _play(publisher, viewer, seconds)
    again = publisher.repeated if side == "up" else viewer.asked
    host.close()
    client.close()
    link.close()
    return video, sound, viewer.seen, again / publisher.packets


async def _play(publisher: LossyPublisher, viewer: LossyViewer, seconds: float) -> tuple[float, float]:
    sent: list[int] = []

    async def send() -> None:
        await publisher.run(seconds)
        sent.extend((publisher.packets, publisher.audio_packets))
        await publisher.run(AFTER_S)

    await viewer.follow(send())
    return viewer.seen.recovered_share(sent[0]), viewer.seen.audio_share(sent[1])


async def _browser(folder: Path, seconds: float) -> dict[str, float]:
    figures: dict[str, float] = {}
    async with tabs(folder) as pair:
        for side in ("up", "down"):
            figures |= _seen(f"5_{side}", await pair.watch(side, LOST_5, seconds))
            figures |= _heard(f"10_{side}", await pair.watch(side, LOST_10, seconds))
            figures |= _seen(f"reordered_{side}", await pair.watch(side, REORDERED, seconds))
        for side, who in (("down", "viewer"), ("up", "publisher")):
            figures[f"network_change_ms_{who}"] = await pair.interrupt(side, "change_network")
            figures[f"nat_rebinding_ms_{who}"] = await pair.interrupt(side, "rebind")
        for side in ("up", "down"):
            figures |= _seen(f"bottleneck_{side}", await pair.watch(side, BOTTLENECK, seconds))
    return figures


def _seen(name: str, watched: Watched) -> dict[str, float]:
    return {
        f"frames_per_s_{name}": watched.frames / watched.seconds,
        f"freezes_{name}": watched.freezes,
        f"frozen_share_{name}": watched.frozen_s / watched.seconds,
    }


def _heard(name: str, watched: Watched) -> dict[str, float]:
    return {f"made_up_sound_share_{name}": watched.concealed_share}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    chosen = parser.parse_args(arguments)
    print(json.dumps(asyncio.run(run(seconds=chosen.seconds)), indent=2))


if __name__ == "__main__":
    main()
