"""A speaker that asks a server of an invented kind, Orator: an example for docs/speech.md of livehub.

``POST /v1/say/{language}`` with ``{"text": …, "pace": 1.0}`` and the key as a bearer token gives a WAV file. It
answers 429 when the account's minutes are used up, and knows the languages that the setting names.
"""

from urllib.parse import urlsplit

from livehub.setting import Address
from livehub.translation.locale import LOCALES
from livehub.translation.speech.errors import SpeechRefused
from livehub.translation.speech.http import SoundClient
from livehub.translation.speech.speaker import Speaker

EXAMPLE = "orator:https://orator.example?locales=th|vi&pace=1.2&key_file=/etc/livehub/orator.key"
SLOWEST, QUICKEST = 0.5, 2.0
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class Orator:
    name = "orator"

    def __init__(self, client: SoundClient, locales: frozenset[str], pace: float, *, is_remote: bool) -> None:
        self.is_remote = is_remote
        self._client = client
        self._locales = locales
        self._pace = pace

    def supports(self, locale: str) -> bool:
        return locale in self._locales

    async def speak(self, text: str, locale: str) -> bytes:
        if locale not in self._locales:
            raise SpeechRefused(f"it does not speak {locale}")
        return await self._client.post(f"/v1/say/{locale}", {"text": text, "pace": self._pace})

    async def close(self) -> None:
        await self._client.close()


def create(setting: str, *, deadline_s: float, **_: object) -> Speaker:
    """``setting``: the server's address with ``?locales=``, ``&pace=``, and ``&key=`` or ``&key_file=``.

    Raises: ValueError.
    """
    address = Address.parse(setting, example=EXAMPLE, options=("locales", "pace", "key", "key_file"))
    key, parts = address.key(), urlsplit(address.url)
    is_remote = parts.hostname not in THIS_MACHINE
    if not key:
        raise ValueError(f"Orator wants a key, as in {EXAMPLE}")
    if is_remote and parts.scheme != "https":
        raise ValueError("a key goes over https:// only")
    locales = frozenset(address.options.get("locales", "").split("|"))
    if not locales <= set(LOCALES):
        raise ValueError(f"say what it speaks, locales=th|vi, of {', '.join(LOCALES)}")
    return Orator(SoundClient(address.url, timeout_s=deadline_s, key=key), locales, pace(address), is_remote=is_remote)


def pace(address: Address) -> float:
    """Raises: ValueError."""
    told = address.options.get("pace", "1")
    try:
        found = float(told)
    except ValueError:
        found = 0.0
    if not SLOWEST <= found <= QUICKEST:
        raise ValueError(f"pace is a number from {SLOWEST} to {QUICKEST}")
    return found
