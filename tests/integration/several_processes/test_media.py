"""Media through any web process, the documented nginx in front, and a room whose media process died."""

import asyncio
import re
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from livehub.bench.light import LightClient, OfferOptions
from livehub.bench.nginx import running_before_processes
from livehub.media.transport import Certificate
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.integration.several_processes.conftest import House, Show, identity, line
from tests.media.conftest import send_frames
from tests.media.conftest import until as _until
from tests.programs import require
from tests.signalling.conftest import Client

#: the machine may be busy
until = partial(_until, timeout_s=40.0)
pytestmark = pytest.mark.timeout(300)


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


async def test_a_network_that_is_banned_in_one_process_ends_what_another_let_in(house: House, show: Show) -> None:
    """By WHEP alone, with no socket in the room: the media process knows where each came from."""
    certificate = Certificate.generateCertificate()
    near, far = (LightClient(certificate, OfferOptions("recvonly")) for _ in range(2))
    async with aiohttp.ClientSession() as http:

        async def watch(server: Server, who: str, client: LightClient, address: str) -> int:
            token = await asyncio.to_thread(show.token, who, "viewer")
            headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
            url = f"{server.url}/api/v1/rooms/{show.room}/whep?wait=1"
            async with http.post(url, data=client.offer, headers=headers | {"X-Forwarded-For": address}) as answer:
                if answer.status == 201:
                    await client.use_answer(await answer.text())
                return answer.status

        try:
            assert await watch(house.one, "near", near, "203.0.113.7") == 201
            assert await watch(house.one, "far", far, "198.51.100.7") == 201
            body = {"network": "203.0.113.0/24"}
            moderator = Api(house.two.url, bearer=await asyncio.to_thread(show.token, "mod", "moderator"))
            await asyncio.to_thread(moderator.call, "POST", f"/rooms/{show.room}/moderation/networks", body)
            await asyncio.wait_for(near.closed.wait(), 40)
            assert not far.closed.is_set()
            assert await watch(house.one, "near", near, "203.0.113.7") == 403
        finally:
            near.close()
            far.close()


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
