"""/api/v1/webhook-endpoints and /webhook-events: whom merchants want told, of what, and what became of it."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.clock import iso
from livehub.commerce.webhooks.deliveries import STATES
from livehub.commerce.webhooks.endpoints import MAX_KEEP_OLD_S, MAX_URL_CHARS
from livehub.commerce.webhooks.events import EVENTS, STOCK_LOW, TEST
from livehub.commerce.webhooks.ports import Endpoint
from livehub.errors import InvalidInput
from livehub.web.auth import require_account
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_auctions import AuctionView
from livehub.web.commerce_returns import ReturnView
from livehub.web.commerce_stock import LevelView
from livehub.web.commerce_wire import COMMERCE, Id, page_of
from livehub.web.openapi import API, Operation
from livehub.web.order_views import OrderView

Url = Annotated[str, Meta(min_length=1, max_length=MAX_URL_CHARS)]
Events = Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=len(EVENTS))]


class EndpointBody(msgspec.Struct):
    """``events``: types of the catalogue; none, all of them."""

    url: Url
    store_id: Id
    events: Events = []


class EndpointPatchBody(msgspec.Struct):
    url: Url | None = None
    events: Events | None = None


class RotateBody(msgspec.Struct):
    """How long the old secret goes on signing beside the new one: a day unless said otherwise."""

    keep_old_s: Annotated[int, Meta(ge=0, le=MAX_KEEP_OLD_S)] = 24 * 3600


class EndpointView(msgspec.Struct):
    """``old_secret_until``: the secret was replaced, and the old one signs too until then."""

    id: str
    store_id: str
    url: str
    events: list[str]
    created_at: str
    old_secret_until: str | None


class NewEndpointView(EndpointView):
    """``secret`` verifies the signatures (Standard Webhooks); it is shown here and never again."""

    secret: str


class DeliveryView(msgspec.Struct):
    """``id`` is the webhook-id; ``answer`` what the endpoint said last; ``body`` exactly what is sent."""

    id: str
    type: str
    state: str
    attempts: int
    answer: str
    created_at: str
    due_at: str | None
    body: str


class EventView(msgspec.Struct):
    """``schema``: JSON Schema (2020-12) of the message."""

    type: str
    description: str
    schema: dict[str, Any]


class OrderMessage(msgspec.Struct):
    """What merchants' systems are sent; ``data`` is the order as it was then."""

    type: str
    timestamp: str
    data: OrderView


class StockMessage(msgspec.Struct):
    """What is sent of an article; ``data`` is its level as it was then."""

    type: str
    timestamp: str
    data: LevelView


class ReturnMessage(msgspec.Struct):
    """What is sent of money that a buyer asks back; ``data`` is the request as it was then."""

    type: str
    timestamp: str
    data: ReturnView


class AuctionMessage(msgspec.Struct):
    """What is sent of an auction; ``data`` is what everybody sees of it, without anybody's maximum."""

    type: str
    timestamp: str
    data: AuctionView


def _view(endpoint: Endpoint) -> dict[str, Any]:
    until = endpoint.previous_until
    return {
        "id": endpoint.id,
        "store_id": endpoint.store_id,
        "url": endpoint.url,
        "events": endpoint.events.split(),
        "created_at": iso(endpoint.created_at),
        "old_secret_until": None if until is None else iso(until),
    }


async def create_endpoint(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, EndpointBody)
    made = await request.app[COMMERCE].endpoints.add(principal, body.store_id, body.url, body.events)
    return answer({**_view(made), "secret": made.secret}, 201)


async def list_endpoints(request: web.Request) -> web.Response:
    endpoints = await request.app[COMMERCE].endpoints.of(await require_account(request))
    return answer_list([_view(one) for one in endpoints])


async def change_endpoint(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, EndpointPatchBody)
    endpoints = request.app[COMMERCE].endpoints
    return answer(_view(await endpoints.change(principal, request.match_info["endpoint"], body.url, body.events)))


async def delete_endpoint(request: web.Request) -> web.Response:
    await request.app[COMMERCE].endpoints.delete(await require_account(request), request.match_info["endpoint"])
    return web.Response(status=204)


async def rotate_secret(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, RotateBody) if request.body_exists else RotateBody()
    made = await request.app[COMMERCE].endpoints.rotate(principal, request.match_info["endpoint"], body.keep_old_s)
    return answer({**_view(made), "secret": made.secret})


async def list_deliveries(request: web.Request) -> web.Response:
    principal = await require_account(request)
    after, limit = page_of(request)
    state = request.query.get("state") or None
    if state is not None and state not in STATES:
        raise InvalidInput(f"state is one of {', '.join(STATES)}", field="state")
    log = request.app[COMMERCE].deliveries
    found = await log.page(principal, request.match_info["endpoint"], state, after, limit + 1)
    following = found[limit - 1].id if len(found) > limit else None
    return answer_list([one.present() for one in found[:limit]], following)


async def replay_delivery(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    again = await request.app[COMMERCE].deliveries.replay(principal, about["endpoint"], about["delivery"])
    return answer(again.present(), 202)


async def test_endpoint(request: web.Request) -> web.Response:
    principal = await require_account(request)
    made = await request.app[COMMERCE].deliveries.test(principal, request.match_info["endpoint"])
    return answer(made.present(), 202)


async def list_events(request: web.Request) -> web.Response:
    """The catalogue: the same for everybody."""
    return answer_list(_CATALOGUE)


def _schema(message: type) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components([message], ref_template="#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": components}


def _catalogue() -> list[dict[str, Any]]:
    of_order = _schema(OrderMessage)
    of_others = {
        TEST: {"type": "object", "required": ["type", "timestamp", "data"]},
        STOCK_LOW: _schema(StockMessage),
        **dict.fromkeys((name for name in EVENTS if name.startswith("return.")), _schema(ReturnMessage)),
        **dict.fromkeys((name for name in EVENTS if name.startswith("auction.")), _schema(AuctionMessage)),
    }
    return [
        {"type": name, "description": text, "schema": of_others.get(name, of_order)} for name, text in EVENTS.items()
    ]


_CATALOGUE = _catalogue()
_ENDPOINTS = f"{API}/webhook-endpoints"
_ONE, _LOG = f"{_ENDPOINTS}/{{endpoint}}", f"{_ENDPOINTS}/{{endpoint}}/deliveries"


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{API}/webhook-events", list_events),
        web.post(_ENDPOINTS, create_endpoint),
        web.get(_ENDPOINTS, list_endpoints),
        web.patch(_ONE, change_endpoint),
        web.delete(_ONE, delete_endpoint),
        web.post(f"{_ONE}/secret", rotate_secret),
        web.post(f"{_ONE}/test", test_endpoint),
        web.get(_LOG, list_deliveries),
        web.post(f"{_LOG}/{{delivery}}/replay", replay_delivery),
    ]


_OWN = (401, 403, 404)
OPERATIONS = [
    Operation(
        "GET", f"{API}/webhook-events", "What merchants' systems can be told, with schemas", None, EventView, (200,),
        "none", True,
    ),
    Operation(
        "POST", _ENDPOINTS, "Be told of a store's orders", EndpointBody, NewEndpointView, (201, 401, 403, 404, 422),
        "account",
    ),
    Operation("GET", _ENDPOINTS, "Your webhook endpoints", None, EndpointView, (200, 401), "account", True),
    Operation(
        "PATCH", _ONE, "Another address, or other events", EndpointPatchBody, EndpointView, (200, *_OWN, 422), "account"
    ),
    Operation("DELETE", _ONE, "Stop being told", None, None, (204, 401, 404), "account"),
    Operation(
        "POST", f"{_ONE}/secret", "A new secret; the old one signs too for a while", RotateBody, NewEndpointView,
        (200, *_OWN, 422), "account",
    ),
    Operation("POST", f"{_ONE}/test", "Send a message that says nothing", None, DeliveryView, (202, *_OWN), "account"),
    Operation(
        "GET", _LOG, "What was sent, newest first", None, DeliveryView, (200, *_OWN, 422), "account", True,
        {"state": "One of " + ", ".join(STATES), "after": "The cursor of the page before", "limit": "1 to 200"},
    ),
    Operation(
        "POST", f"{_LOG}/{{delivery}}/replay", "Send it again, with the same id", None, DeliveryView, (202, *_OWN),
        "account",
    ),
]  # fmt: skip
