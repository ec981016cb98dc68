"""A courier over HTTP: asked for a label, heard by signed webhooks in any order; and plug-ins that are none."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.clock import ManualClock
from livehub.commerce.courier import CourierContext
from livehub.commerce.couriers.http import create
from livehub.commerce.couriers.registry import load_couriers
from livehub.commerce.errors import PluginInvalid
from livehub.commerce.signature import sign, verify
from livehub.events import EventBus
from livehub.ids import new_id
from livehub.storage.database import Database
from tests.commerce.selling import Json, SellingSite, Show, open_show, selling

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Parcels:
    """The courier's own server."""

    clock: ManualClock
    asked: list[Json] = field(default_factory=list)
    answer: Any = None
    status: int = 200

    async def label(self, request: web.Request) -> web.Response:
        body = await request.read()
        verify(SECRET, {name.lower(): value for name, value in request.headers.items()}, body, self.clock.now_ms())
        self.asked.append(json.loads(body))
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def parcels(clock: ManualClock) -> AsyncIterator[tuple[Parcels, str]]:
    service, app = Parcels(clock), web.Application()
    app.router.add_post("/label", service.label)
    server = TestServer(app)
    await server.start_server()
    yield service, str(server.make_url("/label"))
    await server.close()


@pytest.fixture
async def town(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path, parcels: tuple[Parcels, str]
) -> AsyncIterator[tuple[SellingSite, Parcels]]:
    courier = create(f"{parcels[1]};secret={SECRET};id=parcels;title=Parcels Ltd", CourierContext(clock))
    async with selling(database, clock, bus, tmp_path, couriers={"parcels": courier}) as site:
        yield site, parcels[0]


async def packed(show: Show) -> tuple[Json, str]:
    buyer = show.site.guest()
    delivery = {"method": "courier", "address": "1 Tea Lane\nHanoi", "contactless": True, "leave_at": "gate"}
    order = await show.buy(buyer, 2, delivery=delivery)
    await show.site.report(order, event_id=new_id("evt"))
    order = await show.merchant.ok("POST", f"/orders/{order['id']}/shipments")
    return order, f"/orders/{order['id']}/shipments/{order['shipments'][0]['id']}"


async def tell(site: SellingSite, number: str, status: str, secret: str = SECRET) -> int:
    body = json.dumps({"type": "shipment.updated", "data": {"tracking_number": number, "status": status}}).encode()
    headers = sign(secret, new_id("upd"), site.clock.now_ms(), body)
    code, _ = await site.nobody.call("POST", "/webhooks/couriers/parcels", data=body, headers=headers)
    return code


async def test_a_label_and_where_the_parcel_is(town: tuple[SellingSite, Parcels]) -> None:
    site, parcels = town
    show = await open_show(site)
    order, path = await packed(show)
    parcels.answer = {
        "tracking_number": "PX 7", "tracking_url": "https://parcels.example.org/PX7",
        "label_url": "https://parcels.example.org/PX7.pdf",
    }  # fmt: skip
    made = await show.merchant.ok("POST", f"{path}/label", json={"courier": "parcels"})
    assert made["label_url"] == parcels.answer["label_url"]
    (shipment,) = made["order"]["shipments"]
    assert (shipment["carrier"], shipment["tracking_number"]) == ("parcels", "PX 7")
    (asked,) = parcels.asked
    assert asked["data"]["recipient"] == {
        "name": "Ana", "email": "ana@example.org", "address": "1 Tea Lane\nHanoi"
    }  # fmt: skip
    assert asked["data"]["lines"] == [{"sku": "CUP-1", "title": "Tea cup", "quantity": 2}]
    assert (asked["data"]["contactless"], asked["data"]["leave_at"]) == (True, "gate")
    # Asked again it is the same label, not a second parcel.
    again = await show.merchant.ok("POST", f"{path}/label", json={"courier": "parcels"})
    assert again["label_url"] == made["label_url"]
    assert len(parcels.asked) == 1

    # Its news move the parcel, and the order with it; late and repeated news are harmless.
    for status, shown in (("in_transit", "in_transit"), ("in_transit", "in_transit"), ("delivered", "delivered"),
                          ("in_transit", "delivered"), ("packed", "delivered")):  # fmt: skip
        assert await tell(site, "PX 7", status) == 204
        seen = await show.merchant.ok("GET", f"/orders/{order['id']}")
        assert (seen["status"], seen["shipments"][0]["status"]) == ("fulfilled", shown)
    assert len(seen["shipments"][0]["history"]) == 3
    assert await tell(site, "of nobody", "delivered") == 204
    assert await tell(site, "PX 7", "returned", "whsec_" + "A" * 32) == 401
    assert await tell(site, "PX 7", "eaten") == 400
    await show.merchant.refused(404, "courier_not_found", "POST", "/webhooks/couriers/none", data=b"{}")


async def test_a_courier_that_fails_changes_nothing(town: tuple[SellingSite, Parcels]) -> None:
    site, parcels = town
    show = await open_show(site)
    order, path = await packed(show)
    for answer, status in (
        ({}, 200),
        ({"tracking_number": ""}, 200),
        ({"tracking_number": "1", "tracking_url": "javascript:x"}, 200),
        ({"tracking_number": "1"}, 500),
    ):
        parcels.answer, parcels.status = answer, status
        await show.merchant.refused(503, "courier_failed", "POST", f"{path}/label", json={"courier": "parcels"})
    seen = await show.merchant.ok("GET", f"/orders/{order['id']}")
    assert seen["shipments"] == order["shipments"]
    await show.merchant.refused(404, "courier_not_found", "POST", f"{path}/label", json={"courier": "other"})
    await site.guest().refused(403, "account_required", "POST", f"{path}/label", json={"courier": "parcels"})
    listed = await show.merchant.ok("GET", "/couriers")
    assert listed["items"] == [{"id": "parcels", "title": "Parcels Ltd"}]


class Wrong:
    id, title = "wrong", "Wrong"

    def label(self, request: object) -> None:
        """Not asynchronous."""


def make_wrong(setting: str, context: CourierContext) -> Wrong:
    return Wrong()


def test_what_is_no_courier_is_said_when_the_server_starts(clock: ManualClock) -> None:
    context = CourierContext(clock)
    entries = [
        EntryPoint("wrong", f"{__name__}:make_wrong", "livehub.couriers"),
        EntryPoint("http", "livehub.commerce.couriers.http:create", "livehub.couriers"),
    ]
    for setting, said in (
        ("none", "no courier called"),
        ("wrong", "label has to be an async method"),
        ("http:ftp://x", "begins with an address"),
        ("http:https://x;secret=top", "signing secret"),
        (f"http:https://x;secret={SECRET};id=Not Good", "small letters"),
        (f"http:https://x;secret={SECRET};colour=red", "after the address come"),
    ):
        with pytest.raises(PluginInvalid, match=said) as caught:
            load_couriers([setting], context, entries)
        assert SECRET not in str(caught.value)
    good = f"http:https://x.example.org;secret={SECRET}"
    assert list(load_couriers([good], context, entries)) == ["http"]
    with pytest.raises(PluginInvalid, match="Two couriers"):
        load_couriers([good, good], context, entries)
