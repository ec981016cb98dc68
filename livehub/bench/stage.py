"""``livehub bench stage``: 302 people in one room, everybody with a microphone on, sixteen with a camera.

The server runs alone on core 0, the participants on core 1: for each a publishing and a viewing session with real ICE,
DTLS and SRTP. All send sound at 50 packets a second, silent or not (``dtx``: silent ones one in 0.4 s); four talk at a
time and take turns. Each participant has nine video and three audio slots. One camera sends 250 packets a second (a
large picture, 2.2 Mbit/s), fifteen send 15 (small pictures, a packet each, 130 kbit/s): as with simulcast each viewer
sees one person large and eight small.

Then all sixteen send alike, faster and faster, until something is lost or late: the limit, with all sound and with DTX.
"""

import argparse
import asyncio
import json
import time
from typing import Any

from livehub.bench.machine import describe
from livehub.bench.worker import Worker

PARTICIPANTS, CAMERAS, VIDEO_SLOTS = 302, 16, 9
LARGE, SMALL = 250, 15
WARM_UP_S, WINDOW_S, STEP_S = 3.0, 5.0, 2.0
#: packets a second of every camera, step by step
STEPS = (15, 30, 50, 75, 100, 125, 150, 200, 250)
#: p99 beyond which a stage is not held: the ear notices, and a queue is growing
LATE_MS = 100.0


async def run(*, participants: int = PARTICIPANTS, window_s: float = WINDOW_S, limit: bool = True) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    server = await Worker.start("livehub.bench.stage_server", 0)
    crowd = await Worker.start("livehub.bench.stage_crowd", 1)
    try:
        return await _Measurement(server, crowd, participants).run(window_s, limit=limit)
    finally:
        await crowd.stop()
        await server.stop()


class _Measurement:
    def __init__(self, server: Worker, crowd: Worker, participants: int) -> None:
        self._server, self._crowd, self._participants = server, crowd, participants

    async def run(self, window_s: float, *, limit: bool) -> dict[str, Any]:
        http = (await self._server.call("start"))["http"]
        joined = await self._crowd.call(
            "join", http=http, participants=self._participants, cameras=CAMERAS, video_slots=VIDEO_SLOTS
        )
        await self._cameras(LARGE, SMALL)
        await self._crowd.call("run", seconds=WARM_UP_S, dtx=False)
        held = await self._window(window_s, dtx=False)
        await self._crowd.call("run", seconds=WARM_UP_S, dtx=True)
        quiet = await self._window(window_s, dtx=True)
        figures = {
            "participants": self._participants,
            "lost_packets": held["lost"],
            "forward_delay_p50_ms": held["delay_p50_ms"],
            "forward_delay_p99_ms": held["delay_p99_ms"],
            "cpu_cores": held["cpu_cores"],
            "cpu_cores_dtx": quiet["cpu_cores"],
            "lost_packets_dtx": quiet["lost"],
            "forward_delay_p50_ms_dtx": quiet["delay_p50_ms"],
            "forward_delay_p99_ms_dtx": quiet["delay_p99_ms"],
            "packets_per_s_out": held["packets_per_s"],
            "cpu_us_per_packet_out": held["cpu_s"] * 1e6 / held["packets"],
            "streams_of_a_viewer": held["streams_of_a_viewer_min"],
        }
        if limit:
            figures |= await self._limit(dtx=False)
            figures |= {f"{key}_dtx": value for key, value in (await self._limit(dtx=True)).items()}
        return {
            "bench": "stage",
            "machine": describe(),
            "conditions": {
                "sound": "everybody 50 packets/s of 80 B, four talk at a time",
                "cameras": f"{CAMERAS}: one of {LARGE} packets/s (1,100 B), {CAMERAS - 1} of {SMALL} (1,100 B)",
                "slots": f"{VIDEO_SLOTS} video, 3 audio",
                "window_s": window_s,
                "joined_in_s": round(joined["seconds"], 1),
                "sender_late_ms": round(held["behind_ms"], 1),
            },
            "figures": {key: round(value, 3) for key, value in figures.items()},
        }

    async def _cameras(self, large: int, small: int) -> None:
        await self._crowd.call("cameras", large=1, large_packets_per_s=large, small_packets_per_s=small)

    async def _window(self, seconds: float, *, dtx: bool) -> dict[str, Any]:
        before, started = await self._server.call("usage"), time.perf_counter()
        found = await self._crowd.call("run", seconds=seconds, dtx=dtx)
        after, took = await self._server.call("usage"), time.perf_counter() - started
        cpu_s = after["cpu_s"] - before["cpu_s"]
        return {**found, "cpu_s": cpu_s, "cpu_cores": cpu_s / took, "packets_per_s": found["packets"] / took}

    async def _limit(self, *, dtx: bool) -> dict[str, Any]:
        """The fastest that all nine pictures of everybody can be, and what leaves then."""
        best = {"video_packets_per_s_limit": 0.0, "packets_per_s_limit": 0.0}
        for packets_per_s in STEPS:
            await self._cameras(packets_per_s, packets_per_s)
            await self._crowd.call("run", seconds=STEP_S / 2, dtx=dtx)
            found = await self._window(STEP_S, dtx=dtx)
            if found["lost"] or found["delay_p99_ms"] > LATE_MS:
                break
            best = {"video_packets_per_s_limit": packets_per_s, "packets_per_s_limit": found["packets_per_s"]}
        return best


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=PARTICIPANTS)
    parser.add_argument("--seconds", type=float, default=WINDOW_S)
    parser.add_argument("--no-limit", action="store_true")
    chosen = parser.parse_args(arguments)
    result = asyncio.run(run(participants=chosen.participants, window_s=chosen.seconds, limit=not chosen.no_limit))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
