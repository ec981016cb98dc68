"""/api/v1/rooms/{room}/auctions: a unit of an offer to whoever bids most. See docs/commerce.md."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.auctions import model
from livehub.commerce.auctions.model import Auction, AuctionState, Lapse, Mine, Mode, NewAuction
from livehub.errors import InvalidInput
from livehub.web.auth import require_principal
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_wire import COMMERCE, Id, MoneyView, PictureView, PriceBody
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part
from livehub.web.rooms import room_access

MAX_KEY_CHARS = 255


class AuctionBody(msgspec.Struct):
    """One unit of ``offer``, for ``seconds`` from now. ``extend_s``: with ``soft``, a bid in the last so many seconds
    gives the others as many again. Who wins has ``pay_minutes`` to order; then ``lapse`` says who comes next."""

    offer: Id
    start: PriceBody
    increment: PriceBody
    seconds: Annotated[int, Meta(ge=model.MIN_SECONDS, le=model.MAX_SECONDS)]
    mode: Mode = Mode.SOFT
    extend_s: Annotated[int, Meta(ge=model.MIN_EXTEND_S, le=model.MAX_EXTEND_S)] = 15
    pay_minutes: Annotated[int, Meta(ge=model.MIN_PAY_MINUTES, le=model.MAX_PAY_MINUTES)] = 15
    lapse: Lapse = Lapse.RUNNER_UP


class BidBody(msgspec.Struct):
    """``max``: the most that the caller would pay; nobody else is told, and it can only be raised."""

    max: PriceBody


class LeaderView(msgspec.Struct):
    identity: str
    display_name: str


class WinnerView(msgspec.Struct):
    """``until``: when the unit goes to somebody else unless it is ordered."""

    identity: str
    display_name: str
    price: MoneyView
    until: str
    is_runner_up: bool


class MineView(msgspec.Struct):
    """The caller's own: ``max`` as they said it last; ``order``: the one by which they ordered what they won."""

    max: MoneyView | None
    leads: bool
    order: str | None


class AuctionView(msgspec.Struct):
    """``minimum``: what a bid has to be at the least, of those who do not lead; nobody else can bid once ``price`` is
    the ``ceiling`` of listed goods. ``declined``: how many who had won it said no. ``now``: the server's clock."""

    id: str
    room_id: str
    offer: str
    title: str
    variant_title: str
    picture: PictureView | None
    mode: Mode
    lapse: Lapse
    state: AuctionState
    start: MoneyView
    increment: MoneyView
    price: MoneyView | None
    minimum: MoneyView
    ceiling: MoneyView | None
    leader: LeaderView | None
    bids: int
    extend_s: int
    pay_minutes: int
    started_at: str
    ends_at: str
    closed_at: str | None
    winner: WinnerView | None
    declined: int
    now: str
    mine: MineView | None = None


class BidView(msgspec.Struct):
    """``price``: the auction's after this bid; ``leads``: whether the bidder led then."""

    display_name: str
    price: MoneyView
    leads: bool
    at: str


def _view(auction: Auction, at_ms: int, mine: Mine | None = None) -> dict[str, Any]:
    """``at_ms``: before it was read, so that an event of what happened since is later by the server's clock."""
    return {**auction.present(at_ms), "mine": None if mine is None else mine.present()}


async def list_auctions(request: web.Request) -> web.Response:
    access, at_ms = await room_access(request), request.app[COMMERCE].now_ms()
    found = await request.app[COMMERCE].auctions.in_room(access)
    return answer_list([_view(auction, at_ms, mine) for auction, mine in found])


async def start_auction(request: web.Request) -> web.Response:
    await require_principal(request)
    access = await room_access(request)
    body = await read_json(request, AuctionBody)
    new = NewAuction(
        offer_id=body.offer,
        seconds=body.seconds,
        start=body.start.money(),
        increment=body.increment.money(),
        mode=body.mode,
        extend_s=body.extend_s,
        pay_minutes=body.pay_minutes,
        lapse=body.lapse,
    )
    at_ms = request.app[COMMERCE].now_ms()
    return answer(_view(await request.app[COMMERCE].auctions.start(access, new), at_ms), 201)


async def get_auction(request: web.Request) -> web.Response:
    access, at_ms = await room_access(request), request.app[COMMERCE].now_ms()
    auction, mine = await request.app[COMMERCE].auctions.get(access, request.match_info["auction"])
    return answer(_view(auction, at_ms, mine))


async def list_bids(request: web.Request) -> web.Response:
    access = await room_access(request)
    lines = await request.app[COMMERCE].auctions.bids(access, request.match_info["auction"])
    return answer_list([line.present() for line in lines])


async def bid(request: web.Request) -> web.Response:
    await require_principal(request)
    body = await read_json(request, BidBody)
    access = await taking_part(request)  # after the body, which takes as long as its sender likes
    key = request.headers.get("Idempotency-Key")
    if key is not None and (not 1 <= len(key) <= MAX_KEY_CHARS or not key.isprintable()):
        raise InvalidInput(f"An Idempotency-Key has from 1 to {MAX_KEY_CHARS} characters", field="Idempotency-Key")
    desk, at_ms = request.app[COMMERCE].auctions, request.app[COMMERCE].now_ms()
    auction, mine = await desk.bid(access, request.match_info["auction"], body.max.money(), key)
    return answer(_view(auction, at_ms, mine))


async def decline(request: web.Request) -> web.Response:
    await require_principal(request)
    access, at_ms = await room_access(request), request.app[COMMERCE].now_ms()
    auction, mine = await request.app[COMMERCE].auctions.decline(access, request.match_info["auction"])
    return answer(_view(auction, at_ms, mine))


async def end_auction(request: web.Request) -> web.Response:
    return await _stop(request, cancel=False)


async def cancel_auction(request: web.Request) -> web.Response:
    return await _stop(request, cancel=True)


async def _stop(request: web.Request, *, cancel: bool) -> web.Response:
    await require_principal(request)
    access, at_ms = await room_access(request), request.app[COMMERCE].now_ms()
    stopped = await request.app[COMMERCE].auctions.stop(access, request.match_info["auction"], cancel=cancel)
    return answer(_view(stopped, at_ms))


_LIST, _ONE = f"{API}/rooms/{{room}}/auctions", f"{API}/rooms/{{room}}/auctions/{{auction}}"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_LIST, list_auctions),
        web.post(_LIST, start_auction),
        web.get(_ONE, get_auction),
        web.get(f"{_ONE}/bids", list_bids),
        web.post(f"{_ONE}/bids", bid),
        web.post(f"{_ONE}/decline", decline),
        web.post(f"{_ONE}/end", end_auction),
        web.post(f"{_ONE}/cancel", cancel_auction),
    ]


_STOP = (200, 401, 403, 404, 409)
OPERATIONS = [
    Operation(
        "GET", _LIST, "Auctions of a room, the newest first", None, AuctionView, (200, 404), "none", True
    ),
    Operation(
        "POST", _LIST, "Start an auction", AuctionBody, AuctionView, (201, 401, 403, 404, 409, 422)
    ),
    Operation("GET", _ONE, "An auction", None, AuctionView, (200, 404), "none"),
    Operation("GET", f"{_ONE}/bids", "Its last bids", None, BidView, (200, 404), "none", True),
    Operation(
        "POST", f"{_ONE}/bids", "Bid", BidBody, AuctionView, (200, 401, 403, 404, 409, 422, 429)
    ),
    Operation(
        "POST", f"{_ONE}/decline", "Say that one does not want what one won", None, AuctionView, (200, 401, 404, 409)
    ),
    Operation("POST", f"{_ONE}/end", "End it now: its leader wins", None, AuctionView, _STOP),
    Operation("POST", f"{_ONE}/cancel", "Call it off: nobody wins", None, AuctionView, _STOP),
]  # fmt: skip
