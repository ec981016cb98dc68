"""The processes of one server as each of them sees them: made once, started first, closed last."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from livehub.processes.documents import Documents
from livehub.processes.exchange import Exchange
from livehub.processes.limits import ProcessLimits
from livehub.processes.link import Link
from livehub.processes.people import People
from livehub.processes.rooms import RoomWires
from livehub.processes.scripts import SCRIPTS
from livehub.processes.tallies import Tallies


class Ensemble:
    """
    Args:
        redis_url: of the Redis or Valkey that the processes share.
        prefix: of its keys and channels; servers that share a Redis need different ones.
        role, own_url: what this process does, and where the others reach it.
        max_kept_events, max_kept_bytes: of a room's recent events, in Redis.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        prefix: str = "livehub",
        role: str = "web",
        own_url: str = "",
        max_kept_events: int = 1_000,
        max_kept_bytes: int = 1024 * 1024,
        limits: ProcessLimits | None = None,
    ) -> None:
        self.limits: Final = limits or ProcessLimits()
        self.process: Final = secrets.token_hex(6)
        self.role: Final = role
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self.link: Final = Link(redis_url, prefix=prefix, scripts=SCRIPTS, limits=self.limits)
        self.exchange: Final = Exchange(self.link, self.process, role=role, url=own_url, limits=self.limits)
        self.people: Final = People(self.exchange, self.limits)
        self.tallies: Final = Tallies(self.exchange)
        self.documents: Final = Documents(self.link, self.exchange, self.limits)
        self.wires: Final = RoomWires(
            self.link, self.process, self.limits, max_events=max_kept_events, max_bytes=max_kept_bytes
        )

    def finally_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """What was built on it, and ends before it."""
        self._closing.append(close)

    async def start(self) -> None:
        """Raises: RedisAway when there is none to begin with."""
        await self.link.start()
        await self.exchange.start()

    async def close(self) -> None:
        for close in self._closing:
            await close()
        self.people.close()
        self.wires.shut()
        await self.exchange.close()
        await self.link.close()

    async def check(self) -> None:
        """Raises: RedisAway."""
        self.link.check()
