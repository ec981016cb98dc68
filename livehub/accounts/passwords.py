"""Password hashes: Argon2id, in threads of its own and never many at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from livehub.errors import Unavailable

T = TypeVar("T")

#: 64 MiB, 3 passes, 4 lanes: RFC 9106 section 4, second recommended option. About 50 ms of one core.
PARAMETERS = RFC_9106_LOW_MEMORY
#: hashes at once: two hold 128 MiB; people who wait behind them wait a moment
THREADS = 2
MAX_WAITING = 40


class Passwords:
    """Hashes and checks. A hash made with other parameters than ``parameters`` is renewed at the next sign-in."""

    def __init__(self, parameters: argon2.Parameters = PARAMETERS, *, threads: int = THREADS) -> None:
        self._hasher = argon2.PasswordHasher.from_parameters(parameters)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="livehub-password")
        self._waiting = 0
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """Raises: Unavailable when too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` made ``stored``. None (nobody has that address) takes as long and is False.

        Raises:
            Unavailable: too many wait.
        """
        return await self._run(lambda: self._verify(stored, password))

    def needs_renewal(self, stored: str) -> bool:
        return self._hasher.check_needs_rehash(stored)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)

    def _verify(self, stored: str | None, password: str) -> bool:
        if stored is None:
            if self._decoy is None:
                self._decoy = self._hasher.hash("nobody has this password")
            self._matches(self._decoy, password)
            return False
        return self._matches(stored, password)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise Unavailable("Too many people are signing in at once", retry_after_s=2, code="overloaded")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
