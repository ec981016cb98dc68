"""Asking a speaker that is reached by HTTP: sound, and an error for each kind of no."""

from collections.abc import Mapping
from typing import Final

from livehub.remote import Faults, Remote
from livehub.translation.speech.errors import (
    SpeechDenied,
    SpeechFailed,
    SpeechMalformed,
    SpeechQuotaExceeded,
    SpeechRefused,
    SpeechTimedOut,
)
from livehub.translation.speech.sound import MAX_SOUND_BYTES, content_type

#: of an answer that says no
_MAX_REASON_BYTES: Final = 65_536
_CONNECTIONS: Final = 8
_STATUSES: Final[Mapping[int, type[SpeechFailed]]] = {
    400: SpeechRefused,
    401: SpeechDenied,
    403: SpeechDenied,
    413: SpeechRefused,
    422: SpeechRefused,
    429: SpeechQuotaExceeded,
}
_FAULTS: Final = Faults("speaker", SpeechFailed, SpeechTimedOut, SpeechMalformed, SpeechQuotaExceeded, _STATUSES)


class SoundClient:
    """Requests to one speaker.

    Args:
        url: what paths are appended to, without a slash at its end.
        timeout_s: for each request with its answer.
        key: sent as a bearer token, "" for none; never to be seen in an error.
    """

    def __init__(self, url: str, *, timeout_s: float, key: str = "") -> None:
        headers = {"Accept": "audio/*"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._remote: Final = Remote(
            url, timeout_s=timeout_s, faults=_FAULTS, secrets=(key,), headers=headers, connections=_CONNECTIONS
        )

    async def post(self, path: str, body: Mapping[str, object]) -> bytes:
        """The answer, which is sound.

        Raises:
            SpeechFailed: no answer, none in time, one that is no sound, or one that says no.
        """
        content = await self._remote.ask(
            "POST", path, good=(200,), most_bytes=MAX_SOUND_BYTES, most_refused_bytes=_MAX_REASON_BYTES, json=body
        )
        content_type(content)
        return content

    async def close(self) -> None:
        await self._remote.close()
