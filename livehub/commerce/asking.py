"""Signed questions to a merchant's own services: checkout hooks and couriers over HTTP."""

import aiohttp
import msgspec

from livehub import __version__
from livehub.clock import Clock
from livehub.commerce.signature import sign
from livehub.egress import open_session, read_at_most


class AskingFailed(Exception):
    """No answer that could be read; the text says why and names neither address nor secret."""


class SignedAsker:
    """POSTs JSON, signed as webhooks are (Standard Webhooks). Owns its session, which the first question opens.

    ``timeout_s``: for a question with its answer. ``most_bytes``: of an answer; a longer one is none.
    """

    def __init__(self, url: str, secret: str, *, timeout_s: float, most_bytes: int, clock: Clock) -> None:
        self._url = url
        self._secret = secret
        self._timeout_s = timeout_s
        self._most_bytes = most_bytes
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, kind: str, question_id: str, data: object) -> bytes:
        """The answer's body, whole, however many pieces it comes in. Raises: AskingFailed."""
        body = msgspec.json.encode({"type": kind, "data": data})
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"livehub/{__version__}",
            **sign(self._secret, question_id, self._clock.now_ms(), body),
        }
        if self._session is None:
            self._session = open_session(timeout_s=self._timeout_s, resolver=None)
        try:
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise AskingFailed(f"it answered {response.status}")
                answer = await read_at_most(response, self._most_bytes + 1)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise AskingFailed(f"it cannot be reached: {type(error).__name__}") from error
        if len(answer) > self._most_bytes:
            raise AskingFailed(f"its answer has more than {self._most_bytes} bytes")
        return answer

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
