"""Who is in the room is not written to, whichever process they are connected to and wherever letters are sent from."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.integration.stores import shared_stores
from tests.media.conftest import until as _until
from tests.signalling.conftest import Client
from tests.worker.test_notices import MailServer, Postbox

#: the machine may be busy
until = partial(_until, timeout_s=60.0)
pytestmark = pytest.mark.timeout(300)


class House:
    """``one`` and ``two`` serve people; a third process sends letters, and nobody is connected to it."""

    def __init__(self, one: Server, two: Server, database: Database, postbox: Postbox) -> None:
        self.one, self.two, self.database, self.postbox = one, two, database, postbox
        self.host = Api.account(one.url, f"host{os.urandom(4).hex()}@example.org", "Hana")
        self.room = self.host.live_show("Show")

    def letters(self, to: str, subject: str = "") -> list[EmailMessage]:
        return [one for one in self.postbox.letters if one["To"] == f"{to}@example.org" and subject in one["Subject"]]

    async def person(self, name: str, server: Server) -> str:
        """Somebody who has confirmed an address; their token."""
        guest = {"display_name": name.title(), "locale": "en"}
        token = str((await asyncio.to_thread(Api(server.url).call, "POST", "/guests", guest))["token"])
        address = {"email": f"{name}@example.org"}
        await asyncio.to_thread(Api(server.url, bearer=token).call, "PUT", "/notifications/email", address)
        await until(lambda: self.letters(name))
        link = re.search(r"/letters/confirm#(\S+)", self.letters(name)[0].get_content())
        assert link is not None
        await asyncio.to_thread(Api(server.url).call, "POST", "/letters/confirm", {"token": link[1]})
        return token

    async def comes(self, server: Server, token: str) -> Client:
        client = Client()
        await client.connect(server.url, token, ["websocket"])
        await client.join(self.room)
        return client

    async def answers(self) -> dict[str, str]:
        """What became of the letters about auctions, by the outbox; those that still wait are in none."""
        done = select(outbox.c.target, outbox.c.answer).where(
            outbox.c.target.startswith("bidmail:"), outbox.c.state != "waiting"
        )
        return await self.database.read(
            lambda connection: {row.target: row.answer for row in connection.execute(done).all()}
        )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        shared = stack.enter_context(shared_stores())
        postbox = Postbox()
        mail = MailServer(postbox, hostname="127.0.0.1", port=0)
        mail.start()
        stack.callback(mail.stop)
        settings = {
            **shared,
            "LIVEHUB_PUBLIC_URL": "http://live.example",
            "LIVEHUB_SMTP_URL": f"smtp+plain://127.0.0.1:{mail.port}",
            "LIVEHUB_MAIL_FROM": "hub@example.org",
        }
        servers = []
        for role in ("web", "web", "worker"):
            server = Server(tmp_path / "data", {**settings, "LIVEHUB_ROLE": role})
            await asyncio.to_thread(server.start)
            stack.callback(server.stop)
            servers.append(server)
        database = Database(shared["LIVEHUB_DATABASE_URL"])
        database.start()
        stack.push_async_callback(database.close)
        yield await asyncio.to_thread(House, servers[0], servers[1], database, postbox)


async def test_only_who_is_in_no_process_of_the_room_is_written_to(house: House) -> None:
    tokens = {
        name: await house.person(name, server)
        for name, server in (("ann", house.one), ("bea", house.two), ("cem", house.one))
    }
    dan = await asyncio.to_thread(Api(house.one.url).call, "POST", "/guests", {"display_name": "Dan", "locale": "en"})
    here = await house.comes(house.two, tokens["ann"])
    gone = await house.comes(house.one, tokens["bea"])
    await gone.close()
    offer = (await asyncio.to_thread(house.host.call, "GET", f"/rooms/{house.room}/offers"))["items"][0]["id"]
    path = f"/rooms/{house.room}/auctions"
    start, step = ({"amount_minor": minor, "currency": "EUR"} for minor in (100, 10))
    body = {"offer": offer, "start": start, "increment": step, "mode": "sudden", "seconds": 600}
    auction = await asyncio.to_thread(house.host.call, "POST", path, body)
    bidders = [*tokens.values(), str(dan["token"])]
    for number, token in enumerate(bidders):
        server = (house.one, house.two)[number % 2]
        call = {"max": {"amount_minor": 200 + 100 * number, "currency": "EUR"}}
        await asyncio.to_thread(Api(server.url, bearer=token).call, "POST", f"{path}/{auction['id']}/bids", call)
    async with asyncio.timeout(90):
        while len(answers := await house.answers()) < 3:
            await asyncio.sleep(0.2)
    assert sorted(answers.values()) == ["sent", "sent", "they are in the room and see it"], answers
    assert [len(house.letters(name, "outbid")) for name in ("ann", "bea", "cem")] == [0, 1, 1]
    await here.close()
