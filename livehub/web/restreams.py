"""/api/v1/rooms/{room}/restreams: where else a room goes. No answer ever holds a key."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.accounts.permissions import Action
from livehub.restream.model import MAX_KEY_CHARS, MAX_NAME_CHARS, MAX_URL_CHARS, Target
from livehub.restream.ports import Status
from livehub.restream.service import NewTarget, RestreamService, TargetPatch
from livehub.rooms.access import Access
from livehub.text import one_line
from livehub.web.body import answer, answer_list, read_json
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access

RESTREAMS: web.AppKey[RestreamService] = web.AppKey("restreams", RestreamService)

Name = Annotated[str, Meta(min_length=1, max_length=4 * MAX_NAME_CHARS)]
Url = Annotated[
    str, Meta(min_length=1, max_length=MAX_URL_CHARS, description="rtmp://, rtmps:// or, for WHIP, https://")
]
Key = Annotated[
    str, Meta(max_length=MAX_KEY_CHARS, description="Stream key (RTMP) or bearer token (WHIP); never shown again")
]


class RestreamBody(msgspec.Struct):
    name: Name
    url: Url
    key: Key = ""
    automatic: bool = False


class RestreamPatchBody(msgspec.Struct):
    name: Name | None = None
    url: Url | None = None
    key: Key | None = None
    automatic: bool | None = None


class RestreamStatusView(msgspec.Struct):
    """``code`` says why it waits, tries again or failed; ``detail`` says so in a sentence. See docs/restream.md."""

    state: Literal["stopped", "busy", "waiting", "connecting", "live", "retrying", "failed"]
    code: str
    detail: str
    since: str | None
    bitrate_bps: int
    dropped_frames: int
    retry_at: str | None


class RestreamView(msgspec.Struct):
    """``url`` is for those who may change it, and null for others; ``key_hint`` is the end of the key."""

    id: str
    name: str
    protocol: Literal["rtmp", "whip"]
    server: str
    url: str | None
    has_key: bool
    key_hint: str
    automatic: bool
    status: RestreamStatusView


def _view(access: Access, target: Target, status: Status) -> RestreamView:
    may_edit = access.may(Action.RESTREAM_EDIT)
    return RestreamView(
        id=target.id,
        name=target.name,
        protocol=target.protocol.value,
        server=target.server,
        url=target.url if may_edit else None,
        has_key=target.has_key,
        key_hint=target.key_hint if may_edit else "",
        automatic=target.automatic,
        status=msgspec.convert(status, RestreamStatusView),
    )


async def list_targets(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer_list([_view(access, *found) for found in await request.app[RESTREAMS].list(access)])


async def add_target(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.RESTREAM_EDIT)
    body = await read_json(request, RestreamBody)
    name = one_line(body.name, "name", max_chars=MAX_NAME_CHARS)
    made = await request.app[RESTREAMS].add(access, NewTarget(name, body.url, body.key, body.automatic))
    return answer(_view(access, *made), 201)


async def patch_target(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.RESTREAM_EDIT)
    body = await read_json(request, RestreamPatchBody)
    name = None if body.name is None else one_line(body.name, "name", max_chars=MAX_NAME_CHARS)
    patch = TargetPatch(name, body.url, body.key, body.automatic)
    return answer(_view(access, *await request.app[RESTREAMS].change(access, request.match_info["target"], patch)))


async def delete_target(request: web.Request) -> web.Response:
    await request.app[RESTREAMS].delete(await room_access(request), request.match_info["target"])
    return web.Response(status=204)


async def start_target(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer(_view(access, *await request.app[RESTREAMS].run(access, request.match_info["target"])))


async def stop_target(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer(_view(access, *await request.app[RESTREAMS].stop(access, request.match_info["target"])))


_LIST, _ONE = f"{API}/rooms/{{room}}/restreams", f"{API}/rooms/{{room}}/restreams/{{target}}"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_LIST, list_targets),
        web.post(_LIST, add_target),
        web.patch(_ONE, patch_target),
        web.delete(_ONE, delete_target),
        web.post(f"{_ONE}/start", start_target),
        web.post(f"{_ONE}/stop", stop_target),
    ]


OPERATIONS = [
    Operation("GET", _LIST, "Where else this room can go", None, RestreamView, (200, 401, 403, 404), "any", True),
    Operation(
        "POST", _LIST, "Add a target at another service", RestreamBody, RestreamView, (201, 401, 403, 404, 409, 422),
        "account",
    ),
    Operation(
        "PATCH", _ONE, "Change a target", RestreamPatchBody, RestreamView, (200, 401, 403, 404, 409, 422), "account"
    ),
    Operation("DELETE", _ONE, "Remove a target", None, None, (204, 401, 403, 404), "account"),
    Operation("POST", f"{_ONE}/start", "Send the room there", None, RestreamView, (200, 401, 403, 404, 409, 410)),
    Operation("POST", f"{_ONE}/stop", "Stop sending it there", None, RestreamView, (200, 401, 403, 404)),
]  # fmt: skip
