"""Real H.264 and AAC in fragmented MP4, as a packager writes it: an initialisation section and numbered segments."""

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

FPS, RATE = 30, 48_000


@dataclass(frozen=True)
class Made:
    """``fragments``: (bytes, seconds) of a keyframe's length each."""

    init: bytes
    fragments: list[tuple[bytes, float]]


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found, position = [], 0
    while position < len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        found.append((data[position + 4 : position + 8], data[position : position + size]))
        position += size
    return found


def split(data: bytes, seconds: float) -> Made:
    init = b"".join(box for kind, box in boxes(data) if kind in {b"ftyp", b"moov"})
    fragments: list[bytes] = []
    for kind, box in boxes(data):
        if kind == b"moof":
            fragments.append(box)
        elif kind == b"mdat":
            fragments[-1] += box
    return Made(init, [(fragment, seconds) for fragment in fragments])


def video(seconds: int, *, width: int = 160, height: int = 96, start_s: int = 0) -> Made:
    """A keyframe and a fragment each second."""
    out = io.BytesIO()
    flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(out, "w", format="mp4", options=flags) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = FPS
        stream.codec_context.time_base = Fraction(1, 90_000)
        for number in range(seconds * FPS):
            picture = np.full((height, width, 3), (number * 5) % 255, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = (start_s * FPS + number) * 90_000 // FPS, Fraction(1, 90_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return split(out.getvalue(), 1.0)


def audio(seconds: int, *, start_s: int = 0) -> Made:
    """A fragment about each second."""
    out = io.BytesIO()
    flags = {"movflags": "empty_moov+default_base_moof", "frag_duration": "1000000"}
    with av.open(out, "w", format="mp4", options=flags) as container:
        stream = container.add_stream("aac", rate=RATE)
        stream.codec_context.layout = "mono"
        for number in range(seconds * RATE // 1024):
            tone = np.sin(np.arange(1024) / 20, dtype=np.float32).reshape(1, -1) * 0.1
            frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, start_s * RATE + number * 1024
            frame.time_base = Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return split(out.getvalue(), 1.0)


def write(directory: Path, name: str, data: bytes) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_bytes(data)
    return path
