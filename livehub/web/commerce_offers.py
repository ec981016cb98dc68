"""/api/v1/rooms/{room}/offers and /offers/{offer}: the tray."""

from typing import Any

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from livehub.accounts.permissions import Action
from livehub.commerce.catalog import NewOffer, OfferPatch
from livehub.web.auth import require_principal
from livehub.web.body import answer, answer_list, read_json, read_time
from livehub.web.commerce_wire import COMMERCE, MoneyView, PictureView, PriceBody, Quantity, Sku, Stock, Time
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access


class OfferBody(msgspec.Struct):
    """``quantity`` is taken out of the article's free stock; ``price`` is the article's own unless given."""

    sku: Sku
    quantity: Quantity
    price: PriceBody | None = None
    per_buyer_limit: Quantity | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None


class OfferPatchBody(msgspec.Struct):
    """What is left out stays; null takes a limit or an end away. While the room is live the price may only fall."""

    price: PriceBody | UnsetType = UNSET
    quantity: Stock | UnsetType = UNSET
    per_buyer_limit: Quantity | UnsetType | None = UNSET
    ends_at: Time | UnsetType | None = UNSET


class OfferView(msgspec.Struct):
    id: str
    room_id: str
    sku: str
    title: str
    variant_title: str
    picture: PictureView | None
    price: MoneyView
    list_price: MoneyView
    quantity: int
    available: int
    per_buyer_limit: int | None
    starts_at: str | None
    ends_at: str | None
    pinned: bool


async def create_offer(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.OFFER_EDIT)
    body = await read_json(request, OfferBody)
    new = NewOffer(
        sku=body.sku.strip(),
        quantity=body.quantity,
        price=None if body.price is None else body.price.money(),
        per_buyer_limit=body.per_buyer_limit,
        starts_at=read_time(body.starts_at, "starts_at"),
        ends_at=read_time(body.ends_at, "ends_at"),
    )
    offer = await request.app[COMMERCE].tray.add(access, new)
    return answer(offer.present(), 201)


async def list_offers(request: web.Request) -> web.Response:
    access = await room_access(request)
    offers = await request.app[COMMERCE].tray.of_room(access.room.id)
    return answer_list([offer.present() for offer in offers])


async def patch_offer(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    body = await read_json(request, OfferPatchBody)
    given = {name for name in body.__struct_fields__ if getattr(body, name) is not UNSET}
    values: dict[str, Any] = {name: getattr(body, name) for name in given}
    if "price" in given:
        values["price"] = values["price"].money()
    if "ends_at" in given:
        values["ends_at"] = read_time(values["ends_at"], "ends_at")
    patch = OfferPatch(frozenset(given), **values)
    offer = await request.app[COMMERCE].tray.change(principal, request.match_info["offer"], patch)
    return answer(offer.present())


async def pin_offer(request: web.Request) -> web.Response:
    return await _pin(request, True)


async def unpin_offer(request: web.Request) -> web.Response:
    return await _pin(request, False)


async def _pin(request: web.Request, pinned: bool) -> web.Response:
    principal = await require_principal(request)
    offer = await request.app[COMMERCE].tray.pin(principal, request.match_info["offer"], pinned)
    return answer(offer.present())


_OFFERS, _OFFER = f"{API}/rooms/{{room}}/offers", f"{API}/offers/{{offer}}"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_OFFERS, create_offer),
        web.get(_OFFERS, list_offers),
        web.patch(_OFFER, patch_offer),
        web.put(f"{_OFFER}/pin", pin_offer),
        web.delete(f"{_OFFER}/pin", unpin_offer),
    ]


OPERATIONS = [
    Operation("POST", _OFFERS, "Offer an article in the room", OfferBody, OfferView, (201, 401, 403, 404, 409, 422)),
    Operation("GET", _OFFERS, "What is offered in the room", None, OfferView, (200, 404), "none", listed=True),
    Operation("PATCH", _OFFER, "Change an offer", OfferPatchBody, OfferView, (200, 401, 403, 404, 409, 422)),
    Operation("PUT", f"{_OFFER}/pin", "Pin it, instead of the one before", None, OfferView, (200, 401, 403, 404, 409)),
    Operation("DELETE", f"{_OFFER}/pin", "Take the pin off", None, OfferView, (200, 401, 403, 404)),
]
