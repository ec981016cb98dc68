"""eSpeak NG on this machine, in a process of its own: small, quick, of every language, and a machine by its sound.

Needs ``pip install 'livehub[speech]'``, which brings the library and its voices (espeakng-loader); no package of the
system. No text leaves the machine. It cannot read Japanese as it is written, with Han characters, and is not asked to.
"""

import base64
import importlib.util
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs

from livehub.translation.local.asked import AskedProcess
from livehub.translation.speech.errors import SpeechFailed, SpeechMalformed, SpeechRefused
from livehub.translation.speech.providers.openai import read_locales
from livehub.translation.speech.sound import MAX_SOUND_BYTES
from livehub.translation.speech.speaker import Speaker

EXAMPLE: Final = "espeak_ng:?rate=165&locales=th|vi"
#: locale → the library's name of a voice
VOICES: Final[Mapping[str, str]] = MappingProxyType(
    {"ar": "ar", "id": "id", "zh": "cmn", "en": "en-us", "fr": "fr", "ru": "ru", "es": "es", "th": "th", "tr": "tr",
     "vi": "vi"}
)  # fmt: skip
_MODULE: Final = "livehub.translation.speech.local.worker"
_SLOWEST, _QUICKEST, _USUAL = 80, 400, 165
#: a text of 500 characters takes a tenth of a second
HANG_S: Final = 20.0


class EspeakSpeaker:
    """``rate`` in words a minute."""

    name = "espeak_ng"
    is_remote = False

    def __init__(self, *, rate: int, locales: frozenset[str], deadline_s: float) -> None:
        self._locales: Final = locales
        self._rate: Final = rate
        self._deadline_s: Final = deadline_s
        self._process: AskedProcess | None = None
        self._closed = False

    @property
    def pid(self) -> int:
        """Of the process that speaks; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    def supports(self, locale: str) -> bool:
        return locale in self._locales

    async def speak(self, text: str, locale: str) -> bytes:
        if locale not in self._locales:
            raise SpeechRefused(f"there is no voice for {locale}")
        if self._process is None:
            self._process = AskedProcess(
                _MODULE,
                {"rate": self._rate},
                what="process of eSpeak NG",
                failure=SpeechFailed,
                hang_s=HANG_S,
                max_answer_bytes=2 * MAX_SOUND_BYTES,
            )
            if self._closed:
                await self._process.close()
        until_s = time.monotonic() + self._deadline_s
        answer = await self._process.asked({"text": text, "voice": VOICES[locale], "until_s": until_s})
        try:
            return base64.b64decode(answer["sound"], validate=True)
        except (KeyError, TypeError, ValueError):
            raise SpeechMalformed("the process of eSpeak NG answered in another form") from None

    async def close(self) -> None:
        self._closed = True
        if self._process is not None:
            await self._process.close()


def create(setting: str, *, deadline_s: float, **_: object) -> Speaker:
    """Entry point ``espeak_ng``; ``setting``: nothing, or ``?rate=`` (80 to 400 words a minute) and ``&locales=th|vi``.

    Raises:
        ValueError: the package is missing, or a setting that cannot be used.
    """
    if importlib.util.find_spec("espeakng_loader") is None:
        raise ValueError("espeakng-loader is not installed: pip install 'livehub[speech]'")
    options = parse_qs(setting.removeprefix("?"), keep_blank_values=True)
    if (setting and not setting.startswith("?")) or set(options) - {"rate", "locales"}:
        raise ValueError(f"the options are rate and locales: {EXAMPLE}")
    rate = options.get("rate", [str(_USUAL)])[0]
    if not (rate.isascii() and rate.isdigit() and len(rate) <= 3) or not _SLOWEST <= int(rate) <= _QUICKEST:
        raise ValueError(f"rate is a number of words a minute from {_SLOWEST} to {_QUICKEST}")
    locales = read_locales(options.get("locales", [""])[0], frozenset(VOICES))
    if not locales <= set(VOICES):
        raise ValueError(f"eSpeak NG reads {', '.join(VOICES)} here")
    return EspeakSpeaker(rate=int(rate), locales=locales, deadline_s=deadline_s)
