"""A real ffmpeg that publishes a film by WHIP, as it is: H.264 baseline and Opus."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from livehub.demo.virtual_host import ffmpeg_command
from tests.e2e.server import Server


def make_film(path: Path) -> Path:
    """Four seconds of a moving square and a tone."""
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.gop_size = 25
        sound = container.add_stream("libopus", rate=48_000)
        sound.codec_context.layout = "stereo"
        for index in range(100):
            picture = np.zeros((180, 320, 3), np.uint8)
            picture[40:140, index : index + 100] = (220, 30, 30)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        for index in range(200):
            tone = (np.sin(np.arange(960) / 20) * 0.1).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2).reshape(1, -1), format="flt", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, index * 960, Fraction(1, 48_000)
            container.mux(sound.encode(frame))
        container.mux(stream.encode(None))
        container.mux(sound.encode(None))
    return path


@contextmanager
def publishing(film: Path, server: Server, room: str, token: str) -> Iterator[None]:
    url = f"{server.url}/api/v1/rooms/{room}/whip"
    process = subprocess.Popen(ffmpeg_command(film, url, token, ready=True), stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()  # of a server that is gone it would wait for an answer
        process.wait(timeout=10)
