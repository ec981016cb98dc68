"""The moderator keeps livehub's contract, whatever its server does."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from livehub_example_moderator import create

from livehub.chat.screening.plugin import Moderator
from livehub.chat.screening.rules import Outcome
from livehub.testing.moderator_contract import ModeratorContract, ModeratorDriver, line
from livehub.testing.troubled_server import Trouble, TroubledServer

KEY = "s3cr3t-bouncer"


async def weigh(request: web.Request) -> web.Response:
    """As Bouncer would: it knows its key, and two words."""
    asked = await request.json()
    if request.headers.get("X-Bouncer-Key") != KEY or set(asked) != {"line", "language"}:
        return web.json_response({"error": f"no, {request.headers.get('X-Bouncer-Key')}"}, status=403)
    weight = 0.95 if "out of here" in asked["line"] else 0.6 if "nonsense" in asked["line"] else 0.1
    return web.json_response({"weight": weight, "about": "manners"})


async def in_trouble(trouble: Trouble, _: web.Request) -> web.StreamResponse | None:
    match trouble:
        case Trouble.QUOTA:
            return web.json_response({"error": "no money left"}, status=402)
        case Trouble.WRONG_COUNT:
            return web.json_response({"about": "manners"})
        case Trouble.WRONG_TYPE:
            return web.json_response({"weight": "0.9", "about": "manners"})
    return None


class Driver:
    fine = "what a nice cup"
    foul = "get out of here"
    secrets = (KEY,)

    def __init__(self, server: TroubledServer, moderator: Moderator) -> None:
        self._server = server
        self.moderator = moderator

    async def trouble(self, kind: Trouble | None) -> bool:
        self._server.trouble = kind
        return True

    async def reached(self) -> None:
        await self._server.hanging.wait()


class TestBouncer(ModeratorContract):
    @pytest.fixture
    async def driver(self) -> AsyncIterator[ModeratorDriver]:
        server = TroubledServer([web.post("/v1/weigh", weigh)], in_trouble)
        await server.start()
        moderator = create(f"{server.url}?hold=0.5&refuse=0.9&key={KEY}", deadline_s=5.0)
        yield Driver(server, moderator)
        await moderator.close()
        await server.close()

    async def test_it_holds_what_is_heavy_and_refuses_what_is_heavier(self, driver: Driver) -> None:
        said = [await driver.moderator.judge(line(text)) for text in (driver.fine, "nonsense", driver.foul)]
        assert [one.outcome for one in said] == [Outcome.ALLOW, Outcome.HOLD, Outcome.REFUSE]
        assert said[2].reason == "manners"


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("https://bouncer.example", "key"),
        ("http://bouncer.example?key=k", "https"),
        ("https://bouncer.example?key=k&hold=0", "weights"),
        ("https://bouncer.example?key=k&hold=0.9&refuse=0.5", "weights"),
        ("https://bouncer.example?key=k&hold=nan", "weights"),
        ("bouncer.example", "address"),
    ],
)
def test_a_setting_that_cannot_be_used(setting: str, what: str) -> None:
    with pytest.raises(ValueError, match=what) as caught:
        create(setting, deadline_s=1.0)
    assert "key=k" not in str(caught.value)
