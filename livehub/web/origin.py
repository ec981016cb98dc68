"""Where a request comes from, as bans know it, and whether they let it in."""

from typing import Protocol

from aiohttp import web

from livehub.accounts.origin import DEVICE_COOKIE, Origin
from livehub.accounts.permissions import Role
from livehub.ratelimit import LOCAL
from livehub.rooms.access import Access
from livehub.web.accounts import DEVICES
from livehub.web.auth import client_address
from livehub.web.rooms import access_to


class Doorkeeper(Protocol):
    """Knows who was sent out of a room; implemented by :class:`livehub.chat.moderation.Moderation`."""

    async def check_may_enter(self, room_id: str, identity: str, origin: Origin | None = None) -> None:
        """``origin``: of those whom no role brings here. Raises: a Forbidden, for those who may not come back."""


DOORKEEPER: web.AppKey[Doorkeeper] = web.AppKey("doorkeeper", Doorkeeper)


def origin_of(request: web.Request, access: Access) -> Origin | None:
    """None for those whom a role brings into the room: no network and no device shuts them out."""
    return came_from(request) if access.role is Role.VIEWER else None


def came_from(request: web.Request) -> Origin:
    address = client_address(request)
    device = request.app[DEVICES].read(request.cookies.get(DEVICE_COOKIE)) if DEVICES in request.app else None
    return Origin(None if address == LOCAL else address, device)


async def check_let_in(request: web.Request, access: Access) -> None:
    """Raises: Banned, also by device or network, as when they came in by a socket."""
    if access.principal is not None:
        await request.app[DOORKEEPER].check_may_enter(
            access.room.id, access.principal.identity, origin_of(request, access)
        )


async def taking_part(request: web.Request, room_id: str | None = None) -> Access:
    """The caller in the room of ``{room}`` in the path, unless another is named.

    Raises: RoomNotFound; as :func:`check_let_in`.
    """
    access = await access_to(request, room_id or request.match_info["room"])
    await check_let_in(request, access)
    return access
