"""/api/v1/orders and /stores/{store}/orders: buying, and the merchant's order desk."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.accounts.principal import Principal
from livehub.commerce.checkout_hook import MAX_AFFIRMATIONS
from livehub.commerce.money import Money
from livehub.commerce.offers.coupons import MAX_CODE_CHARS, normal_code
from livehub.commerce.orders.checkout import MAX_LINES, Basket, DeliveryMethod, Wanted
from livehub.commerce.orders.confirmed import Said
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.commerce.orders.ports import OrderQuery
from livehub.commerce.orders.quotes import MAX_TOKEN_CHARS
from livehub.commerce.payments.refunds import Asked
from livehub.errors import Forbidden, InvalidInput
from livehub.text import many_lines, one_line
from livehub.web.auth import require_account, require_principal
from livehub.web.body import answer, answer_list, read_json, read_time
from livehub.web.commerce_wire import COMMERCE, Id, PriceBody, Quantity, number_cursor, page_of
from livehub.web.openapi import API, Operation
from livehub.web.order_views import OrderView, PaymentDetailsView, RefundView
from livehub.web.origin import check_let_in
from livehub.web.rooms import access_to

MAX_NAME_CHARS = 120
MAX_EMAIL_CHARS = 254
MAX_PHONE_CHARS = 40
MAX_ADDRESS_CHARS = 1000
MAX_REASON_CHARS = 500
MAX_LEAVE_AT_CHARS = 200
MAX_NOTE_CHARS = 500
MAX_SEARCH_CHARS = 100
WORK = ("to_pack", "packed", "returns")


class LineBody(msgspec.Struct):
    """``unit_price``: what the buyer has seen; dearer than that is 409 ``price_changed``. ``auction``: where the buyer
    won it; its price is the one it was won for. ``amount``: of a donation."""

    offer: Id
    quantity: Quantity
    unit_price: PriceBody | None = None
    auction: Id | None = None
    amount: PriceBody | None = None


class DeliveryBody(msgspec.Struct):
    """``address`` in lines as one would write it on a parcel; an object of lines is joined. ``contactless``: it is
    left, at ``leave_at``, without meeting anybody. ``slot``: when it is picked up (``GET /rooms/{room}/pickup``)."""

    method: DeliveryMethod
    address: (
        Annotated[str, Meta(max_length=4 * MAX_ADDRESS_CHARS)]
        | dict[Annotated[str, Meta(max_length=40)], Annotated[str, Meta(max_length=300)] | None]
        | None
    ) = None
    contactless: bool = False
    leave_at: Annotated[str, Meta(max_length=4 * MAX_LEAVE_AT_CHARS)] | None = None
    slot: Id | None = None


class ContactBody(msgspec.Struct):
    name: Annotated[str, Meta(min_length=1, max_length=4 * MAX_NAME_CHARS)]
    email: Annotated[str, Meta(max_length=MAX_EMAIL_CHARS)] | None = None
    phone: Annotated[str, Meta(max_length=MAX_PHONE_CHARS)] | None = None


class AffirmedBody(msgspec.Struct):
    """What the buyer said yes to."""

    id: Annotated[str, Meta(max_length=64)]
    version: Annotated[str, Meta(max_length=64)]


class OrderBody(msgspec.Struct):
    room: Id
    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=MAX_LINES)]
    delivery: DeliveryBody
    contact: ContactBody
    payment_provider: Annotated[str, Meta(max_length=40)]
    quote: Annotated[str, Meta(max_length=MAX_TOKEN_CHARS)] | None = None
    affirmed: Annotated[list[AffirmedBody], Meta(max_length=MAX_AFFIRMATIONS)] = []
    coupon: Annotated[str, Meta(max_length=4 * MAX_CODE_CHARS)] | None = None
    note: Annotated[str, Meta(max_length=4 * MAX_NOTE_CHARS)] | None = None


class PaidBody(msgspec.Struct):
    """``or_give_back``: where the goods are gone by now, or the order was cancelled, the money counts as received and
    goes back; else 409."""

    or_give_back: bool = False


class RefundBody(msgspec.Struct):
    """Nothing but a reason gives back all that is left; ``lines`` are what comes back, priced as they were bought
    unless ``amount`` says otherwise."""

    reason: Annotated[str, Meta(max_length=4 * MAX_REASON_CHARS)] = ""
    amount: PriceBody | None = None
    lines: Annotated[list[LineBody], Meta(max_length=MAX_LINES)] = []


async def create_order(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    body = await read_json(request, OrderBody)
    basket = _basket(body)
    access = await access_to(request, body.room)
    said = Said(
        body.quote, tuple((one.id, one.version) for one in body.affirmed), principal.locale or access.room.locale
    )
    commerce, key = request.app[COMMERCE], request.headers.get("Idempotency-Key")
    try:
        await check_let_in(request, access)
    except Forbidden:  # what they won is theirs to pay for, and what they have ordered is told again
        if not basket.is_won and (key is None or not await commerce.desk.is_placed(principal.identity, key)):
            raise
    await commerce.require_way(access.room.store_id, basket.provider, principal.identity, key)
    order = await commerce.desk.place(access, basket, key, said)
    return answer(order.present(), 201, {"Location": f"{API}/orders/{order.id}"})


def given_of(line: LineBody) -> Money | None:
    return None if line.amount is None else line.amount.money()


def _basket(body: OrderBody) -> Basket:
    contact = {"name": one_line(body.contact.name, "contact.name", max_chars=MAX_NAME_CHARS)}
    if (body.contact.email or "").strip():
        contact["email"] = email_of(body.contact.email or "")
    if (body.contact.phone or "").strip():
        contact["phone"] = one_line(body.contact.phone or "", "contact.phone", max_chars=MAX_PHONE_CHARS)
    return Basket(
        room_id=body.room,
        lines=tuple(
            Wanted(
                line.offer,
                line.quantity,
                None if line.unit_price is None else line.unit_price.money(),
                line.auction,
                given_of(line),
            )
            for line in body.lines
        ),
        method=body.delivery.method,
        address=address_of(body.delivery),
        contact=contact,
        provider=body.payment_provider,
        coupon=normal_code(body.coupon) if body.coupon else None,
        note=many_lines(body.note or "", "note", max_chars=MAX_NOTE_CHARS) or None,
        **delivery_of(body.delivery),
    )


def delivery_of(body: DeliveryBody) -> dict[str, Any]:
    """What a basket takes of it besides method and address."""
    left = many_lines(body.leave_at or "", "delivery.leave_at", max_chars=MAX_LEAVE_AT_CHARS) or None
    if left and not body.contactless:
        raise InvalidInput("Say contactless, when it is left somewhere", field="delivery.contactless")
    return {"contactless": body.contactless, "leave_at": left, "slot": body.slot or None}


def email_of(text: str, field: str = "contact.email") -> str:
    email = one_line(text, field, max_chars=MAX_EMAIL_CHARS)
    local, _, domain = email.rpartition("@")
    if not local or "." not in domain or " " in email:
        raise InvalidInput("This is not an e-mail address", field=field)
    return email


def address_of(body: DeliveryBody) -> str | None:
    if body.address is None:
        return None
    if isinstance(body.address, dict):
        joined = "\n".join(line for line in body.address.values() if line)
    else:
        joined = body.address
    return many_lines(joined, "delivery.address", max_chars=MAX_ADDRESS_CHARS) or None


async def list_own_orders(request: web.Request) -> web.Response:
    orders, following = await own_page(request, await require_principal(request))
    return answer_list([order.present() for order in orders], following)


async def own_page(request: web.Request, principal: Principal) -> tuple[Sequence[Order], str | None]:
    """What :data:`OWN_PAGE` asks for of the caller's own orders, newest first, and the cursor of the next page."""
    after, limit = page_of(request)
    room_id = request.query.get("room") or None
    found = await request.app[COMMERCE].desk.own(principal, room_id, number_cursor(after), limit + 1)
    return _page(found, limit)


async def list_store_orders(request: web.Request) -> web.Response:
    principal = await require_account(request)
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(principal, request.match_info["store"])
    after, limit = page_of(request)
    query = replace(store_query(request, store.id), after=number_cursor(after), limit=limit + 1)
    orders, following = _page(await commerce.desk.of_store(query), limit)
    return answer_list([order.present() for order in orders], following)


def store_query(request: web.Request, store_id: str) -> OrderQuery:
    """What the desk filters by. Raises: InvalidInput."""
    method, work = request.query.get("method") or None, request.query.get("work") or None
    if method is not None and method not in set(DeliveryMethod):
        raise InvalidInput(f"method is one of {', '.join(DeliveryMethod)}", field="method")
    if work not in {None, *WORK}:
        raise InvalidInput(f"work is one of {', '.join(WORK)}", field="work")
    text = " ".join(request.query.get("q", "").split())
    if len(text) > MAX_SEARCH_CHARS or "\x00" in text:
        raise InvalidInput(f"Search for up to {MAX_SEARCH_CHARS} characters", field="q")
    return OrderQuery(
        store_id=store_id,
        room_id=request.query.get("room") or None,
        status=_status(request.query.get("status", "")),
        text=text,
        method=method,
        work=work,
        since=read_time(request.query.get("since") or None, "since"),
        until=read_time(request.query.get("until") or None, "until"),
    )


def _status(text: str) -> OrderStatus | None:
    if not text:
        return None
    try:
        return OrderStatus(text)
    except ValueError:
        raise InvalidInput(f"status is one of {', '.join(OrderStatus)}", field="status") from None


def _page(orders: Sequence[Order], limit: int) -> tuple[Sequence[Order], str | None]:
    """``orders`` has one more than the page when there is a next one."""
    return orders[:limit], str(orders[limit - 1].seq) if len(orders) > limit else None


async def get_order(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    order = await request.app[COMMERCE].desk.get(principal, request.match_info["order"])
    return answer(order.present())


async def cancel_order(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    return _answer(await request.app[COMMERCE].fulfilment.cancel(principal, request.match_info["order"]))


async def mark_order_paid(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, PaidBody) if request.body_exists else PaidBody()
    desk, order_id = request.app[COMMERCE].desk, request.match_info["order"]
    return _answer(await desk.mark_paid(principal, order_id, or_give_back=body.or_give_back))


async def fulfil_order(request: web.Request) -> web.Response:
    principal = await require_account(request)
    return _answer(await request.app[COMMERCE].fulfilment.fulfil(principal, request.match_info["order"]))


async def refund_order(request: web.Request) -> web.Response:
    """A body is optional here: the reason is."""
    principal = await require_account(request)
    body = await read_json(request, RefundBody) if request.body_exists else RefundBody()
    reason = many_lines(body.reason, "reason", max_chars=MAX_REASON_CHARS)
    asked = Asked(
        reason,
        None if body.amount is None else body.amount.money(),
        tuple((line.offer, line.quantity) for line in body.lines),
    )
    return _answer(await request.app[COMMERCE].desk.refund(principal, request.match_info["order"], asked))


async def list_refunds(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    refunds = await request.app[COMMERCE].desk.refunds(principal, request.match_info["order"])
    return answer_list([refund.present() for refund in refunds])


async def get_payment(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    order, client = await request.app[COMMERCE].desk.payment_details(principal, request.match_info["order"])
    shown = order.payment.present()
    view = PaymentDetailsView(shown["provider"], shown["status"], shown.get("action_url"), dict(client))
    return answer(view, headers={"Cache-Control": "no-store"})


def _answer(order: Order) -> web.Response:
    return answer(order.present())


_ORDERS, _ORDER, _STORE_ORDERS = f"{API}/orders", f"{API}/orders/{{order}}", f"{API}/stores/{{store}}/orders"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_ORDERS, create_order),
        web.get(_ORDERS, list_own_orders),
        web.get(_ORDER, get_order),
        web.post(f"{_ORDER}/cancel", cancel_order),
        web.post(f"{_ORDER}/paid", mark_order_paid),
        web.post(f"{_ORDER}/fulfil", fulfil_order),
        web.post(f"{_ORDER}/refunds", refund_order),
        web.get(f"{_ORDER}/refunds", list_refunds),
        web.get(f"{_ORDER}/payment", get_payment),
        web.get(_STORE_ORDERS, list_store_orders),
    ]


OWN_PAGE = {"room": "Only of this room", "after": "The cursor of the page before", "limit": "1 to 200"}
FILTERS = {
    "status": "One of " + ", ".join(OrderStatus),
    "q": "Part of a number, name, e-mail address, phone number, address, SKU or title",
    "method": "courier or pickup",
    "work": "to_pack (paid, nothing packed yet), packed (something waits to leave) or returns (money back asked)",
    "since": "Placed at that time or later",
    "until": "Placed before that time",
    "room": "Only of this room",
}
_STATUS = {**FILTERS, **OWN_PAGE}
_KEY: dict[str, Any] = {"Idempotency-Key": "Up to 255 characters; the same key and body answer the same order"}
_MERCHANT = (200, 401, 403, 404, 409)
OPERATIONS = [
    Operation(
        "POST", _ORDERS, "Buy: reserves the stock", OrderBody, OrderView, (201, 401, 403, 404, 409, 422, 429),
        headers=_KEY,
    ),
    Operation("GET", _ORDERS, "Your own orders, newest first", None, OrderView, (200, 401), "any", True, OWN_PAGE),
    Operation("GET", _ORDER, "An order, for its buyer and its merchant", None, OrderView, (200, 401, 404)),
    Operation(
        "POST", f"{_ORDER}/cancel", "Give an order up; a paid one within the shop's terms", None, OrderView,
        (200, 401, 404, 409, 503),
    ),
    Operation("POST", f"{_ORDER}/paid", "A payment by hand arrived", PaidBody, OrderView, (*_MERCHANT, 422), "account"),
    Operation("POST", f"{_ORDER}/fulfil", "Handed over, or sent", None, OrderView, _MERCHANT, "account"),
    Operation(
        "POST", f"{_ORDER}/refunds", "Give money back, whole or in part", RefundBody, OrderView,
        (*_MERCHANT, 422, 503), "account",
    ),
    Operation("GET", f"{_ORDER}/refunds", "What went back", None, RefundView, (200, 401, 404), "any", True),
    Operation(
        "GET", f"{_ORDER}/payment", "How to pay in place, for the buyer", None, PaymentDetailsView,
        (200, 401, 403, 404, 503),
    ),
    Operation(
        "GET", _STORE_ORDERS, "A store's orders, newest first", None, OrderView, (200, 401, 403, 404), "account",
        True, _STATUS,
    ),
]  # fmt: skip
