"""What engines that are reached by HTTP have in common: one session, JSON, bounds, and errors by their status.

What the other side says is not trusted: an answer has a largest size and is read within the time, is never followed
elsewhere, and everything that is not JSON is an :class:`~livehub.translation.errors.AnswerMalformed`. Keys are taken
out of what goes into the log.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp

from livehub.translation.errors import (
    AccessDenied,
    AnswerMalformed,
    QuotaExceeded,
    TranslationFailed,
    TranslationRefused,
    TranslationTimedOut,
)

MAX_RESPONSE_BYTES: Final = 1 << 20
#: when a 429 does not say how long to wait
DEFAULT_RETRY_AFTER_S: Final = 60.0
_CONNECTIONS: Final = 16
_REASON_CHARS: Final = 200

#: what a status means, where an engine's documentation says nothing else
STATUSES: Final[Mapping[int, type[TranslationFailed]]] = {
    400: TranslationRefused,
    401: AccessDenied,
    403: AccessDenied,
    413: TranslationRefused,
    414: TranslationRefused,
    422: TranslationRefused,
    429: QuotaExceeded,
}


class JsonClient:
    """Requests to one engine. Owns its session, which is opened by the first of them.

    Args:
        url: what paths are appended to, without a slash at its end.
        timeout_s: for each request with its answer.
        secrets: never to be seen in an error.
        headers: sent with each request.
        statuses: statuses that mean something else to this engine than in :data:`STATUSES`.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        secrets: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        statuses: Mapping[int, type[TranslationFailed]] | None = None,
    ) -> None:
        self._url: Final = url
        self._timeout: Final = aiohttp.ClientTimeout(total=timeout_s)
        self._secrets: Final = tuple(secret for secret in secrets if secret)
        self._headers: Final = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        self._statuses: Final = {**STATUSES, **(statuses or {})}
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Any:
        """See :meth:`request`."""
        return await self.request("GET", path, headers=headers)

    async def post(
        self,
        path: str,
        body: object = None,
        *,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """See :meth:`request`."""
        return await self.request("POST", path, body=body, form=form, params=params, headers=headers)

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer's JSON. ``path`` may be a whole address.

        Raises:
            TranslationFailed: no answer, none in time, one of another form, or one that says no.
        """
        if self._closed:
            raise TranslationFailed("the translator was closed")
        url = path if "://" in path else self._url + path
        try:
            async with self._open().request(
                method, url, json=body, data=form, params=params, headers=headers, allow_redirects=False
            ) as response:
                content = await _read(response)
                if response.status not in {200, 201}:
                    raise self._failure(response, content)
        except TimeoutError as error:
            raise TranslationTimedOut(f"no answer within {self._timeout.total} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise TranslationFailed(f"the server cannot be reached: {type(error).__name__}") from error
        except RuntimeError as error:  # closed meanwhile
            raise TranslationFailed("the translator was closed") from error
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise AnswerMalformed("the answer is not JSON") from error

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                timeout=self._timeout,
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                # What is compressed could be far larger than it looks.
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _failure(self, response: aiohttp.ClientResponse, content: bytes) -> TranslationFailed:
        status = response.status
        if 300 <= status < 400:
            return TranslationFailed(f"the server sends elsewhere ({status}); set the address it ends at")
        kind = self._statuses.get(status, TranslationFailed)
        said = f"{status}: {self._reason(content)}"
        if kind is QuotaExceeded:
            return QuotaExceeded(said, retry_after_s=_retry_after_s(response.headers.get("Retry-After", "")))
        return kind(said)

    def _reason(self, content: bytes) -> str:
        """The server's own words, for the log; never a key."""
        try:
            reason = _said(json.loads(content)) or "no reason given"
        except (ValueError, RecursionError):
            reason = "no reason given"
        for secret in self._secrets:
            reason = reason.replace(secret, "***")
        return "".join(char if char.isprintable() else " " for char in reason[:_REASON_CHARS])


def _said(answer: Any) -> str:
    """From ``{"error": "…"}``, ``{"error": {"message": "…"}}``, ``{"message": "…"}`` or ``{"explanation": "…"}``."""
    if not isinstance(answer, dict):
        return ""
    for name in ("error", "message", "explanation", "error_description"):
        told = answer.get(name)
        if isinstance(told, dict):
            told = told.get("message")
        if isinstance(told, str) and told:
            return told
    return ""


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise AnswerMalformed(f"the answer is larger than {MAX_RESPONSE_BYTES} bytes")
    return bytes(content)


def _retry_after_s(header: str) -> float:
    return float(header) if header.isascii() and header.isdigit() and len(header) <= 6 else DEFAULT_RETRY_AFTER_S


def texts_of(found: object, expected: int, what: str, member: str = "") -> list[str | None]:
    """``expected`` texts from a list of texts, or of objects with a ``member``; None for an empty one.

    Raises:
        AnswerMalformed: another number of them, or something that is no text. The message names ``what``.
    """
    if not isinstance(found, list) or len(found) != expected:
        raise AnswerMalformed(f"{what} is not a list of {expected}")
    lines: list[str | None] = []
    for entry in found:
        text = entry.get(member) if member and isinstance(entry, dict) else entry
        if not isinstance(text, str):
            raise AnswerMalformed(f"{what} holds something that is no text")
        lines.append(text.strip() or None)
    return lines
