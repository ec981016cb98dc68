"""A rush on the real server over HTTP: many buyers at once, every answer kept, and the books held against it after."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, CookieJar, TCPConnector

from livehub.accounts.tokens import TokenSigner
from livehub.clock import SystemClock

SECRET = "rush-rush-rush-rush-rush-rush-rush"
Json = dict[str, Any]


@dataclass
class Answer:
    status: int
    body: Json


@dataclass
class Rush:
    """A live show with one offer of ``stock`` units. ``answers``: of each key the last that was read."""

    url: str
    stock: int
    merchant: str = ""
    store: str = ""
    room: str = ""
    offer: str = ""
    acknowledged: dict[str, str] = field(default_factory=dict)
    refusals: Counter[tuple[int, str]] = field(default_factory=Counter)
    #: every key that was ever sent
    sent: set[str] = field(default_factory=set)

    async def open(self) -> None:
        person = {"email": "m@example.org", "password": "correct horse battery", "display_name": "Mai", "locale": "en"}
        # unsafe: cookies of an address instead of a name
        async with ClientSession(base_url=self.url, cookie_jar=CookieJar(unsafe=True)) as http:
            await self._ok(http, "POST", "/accounts", "", person)
            self.merchant = (await self._ok(http, "POST", "/api-keys", "", {"title": "rush"}))["key"]
        async with ClientSession(base_url=self.url) as http:
            key = self.merchant
            self.store = (await self._ok(http, "POST", "/stores", key, {"title": "Pots", "currency": "EUR"}))["id"]
            price = {"amount_minor": 100, "currency": "EUR"}
            product = {"title": "Cup", "variants": [{"sku": "C", "price": price, "stock": self.stock}]}
            await self._ok(http, "POST", f"/stores/{self.store}/products", key, product)
            body = {"kind": "show", "title": "Pots", "locale": "en", "visibility": "public", "store_id": self.store}
            self.room = (await self._ok(http, "POST", "/rooms", key, body))["id"]
            offer = {"sku": "C", "quantity": self.stock}
            self.offer = (await self._ok(http, "POST", f"/rooms/{self.room}/offers", key, offer))["id"]
            await self._ok(http, "POST", f"/rooms/{self.room}/start", key)

    async def _ok(self, http: ClientSession, method: str, path: str, token: str, body: Json | None = None) -> Json:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with http.request(method, f"/api/v1{path}", json=body, headers=headers) as response:
            text = await response.text()
            assert response.status < 300, text
            made: Json = json.loads(text)
            return made

    async def buy(self, http: ClientSession, key: str) -> Answer | None:
        """One unit, by a guest of that key's own. None: the server went away before it answered."""
        basket = {
            "room": self.room,
            "lines": [{"offer": self.offer, "quantity": 1}],
            "delivery": {"method": "pickup"},
            "contact": {"name": "Ana"},
            "payment_provider": "sandbox",
        }
        headers = {"Authorization": f"Bearer {buyer_of(key)}", "Idempotency-Key": key}
        self.sent.add(key)
        try:
            async with http.post("/api/v1/orders", json=basket, headers=headers) as response:
                answer = Answer(response.status, await response.json(content_type=None))
        except (ClientError, OSError, TimeoutError):
            return None
        if answer.status == 201:
            assert self.acknowledged.setdefault(key, answer.body["id"]) == answer.body["id"], "one key, two orders"
        else:
            self.refusals[answer.status, answer.body["code"]] += 1
        return answer

    async def refused(self, http: ClientSession, key: str) -> Answer:
        """The first order that is: some go through yet, in the room of a log that was just copied back."""
        for number in range(self.stock):
            answer = await self.buy(http, f"{key}-{number}")
            assert answer is not None
            if answer.status != 201:
                return answer
        raise AssertionError("all were sold")

    async def take_claims(self) -> None:
        """Who claims a unit has an hour for it."""
        async with self.browsing() as http:
            claim = {"word": "CUP", "seconds": 3600}
            await self._ok(http, "PATCH", f"/offers/{self.offer}", self.merchant, {"claim": claim})

    async def claim(self, http: ClientSession, key: str) -> Json:
        """One unit for the guest of that key, or a place in line."""
        return await self._ok(http, "POST", f"/offers/{self.offer}/claims", buyer_of(key), {"quantity": 1})

    async def give_up(self, http: ClientSession, claim: Json, key: str) -> None:
        await self._ok(http, "DELETE", f"/claims/{claim['id']}", buyer_of(key))

    async def claims(self, http: ClientSession) -> dict[str, Json]:
        """All that are there, by id, as the merchant sees them."""
        found: dict[str, Json] = {}
        after: str | None = ""
        while after is not None:
            page = await self._ok(
                http, "GET", f"/rooms/{self.room}/claims?all=true&limit=200&after={after}", self.merchant
            )
            found |= {claim["id"]: claim for claim in page["items"]}
            after = page["next"]
        return found

    async def until(self, over: Callable[[], bool], *, buyers: int = 20) -> None:
        """Buy on, as many at once, until ``over()`` or the stock is sold."""

        async def shop(http: ClientSession, buyer: int) -> None:
            number = 0
            while not over():
                answer = await self.buy(http, f"{buyer}-{number}")
                number += 1
                if answer is None or answer.status == 503:
                    await asyncio.sleep(0.02)  # a person would not ask again at once either

        async with self.browsing() as http:
            await asyncio.gather(*(shop(http, buyer) for buyer in range(buyers)))

    async def ask_again(self) -> None:
        """Every buyer repeats their request: those who had an order get the same one, the others theirs at last."""
        async with self.browsing() as http:
            for key in sorted(self.sent):
                answer = await self.buy(http, key)
                assert answer is not None, key
                assert answer.status == 201, answer.body

    @asynccontextmanager
    async def browsing(self) -> AsyncIterator[ClientSession]:
        connector = TCPConnector(limit=0)
        async with ClientSession(base_url=self.url, connector=connector, timeout=ClientTimeout(20)) as http:
            yield http

    async def check_books(self) -> None:
        """Nothing acknowledged is lost, nothing is there twice, and every unit is in one place."""
        kept: list[Json] = []
        async with self.browsing() as http:
            after: str | None = ""
            while after is not None:
                page = await self._ok(
                    http, "GET", f"/stores/{self.store}/orders?limit=200&after={after}", self.merchant
                )
                kept += page["items"]
                after = page["next"]
            (now,) = (await self._ok(http, "GET", f"/rooms/{self.room}/offers", self.merchant))["items"]
            products = await self._ok(http, "GET", f"/stores/{self.store}/products", self.merchant)
        ids = Counter(order["id"] for order in kept)
        assert max(ids.values(), default=1) == 1
        assert ids.keys() >= set(self.acknowledged.values()), "an acknowledged order is lost"
        assert max(Counter(order["buyer"]["id"] for order in kept).values()) == 1, "somebody has two for one key"
        held = sum(line["quantity"] for order in kept for line in order["lines"])
        assert held + now["available"] == self.stock == now["quantity"]
        assert products["items"][0]["variants"][0]["stock"] == now["available"]


def buyer_of(key: str) -> str:
    """The token of the guest who has that key, the same each time."""
    if key not in _TOKENS:
        _TOKENS[key] = _SIGNER.guest(f"Buyer {key}", "en").token
    return _TOKENS[key]


_SIGNER = TokenSigner(SECRET, SystemClock())
_TOKENS: dict[str, str] = {}
