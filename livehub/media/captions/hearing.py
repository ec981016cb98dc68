"""The sound of a room out of its segments: the same AAC that players hear, decoded in the transcriber's process."""

import io
from typing import Final, cast

import av
import av.error
import numpy as np

from livehub.media.captions.transcriber import RATE, Pcm

#: AudioSpecificConfig of the packager's sound: AAC-LC, 48 kHz, stereo (14496-3 section 1.6.2.1)
_CONFIG: Final = b"\x11\x90"


class Ear:
    """One run of a room. Parts in their order; a part that cannot be read is a hole, not an end."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._decoder = av.CodecContext.create("aac", "r")
        self._decoder.extradata = _CONFIG
        self._decoder.sample_rate = 48_000
        self._decoder.layout = "stereo"
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)

    def hear(self, init: bytes, part: bytes) -> Pcm:
        """The sound of one part, one channel at :data:`~livehub.media.captions.transcriber.RATE`; empty for none."""
        pieces: list[Pcm] = []
        try:
            with av.open(io.BytesIO(init + part), "r", format="mp4") as container:
                if not container.streams.audio:
                    return np.zeros(0, np.float32)
                packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
            for data in packets:
                for frame in self._decoder.decode(av.Packet(data)):
                    frame.pts = None
                    pieces += [_mono(cast("Pcm", out.to_ndarray())) for out in self._resampler.resample(frame)]
        except (av.error.FFmpegError, ValueError):
            self._begin()
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _mono(planes: Pcm) -> Pcm:
    """The mean, which cannot be louder than full scale; FFmpeg's own would be."""
    mixed: Pcm = planes.mean(axis=0, dtype=np.float32)
    return mixed
