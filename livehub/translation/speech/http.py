"""Asking a speaker that is reached by HTTP: one session, bounds, and errors by their status.

The address is the operator's own; the answer is not trusted all the same. It has a largest size and is read within the
time, sends nobody elsewhere, and what is not sound is not passed on. The key is taken out of what goes into the log.
"""

import json
from collections.abc import Mapping
from typing import Final

import aiohttp

from livehub.translation.speech.errors import (
    SpeechDenied,
    SpeechFailed,
    SpeechMalformed,
    SpeechQuotaExceeded,
    SpeechRefused,
    SpeechTimedOut,
)
from livehub.translation.speech.sound import MAX_SOUND_BYTES, content_type

#: when a 429 does not say how long to wait
DEFAULT_RETRY_AFTER_S: Final = 60.0
#: of an answer that says no
_MAX_REASON_BYTES: Final = 65_536
_REASON_CHARS: Final = 200
_CONNECTIONS: Final = 8
_STATUSES: Final[Mapping[int, type[SpeechFailed]]] = {
    400: SpeechRefused,
    401: SpeechDenied,
    403: SpeechDenied,
    413: SpeechRefused,
    422: SpeechRefused,
    429: SpeechQuotaExceeded,
}


class SoundClient:
    """Requests to one speaker. Owns its session, which is opened by the first of them.

    Args:
        url: what paths are appended to, without a slash at its end.
        timeout_s: for each request with its answer.
        key: sent as a bearer token, "" for none; never to be seen in an error.
    """

    def __init__(self, url: str, *, timeout_s: float, key: str = "") -> None:
        self._url: Final = url
        self._key: Final = key
        self._timeout: Final = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def post(self, path: str, body: Mapping[str, object]) -> bytes:
        """The answer, which is sound.

        Raises:
            SpeechFailed: no answer, none in time, one that is no sound, or one that says no.
        """
        if self._closed:
            raise SpeechFailed("the speaker was closed")
        try:
            async with self._open().post(self._url + path, json=body, allow_redirects=False) as response:
                is_sound = response.status == 200
                content = await _read(response, MAX_SOUND_BYTES if is_sound else _MAX_REASON_BYTES)
                if not is_sound:
                    raise self._failure(response, content)
        except TimeoutError as error:
            raise SpeechTimedOut(f"no answer within {self._timeout.total} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise SpeechFailed(f"the server cannot be reached: {type(error).__name__}") from error
        except RuntimeError as error:  # closed meanwhile
            raise SpeechFailed("the speaker was closed") from error
        content_type(content)
        return content

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Accept": "audio/*", "Accept-Encoding": "identity"}
            if self._key:
                headers["Authorization"] = f"Bearer {self._key}"
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                timeout=self._timeout,
                headers=headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                # What is compressed could be far larger than it looks.
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _failure(self, response: aiohttp.ClientResponse, content: bytes) -> SpeechFailed:
        status = response.status
        if 300 <= status < 400:
            return SpeechFailed(f"the server sends elsewhere ({status}); set the address it ends at")
        kind = _STATUSES.get(status, SpeechFailed)
        said = f"{status}: {self._reason(content)}"
        if kind is SpeechQuotaExceeded:
            header = response.headers.get("Retry-After", "")
            wait_s = float(header) if header.isascii() and header.isdigit() and len(header) <= 6 else 0.0
            return SpeechQuotaExceeded(said, retry_after_s=wait_s or DEFAULT_RETRY_AFTER_S)
        return kind(said)

    def _reason(self, content: bytes) -> str:
        """The server's own words, for the log; never the key."""
        try:
            told = json.loads(content)
        except (ValueError, RecursionError):
            return "no reason given"
        error = told.get("error") if isinstance(told, dict) else None
        reason = error.get("message") if isinstance(error, dict) else error
        if not isinstance(reason, str) or not reason:
            return "no reason given"
        if self._key:
            reason = reason.replace(self._key, "***")
        return "".join(char if char.isprintable() else " " for char in reason[:_REASON_CHARS])


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > most:
            raise SpeechMalformed(f"the answer is larger than {most} bytes")
    return bytes(content)
