"""CMU PocketSphinx, with the English model of its package: no download, little accuracy, and real.

A grammar of what is said in a show (JSGF, w3.org/TR/jsgf), or a language model of one's own, makes it useful where
neither a better model nor a service can be had: ``pocketsphinx:jsgf=/etc/livehub/show.gram``,
``pocketsphinx:lm=/etc/livehub/shop.lm,dict=/etc/livehub/shop.dict``.
Source: github.com/cmusphinx/pocketsphinx, cmusphinx.github.io/wiki/tutorialpocketsphinx.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.transcriber import RATE, Pcm, Spoken

_OPTIONS: Final = frozenset({"jsgf", "lm", "dict", "hmm"})
#: how the decoder marks noises and silences: ``<sil>``, ``[NOISE]``
_NOISES: Final = ("<", "[", "++")


class PocketSphinx:
    name = "pocketsphinx"
    is_remote = False

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def supports(self, locale: str) -> bool:
        return locale == "en"

    def transcribe(self, pcm: Pcm, locale: str, *, final: bool) -> Sequence[Spoken]:
        if len(pcm) < RATE // 10:
            return ()
        samples = (np.clip(pcm, -1, 1) * 32_767).astype("<i2").tobytes()
        try:
            self._decoder.start_utt()
            self._decoder.process_raw(samples, full_utt=True)
            self._decoder.end_utt()
            words = [segment for segment in self._decoder.seg() or () if not segment.word.startswith(_NOISES)]
        except RuntimeError as error:
            raise TranscriptionFailed(str(error)) from error
        if not words:
            return ()
        # alternatives of one spelling are numbered: "the(2)"
        text = " ".join(word.word.partition("(")[0] for word in words)
        frame_s = 0.01
        return (Spoken(text, words[0].start_frame * frame_s, min(words[-1].end_frame * frame_s, len(pcm) / RATE)),)

    def close(self) -> None:
        self._decoder = None


def create(setting: str, **_: object) -> PocketSphinx:
    """
    Raises:
        ValueError: an option that is not known, a file that is not there, or pocketsphinx is not installed.
    """
    options = dict(part.partition("=")[::2] for part in setting.split(",") if part)
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        raise ValueError(f"it knows {', '.join(sorted(_OPTIONS))}, not {', '.join(unknown)}")
    for name, path in options.items():
        if not Path(path).exists():
            raise ValueError(f"{name}: there is no {path}")
    try:
        from pocketsphinx import Decoder
    except ImportError:
        raise ValueError("pip install 'livehub[pocketsphinx]' brings what it needs") from None
    try:
        return PocketSphinx(Decoder(samprate=RATE, loglevel="FATAL", **options))
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"a model or grammar that it cannot read: {error}") from error
