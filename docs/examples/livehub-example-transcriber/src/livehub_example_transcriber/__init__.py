"""A transcriber that asks a server of an invented kind, Stenograph: an example for docs/captions.md of livehub.

``POST /v1/write/{language}`` with a WAV file and the key in a header gives ``{"lines": [{"text": …, "from": 0.2, "to":
1.4}]}``, in seconds. It answers 402 when the account's minutes are used up, and knows the languages that the setting names.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.http import JsonService, wav
from livehub.media.captions.transcriber import Pcm, Spoken, Transcriber
from livehub.setting import Address
from livehub.translation.locale import LOCALES

EXAMPLE = "stenograph:https://stenograph.example?locales=en|th&key_file=/etc/livehub/stenograph.key"
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class Stenograph:
    name = "stenograph"
    is_remote = True

    def __init__(self, service: JsonService, locales: frozenset[str]) -> None:
        self._service = service
        self._locales = locales

    def supports(self, locale: str) -> bool:
        return locale in self._locales

    def transcribe(self, pcm: Pcm, locale: str, *, final: bool) -> Sequence[Spoken]:
        if not final:  # each would be paid for
            return ()
        answer = self._service.post(f"/v1/write/{locale}", wav(pcm), "audio/wav")
        try:
            lines = [Spoken(str(each["text"]), float(each["from"]), float(each["to"])) for each in answer["lines"]]
        except (TypeError, KeyError, ValueError):
            raise TranscriptionFailed("the answer has no lines") from None
        return [line for line in lines if line.text.strip()]

    def close(self) -> None:
        self._service.close()


def create(setting: str, *, timeout_s: float) -> Transcriber:
    """``setting``: the server's address with ``?locales=``, and ``&key=`` or ``&key_file=``.

    Raises: ValueError.
    """
    address = Address.parse(setting, example=EXAMPLE, options=("locales", "key", "key_file"))
    key, parts = address.key(), urlsplit(address.url)
    if not key:
        raise ValueError(f"Stenograph wants a key, as in {EXAMPLE}")
    if parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
        raise ValueError("a key goes over https:// only")
    locales = frozenset(address.options.get("locales", "").split("|"))
    if not locales <= set(LOCALES):
        raise ValueError(f"say what it writes, locales=en|th, of {', '.join(LOCALES)}")
    service = JsonService(address.url, timeout_s=timeout_s, headers={"X-Stenograph-Key": key})
    return Stenograph(service, locales)
