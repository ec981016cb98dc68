"""Who is banned from a room takes part in it by no route, whatever reached them; what was theirs stays theirs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from livehub.accounts.origin import DEVICE_COOKIE, Origin
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.app import make_app
from livehub.chat.conduct import Reach
from livehub.chat.moderation import Target
from livehub.config import Config
from livehub.services import Services, compose
from livehub.web.accounts import DEVICES
from tests.commerce.selling import until
from tests.databases import Templates

Json = dict[str, Any]
THERE: Final = "203.0.113.7"
#: every route by which somebody who runs nothing takes part in a room, reads what its members say, or hears and sees it
TAKING_PART: Final = [
    ("POST", "/orders"),
    ("POST", "/quotes"),
    ("POST", "/offers/{offer}/claims"),
    ("GET", "/rooms/{room}/coupons/X"),
    ("POST", "/rooms/{room}/coupons/X/claim"),
    ("POST", "/rooms/{room}/auctions/x/bids"),
    ("GET", "/rooms/{room}/polls"),
    ("GET", "/rooms/{room}/polls/x"),
    ("PUT", "/rooms/{room}/polls/x/vote"),
    ("GET", "/rooms/{room}/questions"),
    ("POST", "/rooms/{room}/questions"),
    ("PUT", "/rooms/{room}/questions/x/vote"),
    ("DELETE", "/rooms/{room}/questions/x/vote"),
    ("PUT", "/rooms/{room}/draws/x/entry"),
    ("GET", "/rooms/{room}/messages"),
    ("GET", "/rooms/{room}/messages/search"),
    ("GET", "/rooms/{room}/pinned-message"),
    ("POST", "/rooms/{room}/messages/x/report"),
    ("POST", "/rooms/{room}/messages/x/translations/th/reports"),
    ("GET", "/rooms/{room}/speech"),
    ("POST", "/rooms/{room}/whip"),
    ("POST", "/rooms/{room}/whep"),
    ("GET", "/rooms/{room}/hls"),
]


@dataclass
class Person:
    client: TestClient[web.Request, web.Application]
    headers: dict[str, str]

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = self.client.request(method, f"/api/v1{path}", json=body, headers=self.headers | headers)
        async with sent as answer:
            return answer.status, await answer.json(content_type=None) if "json" in answer.content_type else None

    async def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        status, document = await self.ask(method, path, body, **headers)
        assert status < 300, (path, status, document)
        return document

    def at(self, address: str, mark: str = "") -> "Person":
        """The same, from elsewhere."""
        cookie = {"Cookie": f"{DEVICE_COOKIE}={mark}"} if mark else {}
        return Person(self.client, self.headers | {"X-Forwarded-For": address} | cookie)


@dataclass
class Site:
    services: Services
    client: TestClient[web.Request, web.Application]
    host: Person
    host_id: str
    room: str
    offer: str
    mark: str

    async def account(self, name: str) -> tuple[Person, str]:
        return await _account(self.client, name)

    async def guest(self, name: str) -> tuple[Person, str]:
        body = {"display_name": name, "locale": "en"}
        token = (await Person(self.client, {}).ok("POST", "/guests", body))["token"]
        self.client.session.cookie_jar.clear()
        person = Person(self.client, {"Authorization": f"Bearer {token}"})
        return person, (await person.ok("GET", "/me"))["id"]

    async def member(self, name: str) -> tuple[Person, str]:
        body = {"identity": name, "display_name": name, "role": "viewer", "locale": "en"}
        made = await self.host.ok("POST", f"/rooms/{self.room}/tokens", body)
        return Person(self.client, {"Authorization": f"Bearer {made['token']}"}), made["identity"]

    async def ban(self, identity: str, reach: Reach = Reach.IDENTITY) -> None:
        """From where they were seen: an address and a browser."""
        moderation, person = self.services.chat.moderation, Principal(PrincipalKind.ACCOUNT, self.host_id, "Host", "en")
        moderation.saw(self.room, identity, Origin(THERE, self.client.app[DEVICES].read(self.mark)))
        access = await self.services.rooms.access(self.room, person)
        await moderation.ban(access, Target(identity), reach=reach)

    def basket(self) -> Json:
        return {
            "room": self.room,
            "lines": [{"offer": self.offer, "quantity": 1}],
            "delivery": {"method": "pickup"},
            "contact": {"name": "Ana", "email": "ana@example.org"},
            "payment_provider": "sandbox",
        }

    def body(self, path: str) -> Json | None:
        """What the route asks for before it asks who one is."""
        basket = self.basket()
        if path == "/quotes":
            return {name: basket[name] for name in ("room", "lines", "delivery")}
        bodies: dict[str, Json] = {
            "/orders": basket,
            "/offers/{offer}/claims": {"quantity": 1},
            "/rooms/{room}/auctions/x/bids": {"max": {"amount_minor": 1000, "currency": "EUR"}},
            "/rooms/{room}/questions": {"text": "How hot?", "client_id": "1"},
        }
        return bodies.get(path)


async def _account(client: TestClient[web.Request, web.Application], name: str) -> tuple[Person, str]:
    body = {"email": f"{name}@example.org", "password": "correct horse", "display_name": name, "locale": "en"}
    await Person(client, {}).ok("POST", "/accounts", body)
    key = await Person(client, {}).ok("POST", "/api-keys", {"title": "tests"})
    client.session.cookie_jar.clear()
    person = Person(client, {"Authorization": f"Bearer {key['key']}"})
    return person, (await person.ok("GET", "/me"))["id"]


@pytest.fixture
async def site(tmp_path: Path, templates: Templates) -> AsyncIterator[Site]:
    port = unused_port()
    config = Config(
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        data_dir=tmp_path,
        database_url=templates.migrate(tmp_path / "livehub.db"),
        media_port=0,
        media_ips=("127.0.0.1",),
        secret="0123456789abcdef0123456789abcdef",
    )
    services = compose(config)
    async with TestClient(TestServer(make_app(services), port=port)) as client:
        host, host_id = await _account(client, "host")
        store = await host.ok("POST", "/stores", {"title": "Pots", "currency": "EUR"})
        price = {"amount_minor": 1250, "currency": "EUR"}
        variants = [{"sku": sku, "title": sku, "price": price, "stock": 10} for sku in ("CUP-1", "CUP-2")]
        await host.ok("POST", f"/stores/{store['id']}/products", {"title": "Cup", "variants": variants})
        room = {"kind": "show", "title": "Cups", "locale": "en", "visibility": "public", "store_id": store["id"]}
        made = (await host.ok("POST", "/rooms", room))["id"]
        offer = await host.ok("POST", f"/rooms/{made}/offers", {"sku": "CUP-1", "quantity": 5})
        await host.ok("POST", f"/rooms/{made}/start")
        yield Site(services, client, host, host_id, made, offer["id"], client.app[DEVICES].issue())


Way = Callable[[Site], Awaitable[Person]]


async def an_account(site: Site) -> Person:
    person, identity = await site.account("ana")
    await site.ban(identity)
    return person.at("198.51.100.9")


async def a_guest(site: Site) -> Person:
    person, identity = await site.guest("Ana")
    await site.ban(identity)
    return person.at("198.51.100.9")


async def a_member_of_another_site(site: Site) -> Person:
    person, identity = await site.member("ana")
    await site.ban(identity)
    return person.at("198.51.100.9")


async def a_browser_under_another_name(site: Site) -> Person:
    _, identity = await site.guest("Ana")
    await site.ban(identity, Reach.DEVICE)
    return (await site.guest("Anna"))[0].at("198.51.100.9", site.mark)


async def an_address_under_another_name(site: Site) -> Person:
    _, identity = await site.guest("Ana")
    await site.ban(identity, Reach.ADDRESS)
    return (await site.guest("Anna"))[0].at(THERE)


async def a_range_under_another_account(site: Site) -> Person:
    _, identity = await site.guest("Ana")
    await site.ban(identity, Reach.RANGE)
    return (await site.account("anna"))[0].at("203.0.113.250")


async def a_network_that_was_typed_in(site: Site) -> Person:
    body = {"network": "203.0.113.0/24"}
    await site.host.ok("POST", f"/rooms/{site.room}/moderation/networks", body)
    return (await site.guest("Anna"))[0].at(THERE)


WAYS: Final[list[Way]] = [
    an_account,
    a_guest,
    a_member_of_another_site,
    a_browser_under_another_name,
    an_address_under_another_name,
    a_range_under_another_account,
    a_network_that_was_typed_in,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_who_is_banned_takes_part_by_no_route(site: Site, way: Way) -> None:
    banned, (free, _) = await way(site), await site.guest("Ben")
    let_in, kept_out = [], []
    for method, path in TAKING_PART:
        where = path.format(room=site.room, offer=site.offer)
        status, document = await banned.ask(method, where, site.body(path))
        if (status, (document or {}).get("code")) != (403, "banned"):
            let_in.append((method, path, status, document))
        status, document = await free.at("198.51.100.9").ask(method, where, site.body(path))
        if (document or {}).get("code") == "banned":
            kept_out.append((method, path))
    assert not let_in
    assert not kept_out


async def test_who_helped_to_run_the_room_runs_nothing_once_banned(site: Site) -> None:
    """Not even the log, in which they could undo it."""
    co, identity = await site.account("co")
    role = f"/rooms/{site.room}/members/{identity}/role"
    await site.host.ok("PUT", role, {"role": "cohost"})
    offer, log = f"/offers/{site.offer}", f"/rooms/{site.room}/moderation/log"
    await co.ok("PATCH", offer, {"quantity": 4})
    await site.ban(identity)
    (entry,) = [one for one in (await site.host.ok("GET", log))["items"] if one["action"] == "member.ban"]
    for method, path, body in (
        ("GET", log, None),
        ("POST", f"{log}/{entry['id']}/undo", None),
        ("GET", f"/rooms/{site.room}/moderation/queue", None),
        ("DELETE", f"/rooms/{site.room}/moderation/networks?network=203.0.113.0/24", None),
        ("PATCH", offer, {"quantity": 5}),
        ("PUT", f"{offer}/pin", None),
        ("POST", f"/rooms/{site.room}/polls", {"question": "Which?", "options": ["a", "b"]}),
        ("POST", f"/rooms/{site.room}/end", None),
        ("GET", f"/rooms/{site.room}/report", None),
    ):
        status, problem = await co.ask(method, path, body)
        assert (status, problem["code"]) == (403, "forbidden"), path
    assert (await co.ok("GET", f"/rooms/{site.room}"))["my_role"] == "viewer"
    await site.host.ok("POST", f"{log}/{entry['id']}/undo")
    await co.ok("PATCH", offer, {"quantity": 5})


async def test_what_the_banned_had_ordered_before_is_seen_paid_and_cancelled(site: Site) -> None:
    ana, identity = await site.guest("Ana")
    orders = [
        await ana.ok("POST", "/orders", site.basket(), **{"Idempotency-Key": key}) for key in ("to pay", "to cancel")
    ]
    await site.ban(identity)
    assert (await ana.ask("POST", "/orders", site.basket(), **{"Idempotency-Key": "one more"}))[0] == 403
    again = await ana.ok("POST", "/orders", site.basket(), **{"Idempotency-Key": "to pay"})
    assert again["id"] == orders[0]["id"], "its answer may have been lost"
    other = site.basket() | {"lines": [{"offer": site.offer, "quantity": 2}]}
    status, problem = await ana.ask("POST", "/orders", other, **{"Idempotency-Key": "to pay"})
    assert (status, problem["code"]) == (409, "idempotency_key_reused")
    assert {order["id"] for order in (await ana.ok("GET", "/orders"))["items"]} == {order["id"] for order in orders}
    assert (await ana.ok("POST", f"/orders/{orders[1]['id']}/cancel"))["status"] == "cancelled"
    page = "/sandbox/pay/" + orders[0]["payment"]["action_url"].rpartition("/")[2]
    async with site.client.post(page, data={"choice": "approve"}, allow_redirects=False) as paid:
        assert paid.status < 400, await paid.text()

    async def is_paid() -> bool:
        return bool((await ana.ok("GET", f"/orders/{orders[0]['id']}"))["status"] == "paid")

    await until(is_paid, "the order is paid")


async def test_what_the_banned_had_won_is_ordered_and_nothing_beside_it(site: Site) -> None:
    ana, identity = await site.guest("Ana")
    price, step = ({"amount_minor": amount, "currency": "EUR"} for amount in (1000, 100))
    lot = {"offer": site.offer, "start": price, "increment": step, "seconds": 60, "pay_minutes": 10}
    auction = await site.host.ok("POST", f"/rooms/{site.room}/auctions", lot)
    await ana.ok("POST", f"/rooms/{site.room}/auctions/{auction['id']}/bids", {"max": price})
    await site.ban(identity)
    await site.host.ok("POST", f"/rooms/{site.room}/auctions/{auction['id']}/end")
    won = {"offer": site.offer, "quantity": 1, "auction": auction["id"]}
    offer = await site.host.ok("POST", f"/rooms/{site.room}/offers", {"sku": "CUP-2", "quantity": 1})
    beside = site.basket() | {"lines": [won, {"offer": offer["id"], "quantity": 1}]}
    for path in ("/quotes", "/orders"):
        status, problem = await ana.ask("POST", path, beside)
        assert (status, problem["code"]) == (403, "banned")
    basket = site.basket() | {"lines": [won]}
    await ana.ok("POST", "/quotes", {name: basket[name] for name in ("room", "lines", "delivery")})
    assert (await ana.ok("POST", "/orders", basket))["total"] == price
