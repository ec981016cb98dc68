"""/api/v1/rooms/{room}/draws: lucky draws, and what anybody needs to check one. See docs/interaction.md."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.accounts.permissions import Action
from livehub.interaction.draws import Draw, NewDraw
from livehub.rooms.access import Access
from livehub.web.body import answer, answer_list, read_json
from livehub.web.interaction import INTERACTION, Words
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part
from livehub.web.rooms import room_access


class DrawBody(msgspec.Struct):
    title: Words
    places: Annotated[int, Meta(ge=1, le=50, description="How many may win")] = 1
    keyword: Annotated[str, Meta(max_length=2_000, description="A chat line that enters, too")] | None = None


class WinnerView(msgspec.Struct, omit_defaults=True):
    """``identity`` is for those who run the draw."""

    place: int
    ticket: str
    display_name: str
    identity: str | None = None


class DrawView(msgspec.Struct):
    """``seed`` is null until the draw is over; SHA-256 of its bytes is ``commitment``."""

    id: str
    title: str
    places: int
    keyword: str | None
    state: Literal["open", "closed", "drawn", "cancelled"]
    commitment: str
    entries: int
    entries_digest: str | None
    seed: str | None
    winners: list[WinnerView]
    opened_at: str
    closed_at: str | None
    drawn_at: str | None


class TicketView(msgspec.Struct):
    ticket: str


def _view(access: Access, draw: Draw) -> DrawView:
    return msgspec.convert(draw.present(for_host=access.may(Action.DRAW_RUN)), DrawView)


async def list_draws(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer_list([_view(access, draw) for draw in await request.app[INTERACTION].draws.in_room(access)])


async def open_draw(request: web.Request) -> web.Response:
    interaction, access = request.app[INTERACTION], await room_access(request)
    body = await read_json(request, DrawBody)
    new = NewDraw.checked(body.title, body.places, body.keyword, interaction.limits)
    return answer(_view(access, await interaction.draws.open(access, new)), 201)


async def get_draw(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer(_view(access, await request.app[INTERACTION].draws.get(access, request.match_info["draw"])))


async def enter(request: web.Request) -> web.Response:
    access = await taking_part(request)
    return answer(TicketView(await request.app[INTERACTION].draws.enter(access, request.match_info["draw"])))


async def close_draw(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer(_view(access, await request.app[INTERACTION].draws.close(access, request.match_info["draw"])))


async def draw_winners(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer(_view(access, await request.app[INTERACTION].draws.draw(access, request.match_info["draw"])))


async def cancel_draw(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer(_view(access, await request.app[INTERACTION].draws.cancel(access, request.match_info["draw"])))


async def get_entries(request: web.Request) -> web.Response:
    """The bytes that ``entries_digest`` is the SHA-256 of; they never change once they are public."""
    access = await room_access(request)
    tickets = await request.app[INTERACTION].draws.entry_list(access, request.match_info["draw"])
    return web.Response(
        body=tickets, content_type="text/plain", charset="utf-8", headers={"Cache-Control": "private, max-age=3600"}
    )


_LIST, _ONE = f"{API}/rooms/{{room}}/draws", f"{API}/rooms/{{room}}/draws/{{draw}}"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_LIST, list_draws),
        web.post(_LIST, open_draw),
        web.get(_ONE, get_draw),
        web.put(f"{_ONE}/entry", enter),
        web.post(f"{_ONE}/close", close_draw),
        web.post(f"{_ONE}/draw", draw_winners),
        web.post(f"{_ONE}/cancel", cancel_draw),
        web.get(f"{_ONE}/entries", get_entries),
    ]


_RUN = (200, 401, 403, 404, 409)
OPERATIONS = [
    Operation("GET", _LIST, "Draws of a room, the newest first", None, DrawView, (200, 401, 403, 404), "any", True),
    Operation(
        "POST", _LIST, "Open a draw and publish its commitment", DrawBody, DrawView,
        (201, 401, 403, 404, 409, 410, 422, 429),
    ),
    Operation("GET", _ONE, "A draw", None, DrawView, (200, 401, 403, 404)),
    Operation("PUT", f"{_ONE}/entry", "Enter", None, TicketView, (200, 401, 403, 404, 409, 410, 429)),
    Operation("POST", f"{_ONE}/close", "Close entries and publish their list", None, DrawView, _RUN),
    Operation("POST", f"{_ONE}/draw", "Draw the winners and publish the seed", None, DrawView, _RUN),
    Operation("POST", f"{_ONE}/cancel", "Call a draw off", None, DrawView, _RUN),
    Operation(
        "GET", f"{_ONE}/entries", "The tickets, sorted, one a line", None, None, (200, 401, 403, 404, 409),
        answer_type="text/plain",
    ),
]  # fmt: skip
