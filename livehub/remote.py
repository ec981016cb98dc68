"""A service of the operator's choice that is asked over HTTP: one session, bounds, and errors by their status.

Under translation engines (:mod:`livehub.translation.http`), speakers (:mod:`livehub.translation.speech.http`) and
automatic moderators (:mod:`livehub.chat.screening.http`).

The address is the operator's own; what the other side says is not trusted all the same. An answer has a largest size,
is read within the time, and is never followed elsewhere. Keys are taken out of what goes into the log.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from livehub.errors import Unavailable

#: where an answer that says "later" does not say when
DEFAULT_RETRY_AFTER_S: Final = 60.0
_REASON_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Faults:
    """Which error is raised for what. ``quota`` is made with ``retry_after_s``; ``who``: the other side."""

    who: str
    failed: type[Unavailable]
    timed_out: type[Unavailable]
    malformed: type[Unavailable]
    quota: type[Unavailable]
    #: any status that is not named here is ``failed``
    statuses: Mapping[int, type[Unavailable]]


class Remote:
    """Requests to one service. Owns its session, which is opened by the first of them.

    Args:
        url: what paths are appended to, without a slash at its end.
        timeout_s: for each request with its answer.
        secrets: never to be seen in an error.
        headers: sent with each request.
        connections: open at once, at most.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        faults: Faults,
        secrets: Sequence[str] = (),
        headers: Mapping[str, str],
        connections: int,
    ) -> None:
        self.url: Final = url
        self._timeout: Final = aiohttp.ClientTimeout(total=timeout_s)
        self._faults: Final = faults
        self._secrets: Final = tuple(secret for secret in secrets if secret)
        self._headers: Final = {"Accept-Encoding": "identity", **headers}
        self._connections: Final = connections
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def ask(
        self,
        method: str,
        path: str,
        *,
        good: Collection[int],
        most_bytes: int,
        most_refused_bytes: int | None = None,
        **request: Any,
    ) -> bytes:
        """The answer's body, when its status is one of ``good``. ``path`` may be a whole address.

        Args:
            most_bytes: of the body; ``most_refused_bytes``: of one that says no.
            request: what aiohttp takes: ``json``, ``data``, ``params``, ``headers``.

        Raises:
            Unavailable: one of the :class:`Faults`.
        """
        if self._closed:
            raise self._was_closed()
        url = path if "://" in path else self.url + path
        try:
            async with self._open().request(method, url, allow_redirects=False, **request) as response:
                is_good = response.status in good
                content = await self._read(response, most_bytes if is_good else most_refused_bytes or most_bytes)
                if not is_good:
                    raise self._failure(response, content)
        except TimeoutError as error:
            raise self._faults.timed_out(f"no answer within {self._timeout.total} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._faults.failed(f"the server cannot be reached: {type(error).__name__}") from error
        except RuntimeError as error:  # closed meanwhile
            raise self._was_closed() from error
        return content

    async def ask_json(self, method: str, path: str, *, good: Collection[int], most_bytes: int, **request: Any) -> Any:
        """See :meth:`ask`; an answer that is no JSON is ``malformed``."""
        content = await self.ask(method, path, good=good, most_bytes=most_bytes, **request)
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._faults.malformed("the answer is not JSON") from error

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _was_closed(self) -> Unavailable:
        return self._faults.failed(f"the {self._faults.who} was closed")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                timeout=self._timeout,
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                # What is compressed could be far larger than it looks.
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    async def _read(self, response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
        content = bytearray()
        async for chunk in response.content.iter_chunked(1 << 16):
            content += chunk
            if len(content) > most_bytes:
                raise self._faults.malformed(f"the answer is larger than {most_bytes} bytes")
        return bytes(content)

    def _failure(self, response: aiohttp.ClientResponse, content: bytes) -> Unavailable:
        status, faults = response.status, self._faults
        if 300 <= status < 400:
            return faults.failed(f"the server sends elsewhere ({status}); set the address it ends at")
        kind = faults.statuses.get(status, faults.failed)
        said = f"{status}: {self._reason(content)}"
        if kind is faults.quota:
            return kind(said, retry_after_s=_retry_after_s(response.headers.get("Retry-After", "")))
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


def _retry_after_s(header: str) -> float:
    return float(header) if header.isascii() and header.isdigit() and len(header) <= 6 else DEFAULT_RETRY_AFTER_S
