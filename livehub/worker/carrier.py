"""What takes a parcel of the outbox to where it goes, when that is no webhook."""

from dataclasses import dataclass
from typing import Protocol

from livehub.commerce.webhooks.ports import Parcel


@dataclass(frozen=True, slots=True)
class Outcome:
    """``retry_s`` None and not done: given up. ``said`` is kept for whoever looks for a fault; it names no person."""

    is_done: bool
    said: str
    retry_s: float | None = None


class Carrier(Protocol):
    def start(self) -> None: ...

    async def close(self) -> None: ...

    async def carry(self, parcel: Parcel) -> Outcome:
        """What happened to it; raises nothing that is to be expected of a network."""
