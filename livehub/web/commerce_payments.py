"""/api/v1/webhooks/payments/{provider}: what payment providers report. /webhook-endpoints: whom merchants want told."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.clock import iso
from livehub.commerce.endpoints import MAX_URL_CHARS
from livehub.web.auth import require_account
from livehub.web.body import MAX_JSON_BYTES, answer, answer_list, read_bytes, read_json
from livehub.web.commerce_wire import COMMERCE, Id
from livehub.web.openapi import API, Operation


class EndpointBody(msgspec.Struct):
    url: Annotated[str, Meta(min_length=1, max_length=MAX_URL_CHARS)]
    store_id: Id


class EndpointView(msgspec.Struct):
    id: str
    store_id: str
    url: str
    created_at: str


class NewEndpointView(EndpointView):
    """``secret`` verifies the signatures (Standard Webhooks); it is shown here and never again."""

    secret: str


async def receive(request: web.Request) -> web.Response:
    """The signature is the credential: no account, no cookie, and the body exactly as it was sent."""
    body = await read_bytes(request, MAX_JSON_BYTES)
    headers = {name.lower(): value for name, value in request.headers.items()}
    await request.app[COMMERCE].settlement.webhook(request.match_info["provider"], headers, body)
    return web.Response(status=204)


async def create_endpoint(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, EndpointBody)
    made = await request.app[COMMERCE].endpoints.add(principal, body.store_id, body.url)
    return answer(NewEndpointView(made.id, made.store_id, made.url, iso(made.created_at), made.secret), 201)


async def list_endpoints(request: web.Request) -> web.Response:
    endpoints = await request.app[COMMERCE].endpoints.of(await require_account(request))
    return answer_list([EndpointView(one.id, one.store_id, one.url, iso(one.created_at)) for one in endpoints])


async def delete_endpoint(request: web.Request) -> web.Response:
    await request.app[COMMERCE].endpoints.delete(await require_account(request), request.match_info["endpoint"])
    return web.Response(status=204)


_RECEIVE, _ENDPOINTS = f"{API}/webhooks/payments/{{provider}}", f"{API}/webhook-endpoints"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_RECEIVE, receive),
        web.post(_ENDPOINTS, create_endpoint),
        web.get(_ENDPOINTS, list_endpoints),
        web.delete(f"{_ENDPOINTS}/{{endpoint}}", delete_endpoint),
    ]


OPERATIONS = [
    Operation(
        "POST", _RECEIVE, "A payment provider's own signed report", statuses=(204, 400, 401, 404, 409, 413), auth="none"
    ),
    Operation(
        "POST", _ENDPOINTS, "Be told of a store's orders", EndpointBody, NewEndpointView, (201, 401, 403, 404, 422),
        "account",
    ),
    Operation("GET", _ENDPOINTS, "Your webhook endpoints", None, EndpointView, (200, 401), "account", True),
    Operation("DELETE", f"{_ENDPOINTS}/{{endpoint}}", "Stop being told", None, None, (204, 401, 404), "account"),
]  # fmt: skip
