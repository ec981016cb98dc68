"""/api/v1/rooms/{room}/calendar.ics: a reminder that needs no account."""

from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.errors import NotFound
from livehub.rooms import calendar
from livehub.rooms.kinds import Visibility
from livehub.web.auth import PUBLIC_ORIGIN
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access

CALENDAR_CLOCK: web.AppKey[Clock] = web.AppKey("calendar_clock", Clock)
_PATH = f"{API}/rooms/{{room}}/calendar.ics"


class NotPlanned(NotFound):
    code, title = "not_planned", "This room has no time to be reminded of"


async def get_entry(request: web.Request) -> web.Response:
    """Of public and unlisted rooms for everybody who has the link, of private ones for those who may watch."""
    access = await room_access(request)
    if access.room.visibility is Visibility.PRIVATE:
        access.require(Action.WATCH)
    url = f"{request.app[PUBLIC_ORIGIN]}/r/{access.room.id}"
    text = calendar.entry(access.room, url, request.app[CALENDAR_CLOCK].now_ms())
    if text is None:
        raise NotPlanned
    return web.Response(
        text=text,
        content_type=calendar.MEDIA_TYPE,
        charset="utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="livehub-show.ics"',
            "Cache-Control": "private, no-cache",
        },
    )


def routes() -> list[web.RouteDef]:
    return [web.get(_PATH, get_entry)]


OPERATIONS = [
    Operation(
        "GET",
        _PATH,
        "The room as a calendar entry (RFC 5545)",
        statuses=(200, 401, 403, 404),
        auth="none",
        answer_type=calendar.MEDIA_TYPE,
    )
]
