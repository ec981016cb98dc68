"""Speech to test with: three clips spoken by espeak-ng (voice en-us+f3, 130 words a minute), kept as Opus.

They are ours, and stay the same where no espeak-ng is installed. GRAMMAR is what a recogniser may hear in them, and
much that they do not say.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
import numpy.typing as npt

from livehub.media.captions.transcriber import RATE, Pcm
from livehub.media.hls.boxes import AUDIO_RATE, AUDIO_TRACK, Run, Sample, fragment, init_segment
from livehub.media.hls.mixer import CONFIG, FRAME

CLIPS: Final = Path(__file__).parent / "clips"
WORDS: Final = {
    "welcome": "welcome to the show",
    "price": "the price of this chair is twenty dollars",
    "thanks": "thank you for coming",
}
GRAMMAR: Final = """#JSGF V1.0;
grammar shop;
<thing> = chair | table | lamp | tea | coffee | bread | orange | bottle | jacket | camera | carpet | window;
<number> = two | three | four | five | six | seven | nine | ten | eleven | twelve | fifteen | twenty | thirty | forty;
<greeting> = hello everyone | good evening | welcome to the show | thank you for coming | good bye;
<price> = the price of (this | the) <thing> is <number> dollars;
<offer> = (we have | here is | i have) (a | an | the | fresh | good | new) <thing>;
public <line> = <greeting> | <price> | <offer>;
"""


def write_grammar(folder: Path) -> Path:
    path = folder / "shop.gram"
    path.write_text(GRAMMAR)
    return path


def clip(name: str, rate: int = RATE) -> Pcm:
    """One of WORDS, one channel."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    with av.open(str(CLIPS / f"{name}.opus")) as container:
        pieces = [
            cast("Pcm", out.to_ndarray())[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
    return np.concatenate(pieces)


def silence(seconds: float, rate: int = RATE) -> Pcm:
    return np.zeros(round(seconds * rate), np.float32)


def noise(seconds: float, level: float = 0.001, rate: int = RATE) -> Pcm:
    made: npt.NDArray[np.float64] = np.random.default_rng(7).normal(0, level, round(seconds * rate))
    return made.astype(np.float32)


def programme(*names: str, pause_s: float = 1.0, rate: int = RATE) -> Pcm:
    """Clips one after the other, a pause before each and at the end."""
    pieces: list[Pcm] = [silence(pause_s, rate)]
    for name in names:
        pieces += [clip(name, rate), silence(pause_s, rate)]
    return np.concatenate(pieces)


def parts(pcm: Pcm, frames: int = 16) -> tuple[bytes, list[bytes]]:
    """Sound at 48 kHz as the packager writes it: an initialisation segment, and fragments of ``frames`` AAC frames."""
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = AUDIO_RATE, "stereo", "fltp"
    encoder.bit_rate, encoder.time_base = 96_000, Fraction(1, AUDIO_RATE)
    packets: list[bytes] = []
    for at in range(0, len(pcm) - FRAME, FRAME):
        stereo = np.ascontiguousarray(np.stack([pcm[at : at + FRAME]] * 2))
        frame = av.AudioFrame.from_ndarray(stereo, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = AUDIO_RATE, at
        packets += [bytes(packet) for packet in encoder.encode(frame) if (packet.pts or 0) >= 0]
    return init_segment(None, CONFIG), [_part(packets[at : at + frames], at) for at in range(0, len(packets), frames)]


def _part(packets: Sequence[bytes], at: int) -> bytes:
    samples = [Sample(FRAME, True, data) for data in packets]
    return fragment(at + 1, [Run(AUDIO_TRACK, at * FRAME, samples)])


#: how long a part of 16 frames is
PART_MS: Final = 16 * FRAME * 1000 / AUDIO_RATE


def film(path: Path, pcm: Pcm) -> Path:
    """A still picture with this sound (48 kHz), in what is sent by WHIP as it is: H.264 baseline and Opus."""
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        picture = container.add_stream("libx264", rate=25, options=options)
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p"
        picture.codec_context.gop_size = 25
        sound = container.add_stream("libopus", rate=AUDIO_RATE)
        sound.codec_context.layout = "stereo"
        for index in range(len(pcm) * 25 // AUDIO_RATE):
            image = np.full((180, 320, 3), 40, np.uint8)
            image[40:140, index % 200 : index % 200 + 60] = (30, 90, 220)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        for at in range(0, len(pcm) - 960, 960):
            piece = np.repeat(pcm[at : at + 960], 2).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="flt", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, at, Fraction(1, AUDIO_RATE)
            container.mux(sound.encode(frame))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    return path
