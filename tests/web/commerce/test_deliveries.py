"""Outgoing webhooks as their merchant handles them: events chosen, secrets replaced, the log, sending again."""

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook, WebhookVerificationError

from livehub.commerce.orders.model import OrderStatus
from livehub.commerce.signature import sign_all
from livehub.commerce.webhooks.events import EVENTS
from livehub.storage.outbox import SqlEndpoints
from livehub.worker.delivery import Deliverer
from tests.commerce.selling import Json, Show, until


async def subscribe(show: Show, url: str = "https://shop.example/hook", **more: object) -> Json:
    body = {"url": url, "store_id": show.store["id"], **more}
    made: Json = await show.merchant.ok("POST", "/webhook-endpoints", json=body)
    return made


async def log_of(show: Show, endpoint: Json, query: str = "") -> list[Json]:
    answer = await show.merchant.ok("GET", f"/webhook-endpoints/{endpoint['id']}/deliveries{query}")
    found: list[Json] = answer["items"]
    return found


async def test_only_what_was_asked_for_is_sent(show: Show) -> None:
    everything, paid = await subscribe(show), await subscribe(show, events=["order.paid"])
    assert (everything["events"], paid["events"]) == ([], ["order.paid"])
    order = await show.buy(show.site.guest())
    await show.site.report(order)
    assert [one["type"] for one in await log_of(show, everything)] == ["order.paid", "order.placed"]
    assert [one["type"] for one in await log_of(show, paid)] == ["order.paid"]
    path = f"/webhook-endpoints/{paid['id']}"
    changed = await show.merchant.ok("PATCH", path, json={"events": [], "url": "https://shop.example/other"})
    assert (changed["events"], changed["url"]) == ([], "https://shop.example/other")
    await show.merchant.refused(422, "invalid_input", "PATCH", path, json={"events": ["order.eaten"]})
    await show.merchant.refused(422, "url_refused", "PATCH", path, json={"url": "ftp://x"})


async def test_the_catalogue_has_every_type_with_a_schema_that_fits(show: Show) -> None:
    catalogue = {one["type"]: one for one in (await show.site.nobody.ok("GET", "/webhook-events"))["items"]}
    assert set(catalogue) == set(EVENTS)
    # Every state of an order is told of; "pending_payment" is "placed" at first.
    assert {f"order.{status}" for status in OrderStatus} <= set(catalogue)
    endpoint = await subscribe(show)
    await show.buy(show.site.guest(), delivery={"method": "courier", "address": "Street 1"})
    sent = json.loads((await log_of(show, endpoint))[0]["body"])
    schema = catalogue[sent["type"]]["schema"]
    order = schema["$defs"]["OrderView"]
    assert set(order["required"]) == set(sent["data"])
    assert schema["$ref"] == "#/$defs/OrderMessage"


async def test_a_secret_is_replaced_without_a_gap(show: Show) -> None:
    endpoint, clock = await subscribe(show), show.site.clock
    path = f"/webhook-endpoints/{endpoint['id']}/secret"
    made = await show.merchant.ok("POST", path, json={"keep_old_s": 600})
    assert made["secret"] != endpoint["secret"]
    kept = await SqlEndpoints(show.site.database).find(endpoint["id"])
    assert kept is not None
    assert kept.secrets(clock.now_ms()) == (made["secret"], endpoint["secret"])
    assert kept.secrets(clock.now_ms() + 600_001) == (made["secret"],)
    listed = (await show.merchant.ok("GET", "/webhook-endpoints"))["items"][0]
    assert "secret" not in listed
    assert listed["old_secret_until"] is not None
    # A second time at once: the one before the last signs no more.
    last = await show.merchant.ok("POST", path)
    kept = await SqlEndpoints(show.site.database).find(endpoint["id"])
    assert kept is not None
    assert kept.secrets(clock.now_ms()) == (last["secret"], made["secret"])
    await show.merchant.refused(422, "invalid_input", "POST", path, json={"keep_old_s": 10_000_000})


def test_either_secret_verifies_with_the_standard_library() -> None:
    import time

    new, old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    headers = sign_all((new, old), "msg_1", int(time.time() * 1000), b"{}")
    for secret in (new, old):
        assert Webhook(secret).verify("{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").verify("{}", headers)


async def test_the_log_and_sending_again(show: Show) -> None:
    site, got = show.site, list[tuple[str, bytes]]()
    status = 410

    async def receive(request: web.Request) -> web.Response:
        got.append((request.headers["webhook-id"], await request.read()))
        return web.Response(status=status, text="not today")

    app = web.Application()
    app.router.add_post("/hook", receive)
    async with TestServer(app) as server:
        endpoint = await subscribe(show, str(server.make_url("/hook")))
        deliverer = Deliverer(site.outbox, SqlEndpoints(site.database), clock=site.clock, own={}, allow_private=True)
        deliverer.start()
        await show.buy(site.guest())

        async def given_up() -> list[Json]:
            return await log_of(show, endpoint, "?state=given_up")

        first = (await until(given_up, "it is given up"))[0]
        assert (first["attempts"], first["answer"], first["due_at"]) == (1, "410 not today", None)
        status = 204
        path = f"/webhook-endpoints/{endpoint['id']}"
        again = await show.merchant.ok("POST", f"{path}/deliveries/{first['id']}/replay")
        assert (again["id"], again["state"], again["attempts"]) == (first["id"], "waiting", 0)

        async def delivered() -> list[Json]:
            return await log_of(show, endpoint, "?state=delivered")

        await until(delivered, "it is delivered")
        assert got[0] == got[1], "the same message, to the byte"
        tested = await show.merchant.ok("POST", f"{path}/test")

        async def both() -> bool:
            return len(await delivered()) == 2

        await until(both, "the test is delivered")
        assert got[-1][0] == tested["id"]
        assert json.loads(got[-1][1])["type"] == "endpoint.test"
        await deliverer.close()


async def test_the_log_is_paged_and_its_owners_alone(show: Show) -> None:
    endpoint = await subscribe(show)
    for _ in range(5):
        await show.buy(show.site.guest())
    path = f"/webhook-endpoints/{endpoint['id']}/deliveries"
    seen, after = [], ""
    while True:
        page = await show.merchant.ok("GET", f"{path}?limit=2{after}")
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(seen) == len(set(seen)) == 5
    await show.merchant.refused(422, "invalid_input", "GET", f"{path}?state=lost")
    await show.merchant.refused(404, "webhook_delivery_not_found", "POST", f"{path}/msg_x/replay")
    stranger = await show.site.account("Nosy")
    for method, where in (("GET", path), ("POST", f"{path}/{seen[0]}/replay")):
        await stranger.refused(404, "webhook_endpoint_not_found", method, where)
    for where in ("secret", "test"):
        await stranger.refused(
            404, "webhook_endpoint_not_found", "POST", f"/webhook-endpoints/{endpoint['id']}/{where}"
        )
    await show.site.guest().refused(403, "account_required", "GET", path)
    # Another endpoint's message is not this one's to send.
    other = await subscribe(show)
    await show.merchant.refused(
        404, "webhook_delivery_not_found", "POST", f"/webhook-endpoints/{other['id']}/deliveries/{seen[0]}/replay"
    )
