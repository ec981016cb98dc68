"""Whether captions are made, as a process knows that does not make them; the one that did goes away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livehub.bench.valkey import Valkey
from livehub.config import Config
from livehub.events import CaptionsChanged, EventBus
from livehub.media.captions.model import no_captions
from livehub.together import Together
from tests.processes.conftest import eventually

ON = {"state": "on", "locale": "en", "engine": "scribe", "remote": False, "since": "2026-01-01T00:00:00.000Z"}


class Side:
    """One process of a server."""

    def __init__(self, valkey: Valkey, folder: Path, role: str) -> None:
        self.bus = EventBus()
        env = {
            "LIVEHUB_DATA_DIR": str(folder),
            "LIVEHUB_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
            "LIVEHUB_REDIS_URL": valkey.url,
            "LIVEHUB_REDIS_PREFIX": "captions",
            "LIVEHUB_ROLE": role,
            "LIVEHUB_SECRET": "s" * 40,
        }
        self.together = Together(Config.from_env(env), self.bus)
        self.captions = self.together.captions_of(self.bus)
        self.told: list[CaptionsChanged] = []
        self.bus.subscribe(CaptionsChanged, self.told.append)


@pytest.fixture
async def sides(own_valkey: Valkey, tmp_path: Path) -> AsyncIterator[list[Side]]:
    made = [Side(own_valkey, tmp_path, role) for role in ("media", "web", "web")]
    for side in made:
        await side.together.ensemble.start()
    yield made
    for side in made:
        await side.together.ensemble.close()


async def test_captions_are_off_everywhere_when_the_process_that_wrote_them_is_gone(sides: list[Side]) -> None:
    media, *webs = sides
    for web in webs:
        await eventually(lambda web=web: len(web.together.ensemble.exchange.others) == 2)  # type: ignore[misc]
    media.bus.publish(CaptionsChanged("room_1", ON))
    for web in webs:
        await eventually(lambda web=web: web.captions("room_1") == ON)  # type: ignore[misc]

    await media.together.ensemble.close()

    for web in webs:
        await eventually(lambda web=web: web.captions("room_1") == no_captions("room_1"))  # type: ignore[misc]
        assert web.told[-1] == CaptionsChanged("room_1", no_captions("room_1"))


async def test_a_web_process_that_is_gone_says_nothing_about_captions(sides: list[Side]) -> None:
    media, here, other = sides
    await eventually(lambda: len(here.together.ensemble.exchange.others) == 2)
    media.bus.publish(CaptionsChanged("room_1", ON))
    await eventually(lambda: here.captions("room_1") == ON)

    await other.together.ensemble.close()

    await eventually(lambda: len(here.together.ensemble.exchange.others) == 1)
    assert here.captions("room_1") == ON
    # What stands is told again now and then; it never says anything else.
    assert {event.captions["state"] for event in here.told} == {"on"}
