"""What rooms need of storage, of commerce and of chat."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from livehub.accounts.permissions import Role
from livehub.rooms.listing import Cursor, RoomQuery
from livehub.rooms.model import Room, RoomRecord


class RoomStore(Protocol):
    async def add(self, room: Room) -> None: ...

    async def find(self, room_id: str) -> RoomRecord | None: ...

    async def change(self, room_id: str, change: Callable[[Room], Room]) -> Room:
        """Apply the pure ``change`` to the present row in one transaction. Raises: RoomNotFound; what it raises."""

    async def delete(self, room_id: str, at_ms: int, check: Callable[[Room], None]) -> None:
        """Hide the room for good, once ``check`` lets it; orders and messages keep referring to it."""

    async def set_role(self, room_id: str, identity: str, role: Role, limit: int, entry: Any = None) -> None:
        """``entry``: a line of the moderators' log, kept in the same commit.

        Raises: RoomNotFound; TooManyRoles when ``limit`` others have one.
        """

    async def page(self, query: RoomQuery) -> tuple[list[RoomRecord], Cursor | None]:
        """One page and, when there is more, the cursor after it."""


#: store id → (its owner's account id, its title), or None: answered by commerce
StoreOf = Callable[[str], Awaitable[tuple[str, str] | None]]


class Bans(Protocol):
    """Implemented by :class:`livehub.chat.moderation.Moderation`."""

    async def is_banned(self, room_id: str, identity: str) -> bool: ...
