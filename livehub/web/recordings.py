"""/api/v1: recording a room, agreeing to it, and what is kept: lists, deletion, the file to take away."""

import re
from typing import Literal

import msgspec
from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.errors import InvalidInput
from livehub.media.recording.model import Consent, Recording
from livehub.media.recording.service import Recordings
from livehub.web.auth import require_account, require_principal
from livehub.web.body import answer, answer_list, page_limit, read_json
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access

RECORDINGS: web.AppKey[Recordings] = web.AppKey("recordings", Recordings)
_ID = re.compile(r"[a-z0-9_]{1,40}")


class RecordingActionBody(msgspec.Struct):
    action: Literal["start", "pause", "resume", "stop"]


class ConsentBody(msgspec.Struct):
    """``seen``: I know that the room is recorded. ``given``: on stage, record me."""

    consent: Consent


class RecordingStateView(msgspec.Struct):
    """``not_recorded``: identities on stage that have not agreed. ``reason``: why it ended, when not with the room."""

    state: Literal["off", "recording", "paused"]
    since: str | None
    reason: str | None
    not_recorded: list[str]


class MyRecordingView(RecordingStateView):
    mode: Literal["off", "on", "consent"]
    consent: Consent | None
    asked: bool


class RecordingFileView(msgspec.Struct):
    state: Literal["none", "preparing", "ready", "failed"]
    progress: float


class RecordingView(msgspec.Struct):
    id: str
    room_id: str
    state: Literal["recording", "ready", "failed"]
    reason: str | None
    started_at: str
    ended_at: str | None
    duration_s: float
    size_bytes: int
    deleted_after: str | None
    file: RecordingFileView
    room_title: str | None = None
    room_kind: str | None = None


async def get_recording_state(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer(await request.app[RECORDINGS].mine(access), headers={"Cache-Control": "no-store"})


async def act_on_recording(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.RECORD)
    body = await read_json(request, RecordingActionBody)
    recordings = request.app[RECORDINGS]
    act = {
        "start": recordings.begin,
        "pause": recordings.pause,
        "resume": recordings.resume,
        "stop": recordings.stop,
    }[body.action]
    return answer(await act(access))


async def put_consent(request: web.Request) -> web.Response:
    access = await room_access(request)
    body = await read_json(request, ConsentBody)
    return answer(await request.app[RECORDINGS].consent(access, body.consent))


async def list_recordings(request: web.Request) -> web.Response:
    principal = await require_account(request)
    before, limit = request.query.get("after") or None, page_limit(request)
    if before is not None and not _ID.fullmatch(before):
        raise InvalidInput("Pass the cursor back as it was given", field="after")
    library = request.app[RECORDINGS].library
    found = await library.of_owner(principal, before, limit + 1)
    items = [
        {**library.present(item.recording), "room_title": item.room_title, "room_kind": item.room_kind}
        for item in found[:limit]
    ]
    return answer_list(items, found[limit - 1].recording.id if len(found) > limit else None)


async def list_room_recordings(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.RECORDINGS)
    library = request.app[RECORDINGS].library
    return answer_list([library.present(found) for found in await library.of_room(access.room.id)])


async def _own(request: web.Request) -> Recording:
    principal = await require_principal(request)
    return await request.app[RECORDINGS].library.owned(principal, request.match_info["recording"])


async def get_recording(request: web.Request) -> web.Response:
    return answer(request.app[RECORDINGS].library.present(await _own(request)))


async def delete_recording(request: web.Request) -> web.Response:
    found = await _own(request)
    principal = await require_principal(request)
    await request.app[RECORDINGS].library.delete(found, principal.identity)
    return web.Response(status=204)


async def prepare_file(request: web.Request) -> web.Response:
    library, found = request.app[RECORDINGS].library, await _own(request)
    library.prepare(found)
    return answer(library.present(found), 202)


async def get_file(request: web.Request) -> web.StreamResponse:
    """Ranges, so that a broken download goes on where it was."""
    found = await _own(request)
    path = request.app[RECORDINGS].library.movies.file(found.id)
    headers = {
        "Content-Disposition": f'attachment; filename="{found.id}.mp4"',
        "Cache-Control": "private, no-cache",
    }
    return web.FileResponse(path, headers=headers)


_ROOM = f"{API}/rooms/{{room}}"
_RECORDING = f"{API}/recordings/{{recording}}"


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{_ROOM}/recording", get_recording_state),
        web.post(f"{_ROOM}/recording", act_on_recording),
        web.put(f"{_ROOM}/recording/consent", put_consent),
        web.get(f"{_ROOM}/recordings", list_room_recordings),
        web.get(f"{API}/recordings", list_recordings),
        web.get(_RECORDING, get_recording),
        web.delete(_RECORDING, delete_recording),
        web.post(f"{_RECORDING}/file", prepare_file),
        web.get(f"{_RECORDING}/file", get_file),
    ]


OPERATIONS = [
    Operation(
        "GET", f"{_ROOM}/recording", "Whether the room is recorded, and what you said to it", None, MyRecordingView,
        (200, 401, 403, 404),
    ),
    Operation(
        "POST", f"{_ROOM}/recording", "Start, pause, resume or stop", RecordingActionBody, RecordingStateView,
        (200, 403, 404, 409, 422, 503),
    ),
    Operation(
        "PUT", f"{_ROOM}/recording/consent", "Know of the recording, or agree to be recorded", ConsentBody,
        MyRecordingView, (200, 401, 403, 404, 410, 422),
    ),
    Operation(
        "GET", f"{_ROOM}/recordings", "What is kept of a room", None, RecordingView, (200, 403, 404), listed=True
    ),
    Operation(
        "GET", f"{API}/recordings", "What is kept of all your rooms, newest first", None, RecordingView,
        (200, 401, 422), "account", True, {"after": "The cursor of the page before", "limit": "1 to 200"},
    ),
    Operation("GET", _RECORDING, "A recording of yours", None, RecordingView, (200, 401, 404)),
    Operation("DELETE", _RECORDING, "Delete a recording for good", None, None, (204, 401, 404, 409)),
    Operation(
        "POST", f"{_RECORDING}/file", "Have it made one file", None, RecordingView, (202, 401, 404, 409, 503)
    ),
    Operation(
        "GET", f"{_RECORDING}/file", "The file, with ranges", statuses=(200, 401, 404, 409), answer_type="video/mp4"
    ),
]  # fmt: skip
