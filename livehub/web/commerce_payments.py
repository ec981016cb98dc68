"""/api/v1/webhooks/payments/{provider}: what payment providers report."""

from aiohttp import web

from livehub.web.body import MAX_JSON_BYTES, read_bytes
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation


async def receive(request: web.Request) -> web.Response:
    """The signature is the credential: no account, no cookie, and the body exactly as it was sent."""
    body = await read_bytes(request, MAX_JSON_BYTES)
    headers = {name.lower(): value for name, value in request.headers.items()}
    await request.app[COMMERCE].settlement.webhook(request.match_info["provider"], headers, body)
    return web.Response(status=204)


_RECEIVE = f"{API}/webhooks/payments/{{provider}}"


def routes() -> list[web.RouteDef]:
    return [web.post(_RECEIVE, receive)]


OPERATIONS = [
    Operation(
        "POST", _RECEIVE, "A payment provider's own signed report", statuses=(204, 400, 401, 404, 409, 413), auth="none"
    ),
]  # fmt: skip
