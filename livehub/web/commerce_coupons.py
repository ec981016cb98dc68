"""/api/v1/stores/{store}/coupons for merchants, /rooms/{room}/coupons for those who buy there."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.money import Money
from livehub.commerce.offers.coupons import MAX_CODE_CHARS, MAX_PERCENT, NewCoupon, present_claimed
from livehub.web.auth import require_account
from livehub.web.body import answer, answer_list, read_json, read_time
from livehub.web.commerce_wire import COMMERCE, Id, MoneyView, PriceBody, Quantity, Time
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part
from livehub.web.rooms import room_access

Code = Annotated[str, Meta(min_length=3, max_length=4 * MAX_CODE_CHARS)]


class CouponBody(msgspec.Struct):
    """``percent`` or ``amount`` off orders from ``minimum`` on; ``budget`` is all that it may take off together."""

    code: Code
    percent: Annotated[int, Meta(ge=1, le=MAX_PERCENT)] | None = None
    amount: PriceBody | None = None
    minimum: PriceBody | None = None
    budget: PriceBody | None = None
    max_uses: Quantity | None = None
    per_buyer: Quantity = 1
    room: Id | None = None
    claim: bool = False
    starts_at: Time | None = None
    ends_at: Time | None = None


class ShownCouponView(msgspec.Struct):
    """``open``: something of it is left. ``claimed``: by you."""

    code: str
    percent: int | None
    amount: MoneyView | None
    minimum: MoneyView
    per_buyer: int
    claim: bool
    starts_at: str | None
    ends_at: str | None
    open: bool
    claimed: bool


class CouponView(msgspec.Struct):
    id: str
    code: str
    percent: int | None
    amount: MoneyView | None
    minimum: MoneyView
    budget: MoneyView | None
    spent: MoneyView
    max_uses: int | None
    used: int
    per_buyer: int
    room: str | None
    claim: bool
    claimed: int
    starts_at: str | None
    ends_at: str | None
    open: bool
    created_at: str


async def create_coupon(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, CouponBody)
    new = NewCoupon(
        code=body.code,
        percent=body.percent,
        amount=_money(body.amount),
        minimum=_money(body.minimum),
        budget=_money(body.budget),
        max_uses=body.max_uses,
        per_buyer=body.per_buyer,
        room_id=body.room,
        claim=body.claim,
        starts_at=read_time(body.starts_at, "starts_at"),
        ends_at=read_time(body.ends_at, "ends_at"),
    )
    coupon = await request.app[COMMERCE].coupons.add(principal, request.match_info["store"], new)
    return answer(coupon.present(), 201)


def _money(body: PriceBody | None) -> Money | None:
    return None if body is None else body.money()


async def list_coupons(request: web.Request) -> web.Response:
    principal = await require_account(request)
    coupons = await request.app[COMMERCE].coupons.of_store(principal, request.match_info["store"])
    return answer_list([coupon.present() for coupon in coupons])


async def end_coupon(request: web.Request) -> web.Response:
    principal = await require_account(request)
    return answer((await request.app[COMMERCE].coupons.end(principal, request.match_info["coupon"])).present())


async def list_room_coupons(request: web.Request) -> web.Response:
    shown = await request.app[COMMERCE].coupons.shown(await room_access(request))
    return answer_list([present_claimed(coupon, claimed=claimed) for coupon, claimed in shown])


async def look_at_coupon(request: web.Request) -> web.Response:
    access = await taking_part(request)
    coupon, claimed = await request.app[COMMERCE].coupons.look(access, request.match_info["code"])
    return answer(present_claimed(coupon, claimed=claimed))


async def claim_coupon(request: web.Request) -> web.Response:
    access = await taking_part(request)
    coupon, claimed = await request.app[COMMERCE].coupons.claim(access, request.match_info["code"])
    return answer(present_claimed(coupon, claimed=claimed))


_OF_STORE, _OF_ROOM = f"{API}/stores/{{store}}/coupons", f"{API}/rooms/{{room}}/coupons"
_COUPON, _CODE = f"{API}/coupons/{{coupon}}", f"{API}/rooms/{{room}}/coupons/{{code}}"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_OF_STORE, create_coupon),
        web.get(_OF_STORE, list_coupons),
        web.delete(_COUPON, end_coupon),
        web.get(_OF_ROOM, list_room_coupons),
        web.get(_CODE, look_at_coupon),
        web.post(f"{_CODE}/claim", claim_coupon),
    ]


OPERATIONS = [
    Operation(
        "POST", _OF_STORE, "Make a coupon", CouponBody, CouponView, (201, 401, 403, 404, 409, 422), "account"
    ),
    Operation("GET", _OF_STORE, "A store's coupons", None, CouponView, (200, 401, 403, 404), "account", True),
    Operation("DELETE", _COUPON, "End a coupon", None, CouponView, (200, 401, 404), "account"),
    Operation("GET", _OF_ROOM, "Coupons to claim in the room", None, ShownCouponView, (200, 404), "none", True),
    Operation("GET", _CODE, "What a code is worth here", None, ShownCouponView, (200, 401, 404, 409, 422, 429)),
    Operation("POST", f"{_CODE}/claim", "Claim a coupon", None, ShownCouponView, (200, 401, 403, 404, 409, 422)),
]  # fmt: skip
