"""What engines that are reached by HTTP have in common: JSON, and an error for each kind of no.

Everything that is not JSON is an :class:`~livehub.translation.errors.AnswerMalformed`; the rest of what is not trusted
stands in :mod:`livehub.remote`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from livehub.remote import DEFAULT_RETRY_AFTER_S, Faults, Remote
from livehub.translation.errors import (
    AccessDenied,
    AnswerMalformed,
    QuotaExceeded,
    TranslationFailed,
    TranslationRefused,
    TranslationTimedOut,
)

__all__ = ["DEFAULT_RETRY_AFTER_S", "MAX_RESPONSE_BYTES", "STATUSES", "JsonClient", "texts_of"]

MAX_RESPONSE_BYTES: Final = 1 << 20
_CONNECTIONS: Final = 16

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
        self.url: Final = url
        known = {**STATUSES, **(statuses or {})}
        faults = Faults("translator", TranslationFailed, TranslationTimedOut, AnswerMalformed, QuotaExceeded, known)
        told = {"Accept": "application/json", **(headers or {})}
        self._remote: Final = Remote(
            url, timeout_s=timeout_s, faults=faults, secrets=secrets, headers=told, connections=_CONNECTIONS
        )

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
        return await self._remote.ask_json(
            method, path, good=(200, 201), most_bytes=MAX_RESPONSE_BYTES,
            json=body, data=form, params=params, headers=headers,
        )  # fmt: skip

    async def close(self) -> None:
        await self._remote.close()


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
