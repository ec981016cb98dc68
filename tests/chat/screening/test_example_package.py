"""The example package of docs/moderation.md, as installed into a folder of its own and found by its entry point."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from livehub.testing.troubled_server import Trouble, TroubledServer
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.packages import EXAMPLES, install, own_tests_pass, path_of, run_python
from tests.signalling.conftest import Client

EXAMPLE = EXAMPLES / "livehub-example-moderator"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("installed"))


def test_its_own_tests_pass_against_the_installed_package(installed: Path) -> None:
    own_tests_pass(installed, EXAMPLE)


def test_the_server_finds_it_by_its_entry_point(installed: Path) -> None:
    program = (
        "from livehub.chat.screening.registry import build_moderators\n"
        "from livehub.clock import ManualClock\n"
        "settings = ['bouncer:https://bouncer.example?hold=0.5&key=k']\n"
        "for moderator in build_moderators(settings, clock=ManualClock(), deadline_s=0.8):\n"
        "    print(moderator.name)\n"
    )
    assert run_python(installed, "-c", program).splitlines() == ["bouncer"]


async def weigh(request: web.Request) -> web.Response:
    heavy = "rubbish" in (await request.json())["line"]
    return web.json_response({"weight": 0.7 if heavy else 0.0, "about": "manners"})


@pytest.fixture
async def bouncer() -> AsyncIterator[TroubledServer]:
    server = TroubledServer([web.post("/v1/weigh", weigh)])
    await server.start()
    yield server
    await server.close()


async def test_a_server_judges_lines_by_it_and_goes_on_without_it(
    installed: Path, bouncer: TroubledServer, tmp_path: Path
) -> None:
    settings = {
        "PYTHONPATH": path_of(installed),
        "LIVEHUB_MODERATORS": f"bouncer:{bouncer.url}?hold=0.5&key=k",
    }
    server = Server(tmp_path / "data", settings)
    await asyncio.to_thread(server.start)
    client = Client()
    try:
        host = await asyncio.to_thread(Api.account, server.url, "mila@example.org", "Mila")
        room = await asyncio.to_thread(host.live_show, "Tea")
        token = await asyncio.to_thread(host.join_token, room, "ann", "viewer")
        await client.connect(server.url, token, ["websocket"])
        await client.join(room)
        assert "message" in await client.ok("chat:send", {"text": "lovely", "client_id": "1"})
        assert "held" in await client.ok("chat:send", {"text": "what rubbish", "client_id": "2"})
        path = f"/rooms/{room}/moderation"
        [held] = (await asyncio.to_thread(host.call, "GET", f"{path}/queue"))["items"]
        assert (held["text"], held["held_by"], held["reason"]) == ("what rubbish", "auto:bouncer", "manners")

        # Hung, the line comes when its time is up, as the room has it.
        bouncer.trouble = Trouble.HANGS
        assert "message" in await client.ok("chat:send", {"text": "still lovely", "client_id": "3"})
        rules = await asyncio.to_thread(host.call, "GET", f"{path}/rules")
        await asyncio.to_thread(host.call, "PUT", f"{path}/rules", {**rules, "unsure": "hold"})
        bouncer.trouble = Trouble.CLOSES
        assert "held" in await client.ok("chat:send", {"text": "lovely again", "client_id": "4"})
        log = (await asyncio.to_thread(host.call, "GET", f"{path}/log"))["items"]
        assert (log[0]["by"]["identity"], log[0]["reason"]) == ("auto:unsure", "bouncer failed")

        async with aiohttp.ClientSession() as http, http.get(f"{server.url}/metrics") as answer:
            lines = [line for line in (await answer.text()).splitlines() if line.startswith("livehub_moderator_")]
        found = {line.partition("{")[0]: float(line.rpartition(" ")[2]) for line in lines if '"bouncer"' in line}
        counted = {name: found[f"livehub_moderator_{name}_total"] for name in ("lines", "held", "timeouts", "failures")}
        assert counted == {"lines": 4, "held": 1, "timeouts": 1, "failures": 1}
    finally:
        await client.close()
        status = await asyncio.to_thread(server.stop)
    assert status == 0, server.log()
    assert "rubbish" not in server.log()
