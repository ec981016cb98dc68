"""Two web processes, one for media and one for the background, over real PostgreSQL and real Valkey."""

import asyncio
import os
import re
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from livehub.bench.light import LightClient, OfferOptions
from livehub.bench.nginx import running_before_processes
from livehub.bench.postgres import running_postgres
from livehub.bench.valkey import Valkey, running_valkey
from livehub.media.transport import Certificate
from livehub.storage import migrate
from tests.e2e.api import Api
from tests.e2e.server import Server, start_all
from tests.media.conftest import send_frames
from tests.media.conftest import until as _until
from tests.programs import require
from tests.signalling.conftest import Client

#: the machine may be busy
until = partial(_until, timeout_s=40.0)
pytestmark = pytest.mark.timeout(300)


@dataclass
class House:
    """``one`` and ``two`` serve people."""

    one: Server
    two: Server
    media: Server
    worker: Server
    valkey: Valkey
    clients: list[Client] = field(default_factory=list)

    async def client(self, server: Server, token: str, address: str = "") -> Client:
        """``address``: where the proxy says that it comes from."""
        client = Client()
        self.clients.append(client)
        headers = {"X-Forwarded-For": address} if address else None
        await client.connect(server.url, token, ["websocket"], headers)
        return client

    async def joined(self, server: Server, room: str, token: str, address: str = "", **more: Any) -> Client:
        client = await self.client(server, token, address)
        await client.join(room, **more)
        return client


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_postgres() as postgres, running_valkey() as valkey:
        url = postgres.new_database()
        migrate.upgrade(url)
        folder = tmp_path_factory.mktemp("house")
        servers = []

        def server(role: str, **more: str) -> Server:
            settings = {
                "LIVEHUB_ROLE": role,
                "LIVEHUB_REDIS_URL": valkey.url,
                "LIVEHUB_DATABASE_URL": url,
                "LIVEHUB_SECRET": "s" * 40,
                "LIVEHUB_DRAIN_S": "0",
                "LIVEHUB_PUBLIC_URL": "http://live.example",
                **more,
            }
            servers.append(Server(folder / "data", settings))
            return servers[-1]

        try:
            media, worker = server("media"), server("worker")
            start_all(media, worker)
            one, two = server("web"), server("web")  # which hear of the media process as they begin
            start_all(one, two)
            yield House(one, two, media, worker, valkey)
        finally:
            statuses = [server.stop() for server in servers if server.process is not None]
            assert statuses == [0] * len(statuses), servers[0].log()


@pytest.fixture
async def show(house: House) -> AsyncIterator["Show"]:
    show = await asyncio.to_thread(Show, house)
    yield show
    for client in house.clients:
        await client.close()
    house.clients.clear()


class Show:
    """A live room, made through the first process."""

    def __init__(self, house: House) -> None:
        self.api = Api.account(house.one.url, f"host{os.urandom(4).hex()}@example.org", "Hana")
        self.room = self.api.live_show("Show")
        self.token: Callable[[str, str], str] = lambda who, role: self.api.join_token(self.room, who, role)

    def product(self) -> str:
        """What it sells."""
        store = self.api.call("GET", f"/rooms/{self.room}")["store"]["id"]
        return str(self.api.call("GET", f"/stores/{store}/products")["items"][0]["id"])


async def guest(server: Server, name: str) -> str:
    """The token of somebody new."""
    body = {"display_name": name, "locale": "en"}
    return str((await asyncio.to_thread(Api(server.url).call, "POST", "/guests", body))["token"])


def identity(client: Client) -> str:
    return str(client.answer["me"]["identity"])


async def line(client: Client, text: str, client_id: str = "") -> None:
    """Until it is acknowledged, with the same id, as clients do."""
    call = {"text": text, "client_id": client_id or text}
    async with asyncio.timeout(60):
        while not (await client.call("chat:send", call))["ok"]:
            await asyncio.sleep(0.05)


async def test_rules_hold_in_every_process(house: House, show: Show) -> None:
    ann = await house.joined(house.one, show.room, show.token("ann", "viewer"))
    mod = await house.joined(house.two, show.room, show.token("mod", "moderator"))
    await line(ann, "hello")
    await mod.until(lambda: mod.lines() == ["hello"], 20)

    await mod.ok("member:mute", {"identity": identity(ann), "seconds": 600})
    await ann.until(lambda: ann.named("member:muted"), 20)
    assert await ann.refused("chat:send", {"text": "still", "client_id": "s"}) == "muted"
    await mod.ok("member:unmute", {"identity": identity(ann)})
    await line(ann, "again")

    # Somebody of her rank in another process is not below her.
    other = await house.joined(house.one, show.room, show.token("other", "moderator"))
    await mod.until(lambda: mod.named("room:presence")[-1:] and mod.named("room:presence")[-1]["count"] == 3, 20)
    assert await mod.refused("member:ban", {"identity": identity(other)}) == "outranks_you"

    await mod.ok("member:ban", {"identity": identity(ann)})
    await ann.until(lambda: [item["reason"] for item in ann.named("room:removed")] == ["banned"], 20)
    for server in (house.one, house.two):
        back = await house.client(server, show.token("ann", "viewer"))
        assert await back.refused("room:join", {"room": show.room, "locale": "en"}) == "banned"


async def test_a_range_is_shut_in_every_process_under_any_name(house: House, show: Show) -> None:
    """The moderator's process knows nothing of where its member came from: the other one does."""
    mod = await house.joined(house.two, show.room, show.token("mod", "moderator"))
    ann = await house.joined(house.one, show.room, await guest(house.one, "Ann"), "203.0.113.7")
    near = await house.joined(house.two, show.room, await guest(house.two, "Ben"), "203.0.113.9")
    far = await house.joined(house.one, show.room, await guest(house.one, "Cat"), "198.51.100.1")
    await mod.ok("member:ban", {"identity": identity(ann), "reach": "range", "seconds": 3600, "reason": "spam"})
    for client in (ann, near):
        await client.until(partial(client.named, "room:removed"), 20)
        assert client.named("room:removed")[0]["reason"] == "banned"
    fresh = [
        await house.client(server, await guest(server, name), "203.0.113.200")
        for server in (house.one, house.two)
        for name in ("Annie", "Bella")
    ]
    for client in fresh:
        assert await client.refused("room:join", {"room": show.room, "locale": "en"}) == "banned"
    await line(far, "still here")
    await mod.ok("member:unban", {"identity": identity(ann)})
    for client in fresh:
        async with asyncio.timeout(20):
            while not (await client.call("room:join", {"room": show.room, "locale": "en"}))["ok"]:
                await asyncio.sleep(0.1)


async def test_what_is_said_again_and_again_is_counted_wherever_it_is_said(house: House, show: Show) -> None:
    here = await house.joined(house.one, show.room, show.token("ann", "viewer"))
    there = await house.joined(house.two, show.room, show.token("ann", "viewer"))
    await line(here, "Buy my bowls!", "first")
    await line(here, "Buy my bowls!", "second")
    # What one process tells the other arrives in its order: with the lines came that they were said.
    await there.until(lambda: there.lines() == ["Buy my bowls!"] * 2, 20)
    assert await there.refused("chat:send", {"text": "buy my  BOWLS", "client_id": "third"}) == "repeated"


async def test_what_is_sold_and_ended_is_told_everywhere(house: House, show: Show) -> None:
    ann = await house.joined(house.two, show.room, show.token("ann", "viewer"))
    offer = show.api.call("GET", f"/rooms/{show.room}/offers")["items"][0]["id"]
    await asyncio.to_thread(show.api.call, "DELETE", f"/offers/{offer}/pin")
    await ann.until(lambda: ann.named("offer:pinned"), 20)
    assert ann.named("offer:pinned")[-1]["offer"] is None

    await asyncio.to_thread(show.api.call, "POST", f"/rooms/{show.room}/end")
    await ann.until(lambda: [item["reason"] for item in ann.named("room:removed")] == ["ended"], 20)


async def test_what_a_merchant_writes_in_another_language_reaches_readers_at_every_process(
    house: House, show: Show
) -> None:
    reader = await house.joined(house.two, show.room, show.token("ann", "viewer"), locale="es")
    product = await asyncio.to_thread(show.product)
    # Through a process that nobody of this room is connected to.
    path = f"/products/{product}/translations/es"
    await asyncio.to_thread(show.api.call, "PUT", path, {"title": "Té verde"})
    await reader.until(lambda: reader.named("text:translations"), 20)
    [told] = reader.named("text:translations")[-1]["items"]
    assert (told["source"], told["text"], told["edited"]) == ("Green tea", "Té verde", True)


def stage_of(client: Client) -> list[list[dict[str, Any]]]:
    """What the room was told of its stage; the same event tells a viewer what their own slots show."""
    return [event["tracks"] for event in client.named("stage:slots") if "tracks" in event]


async def test_media_are_reached_through_any_process(house: House, show: Show) -> None:
    ann = await house.joined(house.one, show.room, show.token("ann", "viewer"))
    host = await house.joined(house.two, show.room, show.token("host", "cohost"))
    certificate = Certificate.generateCertificate()
    publisher = LightClient(certificate, OfferOptions("sendonly"))
    viewer = LightClient(certificate, OfferOptions("recvonly"))
    async with aiohttp.ClientSession() as http:

        async def join(server: Server, kind: str, who: str, role: str, client: LightClient) -> str:
            token = await asyncio.to_thread(show.token, who, role)
            headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
            url = f"{server.url}/api/v1/rooms/{show.room}/{kind}"
            async with http.post(url, data=client.offer, headers=headers) as answer:
                text = await answer.text()
                assert answer.status == 201, text
            await client.use_answer(text)
            return answer.headers["Location"]

        try:
            location = await join(house.two, "whip", "host", "cohost", publisher)
            await join(house.one, "whep", "ann", "viewer", viewer)
            await send_frames(publisher, 5)
            await until(lambda: len(viewer.video()) == 5)
            await ann.until(lambda: any(item.get("tracks") for item in ann.named("stage:slots")), 40)
            late = await house.client(house.two, show.token("late", "viewer"))
            state = (await late.join(show.room))["state"]
            assert {track["publisher"] for track in state["stage"]["tracks"]} == {identity(host)}

            # What is decided in one process is so in the others, and in the media process.
            await host.ok("stage:mute", {"identity": identity(host), "video": True})
            again = await house.client(house.one, show.token("host", "cohost"))
            assert (await again.join(show.room))["state"]["muted"]["video"]
            await ann.until(lambda: any(item["muted"] for item in stage_of(ann)[-1]), 40)

            # Ended through the other process.
            token = await asyncio.to_thread(show.token, "host", "cohost")
            end = location.replace("http://live.example", "")
            async with http.delete(house.one.url + end, headers={"Authorization": f"Bearer {token}"}) as answer:
                assert answer.status == 200, await answer.text()
            await ann.until(lambda: stage_of(ann)[-1] == [], 40)
        finally:
            publisher.close()
            viewer.close()


async def test_people_talk_on_without_the_media_process(house: House, show: Show) -> None:
    ann = await house.joined(house.one, show.room, show.token("ann", "viewer"))
    still = f"{house.one.url}/api/v1/rooms/{show.room}/still"
    async with aiohttp.ClientSession() as http:
        house.media.kill()
        async with http.get(still) as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "media_unavailable")
        await line(ann, "still here")
        async with http.get(f"{house.one.url}/readyz") as answer:
            assert answer.status == 200, await answer.text()
        # The next one gets the role when the lease of the dead one is over.
        await asyncio.to_thread(house.media.start)
        async with asyncio.timeout(40):
            status = 503
            while status == 503:
                async with http.get(still) as answer:
                    status = answer.status
                await asyncio.sleep(0.1)
        assert status == 204, "nobody sends a picture"


async def test_nginx_as_documented(house: House, show: Show, tmp_path: Path) -> None:
    """Whoever polls comes back to the same process; WebSockets pass; media's paths reach the media process."""
    require("nginx", "nginx-light")
    servers = (house.media, house.one, house.two)
    before = [await asyncio.to_thread(_answered_by, server) for server in servers]
    web = (house.one.port, house.two.port)
    async with running_before_processes(tmp_path / "nginx", web, house.media.port) as url:
        polling, socket = Client(), Client()
        house.clients += [polling, socket]
        await polling.connect(url, show.token("ann", "viewer"), ["polling"])
        await polling.join(show.room)
        await socket.connect(url, show.token("ben", "viewer"), ["websocket"])
        await socket.join(show.room)
        await line(polling, "by polling")
        await socket.until(lambda: socket.lines() == ["by polling"], 30)
        await line(socket, "by websocket")
        await polling.until(lambda: polling.lines() == ["by polling", "by websocket"], 30)
        async with aiohttp.ClientSession() as http, http.get(f"{url}/api/v1/rooms/{show.room}/still") as answer:
            assert answer.status == 204, "nobody sends a picture"
        async with aiohttp.ClientSession() as http, http.get(f"{url}/metrics") as answer:
            assert answer.status == 403
        await polling.close()
        await socket.close()
        house.clients.clear()
    # The still was asked of the media process itself, not through a web process.
    after = [await asyncio.to_thread(_answered_by, server) for server in servers]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 0, 0]


def _answered_by(server: Server) -> float:
    """How many stills a process was asked for."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    pattern = r'^livehub_http_requests_total\{[^}]*route="/api/v1/rooms/\{room\}/still"[^}]*\} (\S+)$'
    return sum(float(found) for found in re.findall(pattern, text, re.MULTILINE))


async def test_a_killed_process_takes_its_people_with_it_and_no_line(house: House, show: Show) -> None:
    ann = await house.joined(house.one, show.room, show.token("ann", "viewer"))
    ben = await house.joined(house.two, show.room, show.token("ben", "moderator"))
    await ann.until(lambda: ann.named("room:presence")[-1:] and ann.named("room:presence")[-1]["count"] == 2, 20)
    await line(ben, "one")
    await ben.until(lambda: ben.lines() == ["one"], 20)
    since = ben.named("chat:messages")[-1]["seq"]

    sending = [asyncio.create_task(ben.call("chat:send", {"text": f"b{n}", "client_id": f"b{n}"})) for n in range(8)]
    house.two.kill()
    answers = await asyncio.gather(*sending, return_exceptions=True)
    acknowledged = [item["message"]["text"] for item in answers if isinstance(item, dict) and item["ok"]]
    await line(ann, "two")

    await ann.until(lambda: ann.named("room:presence")[-1]["count"] == 1, 40)
    again = await house.joined(house.one, show.room, show.token("ben", "moderator"), since=since)
    assert again.answer["resumed"]
    await again.until(lambda: "two" in again.lines(), 20)
    assert set(acknowledged) <= set(again.lines())
    house.two.start()
    back = await house.joined(house.two, show.room, show.token("cat", "viewer"))
    assert [item["text"] for item in back.answer["state"]["messages"]] == ["one", *again.lines()]


async def test_redis_killed_under_load_loses_no_line(house: House, show: Show) -> None:
    """Whoever is cut comes back as clients do; in the end everybody has every acknowledged line, in one order."""
    talkers = [await house.joined(server, show.room, show.token(f"t{number}", "moderator"))
               for number, server in enumerate((house.one, house.two))]  # fmt: skip
    stop = asyncio.Event()
    acknowledged: list[str] = []

    async def talk(number: int) -> None:
        client, server, count = talkers[number], (house.one, house.two)[number], 0
        while not stop.is_set():
            text = f"{number}-{count}"
            try:
                answer = await client.call("chat:send", {"text": text, "client_id": text})
                if answer["ok"]:
                    acknowledged.append(text)
                    count += 1
                    await asyncio.sleep(0.25)
                else:
                    await asyncio.sleep(0.05)
            except Exception:
                try:
                    client = await house.joined(server, show.room, show.token(f"t{number}", "moderator"))
                except Exception:
                    await asyncio.sleep(0.1)

    talking = [asyncio.create_task(talk(number)) for number in range(2)]
    async with asyncio.timeout(120):
        while len(acknowledged) < 8:
            await asyncio.sleep(0.05)
        await asyncio.to_thread(house.valkey.kill)
        async with aiohttp.ClientSession() as http:
            for server in (house.one, house.two):
                # It may be asked before it has noticed.
                found = ""
                while found != "failing":
                    async with http.get(f"{server.url}/readyz") as answer:
                        found = (await answer.json())["checks"]["redis"]
                        assert answer.status == (503 if found == "failing" else 200)
        await asyncio.to_thread(house.valkey.start)
        before = len(acknowledged)
        while len(acknowledged) < before + 12:
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*talking)

    late = [await house.joined(server, show.room, show.token("late", "viewer")) for server in (house.one, house.two)]
    shown = [[item["text"] for item in client.answer["state"]["messages"]] for client in late]
    assert shown[0] == shown[1]
    assert set(acknowledged[-40:]) <= set(shown[0])
    assert len(shown[0]) == len(set(shown[0]))
    for server in (house.one, house.two, house.media, house.worker):
        await asyncio.to_thread(server.wait_ready)


async def test_an_auction_of_both_processes_ends_although_its_worker_died(house: House, show: Show) -> None:
    ann_token, ben_token = show.token("ann", "viewer"), show.token("ben", "viewer")
    ann = await house.joined(house.one, show.room, ann_token)
    ben = await house.joined(house.two, show.room, ben_token)
    offer = (await asyncio.to_thread(show.api.call, "GET", f"/rooms/{show.room}/offers"))["items"][0]["id"]
    body = {
        "offer": offer, "start": {"amount_minor": 100, "currency": "EUR"}, "mode": "sudden", "seconds": 20,
        "increment": {"amount_minor": 10, "currency": "EUR"},
    }  # fmt: skip
    path = f"/rooms/{show.room}/auctions"
    auction = await asyncio.to_thread(show.api.call, "POST", path, body)

    def bid(server: Server, token: str, amount: int) -> Any:
        call = {"max": {"amount_minor": amount, "currency": "EUR"}}
        return Api(server.url, bearer=token).call("POST", f"{path}/{auction['id']}/bids", call)

    def seen(client: Client) -> list[Any]:
        return [told["auction"] for told in client.named("auction:changed")]

    await asyncio.to_thread(bid, house.one, ann_token, 98_765)
    # Who is banned bids no more, in whatever process; what they bid before stands.
    cem_token = show.token("cem", "viewer")
    cem = await house.joined(house.two, show.room, cem_token)
    await asyncio.to_thread(bid, house.two, cem_token, 150)
    mod = await house.joined(house.one, show.room, show.token("mod", "moderator"))
    await mod.ok("member:ban", {"identity": identity(cem)})
    await cem.until(lambda: cem.named("room:removed"), 20)
    with pytest.raises(urllib.error.HTTPError) as refused:
        await asyncio.to_thread(bid, house.two, cem_token, 500)
    assert refused.value.code == 403
    taken = await asyncio.to_thread(bid, house.two, ben_token, 300)
    assert (taken["price"]["amount_minor"], taken["leader"]["identity"]) == (310, identity(ann))
    for client in (ann, ben):
        await client.until(lambda client=client: seen(client) and seen(client)[-1]["bids"] == 3, 20)  # type: ignore[misc]
    house.worker.kill()
    deadline = auction["ends_at"]
    open_still = await asyncio.to_thread(show.api.call, "GET", f"{path}/{auction['id']}")
    async with asyncio.timeout(40):
        while open_still["now"] < deadline:
            await asyncio.sleep(0.2)
            open_still = await asyncio.to_thread(show.api.call, "GET", f"{path}/{auction['id']}")
    assert open_still["state"] == "open", "nobody is there to close it"
    with pytest.raises(urllib.error.HTTPError):
        await asyncio.to_thread(bid, house.two, ben_token, 99_999)
    await asyncio.to_thread(house.worker.start)
    for client in (ann, ben):
        await client.until(lambda client=client: seen(client)[-1]["state"] == "awarded", 60)  # type: ignore[misc]
    assert seen(ben)[-1]["winner"]["identity"] == identity(ann)
    assert "98765" not in repr((ann.events, ben.events))
    basket = {
        "room": show.room, "lines": [{"offer": offer, "quantity": 1, "auction": auction["id"]}],
        "delivery": {"method": "pickup"}, "contact": {"name": "Ann"}, "payment_provider": "sandbox",
    }  # fmt: skip
    order = await asyncio.to_thread(Api(house.two.url, bearer=ann_token).call, "POST", "/orders", basket)
    assert order["total"]["amount_minor"] == 310
    await ben.until(lambda: seen(ben)[-1]["state"] == "ordered", 20)
