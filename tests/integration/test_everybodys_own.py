"""Whoever knows the names of somebody else's things gets nothing of them by any route that the API has.

The routes are those of the OpenAPI document: one that is added is tried too, and has to refuse or be named here.
"""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.e2e.server import Server
from tests.integration.bodies import least_body
from tests.integration.strangers import Caller, Shop, open_shop

pytestmark = pytest.mark.timeout(180)
Json = dict[str, Any]
API = "/api/v1"
#: names in paths that are the caller's own words, and those of the operator's plug-ins
WORDS = {
    "sku": "TEA",
    "locale": "es",
    "identity": "acc_x",
    "part": "minutes",
    "courier": "parcels",
    "provider": "sandbox",
}
#: what is below these is the caller's own, whatever it is called: nothing of anybody else's is found there
OWN = {
    f"DELETE {API}/{path}"
    for path in ("follows/{subject}", "me/addresses/{address}", "notifications/push/{subscription}")
}
#: say how to ask, and nothing of the room
ASKING = {f"GET {API}/rooms/{{room}}/{way}" for way in ("whip", "whep")}
#: what anybody may do in a room that is open to anybody
ANYBODYS = {
    f"{method} {API}/rooms/{{room}}{path}".removesuffix("/")
    for method, *paths in (
        (
            "GET", "", "/auctions", "/auctions/{auction}", "/auctions/{auction}/bids", "/calendar.ics", "/captions",
            "/card", "/checkout", "/claims", "/coupons", "/coupons/{code}", "/draws", "/draws/{draw}",
            "/draws/{draw}/entries", "/follow", "/hls", "/messages", "/messages/search",
            "/offers", "/offers/{offer}/product", "/pickup",
            "/pinned-message", "/polls", "/polls/{poll}", "/questions", "/recording", "/replay/channels",
            "/replay/messages", "/replay/offers", "/speech", "/still", "/texts",
        ),
        (
            "POST", "/auctions/{auction}/bids", "/auctions/{auction}/decline", "/coupons/{code}/claim",
            "/messages/{message}/report", "/messages/{message}/translations/{locale}/reports", "/questions", "/whep",
        ),
        (
            "PUT", "/draws/{draw}/entry", "/follow", "/polls/{poll}/vote", "/questions/{question}/vote",
            "/recording/consent", "/reminder",
        ),
        ("DELETE", "/follow", "/questions/{question}/vote", "/reminder"),
    )
    for path in paths
} | {f"POST {API}/offers/{{offer}}/claims"}  # fmt: skip


@dataclass
class Town:
    """Two merchants; ``document``: of the server that both are on."""

    server: Server
    document: Json
    mai: Shop
    eve: Shop

    @property
    def strangers(self) -> dict[str, Caller]:
        return {
            "another merchant": self.eve.owner,
            "another merchant's buyer": self.eve.buyer,
            "a moderator of another room": self.eve.moderator,
            "nobody": Caller(self.server.url),
        }

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Those that name something."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if "{" in path:
                    yield method.upper(), path, operation

    def ask(self, who: Caller, method: str, path: str, named: Callable[[str], str]) -> tuple[int, bytes]:
        operation = self.document["paths"][path][method.lower()]
        body, kind = least_body(operation, self.document)
        return who.send(method, re.sub(r"\{(\w+)\}", lambda found: named(found[1]), path), body, kind)

    def mais(self, name: str) -> str:
        return WORDS.get(name) or self.mai.ids[name]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    server = Server(tmp_path_factory.mktemp("town"), {"LIVEHUB_SECRET": "a secret of these tests, long enough"})
    server.start()
    try:
        yield _settle(server)
        assert "Traceback" not in server.log(), server.log()
    finally:
        assert server.stop() == 0


def _settle(server: Server) -> Town:
    with urllib.request.urlopen(f"{server.url}{API}/openapi.json", timeout=20) as answer:
        document = json.load(answer)
    return Town(server, document, open_shop(server.url, "mai"), open_shop(server.url, "eve"))


def names_in(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def test_there_is_one_of_everything_that_paths_name(town: Town) -> None:
    named = {name for _, path, _ in town.operations() for name in names_in(path)}
    assert named == WORDS.keys() | town.mai.ids.keys()
    assert not set(town.mai.ids.values()) & set(town.eve.ids.values())
    described = {f"{method} {path}" for method, path, _ in town.operations()}
    assert described >= ANYBODYS | OWN | ASKING


def test_strangers_get_nothing_but_what_is_open_to_anybody(town: Town) -> None:
    before = _told(town)
    let_in = _let_in(town, but=ANYBODYS | OWN | ASKING)
    assert let_in == []
    assert _told(town) == before


def test_strangers_get_nothing_of_a_private_room(town: Town) -> None:
    room = f"/rooms/{town.mai.ids['room']}"
    town.mai.owner.call("PATCH", room, {"visibility": "private"})
    before = _told(town)
    let_in = _let_in(town, but=OWN | ASKING)
    assert let_in == []
    assert _told(town) == before
    town.mai.owner.call("PATCH", room, {"visibility": "public"})


def test_nobody_reaches_things_of_others_through_their_own(town: Town) -> None:
    """``/rooms/{mine}/polls/{theirs}`` and the like: what is named has to be of what it is named below."""
    before = _told(town)
    let_in = []
    for method, path, _ in town.operations():
        first, *inner = names_in(path)
        if not set(inner) - WORDS.keys():
            continue
        for who in (town.eve.owner, town.eve.buyer, town.eve.moderator):
            status, said = town.ask(who, method, path, partial(_crossed, town, first))
            if status not in {401, 403, 404}:
                let_in.append((method, path, status, said[:200]))
    assert let_in == []
    assert _told(town) == before


def _crossed(town: Town, first: str, name: str) -> str:
    return WORDS.get(name) or (town.eve if name == first else town.mai).ids[name]


def _let_in(town: Town, *, but: set[str]) -> list[Any]:
    found = []
    for method, path, _ in town.operations():
        if f"{method} {path}" in but:
            continue
        for who, caller in town.strangers.items():
            status, said = town.ask(caller, method, path, town.mais)
            if status not in {401, 403, 404}:
                found.append((who, method, path, status, said[:200]))
    return found


def _told(town: Town) -> dict[str, tuple[int, bytes]]:
    """What its owner and buyer are told of it all, but for what goes on by itself."""
    of_itself = re.compile(
        r"/(hls|still|messages/export|report(/.*)?|deliveries|media(/.*)?|stats|recordings?(/.*)?|restreams|shows)$"
    )
    found = {
        f"{who} {path}": town.ask(caller, method, path, town.mais)
        for method, path, _ in town.operations()
        if method == "GET" and not of_itself.search(path)
        for who, caller in (("owner", town.mai.owner), ("buyer", town.mai.buyer))
    }
    return {asked: (status, re.sub(rb'"now":"[^"]*"', b"", said)) for asked, (status, said) in found.items()}
