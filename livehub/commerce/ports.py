"""What commerce needs of rooms. What it needs of storage stands in the ports of each package."""

from typing import Protocol

from livehub.accounts.principal import Principal
from livehub.rooms.access import Access


class RoomPort(Protocol):
    """Implemented by :class:`livehub.rooms.service.RoomService`."""

    async def access(self, room_id: str, principal: Principal | None) -> Access:
        """Raises: RoomNotFound."""
