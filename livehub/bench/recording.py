"""``livehub bench recording``: what it costs to record a room, in CPU for each second of video.

ffmpeg publishes a film (1280×720, 30 pictures a second, H.264 and Opus) as it is into several rooms of a real
``livehub serve``. Windows with and without recording alternate, so that a load that comes and goes hits both; the
figure is the median of the differences of neighbours. Once where nobody watches by HLS, so that the segments are made
for the recording alone (the whole cost: sound is decoded, mixed and encoded as AAC, video is only packed), and once
where they are made anyway (what keeping them adds). Then one recording is made a file to take away.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import imageio_ffmpeg
import numpy as np

from livehub.bench.machine import describe
from livehub.bench.recording_server import RunningServer, until

ROOMS: Final = 4
WARM_UP_S, WINDOW_S, ROUNDS = 3.0, 5.0, 4
FPS, FILM_S = 30, 10
WIDTH, HEIGHT, BITRATE_BPS = 1280, 720, 2_000_000


async def run(*, rooms: int = ROOMS, window_s: float = WINDOW_S, rounds: int = ROUNDS) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder:
        film = await asyncio.to_thread(make_film, Path(folder) / "film.mkv")
        alone = await _measure(Path(folder) / "alone", film, "auto", rooms, window_s, rounds)
        beside = await _measure(Path(folder) / "beside", film, "on", rooms, window_s, rounds)
    return {
        "bench": "recording",
        "machine": describe(),
        "conditions": {
            "film": f"{WIDTH}×{HEIGHT}, {FPS} pictures/s, {BITRATE_BPS / 1e6:g} Mbit/s H.264, Opus",
            "rooms": rooms,
            "window_s": window_s,
            "rounds": rounds,
        },
        "figures": {
            "recordings": rooms,
            "cpu_ms_per_s_recording": alone["cpu_ms_per_s"],
            "cpu_ms_per_s_keeping": beside["cpu_ms_per_s"],
            "mib_per_hour_recording": alone["mib_per_hour"],
            "cpu_ms_per_s_file": alone["file_cpu_ms_per_s"],
        },
    }


async def _measure(data_dir: Path, film: Path, hls: str, rooms: int, window_s: float, rounds: int) -> dict[str, float]:
    async with AsyncExitStack() as stack:
        server = RunningServer(data_dir, hls=hls)
        stack.push_async_callback(server.close)
        await server.start()
        opened = [await server.open_room() for _ in range(rooms)]
        for room, token in opened:
            stack.push_async_callback(_end, await _publish(film, server, room, token))
        ids = [room for room, _ in opened]
        await asyncio.sleep(WARM_UP_S)
        differences = []
        for _ in range(rounds):
            without = await _window(server, window_s)
            await _all(server, ids, "start")
            await asyncio.sleep(WARM_UP_S)
            differences.append(await _window(server, window_s) - without)
            await _all(server, ids, "stop")
            await asyncio.sleep(1.0)
        found = {"cpu_ms_per_s": round(statistics.median(differences) / rooms, 2)}
        return found | await _file(server, ids[0])


async def _publish(film: Path, server: RunningServer, room: str, token: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-re", "-stream_loop", "-1"),
        *("-i", str(film), "-c", "copy", "-f", "whip", "-authorization", token),
        f"{server.url}/api/v1/rooms/{room}/whip",
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.wait()


async def _all(server: RunningServer, rooms: Sequence[str], action: str) -> None:
    for room in rooms:
        await server.record(room, action)


async def _window(server: RunningServer, seconds: float) -> float:
    """Milliseconds of CPU a second."""
    before, started = server.cpu_s(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (server.cpu_s() - before) * 1000 / (time.perf_counter() - started)


async def _file(server: RunningServer, room: str) -> dict[str, float]:
    """The longest of the room's recordings as one file."""
    kept = (await server.call("GET", f"/rooms/{room}/recordings"))["items"]
    recording = max(kept, key=lambda item: float(item["duration_s"]))
    idle, path = await _window(server, 1.0), f"/recordings/{recording['id']}"
    before, started = server.cpu_s(), time.perf_counter()
    await server.call("POST", f"{path}/file")

    async def is_made() -> bool:
        return bool((await server.call("GET", path))["file"]["state"] != "preparing")

    await until(is_made, every_s=0.2)
    cpu_ms = (server.cpu_s() - before) * 1000 - idle * (time.perf_counter() - started)
    seconds = float(recording["duration_s"])
    return {
        "file_cpu_ms_per_s": round(max(0.0, cpu_ms) / seconds, 2),
        "mib_per_hour": round(float(recording["size_bytes"]) / seconds * 3600 / 2**20),
    }


def make_film(path: Path) -> Path:
    """Ten seconds that do not compress away: noise that moves, and a tone."""
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH + FPS * FILM_S, 3), np.uint8)
    with av.open(str(path), "w") as container:
        options = {"preset": "veryfast", "tune": "zerolatency", "profile": "baseline"}
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.bit_rate = 2 * FPS, BITRATE_BPS
        sound = container.add_stream("libopus", rate=48_000)
        sound.codec_context.layout = "stereo"
        for index in range(FPS * FILM_S):
            picture = np.ascontiguousarray(noise[:, index : index + WIDTH])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        for index in range(50 * FILM_S):
            tone = (np.sin(np.arange(960) / 20) * 0.1).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2).reshape(1, -1), format="flt", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, index * 960, Fraction(1, 48_000)
            container.mux(sound.encode(frame))
        container.mux(stream.encode(None))
        container.mux(sound.encode(None))
    return path
