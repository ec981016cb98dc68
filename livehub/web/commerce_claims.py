"""/api/v1/offers/{offer}/claims, /rooms/{room}/claims and /claims/{claim}: units kept for whoever said so."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.offers.claims import MAX_UNITS, ClaimState
from livehub.web.auth import require_principal
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_wire import COMMERCE, number_cursor, page_of
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part
from livehub.web.rooms import room_access


class ClaimBody(msgspec.Struct):
    quantity: Annotated[int, Meta(ge=1, le=MAX_UNITS)] = 1


class ClaimantView(msgspec.Struct):
    id: str
    display_name: str


class ClaimView(msgspec.Struct):
    """``quantity`` of the ``wanted`` units can be ordered now, until ``expires_at``. ``ahead``: who waits before it."""

    id: str
    offer: str
    room_id: str
    title: str
    wanted: int
    quantity: int
    state: ClaimState
    ahead: int | None
    order: str | None
    message: str | None
    claimed_at: str
    expires_at: str | None
    buyer: ClaimantView


async def create_claim(request: web.Request) -> web.Response:
    await require_principal(request)
    body = await read_json(request, ClaimBody) if request.body_exists else ClaimBody()
    desk, offer_id = request.app[COMMERCE].claims, request.match_info["offer"]
    access = await taking_part(request, await desk.room_of(offer_id))
    claim = await desk.claim(access, offer_id, body.quantity)
    return answer(claim.present(), 201)


async def list_claims(request: web.Request) -> web.Response:
    access = await room_access(request)
    after, limit = page_of(request)
    desk = request.app[COMMERCE].claims
    ask = desk.of_room if request.query.get("all") == "true" else desk.own
    found = await ask(access, number_cursor(after), limit + 1)
    following = str(found[limit - 1].seq) if len(found) > limit else None
    return answer_list([claim.present() for claim in found[:limit]], following)


async def release_claim(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    return answer((await request.app[COMMERCE].claims.release(principal, request.match_info["claim"])).present())


_OF_OFFER, _OF_ROOM, _CLAIM = (
    f"{API}/offers/{{offer}}/claims",
    f"{API}/rooms/{{room}}/claims",
    f"{API}/claims/{{claim}}",
)


def routes() -> list[web.RouteDef]:
    return [
        web.post(_OF_OFFER, create_claim),
        web.get(_OF_ROOM, list_claims),
        web.delete(_CLAIM, release_claim),
    ]


_PAGE = {
    "all": "true: everybody's, for those who run the room; else your own",
    "after": "The cursor of the page before",
    "limit": "1 to 200",
}
OPERATIONS = [
    Operation(
        "POST", _OF_OFFER, "Claim units of an offer", ClaimBody, ClaimView, (201, 401, 403, 404, 409, 422, 429)
    ),
    Operation("GET", _OF_ROOM, "Claims, newest first", None, ClaimView, (200, 401, 403, 404), "any", True, _PAGE),
    Operation("DELETE", _CLAIM, "Release a claim", None, ClaimView, (200, 401, 404, 409)),
]  # fmt: skip
