"""/api/v1/webhooks/couriers/{courier}: what couriers tell; and which there are."""

import msgspec
from aiohttp import web

from livehub.web.auth import require_account
from livehub.web.body import MAX_JSON_BYTES, answer_list, read_bytes
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation


class CourierView(msgspec.Struct):
    id: str
    title: str


async def receive(request: web.Request) -> web.Response:
    """The signature is the credential: no account, no cookie, and the body exactly as it was sent."""
    body = await read_bytes(request, MAX_JSON_BYTES)
    headers = {name.lower(): value for name, value in request.headers.items()}
    await request.app[COMMERCE].fulfilment.courier_said(request.match_info["courier"], headers, body)
    return web.Response(status=204)


async def list_couriers(request: web.Request) -> web.Response:
    await require_account(request)
    couriers = request.app[COMMERCE].fulfilment.couriers.values()
    return answer_list([CourierView(courier.id, courier.title) for courier in couriers])


_RECEIVE = f"{API}/webhooks/couriers/{{courier}}"


def routes() -> list[web.RouteDef]:
    return [web.post(_RECEIVE, receive), web.get(f"{API}/couriers", list_couriers)]


OPERATIONS = [
    Operation("POST", _RECEIVE, "A courier's own signed report", statuses=(204, 400, 401, 404, 413), auth="none"),
    Operation("GET", f"{API}/couriers", "Who can be asked for labels", None, CourierView, (200, 401), "account", True),
]
