"""/api/v1/rooms/{room}/moderation: rules, what waits for review, reports, bans, the log and its undoing.

Whatever has a place in the order of the room (approving a line) goes over Socket.IO
(:mod:`livehub.signalling.moderating`).
"""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.accounts.permissions import Action, Role
from livehub.chat.conduct import MAX_NOTE_CHARS, ReportReason
from livehub.chat.moderation import MAX_NETWORK_S
from livehub.chat.screening.rules import Rules
from livehub.errors import InvalidInput
from livehub.web.body import answer, answer_list, page_limit, read_json
from livehub.web.chat import CHAT, MessageView
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part
from livehub.web.rooms import room_access

ROOT = f"{API}/rooms/{{room}}/moderation"


class NetworkBanBody(msgspec.Struct):
    network: Annotated[
        str, Meta(min_length=2, max_length=64, description="An address, or a network such as 203.0.113.0/24")
    ]
    seconds: Annotated[int, Meta(ge=1, le=MAX_NETWORK_S)] | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""


class ReportBody(msgspec.Struct):
    reason: ReportReason
    note: Annotated[str, Meta(max_length=MAX_NOTE_CHARS)] = ""


class ResolveBody(msgspec.Struct):
    uphold: bool
    reason: Annotated[str, Meta(max_length=500)] = ""


class PersonView(msgspec.Struct):
    identity: str
    display_name: str


class AuthorOfHeldView(PersonView):
    role: Role


class HeldView(msgspec.Struct):
    """``held_by``: words, links, raid, hold_all, unsure, or ``auto:`` and the name of a plug-in."""

    id: str
    author: AuthorOfHeldView
    text: str
    locale: str
    at: str
    held_by: str
    reason: str


class ReportedView(msgspec.Struct):
    message: MessageView
    reasons: dict[str, int]
    notes: list[str]
    reports: int
    first_at: str


class SanctionView(msgspec.Struct, omit_defaults=True):
    """``kind``: mute, ban, slow or network. ``until`` null: without end."""

    kind: str
    until: str | None
    identity: str | None = None
    by: str | None = None
    reason: str | None = None
    every_s: int | None = None
    network: str | None = None


class EntryView(msgspec.Struct):
    """``by.identity`` is ``auto:…`` for what rules and programs did."""

    id: str
    at: str
    action: str
    by: PersonView
    member: PersonView | None
    subject: str
    reason: str
    details: dict[str, Any]
    undoable: bool
    undone_at: str | None


async def get_rules(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.MODERATE)
    return answer((await request.app[CHAT].desk.rules(access.room.id)).present())


async def put_rules(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.MODERATE)
    rules = await read_json(request, Rules)
    return answer((await request.app[CHAT].desk.set_rules(access, rules)).present())


async def list_waiting(request: web.Request) -> web.Response:
    access = await room_access(request)
    held = await request.app[CHAT].desk.waiting(access, page_limit(request, 100))
    return answer_list([item.present() for item in held])


async def list_reported(request: web.Request) -> web.Response:
    return answer_list(await request.app[CHAT].desk.reported(await room_access(request)))


async def report(request: web.Request) -> web.Response:
    access = await taking_part(request)
    access.require_principal()
    body = await read_json(request, ReportBody)
    is_new = await request.app[CHAT].desk.report(access, request.match_info["message"], body.reason, body.note)
    return web.Response(status=201 if is_new else 204)


async def resolve(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.MODERATE)
    body = await read_json(request, ResolveBody)
    await request.app[CHAT].desk.resolve(access, request.match_info["message"], body.uphold, body.reason)
    return web.Response(status=204)


async def list_sanctions(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.MODERATE)
    return answer_list(await request.app[CHAT].moderation.present(access.room.id))


async def ban_network(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.BAN)
    body = await read_json(request, NetworkBanBody)
    await request.app[CHAT].moderation.ban_network(access, body.network, body.seconds, body.reason)
    return web.Response(status=204)


async def unban_network(request: web.Request) -> web.Response:
    access = await room_access(request)
    await request.app[CHAT].moderation.unban_network(access, request.query.get("network", ""))
    return web.Response(status=204)


async def list_entries(request: web.Request) -> web.Response:
    access = await room_access(request)
    page = await request.app[CHAT].desk.entries(access, _number(request), page_limit(request))
    return answer_list([entry.present() for entry in page.entries], None if page.next is None else str(page.next))


async def undo(request: web.Request) -> web.Response:
    access = await room_access(request)
    entry = await request.app[CHAT].desk.undo(access, request.match_info["entry"])
    return answer(entry.present(), 201)


def _number(request: web.Request) -> int | None:
    text = request.query.get("after", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidInput("after is the next of an earlier answer", field="after")
    return int(text)


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{ROOT}/rules", get_rules),
        web.put(f"{ROOT}/rules", put_rules),
        web.get(f"{ROOT}/queue", list_waiting),
        web.get(f"{ROOT}/reports", list_reported),
        web.post(f"{ROOT}/reports/{{message}}", resolve),
        web.get(f"{ROOT}/sanctions", list_sanctions),
        web.post(f"{ROOT}/networks", ban_network),
        web.delete(f"{ROOT}/networks", unban_network),
        web.get(f"{ROOT}/log", list_entries),
        web.post(f"{ROOT}/log/{{entry}}/undo", undo),
        web.post(f"{API}/rooms/{{room}}/messages/{{message}}/report", report),
    ]


_REFUSED = (401, 403, 404)
OPERATIONS = [
    Operation("GET", f"{ROOT}/rules", "What a room wants of its lines", None, Rules, (200, *_REFUSED)),
    Operation("PUT", f"{ROOT}/rules", "Set slow mode, words and links", Rules, Rules, (200, *_REFUSED, 422)),
    Operation("GET", f"{ROOT}/queue", "Lines that wait for review", None, HeldView, (200, *_REFUSED), listed=True),
    Operation("GET", f"{ROOT}/reports", "Reported messages", None, ReportedView, (200, *_REFUSED),
    listed=True),
    Operation("POST", f"{ROOT}/reports/{{message}}", "Uphold or not", ResolveBody, None, (204, *_REFUSED, 409,
    422)),
    Operation("GET", f"{ROOT}/sanctions", "What is in force", None, SanctionView, (200, *_REFUSED), listed=True),
    Operation("POST", f"{ROOT}/networks", "Ban a network for a while", NetworkBanBody, None, (204, *_REFUSED, 422)),
    Operation(
        "DELETE", f"{ROOT}/networks", "Let a network in again", None, None, (204, *_REFUSED, 422),
        query={"network": "As it was banned"},
    ),
    Operation(
        "GET", f"{ROOT}/log", "Who did what to whom, the newest first", None, EntryView, (200, *_REFUSED, 422),
        listed=True, query={"after": "The next of an earlier answer: older ones", "limit": "1 to 200"},
    ),
    Operation("POST", f"{ROOT}/log/{{entry}}/undo", "Take back what was done", None, EntryView, (201, *_REFUSED, 409)),
    Operation(
        "POST", f"{API}/rooms/{{room}}/messages/{{message}}/report", "Report a message to the moderators", ReportBody,
        None, (201, *_REFUSED, 422, 429),
    ),
]  # fmt: skip
