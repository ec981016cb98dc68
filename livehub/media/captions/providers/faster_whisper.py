"""Whisper by CTranslate2 (faster-whisper), from the operator's model directory: ``faster_whisper:/models/base``.

The directory has ``model.bin``, ``config.json``, ``tokenizer.json`` and a vocabulary, as ``ct2-transformers-converter``
writes them. Nothing is ever downloaded. Options behind the directory: ``,threads=2`` cores, ``,compute=int8``.
Source: github.com/SYSTRAN/faster-whisper.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.transcriber import RATE, Pcm, Spoken

_NEEDED: Final = ("model.bin", "config.json", "tokenizer.json")
_OPTIONS: Final = frozenset({"threads", "compute"})
_COMPUTE: Final = frozenset({"default", "int8", "int8_float32", "int16", "float32", "float16"})
#: above it, or with an average below, Whisper has made something up (openai/whisper, transcribe.py)
_NO_SPEECH: Final = 0.6
_LEAST_LOGPROB: Final = -1.0
_MAX_TOKENS: Final = 96


class FasterWhisper:
    name = "faster-whisper"
    is_remote = False

    def __init__(self, model: Any) -> None:
        self._model = model

    def supports(self, locale: str) -> bool:
        return locale == "en" or bool(self._model.model.is_multilingual)

    def transcribe(self, pcm: Pcm, locale: str, *, final: bool) -> Sequence[Spoken]:
        if len(pcm) < RATE // 10:
            return ()
        try:
            segments, _ = self._model.transcribe(
                pcm,
                language=locale,
                beam_size=5 if final else 1,
                temperature=0.0,
                condition_on_previous_text=False,
                # its own detector finds music and noise that loudness cannot tell from speech
                vad_filter=final,
                no_speech_threshold=_NO_SPEECH,
                log_prob_threshold=_LEAST_LOGPROB,
                max_new_tokens=_MAX_TOKENS,
            )
            # Nothing is computed before the segments are asked for.
            return [_spoken(part, len(pcm) / RATE) for part in segments if _is_speech(part)]
        except (RuntimeError, ValueError) as error:
            raise TranscriptionFailed(str(error)) from error

    def close(self) -> None:
        self._model = None


def _spoken(segment: Any, length_s: float) -> Spoken:
    """Times that it makes up may lie behind the end: it hears half a minute, whatever it is given."""
    start_s = min(segment.start, length_s)
    return Spoken(segment.text.strip(), start_s, max(start_s, min(segment.end, length_s)))


def _is_speech(segment: Any) -> bool:
    is_made_up = segment.no_speech_prob > _NO_SPEECH and segment.avg_logprob < _LEAST_LOGPROB
    return bool(segment.text.strip()) and not is_made_up


def create(setting: str, **_: object) -> FasterWhisper:
    """
    Raises:
        ValueError: no such model, an option that is not known, or faster-whisper is not installed.
    """
    directory, *rest = setting.split(",")
    options = dict(part.partition("=")[::2] for part in rest if part)
    if not directory:
        raise ValueError("say where the model is: faster_whisper:/path/to/model")
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        raise ValueError(f"it knows {', '.join(sorted(_OPTIONS))}, not {', '.join(unknown)}")
    missing = [name for name in _NEEDED if not (Path(directory) / name).is_file()]
    if missing:
        raise ValueError(f"{directory} is no model of it: there is no {', '.join(missing)}")
    threads, compute = options.get("threads", "0"), options.get("compute", "int8")
    if not threads.isdigit() or int(threads) > 64:
        raise ValueError("threads must be a number from 1 to 64, or 0 for half of the cores")
    if compute not in _COMPUTE:
        raise ValueError(f"compute must be one of {', '.join(sorted(_COMPUTE))}")
    try:
        from faster_whisper import WhisperModel
    except ImportError:
        raise ValueError("pip install 'livehub[whisper]' brings what it needs") from None
    try:
        model = WhisperModel(
            directory,
            device="cpu",
            compute_type=compute,
            cpu_threads=int(threads) or max(1, (os.cpu_count() or 2) // 2),
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ValueError(f"{directory} cannot be loaded: {error}") from error
    return FasterWhisper(model)
