"""/api/v1/me/addresses: the caller's own address book."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.fulfilment.address_book import MAX_ADDRESSES
from livehub.text import many_lines, one_line
from livehub.web.auth import require_principal
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_orders import (
    MAX_ADDRESS_CHARS,
    MAX_EMAIL_CHARS,
    MAX_LEAVE_AT_CHARS,
    MAX_NAME_CHARS,
    MAX_PHONE_CHARS,
    email_of,
)
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation


class AddressBody(msgspec.Struct):
    name: Annotated[str, Meta(min_length=1, max_length=4 * MAX_NAME_CHARS)]
    phone: Annotated[str, Meta(max_length=MAX_PHONE_CHARS)] = ""
    email: Annotated[str, Meta(max_length=MAX_EMAIL_CHARS)] = ""
    address: Annotated[str, Meta(max_length=4 * MAX_ADDRESS_CHARS)] = ""
    leave_at: Annotated[str, Meta(max_length=4 * MAX_LEAVE_AT_CHARS)] = ""


class AddressView(msgspec.Struct):
    id: str
    name: str
    phone: str
    email: str
    address: str
    leave_at: str
    used_at: str


async def list_addresses(request: web.Request) -> web.Response:
    entries = await request.app[COMMERCE].addresses.entries(await require_principal(request))
    return answer_list([entry.present() for entry in entries])


async def keep_address(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    body = await read_json(request, AddressBody)
    entry = await request.app[COMMERCE].addresses.keep(
        principal,
        name=one_line(body.name, "name", max_chars=MAX_NAME_CHARS),
        phone=one_line(body.phone, "phone", max_chars=MAX_PHONE_CHARS, min_chars=0),
        email=email_of(body.email, "email") if body.email.strip() else "",
        address=many_lines(body.address, "address", max_chars=MAX_ADDRESS_CHARS),
        leave_at=many_lines(body.leave_at, "leave_at", max_chars=MAX_LEAVE_AT_CHARS),
    )
    return answer(entry.present(), 201)


async def forget_address(request: web.Request) -> web.Response:
    await request.app[COMMERCE].addresses.forget(await require_principal(request), request.match_info["address"])
    return web.Response(status=204)


_BOOK = f"{API}/me/addresses"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_BOOK, list_addresses),
        web.post(_BOOK, keep_address),
        web.delete(f"{_BOOK}/{{address}}", forget_address),
    ]


OPERATIONS = [
    Operation("GET", _BOOK, "Your address book, used last first", None, AddressView, (200, 401), "any", True),
    Operation(
        "POST", _BOOK, f"Keep an address, {MAX_ADDRESSES} at the most; the same again is the same entry", AddressBody,
        AddressView, (201, 401, 422, 429),
    ),
    Operation("DELETE", f"{_BOOK}/{{address}}", "Forget an address", None, None, (204, 401)),
]  # fmt: skip
