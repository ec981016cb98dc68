"""/api/v1/rooms/{room}/offers and /offers/{offer}: the tray."""

from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from livehub.accounts.permissions import Action
from livehub.commerce.catalog.model import ClaimRule, NewBundle, NewDonation, NewOffer, OfferPatch
from livehub.commerce.catalog.pricing import MAX_DEAL_S, MAX_TIERS, MIN_DEAL_S, NewDeal, Tier
from livehub.commerce.offers.claims import CLAIM_S, MAX_CLAIM_S, MAX_WORD_CHARS, MIN_CLAIM_S, normal_word
from livehub.commerce.orders.digital import DigitalKind
from livehub.text import one_line
from livehub.web.auth import require_principal
from livehub.web.body import answer, answer_list, read_json, read_time
from livehub.web.commerce_wire import (
    COMMERCE,
    MAX_TITLE_CHARS,
    Id,
    MoneyView,
    PictureView,
    PriceBody,
    Quantity,
    Sku,
    Stock,
    Time,
    Title,
)
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access

MAX_OFFERS = 500
MAX_PARTS = 10


class TierBody(msgspec.Struct):
    """``price`` for each unit from ``quantity`` units in one order on."""

    quantity: Annotated[int, Meta(ge=2, le=1_000_000)]
    price: PriceBody


Tiers = Annotated[list[TierBody], Meta(max_length=MAX_TIERS)]


Served = Literal["held", "first_paid"]


class ClaimRuleBody(msgspec.Struct):
    """Whoever writes ``word`` in the chat has units kept for ``seconds``."""

    word: Annotated[str, Meta(min_length=1, max_length=4 * MAX_WORD_CHARS)]
    seconds: Annotated[int, Meta(ge=MIN_CLAIM_S, le=MAX_CLAIM_S)] = CLAIM_S


class PartBody(msgspec.Struct):
    """``quantity`` units of another offer of the room, in each bundle."""

    offer: Id
    quantity: Annotated[int, Meta(ge=1, le=1000)] = 1


class BundleBody(msgspec.Struct):
    """``parts`` are articles of the tray; ``quantity`` bundles can be sold at the most, as long as the parts last."""

    title: Title
    price: PriceBody
    quantity: Quantity
    parts: Annotated[list[PartBody], Meta(min_length=1, max_length=MAX_PARTS)]
    per_buyer_limit: Quantity | None = None
    served: Served = "held"
    claim: ClaimRuleBody | None = None


class DonationBody(msgspec.Struct):
    """Any amount from ``least`` to ``most`` at a time; ``suggested`` is what the page begins with."""

    title: Title
    suggested: PriceBody
    least: PriceBody
    most: PriceBody


class OfferBody(msgspec.Struct):
    """``quantity`` is taken out of the article's free stock; ``price`` is the article's own unless given. ``served``:
    orders and claims hold units, or who pays first has them."""

    sku: Sku
    quantity: Quantity
    price: PriceBody | None = None
    per_buyer_limit: Quantity | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    tiers: Tiers = []
    ships_at: Time | None = None
    served: Served = "held"
    claim: ClaimRuleBody | None = None


class OfferPatchBody(msgspec.Struct):
    """What is left out stays; null takes a limit or an end away. While the room is live the price may only fall."""

    price: PriceBody | UnsetType = UNSET
    quantity: Stock | UnsetType = UNSET
    per_buyer_limit: Quantity | UnsetType | None = UNSET
    ends_at: Time | UnsetType | None = UNSET
    tiers: Tiers | UnsetType = UNSET
    ships_at: Time | UnsetType | None = UNSET
    served: Served | UnsetType = UNSET
    claim: ClaimRuleBody | UnsetType | None = UNSET


class ArrangeBody(msgspec.Struct):
    """Offers that come first in the tray, in this order; the others follow as they were."""

    offers: Annotated[list[Id], Meta(max_length=MAX_OFFERS)]


class DealBody(msgspec.Struct):
    """``quantity`` of the offer's units go at ``price``, for ``seconds`` from now."""

    price: PriceBody
    quantity: Quantity
    seconds: Annotated[int, Meta(ge=MIN_DEAL_S, le=MAX_DEAL_S)]


class TierView(msgspec.Struct):
    quantity: int
    price: MoneyView


class DealView(msgspec.Struct):
    price: MoneyView
    quantity: int
    left: int
    ends_at: str


class ClaimRuleView(msgspec.Struct):
    word: str
    seconds: int


class PartView(msgspec.Struct):
    offer: str
    quantity: int
    sku: str
    title: str
    variant_title: str


class DonationView(msgspec.Struct):
    least: MoneyView
    most: MoneyView


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
    pinned_at: str | None
    position: int
    tiers: list[TierView]
    deal: DealView | None
    ships_at: str | None
    served: Served
    claim: ClaimRuleView | None
    parts: list[PartView]
    donation: DonationView | None
    digital: DigitalKind | None


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
        tiers=_tiers(body.tiers),
        ships_at=read_time(body.ships_at, "ships_at"),
        first_paid=body.served == "first_paid",
        claim=_claim(body.claim),
    )
    offer = await request.app[COMMERCE].tray.add(access, new)
    return answer(offer.present(), 201)


async def create_bundle(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.OFFER_EDIT)
    body = await read_json(request, BundleBody)
    new = NewBundle(
        title=one_line(body.title, "title", max_chars=MAX_TITLE_CHARS),
        price=body.price.money(),
        quantity=body.quantity,
        parts=tuple((part.offer, part.quantity) for part in body.parts),
        per_buyer_limit=body.per_buyer_limit,
        first_paid=body.served == "first_paid",
        claim=_claim(body.claim),
    )
    return answer((await request.app[COMMERCE].tray.add_bundle(access, new)).present(), 201)


def _claim(body: ClaimRuleBody | None) -> ClaimRule | None:
    return None if body is None else ClaimRule(normal_word(body.word), body.seconds)


async def create_donation(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.OFFER_EDIT)
    body = await read_json(request, DonationBody)
    title = one_line(body.title, "title", max_chars=MAX_TITLE_CHARS)
    new = NewDonation(title, body.suggested.money(), body.least.money(), body.most.money())
    return answer((await request.app[COMMERCE].tray.add_donation(access, new)).present(), 201)


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
    if "tiers" in given:
        values["tiers"] = _tiers(values["tiers"])
    for name in given & {"ends_at", "ships_at"}:
        values[name] = read_time(values[name], name)
    if "claim" in given:
        values["claim"] = _claim(values["claim"])
    if "served" in given:
        values["first_paid"] = values.pop("served") == "first_paid"
    patch = OfferPatch(frozenset(values), **values)
    offer = await request.app[COMMERCE].tray.change(principal, request.match_info["offer"], patch)
    return answer(offer.present())


def _tiers(body: list[TierBody]) -> tuple[Tier, ...]:
    return tuple(Tier(tier.quantity, tier.price.money()) for tier in body)


async def pin_offer(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    beside = request.query.get("beside") == "true"
    return answer((await request.app[COMMERCE].tray.pin(principal, _named(request), beside=beside)).present())


async def unpin_offer(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    return answer((await request.app[COMMERCE].tray.unpin(principal, _named(request))).present())


async def arrange_offers(request: web.Request) -> web.Response:
    access = await room_access(request)
    access.require(Action.OFFER_EDIT)
    body = await read_json(request, ArrangeBody)
    arranged = await request.app[COMMERCE].tray.arrange(access, body.offers)
    return answer_list([offer.present() for offer in arranged])


async def start_deal(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    body = await read_json(request, DealBody)
    deal = NewDeal(body.price.money(), body.quantity, body.seconds)
    return answer((await request.app[COMMERCE].tray.start_deal(principal, _named(request), deal)).present())


async def end_deal(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    return answer((await request.app[COMMERCE].tray.end_deal(principal, _named(request))).present())


def _named(request: web.Request) -> str:
    return request.match_info["offer"]


_OFFERS, _OFFER = f"{API}/rooms/{{room}}/offers", f"{API}/offers/{{offer}}"
_BUNDLES, _DONATIONS = f"{API}/rooms/{{room}}/bundles", f"{API}/rooms/{{room}}/donations"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_OFFERS, create_offer),
        web.get(_OFFERS, list_offers),
        web.post(_BUNDLES, create_bundle),
        web.post(_DONATIONS, create_donation),
        web.patch(_OFFER, patch_offer),
        web.put(f"{_OFFER}/pin", pin_offer),
        web.delete(f"{_OFFER}/pin", unpin_offer),
        web.put(f"{_OFFERS}/order", arrange_offers),
        web.put(f"{_OFFER}/deal", start_deal),
        web.delete(f"{_OFFER}/deal", end_deal),
    ]


_CHANGED = (200, 401, 403, 404, 409)
OPERATIONS = [
    Operation("POST", _OFFERS, "Offer an article in the room", OfferBody, OfferView, (201, 401, 403, 404, 409, 422)),
    Operation(
        "POST", _BUNDLES, "Offer several articles as one", BundleBody, OfferView, (201, 401, 403, 404, 409, 422)
    ),
    Operation(
        "POST", _DONATIONS, "Offer something to give to", DonationBody, OfferView, (201, 401, 403, 404, 409, 422)
    ),
    Operation("GET", _OFFERS, "What is offered in the room", None, OfferView, (200, 404), "none", listed=True),
    Operation("PATCH", _OFFER, "Change an offer", OfferPatchBody, OfferView, (200, 401, 403, 404, 409, 422)),
    Operation(
        "PUT", f"{_OFFER}/pin", "Pin it, instead of what is pinned or beside it", None, OfferView, _CHANGED,
        query={"beside": "true: what is pinned stays; three at the most"},
    ),
    Operation("DELETE", f"{_OFFER}/pin", "Take the pin off", None, OfferView, (200, 401, 403, 404)),
    Operation(
        "PUT", f"{_OFFERS}/order", "Arrange the tray", ArrangeBody, OfferView, (200, 401, 403, 404, 422), listed=True
    ),
    Operation("PUT", f"{_OFFER}/deal", "Start a flash deal", DealBody, OfferView, (*_CHANGED, 422)),
    Operation("DELETE", f"{_OFFER}/deal", "End a flash deal", None, OfferView, (200, 401, 403, 404)),
]  # fmt: skip
