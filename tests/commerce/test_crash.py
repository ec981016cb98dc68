"""``kill -9`` in the middle of a rush: what was acknowledged is there, and no unit is lost or sold twice."""

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, CookieJar, TCPConnector

from tests.e2e.server import Server

STOCK = 2000
CONTACT = {"name": "Ana"}
GUEST = {"display_name": "Ana", "locale": "en"}
Json = dict[str, Any]


async def _post(http: ClientSession, path: str, token: str, body: Json | None = None, **headers: str) -> Json:
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    async with http.post(f"/api/v1{path}", json=body, headers=headers) as response:
        text = await response.text()
        assert response.status < 300, text
        made: Json = json.loads(text)
        return made


async def _get(http: ClientSession, path: str, token: str) -> Json:
    async with http.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}) as response:
        found: Json = await response.json(content_type=None)
        assert response.status == 200, found
        return found


async def _open_show(url: str) -> tuple[str, Json, Json]:
    """The merchant's API key, the room and its offer."""
    person = {"email": "m@example.org", "password": "correct horse battery", "display_name": "Mai", "locale": "en"}
    async with ClientSession(base_url=url, cookie_jar=CookieJar(unsafe=True)) as http:  # unsafe: cookies of an IP
        await _post(http, "/accounts", "", person)
        key = (await _post(http, "/api-keys", "", {"title": "crash"}))["key"]
    async with ClientSession(base_url=url) as http:
        store = await _post(http, "/stores", key, {"title": "Pots", "currency": "EUR"})
        price = {"amount_minor": 100, "currency": "EUR"}
        product = {"title": "Cup", "variants": [{"sku": "C", "price": price, "stock": STOCK}]}
        await _post(http, f"/stores/{store['id']}/products", key, product)
        body = {"kind": "show", "title": "Pots", "locale": "en", "visibility": "public", "store_id": store["id"]}
        room = await _post(http, "/rooms", key, body)
        offer = await _post(http, f"/rooms/{room['id']}/offers", key, {"sku": "C", "quantity": STOCK})
        await _post(http, f"/rooms/{room['id']}/start", key)
        return key, room | {"store": store}, offer


async def _rush(
    url: str, tokens: list[str], room: Json, offer: Json, acknowledged: dict[str, str], buyers: int
) -> None:
    """Buy until the server is gone; every 201 that was read is written down under its key."""

    async def buy(http: ClientSession, buyer: int) -> None:
        for number in range(10_000):
            key = f"{buyer}-{number}"
            basket = {
                "room": room["id"],
                "lines": [{"offer": offer["id"], "quantity": 1}],
                "delivery": {"method": "pickup"},
                "contact": CONTACT,
                "payment_provider": "sandbox",
            }
            try:
                order = await _post(http, "/orders", _buyer(tokens, key), basket, **{"Idempotency-Key": key})
            except (ClientError, OSError):
                return
            acknowledged[key] = order["id"]

    async with ClientSession(base_url=url, connector=TCPConnector(limit=0)) as http:
        await asyncio.gather(*(buy(http, buyer) for buyer in range(buyers)))


def _buyer(tokens: list[str], key: str) -> str:
    """Whose order has that key: spread over all, for nobody may have many unpaid ones."""
    buyer, number = map(int, key.split("-"))
    return tokens[(buyer + 20 * number) % len(tokens)]


async def test_a_kill_in_a_rush_loses_no_acknowledged_order(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    await asyncio.to_thread(server.start)
    try:
        key, room, offer = await _open_show(server.url)
        async with ClientSession(base_url=server.url) as http:
            tokens = [(await _post(http, "/guests", "", GUEST))["token"] for _ in range(300)]
        acknowledged: dict[str, str] = {}
        rush = asyncio.create_task(_rush(server.url, tokens, room, offer, acknowledged, 20))
        while len(acknowledged) < 100:
            await asyncio.sleep(0.005)
            assert not rush.done(), "the rush ended before the crash"
        server.kill()
        await rush

        await asyncio.to_thread(server.start)
        await _check(server.url, key, tokens, room, offer, acknowledged)
    finally:
        await asyncio.to_thread(server.stop)


async def _check(url: str, key: str, tokens: list[str], room: Json, offer: Json, acknowledged: dict[str, str]) -> None:
    async with ClientSession(base_url=url) as http:
        kept: list[Json] = []
        after: str | None = ""
        while after is not None:
            page = await _get(http, f"/stores/{room['store']['id']}/orders?limit=200&after={after}", key)
            kept += page["items"]
            after = page["next"]
        assert {order["id"] for order in kept} >= set(acknowledged.values())
        (now,) = (await _get(http, f"/rooms/{room['id']}/offers", tokens[0]))["items"]
        held = sum(line["quantity"] for order in kept for line in order["lines"])
        assert held + now["available"] == STOCK
        # Asking again for what was bought before the crash answers the very same order.
        once, order_id = next(iter(acknowledged.items()))
        basket = {
            "room": room["id"],
            "lines": [{"offer": offer["id"], "quantity": 1}],
            "delivery": {"method": "pickup"},
            "contact": CONTACT,
            "payment_provider": "sandbox",
        }
        again = await _post(http, "/orders", _buyer(tokens, once), basket, **{"Idempotency-Key": once})
        assert again["id"] == order_id
