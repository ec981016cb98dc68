"""Asking a moderator that is reached by HTTP: JSON, and an error for each kind of no."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from livehub.chat.screening.errors import (
    ModerationDenied,
    ModerationFailed,
    ModerationMalformed,
    ModerationQuotaExceeded,
    ModerationTimedOut,
)
from livehub.remote import Faults, Remote

MAX_ANSWER_BYTES: Final = 65_536
#: as many as there are lines that are asked about at once
_CONNECTIONS: Final = 64
STATUSES: Final[Mapping[int, type[ModerationFailed]]] = {
    401: ModerationDenied,
    403: ModerationDenied,
    429: ModerationQuotaExceeded,
}


class VerdictClient:
    """Requests to one moderator. Owns its session, which is opened by the first of them.

    Args:
        url: what paths are appended to, without a slash at its end.
        timeout_s: for each request with its answer.
        secrets: never to be seen in an error.
        headers: sent with each request.
        statuses: statuses that mean something else to this moderator than in :data:`STATUSES`.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        secrets: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        statuses: Mapping[int, type[ModerationFailed]] | None = None,
    ) -> None:
        known = {**STATUSES, **(statuses or {})}
        faults = Faults(
            "moderator", ModerationFailed, ModerationTimedOut, ModerationMalformed, ModerationQuotaExceeded, known
        )
        told = {"Accept": "application/json", **(headers or {})}
        self._remote: Final = Remote(
            url, timeout_s=timeout_s, faults=faults, secrets=secrets, headers=told, connections=_CONNECTIONS
        )

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        """The answer's JSON.

        Raises:
            ModerationFailed: no answer, none in time, one that is no JSON, or one that says no.
        """
        return await self._remote.ask_json("POST", path, good=(200,), most_bytes=MAX_ANSWER_BYTES, json=body)

    async def close(self) -> None:
        await self._remote.close()


def score_of(found: object, what: str) -> float:
    """A number from 0 to 1. Raises: ModerationMalformed; its message names ``what``."""
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
        raise ModerationMalformed(f"{what} is no number from 0 to 1")
    return float(found)
