"""Interpreters' channels where two processes serve people and a room's media are in workers of one of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from livehub.bench.light import AUDIO_SSRC, LightClient, OfferOptions
from livehub.media.transport import Certificate
from livehub.rooms.kinds import RoomKind
from tests.e2e.server import Server
from tests.integration.test_everyones_language import PATIENCE_S, House, house
from tests.integration.test_languages import API, Place, Reader, libretranslate, ok, place
from tests.signalling.conftest import Client

__all__ = ["house", "libretranslate", "place"]
pytestmark = pytest.mark.timeout(420)
SPEAKS = OfferOptions("sendonly", video=0, level=True)
HEARS = OfferOptions("recvonly", audio=3, video=0)
#: (server, who, path, options) → the client, and its session
Join = Callable[[Server, str, str, OfferOptions], Awaitable[tuple[LightClient, str]]]


@pytest.fixture
async def light(house: House) -> AsyncIterator[Join]:
    certificate, made = Certificate.generateCertificate(), list[LightClient]()

    async def join(server: Server, who: str, path: str, options: OfferOptions) -> tuple[LightClient, str]:
        token = await asyncio.to_thread(house.api.join_token, house.room, who, "viewer")
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
        url = f"{server.url}/api/v1/rooms/{house.room}/{path}"
        async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as http:
            while True:  # a worker that was killed takes its time to come back; clients ask again
                client = LightClient(certificate, options)
                made.append(client)
                async with http.post(url, data=client.offer, headers=headers) as answer:
                    text = await answer.text()
                if answer.status == 201:
                    break
                assert answer.status == 503, text
                await asyncio.sleep(0.2)
            await client.use_answer(text, timeout_s=PATIENCE_S)
        return client, answer.headers["Location"].rsplit("/", 1)[1]

    yield join
    for client in made:
        client.close()


async def heard(listener: LightClient, name: str, **speakers: LightClient) -> None:
    """Everybody says their name, fifty times a second, until ``listener`` has heard ``name`` anew."""
    already = len(listener.audio())
    async with asyncio.timeout(PATIENCE_S):
        while not any(payload.startswith(name.encode()) for _, payload in listener.audio()[already:]):
            for said, client in speakers.items():
                client.send_audio(960 * client.sequence[AUDIO_SSRC], said.encode() + bytes(40), 30)
            await asyncio.sleep(0.02)


async def test_interpreters_of_two_processes_relieve_each_other_and_a_killed_one_frees_the_channel(
    house: House, light: Join
) -> None:
    told = "interpreter:channels"

    def on(client: Client) -> object:
        return client.named(told)[-1:] and client.named(told)[-1]["channels"][0]["on"]

    host = await house.joined(house.one, "host", "cohost")
    ann = await house.joined(house.one, "ann", "viewer")
    ben = await house.joined(house.two, "ben", "viewer")
    thai = await house.joined(house.two, "thai", "viewer", "th")
    names = {who: client.answer["me"]["identity"] for who, client in (("ann", ann), ("ben", ben))}
    for who in names:
        # Whoever is in another process is known here a moment later.
        async with asyncio.timeout(PATIENCE_S):
            call = {"identity": names[who], "locale": "th"}
            while not (answer := await host.call("interpreter:grant", call))["ok"]:
                assert answer["error"]["code"] == "member_not_found"
                await asyncio.sleep(0.1)
    await ben.until(
        lambda: ben.named(told) and len(ben.named(told)[-1]["channels"][0]["interpreters"]) == 2, PATIENCE_S
    )
    await ben.ok("interpreter:take", {"locale": "th"})
    await ann.until(lambda: on(ann) == names["ben"], PATIENCE_S)

    speak = {
        "ann": (await light(house.one, "ann", "whip?source=interpretation", SPEAKS))[0],
        "ben": (await light(house.two, "ben", "whip?source=interpretation", SPEAKS))[0],
    }
    listener, session = await light(house.two, "thai", "whep", HEARS)
    await thai.ok("interpreter:listen", {"session": session, "locale": "th"})
    await heard(listener, "ben", **speak)

    await ann.ok("interpreter:ask", {"locale": "th"})
    await ben.until(lambda: ben.named(told)[-1]["channels"][0]["asked"] == names["ann"], PATIENCE_S)
    await ben.ok("interpreter:hand", {"locale": "th", "to": names["ann"]})
    await heard(listener, "ann", **speak)

    # The workers are killed: sessions are made anew, the channel stands as it stood.
    house.kill_workers()
    speak = {
        "ann": (await light(house.one, "ann", "whip?source=interpretation", SPEAKS))[0],
        "ben": (await light(house.two, "ben", "whip?source=interpretation", SPEAKS))[0],
    }
    listener, session = await light(house.two, "thai", "whep", HEARS)
    await thai.ok("interpreter:listen", {"session": session, "locale": "th"})
    await heard(listener, "ann", **speak)

    # Who is on is gone with their process, and answers nobody: the other waits ten seconds and is on.
    await ann.ok("interpreter:hand", {"locale": "th", "to": names["ben"]})
    await ann.until(lambda: on(ann) == names["ben"], PATIENCE_S)
    house.two.kill()
    speak["ben"].close()
    await ann.ok("interpreter:ask", {"locale": "th"})
    async with asyncio.timeout(PATIENCE_S):
        while not (answer := await ann.call("interpreter:take", {"locale": "th"}))["ok"]:
            assert answer["error"]["code"] == "channel_busy", answer
            await asyncio.sleep(0.5)
    await host.until(lambda: on(host) == names["ann"], PATIENCE_S)
    thai = await house.joined(house.one, "thai", "viewer", "th")
    listener, session = await light(house.one, "thai", "whep", HEARS)
    await thai.ok("interpreter:listen", {"session": session, "locale": "th"})
    await heard(listener, "ann", ann=speak["ann"])


@pytest.mark.parametrize("kind", list(RoomKind))
async def test_an_interpreter_is_heard_in_rooms_of_every_kind(place: Place, kind: RoomKind) -> None:
    owner = await place.account("host")
    room = (await ok(await owner.post(f"{API}/rooms", json={"kind": kind, "title": "Room", "locale": "en"}), 201))["id"]
    await ok(await owner.post(f"{API}/rooms/{room}/start"))
    certificate, made = Certificate.generateCertificate(), list[LightClient]()

    async def joined(who: str, role: str, locale: str = "en") -> Reader:
        person = {"identity": who, "display_name": who.title(), "role": role, "locale": locale}
        token = (await ok(await owner.post(f"{API}/rooms/{room}/tokens", json=person), 201))["token"]
        reader = Reader(token)
        place.readers.append(reader)
        await reader.join(str(place.server.make_url("")), room, locale)
        return reader

    async def asked(reader: Reader, path: str, options: OfferOptions) -> tuple[int, str, str]:
        client = LightClient(certificate, options)
        made.append(client)
        headers = {"Content-Type": "application/sdp"}
        url = f"{API}/rooms/{room}/{path}"
        answer = await place.anybody(reader.token).post(url, data=client.offer, headers=headers)
        text = await answer.text()
        if answer.status == 201:
            await client.use_answer(text, timeout_s=PATIENCE_S)
        return answer.status, text, answer.headers.get("Location", "").rsplit("/", 1)[-1]

    host, ann, thai = await joined("co", "cohost"), await joined("ann", "viewer"), await joined("thai", "viewer", "th")
    await host.call("interpreter:grant", {"identity": ann.identity, "locale": "th"})
    await ann.call("interpreter:take", {"locale": "th"})
    status, text, _ = await asked(thai, "whip?source=interpretation", SPEAKS)
    assert (status, "not_interpreter" in text) == (403, True)
    status, _, _ = await asked(ann, "whip?source=interpretation", SPEAKS)
    assert status == 201
    speaking = made[-1]
    status, _, session = await asked(thai, "whep", HEARS)
    assert status == 201
    await thai.call("interpreter:listen", {"session": session, "locale": "th"})
    await heard(made[-1], "ann", ann=speaking)
    for client in made:
        client.close()
