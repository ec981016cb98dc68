"""/api/v1/quotes: what an order would cost, all included, before anybody buys."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.clock import iso
from livehub.commerce.money import Money
from livehub.commerce.offers.coupons import MAX_CODE_CHARS, normal_code
from livehub.commerce.orders.checkout import MAX_LINES, Basket, Wanted
from livehub.translation.locale import LOCALES
from livehub.web.auth import require_principal
from livehub.web.body import answer, read_json
from livehub.web.commerce_orders import DeliveryBody, LineBody, address_of, delivery_of, given_of
from livehub.web.commerce_wire import COMMERCE, Id, MoneyView
from livehub.web.openapi import API, Operation
from livehub.web.order_views import AffirmationView, ChargeView
from livehub.web.origin import check_let_in
from livehub.web.rooms import access_to


class QuoteBody(msgspec.Struct):
    """``locale``: for titles and texts; the room's unless given. ``coupon``: so that taxes are of what is paid."""

    room: Id
    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=MAX_LINES)]
    delivery: DeliveryBody
    locale: Annotated[str, Meta(max_length=35)] = ""
    coupon: Annotated[str, Meta(max_length=4 * MAX_CODE_CHARS)] | None = None


class QuoteLineView(msgspec.Struct):
    offer: str
    quantity: int
    unit_price: MoneyView


class QuoteView(msgspec.Struct):
    """Send ``quote`` with the order, and what its buyer affirmed. ``total`` is before any coupon."""

    lines: list[QuoteLineView]
    subtotal: MoneyView
    charges: list[ChargeView]
    affirmations: list[AffirmationView]
    discount: MoneyView | None
    total: MoneyView
    quote: str
    expires_at: str


async def create_quote(request: web.Request) -> web.Response:
    await require_principal(request)
    body = await read_json(request, QuoteBody)
    access = await access_to(request, body.room)
    basket = Basket(
        room_id=body.room,
        lines=tuple(
            Wanted(line.offer, line.quantity, auction_id=line.auction, amount=given_of(line)) for line in body.lines
        ),
        method=body.delivery.method,
        address=address_of(body.delivery),
        contact={},
        provider="",
        coupon=normal_code(body.coupon) if body.coupon else None,
        **delivery_of(body.delivery),
    )
    if not basket.is_won:
        await check_let_in(request, access)
    locale = body.locale if body.locale in LOCALES else access.room.locale
    made = await request.app[COMMERCE].desk.quote(access, basket, locale)
    quoted = made.quoted
    return answer(
        {
            "lines": [
                {"offer": line.offer_id, "quantity": line.quantity, "unit_price": line.unit_price.present()}
                for line in made.lines
            ],
            "subtotal": quoted.subtotal.present(),
            "charges": [charge.present() for charge in quoted.charges],
            "affirmations": [
                *(one.affirmation.present() for one in quoted.affirmations),
                *(one.present() for one in made.of_goods),
            ],
            "discount": None
            if quoted.discount_minor is None
            else Money(quoted.discount_minor, quoted.subtotal.currency).present(),
            "total": (quoted.subtotal + quoted.added).present(),
            "quote": made.token,
            "expires_at": iso(made.expires_at),
        }
    )


def routes() -> list[web.RouteDef]:
    return [web.post(f"{API}/quotes", create_quote)]


OPERATIONS = [
    Operation(
        "POST", f"{API}/quotes", "What an order would cost, all included", QuoteBody, QuoteView,
        (200, 401, 403, 404, 409, 422, 429, 503),
    ),
]  # fmt: skip
