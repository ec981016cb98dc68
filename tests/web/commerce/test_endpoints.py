"""Webhook endpoints over HTTP."""

import pytest

from livehub.commerce.webhooks.endpoints import MAX_PER_STORE
from tests.commerce.selling import Show


async def test_an_endpoint_shows_its_secret_once(show: Show) -> None:
    body = {"url": "https://shop.example/hooks", "store_id": show.store["id"]}
    made = await show.merchant.ok("POST", "/webhook-endpoints", json=body)
    assert made["secret"].startswith("whsec_")
    (listed,) = (await show.merchant.ok("GET", "/webhook-endpoints"))["items"]
    assert listed == {key: value for key, value in made.items() if key != "secret"}
    stranger = await show.site.account("Eve")
    assert (await stranger.ok("GET", "/webhook-endpoints"))["items"] == []
    await stranger.refused(403, "not_store_owner", "POST", "/webhook-endpoints", json=body)
    path = f"/webhook-endpoints/{made['id']}"
    await stranger.refused(404, "webhook_endpoint_not_found", "DELETE", path)
    assert (await show.merchant.call("DELETE", path))[0] == 204
    assert (await show.merchant.ok("GET", "/webhook-endpoints"))["items"] == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://shop.example/",
        "javascript:alert(1)",
        "shop.example",
        "https://",
        "https://user:pass@shop.example/",
        "https://shop.example/#x",
        "https://shop.example:99999/",
        "https://shop example/",
        "https://[::1",
        "https://shöp.example/",
    ],
)
async def test_addresses_that_are_none(show: Show, url: str) -> None:
    body = {"url": url, "store_id": show.store["id"]}
    await show.merchant.refused(422, "url_refused", "POST", "/webhook-endpoints", json=body)


async def test_a_store_has_only_so_many(show: Show) -> None:
    body = {"url": "https://shop.example/hooks", "store_id": show.store["id"]}
    for _ in range(MAX_PER_STORE):
        await show.merchant.ok("POST", "/webhook-endpoints", json=body)
    await show.merchant.refused(409, "too_many_endpoints", "POST", "/webhook-endpoints", json=body)
