"""nginx with the documented configuration: any number of players costs livehub one fetch of each thing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector, web

from livehub.bench import nginx
from livehub.rooms.kinds import Visibility
from livehub.web.problem import Handler
from tests.media.conftest import until
from tests.programs import require
from tests.web.test_hls import Show
from tests.web.test_hls import show as show  # a fixture

PLAYERS = 100


@pytest.fixture
def visibility() -> Visibility:
    return Visibility.PUBLIC


@pytest.fixture
async def front(show: Show, tmp_path: Path) -> AsyncIterator[tuple[ClientSession, str, Counter[str]]]:
    """Players' session, nginx's address, and what reached livehub."""
    require("nginx", "nginx-light")
    fetched: Counter[str] = Counter()

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        fetched[request.path_qs.rpartition("/")[2]] += 1
        return await handler(request)

    inner = show.http.app
    assert inner is not None
    origin = web.Application(middlewares=[count])

    async def forward(request: web.Request) -> web.StreamResponse:
        async with show.http.session.get(
            show.http.make_url(request.path_qs), headers=dict(request.headers), auto_decompress=False
        ) as answer:
            headers = {k: v for k, v in answer.headers.items() if k.lower() not in {"transfer-encoding", "connection"}}
            return web.Response(status=answer.status, body=await answer.read(), headers=headers)

    origin.router.add_get("/{path:.*}", forward)
    runner = web.AppRunner(origin)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with (
        nginx.running(tmp_path / "nginx", port) as url,
        ClientSession(connector=TCPConnector(limit=0)) as session,
    ):
        yield session, url, fetched
    await runner.cleanup()


async def test_a_hundred_players_cost_one_fetch_of_each_thing(
    show: Show, front: tuple[ClientSession, str, Counter[str]]
) -> None:
    session, url, fetched = front
    show.begin()
    show.add_segments(1)

    async def get(path: str) -> tuple[int, str]:
        async with session.get(url + path) as answer:
            return answer.status, await answer.text()

    for path, name in ((f"{show.media}/init-0.mp4", "init-0.mp4"), (f"{show.media}/0.0.m4s", "0.0.m4s")):
        answers = await asyncio.gather(*(get(path) for _ in range(PLAYERS)))
        assert {status for status, _ in answers} == {200}
        assert fetched[name] == 1
    for part in range(3):
        blocking = f"index.m3u8?_HLS_msn=1&_HLS_part={part}"
        waiting = [asyncio.ensure_future(get(f"{show.media}/{blocking}")) for _ in range(PLAYERS)]
        await until(lambda: show.delivery.counts()[1])
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in waiting)
        show.add_part()
        answers = await asyncio.gather(*waiting)
        assert {status for status, _ in answers} == {200}
        assert all(f'"1.{part}.m4s"' in text for _, text in answers)
        assert fetched[blocking] == 1
    await get(f"{show.media}/index.m3u8?_HLS_msn=1&_HLS_part=0")  # later: kept
    assert sum(fetched.values()) == 5


async def test_the_first_who_asked_may_leave(show: Show, front: tuple[ClientSession, str, Counter[str]]) -> None:
    session, url, fetched = front
    show.begin()
    show.add_segments(1)
    blocking = "index.m3u8?_HLS_msn=1&_HLS_part=0"
    first = asyncio.ensure_future(session.get(f"{url}{show.media}/{blocking}"))
    await until(lambda: show.delivery.counts()[1])
    second = asyncio.ensure_future(session.get(f"{url}{show.media}/{blocking}"))
    await asyncio.sleep(0.1)
    first.cancel()
    await asyncio.sleep(0.1)
    show.add_part()
    answer = await second
    assert answer.status == 200
    assert fetched[blocking] == 1


async def test_errors_are_not_kept_and_playlists_come_compressed(
    show: Show, front: tuple[ClientSession, str, Counter[str]]
) -> None:
    session, url, fetched = front
    show.begin()
    show.add_segments(10)
    async with session.get(f"{url}{show.media}/99.m4s") as answer:
        assert answer.status == 404
    async with session.get(f"{url}{show.media}/99.m4s") as answer:
        assert answer.status == 404
    assert fetched["99.m4s"] == 2
    async with session.get(f"{url}{show.media}/index.m3u8", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
