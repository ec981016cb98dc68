"""Processes and Redis that are killed: no line that was acknowledged is lost, and who is left goes on."""

import asyncio
import urllib.error
import urllib.request
from typing import Any

import aiohttp
import pytest

from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.integration.several_processes.conftest import House, Show, identity, line
from tests.signalling.conftest import Client

pytestmark = pytest.mark.timeout(300)


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
