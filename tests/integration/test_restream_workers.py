"""Restreams of rooms whose media are in worker processes: they report, and outlive a killed worker."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from livehub.bench.light import LightClient, OfferOptions
from livehub.media.transport import Certificate
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.integration.test_media_workers import workers_of
from tests.media.conftest import until
from tests.media.restream.broadcast import broadcast
from tests.media.restream.conftest import KEY, WhipServer, there

__all__ = ["there"]
pytestmark = pytest.mark.timeout(240)


async def publish(http: aiohttp.ClientSession, url: str, token: str) -> LightClient:
    """A host, taken in as soon as there is somebody to take them in."""
    client = LightClient(Certificate.generateCertificate(), OfferOptions("sendonly"))
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
    async with asyncio.timeout(60):
        while True:
            async with http.post(url, data=client.offer, headers=headers) as answer:
                if answer.status == 201:
                    await client.use_answer(await answer.text(), timeout_s=30)
                    return client
            await asyncio.sleep(0.2)


async def test_a_killed_worker_takes_its_restreams_up_again(tmp_path: Path, there: WhipServer) -> None:
    settings = {"LIVEHUB_MEDIA_WORKERS": "2", "LIVEHUB_MEDIA_PORT": "0", "LIVEHUB_ALLOW_PRIVATE_RESTREAMS": "1"}
    server = Server(tmp_path / "server", settings)
    await asyncio.to_thread(server.start)
    api = await asyncio.to_thread(Api.account, server.url, "host@example.org", "Hana")
    room = await asyncio.to_thread(api.live_show, "Pots")
    token = await asyncio.to_thread(api.join_token, room, "encoder", "cohost")
    path = f"/rooms/{room}/restreams"

    async def state() -> Any:
        listed = await asyncio.to_thread(api.call, "GET", path)
        return listed["items"][0]["status"]["state"]

    async def reach(wanted: str) -> None:
        async with asyncio.timeout(60):
            while await state() != wanted:
                await asyncio.sleep(0.1)

    async with aiohttp.ClientSession() as http:
        whip = f"{server.url}/api/v1/rooms/{room}/whip"
        host = await publish(http, whip, token)
        sending = asyncio.create_task(broadcast(host))
        body = {"name": "Carrier", "url": there.url, "key": KEY}
        target = await asyncio.to_thread(api.call, "POST", path, body)
        await asyncio.to_thread(api.call, "POST", f"{path}/{target['id']}/start", {})
        await reach("live")
        await until(lambda: there.plane.tracks("there"), 20)
        for worker in workers_of(server):
            os.kill(worker, signal.SIGKILL)
        sending.cancel()
        host.close()
        host = await publish(http, whip, token)
        sending = asyncio.create_task(broadcast(host))
        await until(lambda: len(there.offers) >= 2, 60)
        await reach("live")
        await asyncio.to_thread(api.call, "POST", f"{path}/{target['id']}/stop", {})
        await reach("stopped")
        sending.cancel()
        host.close()
    assert await asyncio.to_thread(server.stop) == 0
    assert KEY not in server.log_path.read_text(errors="replace")
