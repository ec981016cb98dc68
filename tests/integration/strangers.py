"""Two shops with one of everything on one server, so that each can be tried with the names of the other's things."""

import asyncio
import io
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import socketio
from PIL import Image

from tests.e2e.api import Api
from tests.web.test_followers import subscription

Json = dict[str, Any]
_NOWHERE = "https://hooks.example/x"
_OFFERS = Path(__file__).parents[1] / "media" / "offers"


@dataclass
class Caller(Api):
    """Whoever ``_headers`` say; answers are (status, body)."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.url)
        self._headers = self.headers

    def offer(self, path: str, sdp: bytes) -> tuple[int, str]:
        """The status and Location."""
        headers = {**self.headers, "Content-Type": "application/sdp"}
        request = urllib.request.Request(self.url + path, sdp, headers, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["Location"]

    def send(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/json"
    ) -> tuple[int, bytes]:
        """``path`` with /api/v1."""
        headers = {**self.headers, "Content-Type": kind}
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read()


def bearer(url: str, token: str) -> Caller:
    return Caller(url, {"Authorization": f"Bearer {token}"})


def guest(url: str, name: str) -> Caller:
    return bearer(url, Api(url).call("POST", "/guests", {"display_name": name, "locale": "en"})["token"])


@dataclass
class Shop:
    """``ids``: of one thing of each kind, by the name that it has in paths."""

    owner: Caller
    buyer: Caller
    moderator: Caller
    ids: dict[str, str]


def euros(amount_minor: int) -> Json:
    return {"amount_minor": amount_minor, "currency": "EUR"}


def open_shop(url: str, name: str) -> Shop:
    account = Api.account(url, f"{name}@example.org", name.title())
    owner, buyer = Caller(url, {"Cookie": account.cookie}), guest(url, f"buyer of {name}")
    room = owner.live_show(f"Show of {name}")
    token = owner.join_token(room, f"mod-{name}", "moderator")
    shop = Shop(owner, buyer, bearer(url, token), {"room": room})
    _fill_store(shop, name)
    _sell(shop, url)
    _talk(shop, url)
    return shop


def _fill_store(shop: Shop, name: str) -> None:
    call, ids = shop.owner.call, shop.ids
    store = ids["store"] = call("GET", "/stores")["items"][0]["id"]
    ids["product"] = call("GET", f"/stores/{store}/products")["items"][0]["id"]
    ids["offer"] = call("GET", f"/rooms/{ids['room']}/offers")["items"][0]["id"]
    ids["key"] = call("POST", "/api-keys", {"title": "tests"})["id"]
    ids["category"] = call("POST", f"/stores/{store}/categories", {"title": "Teas"})["id"]
    coupon: Json = {"code": f"{name}10".upper(), "percent": 10, "claim": True, "room": ids["room"]}
    ids["coupon"], ids["code"] = call("POST", f"/stores/{store}/coupons", coupon)["id"], coupon["code"]
    ids["endpoint"] = call("POST", "/webhook-endpoints", {"store_id": store, "url": _NOWHERE})["id"]
    call("POST", f"/webhook-endpoints/{ids['endpoint']}/test")
    deliveries = call("GET", f"/webhook-endpoints/{ids['endpoint']}/deliveries")["items"]
    ids["delivery"] = deliveries[0]["id"]
    ids["hook"] = call("POST", f"/stores/{store}/checkout-hooks", {"url": _NOWHERE, "on_failure": "default"})["id"]
    place = {"title": "Shop", "address": "1 Tea Lane", "time_zone": "Asia/Bangkok"}
    ids["place"] = call("POST", f"/stores/{store}/pickup-places", place)["id"]
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    slots = {"days": [day], "opens": "10:00", "closes": "12:00", "minutes": 60, "capacity": 3}
    ids["slot"] = call("POST", f"/pickup-places/{ids['place']}/slots", slots)["items"][0]["id"]
    call("PUT", f"/stores/{store}/terms", {"return_days": 14})
    ids["term"] = call("POST", f"/stores/{store}/glossary", {"keep": "Sencha"})["id"]
    status, made = shop.owner.send(
        "POST", f"/api/v1/products/{ids['product']}/pictures", _picture("teal" if name == "mai" else "red"), "image/png"
    )
    assert status == 201, made
    ids["picture"] = json.loads(made)["pictures"][0]["id"]
    status, made = shop.owner.send("POST", f"/api/v1/stores/{store}/imports", b"Title,SKU\nCup,CUP\n", "text/csv")
    assert status == 202, made
    ids["import"] = json.loads(made)["id"]
    restream = {"name": "Elsewhere", "url": "rtmps://live.example/app", "key": "secret-key"}
    ids["target"] = call("POST", f"/rooms/{ids['room']}/restreams", restream)["id"]


def _picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()


def _sell(shop: Shop, url: str) -> None:
    call, buy, ids = shop.owner.call, shop.buyer.call, shop.ids
    room = ids["room"]
    basket = {
        "room": room,
        "lines": [{"offer": ids["offer"], "quantity": 2}],
        "delivery": {"method": "courier", "address": "2 Tea Lane"},
        "contact": {"name": "Ana", "email": "ana@example.org"},
        "payment_provider": "sandbox",
    }
    order = buy("POST", "/orders", basket, **{"Idempotency-Key": f"first {room}"})
    ids["order"] = order["id"]
    _pay(order)
    deadline = time.monotonic() + 20
    while buy("GET", f"/orders/{order['id']}")["status"] != "paid":
        assert time.monotonic() < deadline
    ids["shipment"] = call("POST", f"/orders/{order['id']}/shipments", {})["shipments"][0]["id"]
    call("PATCH", f"/orders/{order['id']}/shipments/{ids['shipment']}", {"status": "shipped"})
    ids["return"] = buy("POST", f"/orders/{order['id']}/returns", {"reason": "It leaks"})["id"]
    address = {"name": "Ana", "address": "3 Tea Lane"}
    ids["address"] = buy("POST", "/me/addresses", address)["id"]
    claimable = {"sku": "TEA2", "quantity": 3, "claim": {"word": "TEA", "seconds": 600}}
    variant = {"variants": [{"sku": "TEA2", "price": euros(500), "stock": 9}]}
    call("PATCH", f"/products/{ids['product']}", variant)
    claimable_offer = call("POST", f"/rooms/{room}/offers", claimable)["id"]
    ids["claim"] = buy("POST", f"/offers/{claimable_offer}/claims", {"quantity": 1})["id"]
    auction = {"offer": ids["offer"], "start": euros(1000), "increment": euros(100), "seconds": 600}
    ids["auction"] = call("POST", f"/rooms/{room}/auctions", auction)["id"]


def _pay(order: Json) -> None:
    form = urllib.parse.urlencode({"choice": "approve"}).encode()
    with urllib.request.urlopen(order["payment"]["action_url"], form, timeout=20):
        pass


def _talk(shop: Shop, url: str) -> None:
    call, ids = shop.owner.call, shop.ids
    at = f"/rooms/{ids['room']}"
    shop.buyer.call("PUT", f"{at}/follow")
    ids["subject"] = f"store:{ids['store']}"
    notices = shop.buyer.call("PUT", "/notifications/push", subscription(f"https://push.example/{ids['room']}"))
    ids["subscription"] = notices["id"]
    ids["message"] = asyncio.run(_said(url, shop, ids["room"]))
    ids["poll"] = call("POST", f"{at}/polls", {"question": "Which?", "options": ["a", "b"]})["id"]
    ids["question"] = shop.buyer.call("POST", f"{at}/questions", {"text": "How much?", "client_id": "1"})["id"]
    ids["draw"] = call("POST", f"{at}/draws", {"title": "A cup"})["id"]
    call("POST", f"{at}/moderation/networks", {"network": "198.51.100.0/24", "seconds": 60})
    ids["entry"] = call("GET", f"{at}/moderation/log")["items"][0]["id"]
    reporter = guest(url, "reporter")
    reporter.call("POST", f"{at}/messages/{ids['message']}/report", {"reason": "spam"})
    reporter.call("POST", f"{at}/messages/{ids['message']}/translations/es/reports", {"suggestion": "buenas"})
    ids["report"] = call("GET", f"{at}/translation-reports")["items"][0]["id"]
    ids["recording"] = call("GET", f"{at}/recordings")["items"][0]["id"]
    status, location = shop.owner.offer(f"/api/v1{at}/whip", (_OFFERS / "chromium_publish.sdp").read_bytes())
    assert status == 201
    ids["session"] = location.rpartition("/")[2]


async def _said(url: str, shop: Shop, room: str) -> str:
    """A line of the buyer's, and its translation."""
    writer, reader = (socketio.AsyncClient(reconnection=False) for _ in range(2))
    translated = asyncio.Event()
    reader.on("chat:translations", lambda *_: translated.set())
    for client, person, locale in ((reader, shop.moderator, "es"), (writer, shop.buyer, "en")):
        token = person.headers["Authorization"].removeprefix("Bearer ")
        await client.connect(url, auth={"token": token}, transports=["websocket"])
        assert (await client.call("room:join", {"room": room, "locale": locale}))["ok"]
    said = await writer.call("chat:send", {"text": "hello", "client_id": "1"})
    assert said["ok"], said
    await asyncio.wait_for(translated.wait(), 20)
    await writer.disconnect()
    await reader.disconnect()
    return str(said["message"]["id"])
