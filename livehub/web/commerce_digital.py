"""/api/v1/products/{product}/digital for merchants, /orders/{order}/digital for who bought it."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.orders.digital import (
    MAX_CODE_CHARS,
    MAX_CODES_AT_ONCE,
    MAX_NOTE_CHARS,
    MAX_URL_CHARS,
    DigitalGood,
    DigitalKind,
)
from livehub.text import many_lines
from livehub.web.auth import require_account, require_principal
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_wire import COMMERCE, Sku
from livehub.web.openapi import API, Operation


class DigitalBody(msgspec.Struct):
    """``url``: where what was bought is found, or where codes are used. ``note``: what buyers read with it."""

    sku: Sku
    kind: DigitalKind
    url: Annotated[str, Meta(max_length=MAX_URL_CHARS)] | None = None
    note: Annotated[str, Meta(max_length=4 * MAX_NOTE_CHARS)] = ""


class CodesBody(msgspec.Struct):
    """One for each unit; each is given once."""

    sku: Sku
    codes: Annotated[list[Annotated[str, Meta(max_length=4 * MAX_CODE_CHARS)]], Meta(max_length=MAX_CODES_AT_ONCE)]


class DigitalView(msgspec.Struct):
    sku: str
    kind: DigitalKind
    url: str | None
    note: str
    codes_left: int
    codes_given: int


class DeliveredView(msgspec.Struct):
    """``missing``: codes that the merchant has not added yet; they come by themselves."""

    sku: str
    title: str
    quantity: int
    kind: DigitalKind
    url: str | None
    note: str
    codes: list[str]
    missing: int


_PRIVATE = {"Cache-Control": "no-store"}


async def put_digital(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, DigitalBody)
    note = many_lines(body.note, "note", max_chars=MAX_NOTE_CHARS)
    good = DigitalGood(body.sku.strip(), body.kind, (body.url or "").strip() or None, note)
    kept = await request.app[COMMERCE].digital.put(principal, request.match_info["product"], good)
    return answer(kept.present())


async def list_digital(request: web.Request) -> web.Response:
    principal = await require_account(request)
    goods = await request.app[COMMERCE].digital.of_product(principal, request.match_info["product"])
    return answer_list([good.present() for good in goods])


async def delete_digital(request: web.Request) -> web.Response:
    principal = await require_account(request)
    sku = request.query.get("sku", "")
    await request.app[COMMERCE].digital.take_away(principal, request.match_info["product"], sku)
    return web.Response(status=204)


async def add_codes(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, CodesBody)
    desk = request.app[COMMERCE].digital
    kept = await desk.add_codes(principal, request.match_info["product"], body.sku.strip(), body.codes)
    return answer(kept.present())


async def list_delivered(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    delivered = await request.app[COMMERCE].digital.of_order(principal, request.match_info["order"])
    response = answer_list([one.present() for one in delivered])
    response.headers.update(_PRIVATE)
    return response


_OF_PRODUCT, _OF_ORDER = f"{API}/products/{{product}}/digital", f"{API}/orders/{{order}}/digital"


def routes() -> list[web.RouteDef]:
    return [
        web.put(_OF_PRODUCT, put_digital),
        web.get(_OF_PRODUCT, list_digital),
        web.delete(_OF_PRODUCT, delete_digital),
        web.post(f"{_OF_PRODUCT}/codes", add_codes),
        web.get(_OF_ORDER, list_delivered),
    ]


_OWN = (200, 401, 403, 404, 422)
OPERATIONS = [
    Operation("PUT", _OF_PRODUCT, "Deliver an article when it is paid", DigitalBody, DigitalView, _OWN, "account"),
    Operation(
        "GET", _OF_PRODUCT, "What is delivered by itself", None, DigitalView, (200, 401, 403, 404), "account", True
    ),
    Operation(
        "DELETE", _OF_PRODUCT, "Send an article as goods again", None, None, (204, 401, 403, 404), "account",
        query={"sku": "Of the article"},
    ),
    Operation("POST", f"{_OF_PRODUCT}/codes", "Add codes", CodesBody, DigitalView, _OWN, "account"),
    Operation(
        "GET", _OF_ORDER, "What was bought and is delivered, for the buyer", None, DeliveredView,
        (200, 401, 403, 404, 409), "any", True,
    ),
]  # fmt: skip
