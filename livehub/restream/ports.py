"""What restreaming needs of storage and of the media plane."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from livehub.restream.model import Target


class TargetStore(Protocol):
    async def add(self, target: Target, limit: int) -> None:
        """Raises: TooManyTargets when the owner has ``limit``."""

    async def of_owner(self, owner_id: str) -> list[Target]:
        """Oldest first."""

    async def running(self, room_id: str | None = None) -> list[Target]:
        """Those that carry ``room_id``; None: all that carry any room."""

    async def change(self, target_id: str, values: Mapping[str, Any]) -> Target:
        """Raises: TargetNotFound."""

    async def take(self, target_id: str, room_id: str) -> Target:
        """Let it carry ``room_id``. Raises: TargetNotFound; TargetBusy when it carries another."""

    async def release(self, target_id: str, room_id: str) -> None:
        """It carries ``room_id`` no more; nothing happens when it does not."""

    async def delete(self, target_id: str) -> None: ...


class Sender(Protocol):
    """The media plane: everything goes in as plain data, what becomes of it comes by ``RestreamChanged``."""

    async def start_restream(self, room_id: str, target_id: str, *, url: str, key: str) -> Mapping[str, Any]:
        """Send the room there until told otherwise; one of this id that runs already is replaced.

        Gives the first status.

        Raises:
            Conflict: the room or the process has as many as it may (``too_many_restreams``).
        """

    async def stop_restream(self, room_id: str, target_id: str) -> None:
        """Nothing happens when it does not run."""


Status = Mapping[str, Any]
Statuses = Sequence[Status]
