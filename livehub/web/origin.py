"""Where a request comes from, as bans know it."""

from aiohttp import web

from livehub.accounts.origin import DEVICE_COOKIE, Origin
from livehub.accounts.permissions import Role
from livehub.ratelimit import LOCAL
from livehub.rooms.access import Access
from livehub.web.accounts import DEVICES
from livehub.web.auth import client_address


def origin_of(request: web.Request, access: Access) -> Origin | None:
    """None for those whom a role brings into the room: no network and no device shuts them out."""
    if access.role is not Role.VIEWER:
        return None
    address = client_address(request)
    device = request.app[DEVICES].read(request.cookies.get(DEVICE_COOKIE)) if DEVICES in request.app else None
    return Origin(None if address == LOCAL else address, device)
