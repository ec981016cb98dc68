"""Makes the demonstration clip once and keeps it: H.264 constrained baseline and Opus, ready to be sent as it is."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import av.audio
import av.video
import numpy as np
from numpy.typing import NDArray

from livehub.demo.music import RATE, compose
from livehub.demo.pottery import FPS, HEIGHT, WIDTH, Workshop

#: part of the file's name: a clip drawn by an older version is not taken for the present one
VERSION = 2
VIDEO_BPS = 1_500_000
AUDIO_BPS = 64_000
Progress = Callable[[float], None]


def ensure_clip(folder: Path, progress: Progress) -> Path:
    """The clip's path; draws it (less than a minute) when it is not there yet. ``progress`` hears 0…1."""
    path = folder / f"pottery-{VERSION}.mkv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.mkv")
        _encode(unfinished, progress)
        unfinished.replace(path)
    return path


def _encode(path: Path, progress: Progress) -> None:
    workshop = Workshop()
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS)
        assert isinstance(video, av.video.VideoStream)  # noqa: S101 - tells the type checker what libx264 gives
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.bit_rate = VIDEO_BPS
        # No B-frames and a keyframe each second: WebRTC cannot reorder, and a late viewer waits at most that long.
        video.options = {"profile": "baseline", "preset": "veryfast", "bf": "0", "g": str(FPS), "sc_threshold": "0"}
        audio = container.add_stream("libopus", rate=RATE)
        assert isinstance(audio, av.audio.AudioStream)  # noqa: S101
        audio.bit_rate, audio.layout = AUDIO_BPS, "stereo"
        sound = compose(workshop.seconds)
        total = workshop.seconds * FPS
        for index, picture in enumerate(workshop.frames()):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            _encode_sound(container, audio, sound, index)
            if index % FPS == 0:
                progress(index / total)
        container.mux(video.encode())
        container.mux(audio.encode())
    progress(1.0)


def _encode_sound(
    container: av.container.OutputContainer, stream: av.audio.AudioStream, sound: NDArray[np.int16], index: int
) -> None:
    """The sound that belongs to video frame ``index``."""
    step = RATE // FPS
    piece = sound[:, index * step : (index + 1) * step]
    frame = av.AudioFrame.from_ndarray(piece.T.reshape(1, -1).copy(), format="s16", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, index * step, Fraction(1, RATE)
    container.mux(stream.encode(frame))
