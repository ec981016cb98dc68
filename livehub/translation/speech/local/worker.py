"""The process that speaks: ``python -m livehub.translation.speech.local.worker``, asked by lines of JSON.

First ``{"rate": 165}``, then any number of ``{"id": 1, "text": "…", "voice": "th", "until_s": …}`` (on CLOCK_MONOTONIC,
which all processes share). Each is answered by ``{"id": 1, "sound": "…"}``, an MP3 in base64, or ``{"id": 1, "error":
"…"}``. Ends when its input does, so it never outlives the server.

eSpeak NG's library is called by its C interface (espeak-ng/src/include/espeak-ng/speak_lib.h): the text as UTF-8, with
neither SSML nor phonemes read in it.
"""

import base64
import ctypes
import io
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import av
import espeakng_loader
import numpy as np

#: what is longer is cut off
MAX_SECONDS: Final = 60
BIT_RATE: Final = 48_000
#: of speak_lib.h
_AUDIO_OUTPUT_SYNCHRONOUS: Final = 2
_INITIALIZE_DONT_EXIT: Final = 0x8000
_CHARS_UTF8: Final = 1
_POS_CHARACTER: Final = 1
_PARAMETER_RATE: Final = 1
_OK: Final = 0
_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Voice:
    """The library; there is one in a process. Blocks: only this process calls it."""

    def __init__(self, rate: int) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = os.fsencode(espeakng_loader.get_data_path())
        self._sample_rate = self._library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, _INITIALIZE_DONT_EXIT)
        if self._sample_rate <= 0:
            raise RuntimeError("eSpeak NG cannot be started")
        self._samples = bytearray()
        self._heard = _CALLBACK(self._hear)  # kept: the library calls it
        self._library.espeak_SetSynthCallback(self._heard)
        self._library.espeak_SetParameter(_PARAMETER_RATE, rate, 0)

    def speak(self, text: str, voice: str) -> bytes:
        """Raises: ValueError."""
        if self._library.espeak_SetVoiceByName(voice.encode("ascii")) != _OK:
            raise ValueError("there is no such voice")
        self._samples.clear()
        data = text.encode() + b"\0"
        done = self._library.espeak_Synth(data, len(data), 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None)
        if done != _OK or not self._samples:
            raise ValueError("nothing can be heard of it")
        return mp3(np.frombuffer(bytes(self._samples), "<i2"), self._sample_rate)

    def _hear(self, samples: Any, count: int, _events: Any) -> int:
        """1 stops it."""
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, count * 2)
        return int(len(self._samples) > MAX_SECONDS * self._sample_rate * 2)


def mp3(samples: "np.ndarray[Any, np.dtype[np.int16]]", rate: int) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as file:
        stream = file.add_stream("libmp3lame", rate=rate)
        stream.bit_rate = BIT_RATE
        stream.codec_context.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16p", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def answer(speak: Callable[[str, str], bytes], asked: Any) -> dict[str, Any]:
    number = asked["id"]
    if time.monotonic() >= asked["until_s"]:
        return {"id": number, "error": "came too late: what was before it took the time"}
    try:
        return {"id": number, "sound": base64.b64encode(speak(asked["text"], asked["voice"])).decode()}
    except Exception as error:  # whatever a library does with a text, the next one may be well
        return {"id": number, "error": f"{type(error).__name__}: {error}"[:300]}


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    voice: Voice | None = None
    for line in asked:
        message = json.loads(line)
        if voice is None:
            voice = Voice(int(message["rate"]))
            continue
        told.write(json.dumps(answer(voice.speak, message)).encode() + b"\n")
        told.flush()


if __name__ == "__main__":
    os.nice(5)  # sound and picture of the show go before this
    # What a library prints must not get between the answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, out)
