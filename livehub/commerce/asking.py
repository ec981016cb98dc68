"""Signed questions to a merchant's own services: checkout hooks and couriers over HTTP."""

import aiohttp
import msgspec

from livehub import __version__
from livehub.clock import Clock
from livehub.commerce.signature import sign_all
from livehub.egress import AddressRefused, PublicResolver, check_literal, open_session, read_at_most


class AskingFailed(Exception):
    """No answer that could be read; the text says why and names neither address nor secret."""


class Session:
    """Connections for one asker or for many; the first question opens them.

    ``guarded``: only to the public internet, for addresses that others than the operator typed in.
    """

    def __init__(self, *, guarded: bool, timeout_s: float) -> None:
        self.guarded = guarded
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = PublicResolver() if self.guarded else None
            self._session = open_session(timeout_s=self._timeout_s, resolver=resolver)
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class SignedAsker:
    """POSTs JSON, signed as webhooks are (Standard Webhooks). Redirects are not followed.

    ``timeout_s``: for a question with its answer. ``most_bytes``: of an answer; a longer one is none. ``session``: of
    whoever shares it and closes it; without one it has its own, to any address. ``previous``: a secret that signs too,
    and until when (ms).
    """

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        timeout_s: float,
        most_bytes: int,
        clock: Clock,
        session: Session | None = None,
        previous: tuple[str | None, int | None] = (None, None),
    ) -> None:
        self._url = url
        self._secret = secret
        self._previous = previous
        self._most_bytes = most_bytes
        self._clock = clock
        self._session = session or Session(guarded=False, timeout_s=timeout_s)
        self._is_own = session is None

    async def ask(self, kind: str, question_id: str, data: object) -> bytes:
        """The answer's body, whole, however many pieces it comes in. Raises: AskingFailed."""
        body = msgspec.json.encode({"type": kind, "data": data})
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"livehub/{__version__}",
            **sign_all(self._secrets(), question_id, self._clock.now_ms(), body),
        }
        session = self._session.open()
        try:
            if self._session.guarded:
                check_literal(self._url)
            async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise AskingFailed(f"it answered {response.status}")
                answer = await read_at_most(response, self._most_bytes + 1)
        except AddressRefused as error:
            raise AskingFailed("its address is not on the public internet") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            if isinstance(error.__cause__, AddressRefused):
                raise AskingFailed("its address is not on the public internet") from error
            raise AskingFailed(f"it cannot be reached: {type(error).__name__}") from error
        if len(answer) > self._most_bytes:
            raise AskingFailed(f"its answer has more than {self._most_bytes} bytes")
        return answer

    def _secrets(self) -> list[str]:
        old, until = self._previous
        is_kept = old is not None and until is not None and self._clock.now_ms() < until
        return [self._secret, old] if is_kept and old is not None else [self._secret]

    async def close(self) -> None:
        if self._is_own:
            await self._session.close()
