"""/api/v1/rooms: finding, making and running rooms; admitting people to them."""

import re
from typing import Annotated, Any, Literal, Protocol

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.accounts.permissions import Action, Role
from livehub.accounts.tokens import MAX_JOIN_TTL_S, MIN_JOIN_TTL_S, TokenSigner
from livehub.clock import iso
from livehub.errors import InvalidInput
from livehub.rooms.access import Access
from livehub.rooms.kinds import RecordingMode, RoomKind, Visibility
from livehub.rooms.listing import Cursor, RoomQuery
from livehub.rooms.model import Room, RoomState
from livehub.rooms.service import NewRoom, RoomPatch, RoomService
from livehub.text import many_lines, one_line
from livehub.translation.locale import require_locale
from livehub.web.auth import find_principal, require_account, require_principal
from livehub.web.body import LocaleTag, answer, answer_list, page_limit, read_json, read_time
from livehub.web.openapi import API, Operation
from livehub.web.reader import kept_of_rooms
from livehub.web.texts import TextView

MAX_TITLE_CHARS = 120
MAX_DESCRIPTION_CHARS = 4000
_IDENTITY = re.compile(r"[A-Za-z0-9._~@:-]{1,160}")

ROOMS: web.AppKey[RoomService] = web.AppKey("rooms", RoomService)


class Appointments(Protocol):
    """Who appointed whom as what, for the room's log; implemented by :class:`livehub.chat.desk.Desk`."""

    def appointment(self, access: Access, identity: str, role: Role) -> Any:
        """A line of the log, to be kept in the commit of what it tells of."""

    def tell(self, entry: Any) -> None:
        """It is kept."""


APPOINTMENTS: web.AppKey[Appointments] = web.AppKey("appointments", Appointments)
SIGNER: web.AppKey[TokenSigner] = web.AppKey("signer", TokenSigner)

Title = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_CHARS)]
Description = Annotated[str, Meta(max_length=MAX_DESCRIPTION_CHARS)]
Time = Annotated[str, Meta(max_length=40, description="RFC 3339, such as 2026-01-31T18:00:00Z")]
Id = Annotated[str, Meta(max_length=64)]
GivenRole = Literal["cohost", "moderator", "speaker", "viewer"]


class RoomBody(msgspec.Struct):
    kind: RoomKind
    title: Title
    locale: LocaleTag
    visibility: Visibility | None = None
    store_id: Id | None = None
    starts_at: Time | None = None
    description: Description = ""
    recording: RecordingMode | None = None


class RoomPatchBody(msgspec.Struct):
    title: Title | None = None
    description: Description | None = None
    locale: LocaleTag | None = None
    visibility: Visibility | None = None
    starts_at: Time | None = None
    recording: RecordingMode | None = None


class JoinTokenBody(msgspec.Struct):
    identity: Annotated[str, Meta(min_length=1, max_length=64, description="The user's id on your own site")]
    display_name: Annotated[str, Meta(min_length=1, max_length=160)]
    role: GivenRole = "viewer"
    locale: LocaleTag = "en"
    expires_in_s: Annotated[int, Meta(ge=MIN_JOIN_TTL_S, le=MAX_JOIN_TTL_S)] = 3600


class RoleBody(msgspec.Struct):
    role: GivenRole


class RoomStoreView(msgspec.Struct):
    id: str
    title: str


class HostView(msgspec.Struct):
    id: str
    display_name: str


class RoomView(msgspec.Struct):
    id: str
    kind: RoomKind
    title: str
    description: str
    state: RoomState
    locale: LocaleTag
    visibility: Visibility
    starts_at: str | None
    started_at: str | None
    ended_at: str | None
    store: RoomStoreView | None
    host: HostView
    viewers: int
    still: str | None
    recording: RecordingMode
    replay: str | None
    my_role: Role | None
    can: list[Action]


class ListedRoomView(RoomView):
    """``texts``: what there is of the title and the description in the language that was asked for."""

    texts: list[TextView]


class JoinTokenView(msgspec.Struct):
    """``identity`` is what the member is known by in the room: unlike every account's and every other site's."""

    token: str
    identity: str
    expires_at: str


async def room_access(request: web.Request) -> Access:
    """The room of ``{room}`` in the path and what the caller is there.

    Raises:
        RoomNotFound: also when it is private and not the caller's.
    """
    return await access_to(request, request.match_info["room"])


async def access_to(request: web.Request, room_id: str) -> Access:
    """What the caller is in a room that the path does not name. Raises: as :func:`room_access`."""
    return await request.app[ROOMS].access(room_id, await find_principal(request))


async def _answer_room(request: web.Request, room: Room, access: Access, status: int = 200) -> web.Response:
    return answer(await request.app[ROOMS].present(room, access), status)


async def create_room(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, RoomBody)
    new = NewRoom(
        kind=body.kind,
        title=one_line(body.title, "title", max_chars=MAX_TITLE_CHARS),
        locale=body.locale,
        visibility=body.visibility,
        store_id=body.store_id or None,
        starts_at=read_time(body.starts_at, "starts_at"),
        description=many_lines(body.description, "description", max_chars=MAX_DESCRIPTION_CHARS),
        recording=body.recording,
    )
    access = await request.app[ROOMS].create(principal, new)
    response = await _answer_room(request, access.room, access, 201)
    response.headers["Location"] = f"{API}/rooms/{access.room.id}"
    return response


async def list_rooms(request: web.Request) -> web.Response:
    mine = request.query.get("mine", "") in {"1", "true"}
    principal = await (require_principal(request) if mine else find_principal(request))
    after = request.query.get("after")
    query = RoomQuery(
        state=_state(request.query.get("state", "")),
        member=principal.identity if mine and principal else None,
        after=Cursor.parse(after) if after else None,
        limit=page_limit(request),
        with_replay=request.query.get("replay", "") in {"1", "true"},
    )
    tag, rooms = request.query.get("locale"), request.app[ROOMS]
    locale = require_locale(tag) if tag else None
    found, following = await rooms.list(query, principal)
    items = [await rooms.present(access.room, access) for access in found]
    texts = await kept_of_rooms(request, [access.room for access in found], locale) if locale else [[] for _ in items]
    for item, said in zip(items, texts, strict=True):
        item["texts"] = [text.present() for text in said]
    return answer_list(items, str(following) if following else None)


def _state(text: str) -> RoomState | None:
    if not text:
        return None
    try:
        return RoomState(text)
    except ValueError:
        raise InvalidInput("state is live, scheduled or ended", field="state") from None


async def get_room(request: web.Request) -> web.Response:
    access = await room_access(request)
    return await _answer_room(request, access.room, access)


async def patch_room(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.ROOM_EDIT)
    body = await read_json(request, RoomPatchBody)
    patch = RoomPatch(
        title=None if body.title is None else one_line(body.title, "title", max_chars=MAX_TITLE_CHARS),
        description=None
        if body.description is None
        else many_lines(body.description, "description", max_chars=MAX_DESCRIPTION_CHARS),
        locale=body.locale,
        visibility=body.visibility,
        starts_at=read_time(body.starts_at, "starts_at"),
        recording=body.recording,
    )
    return await _answer_room(request, await request.app[ROOMS].patch(access, patch), access)


async def delete_room(request: web.Request) -> web.Response:
    await request.app[ROOMS].delete(await room_access(request))
    return web.Response(status=204)


async def start_room(request: web.Request) -> web.Response:
    access = await room_access(request)
    return await _answer_room(request, await request.app[ROOMS].start(access), access)


async def end_room(request: web.Request) -> web.Response:
    access = await room_access(request)
    return await _answer_room(request, await request.app[ROOMS].end(access), access)


async def create_join_token(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.ROOM_APPOINT)
    body = await read_json(request, JoinTokenBody)
    issued = request.app[SIGNER].member(
        issuer_id=access.room.owner_id,
        room_id=access.room.id,
        identity=body.identity,
        display_name=body.display_name,
        role=Role(body.role),
        locale=body.locale,
        ttl_s=body.expires_in_s,
    )
    return answer(JoinTokenView(issued.token, issued.identity, iso(issued.expires_at)), 201)


async def put_role(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.ROOM_APPOINT)
    body = await read_json(request, RoleBody)
    identity = request.match_info["identity"]
    if not _IDENTITY.fullmatch(identity):
        raise InvalidInput("This is nobody's identity", field="identity")
    log = request.app[APPOINTMENTS]
    entry = log.appointment(access, identity, Role(body.role))
    await request.app[ROOMS].set_role(access, identity, Role(body.role), entry)
    log.tell(entry)
    return web.Response(status=204)


def routes() -> list[web.RouteDef]:
    room = f"{API}/rooms/{{room}}"
    return [
        web.post(f"{API}/rooms", create_room),
        web.get(f"{API}/rooms", list_rooms),
        web.get(room, get_room),
        web.patch(room, patch_room),
        web.delete(room, delete_room),
        web.post(f"{room}/start", start_room),
        web.post(f"{room}/end", end_room),
        web.post(f"{room}/tokens", create_join_token),
        web.put(f"{room}/members/{{identity}}/role", put_role),
    ]


_ROOM = f"{API}/rooms/{{room}}"
_LIST_QUERY = {
    "state": "live, scheduled or ended",
    "replay": "1: only rooms that can be watched again",
    "locale": "One of the eleven: with what there is of titles and descriptions in it",
    "mine": "1: the rooms you own or were appointed in, instead of public ones",
    "after": "The cursor of the page before",
    "limit": "1 to 200",
}
OPERATIONS = [
    Operation("POST", f"{API}/rooms", "Schedule a room", RoomBody, RoomView, (201, 400, 401, 403, 422), "account"),
    Operation("GET", f"{API}/rooms", "List rooms", None, ListedRoomView, (200, 401, 422), "none", True, _LIST_QUERY),
    Operation("GET", _ROOM, "A room", None, RoomView, (200, 404), "none"),
    Operation("PATCH", _ROOM, "Change a room", RoomPatchBody, RoomView, (200, 403, 404, 409, 410, 422), "account"),
    Operation("DELETE", _ROOM, "Delete a room that is not live", None, None, (204, 403, 404, 409), "account"),
    Operation("POST", f"{_ROOM}/start", "Go live", None, RoomView, (200, 403, 404, 409), "account"),
    Operation("POST", f"{_ROOM}/end", "End the room", None, RoomView, (200, 403, 404, 409), "account"),
    Operation(
        "POST",
        f"{_ROOM}/tokens",
        "A join token for a user of your own site",
        JoinTokenBody,
        JoinTokenView,
        (201, 403, 404, 422),
        "account",
    ),
    Operation(
        "PUT",
        f"{_ROOM}/members/{{identity}}/role",
        "Appoint somebody; viewer takes a role away",
        RoleBody,
        None,
        (204, 403, 404, 422),
        "account",
    ),
]
