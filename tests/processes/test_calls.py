"""One process's media plane as the others reach it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub.bench.valkey import Valkey
from livehub.clock import SystemClock
from livehub.events import EventBus, StageChanged
from livehub.media.cluster import carried
from livehub.media.errors import MediaSessionNotFound
from livehub.media.plane import MediaPlane
from livehub.media.remote import NoMediaProcess, RemoteMedia, serve_media
from livehub.media.stage import Pin, StageOrders
from livehub.processes.calls import Calls
from livehub.processes.ensemble import Ensemble
from tests.processes.conftest import QUICK, eventually


class Side:
    """A process with or without media."""

    def __init__(self, valkey: Valkey, role: str) -> None:
        self.bus = EventBus()
        self.ensemble = Ensemble(valkey.url, prefix="calls", role=role, own_url=f"http://{role}", limits=QUICK)
        self.calls = Calls(self.ensemble.exchange, QUICK, carried.name_error)
        self.ensemble.finally_close(self.calls.close)


@pytest.fixture
async def sides(shared_valkey: Valkey) -> AsyncIterator[tuple[Side, Side]]:
    web, media = Side(shared_valkey, "web"), Side(shared_valkey, "media")
    await web.ensemble.start()
    await media.ensemble.start()
    yield web, media
    await web.ensemble.close()
    await media.ensemble.close()


@pytest.fixture
async def plane(sides: tuple[Side, Side]) -> AsyncIterator[MediaPlane]:
    plane = MediaPlane(0, bus=sides[1].bus, clock=SystemClock())
    await plane.start()
    yield plane
    await plane.close()


async def test_what_is_asked_is_answered_and_refused_as_by_the_plane(
    sides: tuple[Side, Side], plane: MediaPlane
) -> None:
    web, media = sides
    serve_media(media.calls, plane)
    remote = RemoteMedia(web.ensemble.exchange, web.calls, web.bus, ("media",))
    service: Any = remote.as_service()
    await eventually(lambda: web.ensemble.exchange.of_role("media"))

    orders = StageOrders((Pin("host", None),), frozenset({"ann"}), frozenset())
    assert await service.direct("room_1", orders) is None
    with pytest.raises(MediaSessionNotFound):
        await service.choose("nothing", "ann", [])
    assert remote.owner()[1].url == "http://media"


async def test_without_a_media_process_it_says_so(sides: tuple[Side, Side]) -> None:
    web, media = sides
    remote = RemoteMedia(web.ensemble.exchange, web.calls, web.bus, ("media",))
    service: Any = remote.as_service()
    told: list[StageChanged] = []
    web.bus.subscribe(StageChanged, told.append)
    web.bus.hear(StageChanged("room_1", ({"publisher": "host"},)))
    assert remote.tracks("room_1")
    await eventually(lambda: web.ensemble.exchange.of_role("media"))

    await media.ensemble.close()

    await eventually(lambda: not web.ensemble.exchange.of_role("media"))
    assert told[-1] == StageChanged("room_1", ())
    assert not remote.tracks("room_1")
    with pytest.raises(NoMediaProcess):
        await remote.check()
    with pytest.raises(NoMediaProcess):
        await service.direct("room_1", StageOrders())
