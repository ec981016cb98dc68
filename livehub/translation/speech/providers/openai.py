"""Any server with ``POST /audio/speech``, as OpenAI has it (developers.openai.com/api/reference, "Create speech").

Text leaves this machine unless the server is on it, and people are told so.
"""

import re
from collections.abc import Mapping
from typing import Final

from livehub.setting import Address
from livehub.translation.locale import LOCALES
from livehub.translation.speech.errors import SpeechRefused
from livehub.translation.speech.http import SoundClient
from livehub.translation.speech.speaker import Speaker

EXAMPLE: Final = "openai:https://api.openai.com/v1?model=tts-1&voice=alloy&key_file=/etc/livehub/tts.key"
FORMATS: Final = ("mp3", "opus", "aac", "flac", "wav")
_WORD: Final = re.compile(r"[\x21-\x7e]{1,100}")


class OpenAiSpeaker:
    """``voices``: by locale, where one differs from ``voice``; ``locales``: those it is asked for."""

    name = "openai"

    def __init__(
        self,
        client: SoundClient,
        *,
        model: str,
        voice: str,
        voices: Mapping[str, str],
        locales: frozenset[str],
        form: str,
        is_remote: bool,
    ) -> None:
        self.is_remote: Final = is_remote
        self._client: Final = client
        self._body: Final = {"model": model, "response_format": form}
        self._voice: Final = voice
        self._voices: Final = voices
        self._locales: Final = locales

    def supports(self, locale: str) -> bool:
        return locale in self._locales

    async def speak(self, text: str, locale: str) -> bytes:
        if locale not in self._locales:
            raise SpeechRefused(f"it is not asked for {locale}")
        voice = self._voices.get(locale, self._voice)
        return await self._client.post("/audio/speech", {**self._body, "voice": voice, "input": text})

    async def close(self) -> None:
        await self._client.close()


def create(setting: str, *, deadline_s: float, **_: object) -> Speaker:
    """Entry point ``openai``; ``setting``: the address up to ``/v1``, ``?model=``, and ``&voice=`` (one for a language:
    ``&voice_th=``), ``&locales=th|vi``, ``&format=``, ``&key=`` or ``&key_file=``.

    Raises:
        ValueError: a setting that cannot be used, or by which a key would go over a network in the clear.
    """
    by_locale = {f"voice_{tag}": tag for tag in LOCALES}
    options = ("model", "voice", "locales", "format", "key", "key_file", *by_locale)
    address = Address.parse(setting, example=EXAMPLE, options=options)
    told, key, is_remote = address.options, address.key(), not address.is_local
    if key and is_remote and not address.url.startswith("https:"):
        raise ValueError("a key goes over https:// only")
    voices = {tag: told[option] for option, tag in by_locale.items() if option in told}
    model, voice = told.get("model", ""), told.get("voice", "alloy")
    if not all(_WORD.fullmatch(word) for word in (model, voice, *voices.values())):
        raise ValueError(f"say which model and voice, as in {EXAMPLE}")
    form = told.get("format", "mp3")
    if form not in FORMATS:
        raise ValueError(f"format is one of {', '.join(FORMATS)}")
    locales = read_locales(told.get("locales", ""), frozenset(LOCALES))
    client = SoundClient(address.url, timeout_s=deadline_s, key=key)
    return OpenAiSpeaker(
        client, model=model, voice=voice, voices=voices, locales=locales, form=form, is_remote=is_remote
    )


def read_locales(text: str, default: frozenset[str]) -> frozenset[str]:
    """``th|vi``; ``default`` for nothing. Raises: ValueError."""
    if not text:
        return default
    tags = frozenset(text.split("|"))
    if not tags <= set(LOCALES):
        raise ValueError(f"locales are written th|vi, of {', '.join(LOCALES)}")
    return tags
