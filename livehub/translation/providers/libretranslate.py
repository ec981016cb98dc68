"""A LibreTranslate server, or one that speaks its HTTP interface.

``GET /languages`` says which pairs there are, ``POST /translate`` takes many lines at once (``q`` as a list). The
interface is described at ``/docs`` of any such server. What it says is not trusted: sizes are bounded and every answer
is checked.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

import aiohttp

from livehub.clock import Clock
from livehub.translation.errors import (
    AccessDenied,
    AnswerMalformed,
    QuotaExceeded,
    TranslationFailed,
    TranslationRefused,
    TranslationTimedOut,
)
from livehub.translation.locale import LOCALES
from livehub.translation.provider import Translator

MAX_RESPONSE_BYTES: Final = 1 << 20
#: how long what /languages said is believed
LANGUAGES_TTL_S: Final = 600.0
#: when a 429 does not say how long to wait
DEFAULT_RETRY_AFTER_S: Final = 60.0
_CONNECTIONS: Final = 16

# Servers differ in how they call simplified Chinese.
_CODES: Final[Mapping[str, tuple[str, ...]]] = {"zh": ("zh", "zh-Hans", "zh-CN")}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``url`` without a trailing slash; ``api_key`` empty when the server asks for none."""

    url: str
    api_key: str = field(default="", repr=False)

    @classmethod
    def parse(cls, setting: str) -> "Endpoint":
        """From ``http://host:port/path?api_key=…``.

        Raises:
            ValueError: not such a URL. The message does not repeat it, since it may hold a key.
        """
        parts = urlsplit(setting)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            raise ValueError("write the server's address, such as libretranslate:http://127.0.0.1:5000")
        if parts.username is not None or parts.fragment:
            raise ValueError("the address may not have a user name or a fragment; a key goes in ?api_key=")
        query = parse_qs(parts.query, keep_blank_values=True)
        if set(query) - {"api_key"}:
            raise ValueError("the only option is api_key, as in libretranslate:http://127.0.0.1:5000?api_key=KEY")
        url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
        return cls(url, query.get("api_key", [""])[0])


class LibreTranslateTranslator:
    """Owns one HTTP session, opened at the first call. ``timeout_s`` bounds each HTTP request."""

    name = "libretranslate"

    def __init__(self, endpoint: Endpoint, *, clock: Clock, timeout_s: float) -> None:
        self._endpoint: Final = endpoint
        self._clock: Final = clock
        self._timeout: Final = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self._learning: Final = asyncio.Lock()
        self._learned_until_s = float("-inf")
        #: (source, target) → the server's codes; None until it was asked
        self._pairs: dict[tuple[str, str], tuple[str, str]] | None = None

    def supports(self, source: str, target: str) -> bool:
        """True for every pair of the eleven until the server has said which it has."""
        if self._pairs is None:
            return source in LOCALES and target in LOCALES
        # Once believed for long enough, ask again: models are added while the server runs.
        return (source, target) in self._pairs or self._clock.monotonic() >= self._learned_until_s

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        pairs = await self._learn()
        if (source, target) not in pairs:
            raise TranslationRefused(f"the server does not translate {source} to {target}")
        if not texts:
            return []
        source_code, target_code = pairs[source, target]
        body: dict[str, object] = {"q": list(texts), "source": source_code, "target": target_code, "format": "text"}
        if self._endpoint.api_key:
            body["api_key"] = self._endpoint.api_key
        answer = await self._request("POST", "/translate", body)
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(translated, list) or len(translated) != len(texts):
            raise AnswerMalformed(f"translatedText is not a list of {len(texts)} lines")
        if not all(isinstance(line, str) for line in translated):
            raise AnswerMalformed("translatedText holds something that is no text")
        return [line.strip() or None for line in translated]

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def _learn(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        """Which pairs the server has; asked once for all who wait."""
        async with self._learning:
            if self._pairs is None or self._clock.monotonic() >= self._learned_until_s:
                self._pairs = _pairs(await self._request("GET", "/languages"))
                self._learned_until_s = self._clock.monotonic() + LANGUAGES_TTL_S
            return self._pairs

    async def _request(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        if self._closed:
            raise TranslationFailed("the translator was closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS), timeout=self._timeout
            )
        url = self._endpoint.url + path
        try:
            async with self._session.request(method, url, json=body, allow_redirects=False) as response:
                content = await _read(response)
                if response.status != 200:
                    raise self._failure(response, content)
        except TimeoutError as error:
            raise TranslationTimedOut(f"no answer within {self._timeout.total} s") from error
        except aiohttp.ClientError as error:
            raise TranslationFailed(f"the server cannot be reached: {type(error).__name__}") from error
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise AnswerMalformed("the answer is not JSON") from error

    def _failure(self, response: aiohttp.ClientResponse, content: bytes) -> TranslationFailed:
        said = f"{response.status}: {self._reason(content)}"
        match response.status:
            case 429:
                return QuotaExceeded(said, retry_after_s=_retry_after_s(response.headers.get("Retry-After", "")))
            case 401 | 403:
                return AccessDenied(said)
            case 400 | 413 | 422:
                return TranslationRefused(said)
            case status if 300 <= status < 400:
                return TranslationFailed(f"the server sends elsewhere ({status}); set the address it ends at")
            case _:
                return TranslationFailed(said)

    def _reason(self, content: bytes) -> str:
        """The server's own words, for the log; never the key."""
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            return "no reason given"
        reason = str(answer.get("error", "no reason given")) if isinstance(answer, dict) else "no reason given"
        if self._endpoint.api_key:
            reason = reason.replace(self._endpoint.api_key, "***")
        return "".join(char if char.isprintable() else " " for char in reason[:200])


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise AnswerMalformed(f"the answer is larger than {MAX_RESPONSE_BYTES} bytes")
    return bytes(content)


def _retry_after_s(header: str) -> float:
    return float(header) if header.isascii() and header.isdigit() and len(header) <= 6 else DEFAULT_RETRY_AFTER_S


def _pairs(answer: Any) -> dict[tuple[str, str], tuple[str, str]]:
    """From ``[{"code": "en", "targets": ["es", …]}, …]`` to our tags. Older servers leave ``targets`` out: all then."""
    if not isinstance(answer, list):
        raise AnswerMalformed("/languages is not a list")
    targets: dict[str, object] = {}
    for language in answer:
        if not isinstance(language, dict) or not isinstance(language.get("code"), str):
            raise AnswerMalformed("/languages holds something that is no language")
        targets[language["code"]] = language.get("targets")
    codes = {tag: next((code for code in _CODES.get(tag, (tag,)) if code in targets), None) for tag in LOCALES}
    pairs: dict[tuple[str, str], tuple[str, str]] = {}
    for source, source_code in codes.items():
        for target, target_code in codes.items():
            if source == target or source_code is None or target_code is None:
                continue
            reached = targets[source_code]
            if not isinstance(reached, list) or target_code in reached:
                pairs[source, target] = (source_code, target_code)
    return pairs


def create(setting: str, *, clock: Clock, deadline_s: float) -> Translator:
    """Entry point ``libretranslate``; ``setting`` as in :meth:`Endpoint.parse`.

    Raises:
        ValueError: an address that cannot be used.
    """
    return LibreTranslateTranslator(Endpoint.parse(setting), clock=clock, timeout_s=deadline_s)
