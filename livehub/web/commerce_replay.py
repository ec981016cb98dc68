"""/api/v1/rooms/{room}/replay/offers and /replay/sale: buying while a recording is watched."""

import msgspec
from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.rooms.kinds import Visibility
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_offers import OfferView
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access


class ReplaySaleBody(msgspec.Struct):
    open: bool


class ReplaySaleView(msgspec.Struct):
    """Whether what was offered in the show can be bought from its recording, while there is stock."""

    open: bool


async def list_offers(request: web.Request) -> web.Response:
    access = await room_access(request)
    if access.room.visibility is not Visibility.PUBLIC:
        access.require(Action.WATCH)
    offers = await request.app[COMMERCE].replays.offers(access.room)
    return answer_list([offer.present() for offer in offers])


async def get_sale(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.OFFER_EDIT)
    return answer(ReplaySaleView(await request.app[COMMERCE].replays.sells(access.room)))


async def put_sale(request: web.Request) -> web.Response:
    access = await room_access(request)
    body = await read_json(request, ReplaySaleBody)
    await request.app[COMMERCE].switch_replay(access, body.open)
    return answer(ReplaySaleView(body.open))


_OFFERS, _SALE = f"{API}/rooms/{{room}}/replay/offers", f"{API}/rooms/{{room}}/replay/sale"


def routes() -> list[web.RouteDef]:
    return [web.get(_OFFERS, list_offers), web.get(_SALE, get_sale), web.put(_SALE, put_sale)]


OPERATIONS = [
    Operation(
        "GET", _OFFERS, "What can be bought from the room's recording", None, OfferView, (200, 401, 403, 404), "none",
        True,
    ),
    Operation("GET", _SALE, "Whether it can be bought from", None, ReplaySaleView, (200, 401, 403, 404)),
    Operation(
        "PUT", _SALE, "Sell from the recording, or stop", ReplaySaleBody, ReplaySaleView, (200, 401, 403, 404, 422)
    ),
]  # fmt: skip
