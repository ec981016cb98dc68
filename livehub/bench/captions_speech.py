"""What the captions benchmark says: sentences of a shop, spoken by eSpeak NG, and when each of their words ends.

The sentences come of the grammar that the transcriber is given, which has thousands; when words end is found by
PocketSphinx's alignment of the known text with each sentence alone (github.com/cmusphinx/pocketsphinx,
``Decoder.set_align_text``), so it is known of sound that was said rightly or wrongly heard.
"""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, cast

import av
import numpy as np

from livehub.bench.machine import Unavailable
from livehub.media.captions.transcriber import Pcm

RATE: Final = 48_000
#: a packet of Opus: 20 ms
FRAME: Final = 960
#: how long nobody speaks between two sentences
PAUSE_S: Final = 1.5
_WORDS_A_MINUTE: Final = 130
_ALIGN_RATE: Final = 16_000
_ALIGN_FRAME_S: Final = 0.01
_NOISE: Final = 0.001
#: silence before and after what is aligned: its model begins and ends with it
_AROUND: Final = _ALIGN_RATE // 2
#: The beginning of each sentence is one too: of half a sentence that its grammar has not, PocketSphinx says nothing.
GRAMMAR: Final = """#JSGF V1.0;
grammar shop;
<thing> = chair | table | lamp | tea | coffee | bread | orange | bottle | jacket | camera | carpet | window;
<number> = two | three | four | five | six | seven | nine | ten | eleven | twelve | fifteen | twenty | thirty | forty;
<greeting> = hello [everyone] | good [evening | bye] | welcome [to [the [show]]] | thank [you [for [coming]]];
<price> = the [price [of [(this | the) [<thing> [is [<number> [dollars]]]]]]];
<offer> = (we [have] | here [is] | i [have]) [(a | an | the | fresh | good | new) [<thing>]];
public <line> = <greeting> | <price> | <offer>;
"""
SENTENCES: Final = (
    "welcome to the show",
    "the price of this chair is twenty dollars",
    "here is the table",
    "the price of the lamp is thirty dollars",
    "we have fresh coffee",
    "the price of this camera is forty dollars",
    "i have the jacket",
    "the price of the carpet is twelve dollars",
    "hello everyone",
    "the price of this bottle is seven dollars",
    "we have good tea",
    "thank you for coming",
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """``ends``: where in the programme each word ends, in samples."""

    words: tuple[str, ...]
    ends: tuple[int, ...]
    first: int


@dataclass(frozen=True, slots=True)
class Programme:
    """Packets of Opus, one after the other, the loudness of each (-dBov, RFC 6464), and what is said in them."""

    packets: Sequence[bytes]
    levels: Sequence[int]
    sentences: Sequence[Sentence]


async def make_programme(sentences: Sequence[str], times: int) -> Programme:
    """
    Raises:
        Unavailable: eSpeak NG or PocketSphinx is not installed.
    """
    from livehub.translation.speech.providers.espeak_ng import create

    try:
        speaker = create(f"?rate={_WORDS_A_MINUTE}", deadline_s=30.0)
    except ValueError as error:
        raise Unavailable(str(error)) from None
    try:
        files = [await speaker.speak(text, "en") for text in sentences]
    finally:
        await speaker.close()
    return await asyncio.to_thread(_assemble, sentences, files, times)


def _assemble(sentences: Sequence[str], files: Sequence[bytes], times: int) -> Programme:
    aligned = [_word_ends(text, _decoded(file, _ALIGN_RATE)) for text, file in zip(sentences, files, strict=True)]
    sounds = [_decoded(file, RATE) for file in files]
    pause = np.zeros(round(PAUSE_S * RATE), np.float32)
    pieces, said, at = [pause], list[Sentence](), len(pause)
    for _ in range(times):
        for text, sound, ends in zip(sentences, sounds, aligned, strict=True):
            said.append(Sentence(tuple(text.split()), tuple(at + end for end in ends), at))
            pieces += [sound, pause]
            at += len(sound) + len(pause)
    pcm = _in_a_room(np.concatenate(pieces))
    return Programme(_opus(pcm), _levels(pcm), said)


def _decoded(sound: bytes, rate: int) -> Pcm:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    with av.open(io.BytesIO(sound), "r") as container:
        pieces = [
            cast("Pcm", out.to_ndarray())[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
    return np.concatenate(pieces)


def _word_ends(text: str, pcm: Pcm) -> Sequence[int]:
    """In samples at RATE, of sound at the rate of the aligner.

    Raises: Unavailable; RuntimeError for sound that the text cannot be found in.
    """
    try:
        from pocketsphinx import Decoder
    except ImportError:
        raise Unavailable("PocketSphinx is not installed: pip install 'livehub[pocketsphinx]'") from None
    decoder: Any = Decoder(samprate=_ALIGN_RATE, loglevel="FATAL")
    decoder.set_align_text(text)
    around = np.zeros(_AROUND, np.float32)
    samples = (_in_a_room(np.concatenate([around, pcm, around])) * 32_767).astype("<i2").tobytes()
    decoder.start_utt()
    decoder.process_raw(samples, full_utt=True)
    decoder.end_utt()
    found = [segment for segment in decoder.seg() or () if not segment.word.startswith(("<", "[", "++"))]
    words = [segment.word.partition("(")[0] for segment in found]
    if words != text.split():
        raise RuntimeError(f"the words of {text!r} were not found in what was spoken: {words}")
    ends_s = [(segment.end_frame + 1) * _ALIGN_FRAME_S - _AROUND / _ALIGN_RATE for segment in found]
    return [round(min(end_s, len(pcm) / _ALIGN_RATE) * RATE) for end_s in ends_s]


def _in_a_room(pcm: Pcm) -> Pcm:
    """With the faint noise that every microphone has: models of speech were made of such sound."""
    noise = np.random.default_rng(7).normal(0, _NOISE, len(pcm)).astype(np.float32)
    heard: Pcm = np.clip(pcm + noise, -1, 1)
    return heard


def _opus(pcm: Pcm) -> Sequence[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "flt"
    encoder.bit_rate, encoder.time_base = 64_000, Fraction(1, RATE)
    packets: list[bytes] = []
    for at in range(0, len(pcm) - FRAME + 1, FRAME):
        piece = np.repeat(pcm[at : at + FRAME], 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="flt", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def _levels(pcm: Pcm) -> Sequence[int]:
    frames = pcm[: len(pcm) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.maximum((frames.astype(np.float64) ** 2).mean(axis=1), 1e-13)
    return [int(level) for level in np.clip(np.round(-10 * np.log10(power)), 0, 127)]
