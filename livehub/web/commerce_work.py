"""The order desk's work on many orders at once: packing, sending, cancelling, and all of them as CSV."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.clock import iso
from livehub.commerce.fulfilment.desk import MAX_AT_ONCE
from livehub.commerce.money import EXPONENTS
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.errors import InvalidInput
from livehub.text import safe_cell
from livehub.web.auth import require_account
from livehub.web.body import answer_list, read_json
from livehub.web.commerce_orders import FILTERS, store_query
from livehub.web.commerce_wire import COMMERCE, Id
from livehub.web.openapi import API, Operation

_PAGE: Final = 200
_COLUMNS: Final = (
    "order", "status", "placed_at", "room", "buyer", "name", "email", "phone", "delivery", "address", "pickup_place",
    "pickup_at", "leave_at", "note", "sku", "product", "variant", "quantity", "unit_price", "order_total", "refunded",
    "currency", "payment", "payment_status", "coupon", "shipped", "tracking",
)  # fmt: skip


class WorkBody(msgspec.Struct):
    """``pack`` and ``ship`` all that is left of each; ``cancel`` gives back what was paid."""

    action: Literal["pack", "ship", "cancel"]
    orders: Annotated[list[Id], Meta(min_length=1, max_length=MAX_AT_ONCE)]


class OutcomeView(msgspec.Struct):
    """``code`` and ``detail`` say why, where it is not ``ok``."""

    order: str
    ok: bool
    status: OrderStatus | None
    code: str | None
    detail: str | None


async def work(request: web.Request) -> web.Response:
    principal = await require_account(request)
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(principal, request.match_info["store"])
    body = await read_json(request, WorkBody)
    if len(set(body.orders)) != len(body.orders):
        raise InvalidInput("Name each order once", field="orders")
    outcomes = await commerce.fulfilment.each(principal, store.id, body.action, body.orders)
    return answer_list([outcome.present() for outcome in outcomes])


async def export(request: web.Request) -> web.StreamResponse:
    """Streamed page by page: as long as it is, no more than a page is in memory."""
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(await require_account(request), request.match_info["store"])
    query = replace(store_query(request, store.id), limit=_PAGE)
    page = await commerce.desk.of_store(query)
    response = web.StreamResponse(headers={"Content-Disposition": 'attachment; filename="orders.csv"'})
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    # the mark at the beginning tells Excel that it is UTF-8
    await response.write(b"\xef\xbb\xbf" + _lines([_COLUMNS]))
    while page:
        await response.write(_lines(row for order in page for row in _rows(order)))
        page = await commerce.desk.of_store(replace(query, after=page[-1].seq)) if len(page) == _PAGE else []
    await response.write_eof()
    return response


def _lines(rows: Any) -> bytes:
    """RFC 4180."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def guarded(value: object) -> str:
    """What begins like a formula begins with an apostrophe: a buyer's name must not run in the merchant's spreadsheet
    (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return text if _is_number(text) else safe_cell(text)


def _is_number(text: str) -> bool:
    return text[:1] == "-" and text[1:].replace(".", "", 1).isascii() and text[1:].replace(".", "", 1).isdigit()


def _rows(order: Order) -> Iterator[tuple[object, ...]]:
    digits = EXPONENTS[order.total.currency]

    def plain(minor: int) -> str:
        return str(Decimal(minor).scaleb(-digits))

    delivery, contact = order.delivery, order.contact
    pickup = delivery.get("pickup") or {}
    sent = "; ".join(f"{one.status}" for one in order.shipments)
    tracking = "; ".join(one.tracking.number for one in order.shipments if one.tracking.number)
    for line in order.lines:
        yield (
            order.number, order.status, iso(order.placed_at), order.room_id, order.buyer_name, contact.get("name"),
            contact.get("email"), contact.get("phone"), delivery.get("method"), delivery.get("address"),
            pickup.get("place", {}).get("title"), pickup.get("starts_at"), delivery.get("leave_at"), order.note,
            line.sku,
            line.title, line.variant_title, line.quantity, plain(line.unit_price.amount_minor),
            plain(order.total.amount_minor), plain(order.refunded_minor), order.total.currency, order.payment.provider,
            order.payment.present()["status"], order.coupon.code if order.coupon else "", sent, tracking,
        )  # fmt: skip


_WORK, _CSV = f"{API}/stores/{{store}}/orders/work", f"{API}/stores/{{store}}/orders.csv"


def routes() -> list[web.RouteDef]:
    return [web.post(_WORK, work), web.get(_CSV, export)]


OPERATIONS = [
    Operation(
        "POST", _WORK, f"Pack, ship or cancel up to {MAX_AT_ONCE} orders; each has an outcome of its own", WorkBody,
        OutcomeView, (200, 401, 403, 404, 422), "account", True,
    ),
    Operation(
        "GET", _CSV, "A store's orders, one row a line of an order", None, None, (200, 401, 403, 404, 422), "account",
        query=FILTERS, answer_type="text/csv",
    ),
]  # fmt: skip
