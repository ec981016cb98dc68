"""A rush on the real server, and what goes wrong in the middle of it: the process, the database, the disk."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from livehub.bench.postgres import Postgres, running_postgres
from livehub.storage import migrate
from tests.e2e.server import Server
from tests.integration.rushing import SECRET, Answer, Rush
from tests.integration.small_disk import small_disk

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@asynccontextmanager
async def serving(folder: Path, **settings: str) -> AsyncIterator[Server]:
    server = Server(folder, {"LIVEHUB_SECRET": SECRET, **settings})
    try:
        await asyncio.to_thread(server.start)
        yield server
    finally:
        await asyncio.to_thread(server.stop)


async def seen(what: str, check: Callable[[], bool]) -> None:
    """Wait until ``check()`` holds; the rush that runs meanwhile brings it about."""
    deadline = asyncio.get_running_loop().time() + 30
    while not check():
        assert asyncio.get_running_loop().time() < deadline, f"it did not come to {what}"
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
async def test_of_two_thousand_at_once_a_thousand_get_one_and_the_others_are_told(
    storage: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with serving(tmp_path / "data", **_database(storage, request)) as server:
        rush = Rush(server.url, 1000)
        await rush.open()
        async with rush.browsing() as http:
            answers = await asyncio.gather(*(rush.buy(http, f"buyer-{number}") for number in range(2000)))
        told = [answer for answer in answers if isinstance(answer, Answer)]
        assert Counter(answer.status for answer in told) == {201: 1000, 409: 1000}
        assert rush.refusals == {(409, "sold_out"): 1000}
        assert {answer.body["available"] for answer in told if answer.status == 409} == {0}
        assert len(set(rush.acknowledged.values())) == 1000
        await rush.check_books()


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
async def test_of_two_thousand_who_claim_at_once_a_thousand_wait_and_inherit_in_order(
    storage: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with serving(tmp_path / "data", **_database(storage, request)) as server:
        rush = Rush(server.url, 1000)
        await rush.open()
        await rush.take_claims()
        async with rush.browsing() as http:
            keys = [f"claimer-{number}" for number in range(2000)]
            made = dict(zip(keys, await asyncio.gather(*(rush.claim(http, key) for key in keys)), strict=True))
            assert Counter(claim["state"] for claim in made.values()) == {"held": 1000, "waiting": 1000}
            line = sorted(
                (claim for claim in made.values() if claim["state"] == "waiting"), key=lambda one: one["ahead"]
            )
            assert [claim["ahead"] for claim in line] == list(range(1000)), "each was told a place of their own"
            # Fifty let theirs go at once: the first fifty of the line have them, and the others move up.
            leaving = [key for key, claim in made.items() if claim["state"] == "held"][:50]
            await asyncio.gather(*(rush.give_up(http, made[key], key) for key in leaving))
            now = await rush.claims(http)
            assert [now[claim["id"]]["state"] for claim in line[:50]] == ["held"] * 50
            assert [now[claim["id"]]["ahead"] for claim in line[50:]] == list(range(950))
            # Who waits and lets go of it leaves a gap for nobody.
            mine = next(key for key, claim in made.items() if claim["id"] == line[60]["id"])
            await rush.give_up(http, line[60], mine)
            now = await rush.claims(http)
            rest = [claim for claim in line[50:] if claim["id"] != line[60]["id"]]
            assert [now[claim["id"]]["ahead"] for claim in rest] == list(range(949))
        held = Counter(claim["state"] for claim in now.values())["held"]
        assert held == 1000, "every unit is in one hand"


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
async def test_a_kill_of_the_server_loses_and_doubles_nothing(
    storage: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with serving(tmp_path / "data", **_database(storage, request)) as server:
        rush = Rush(server.url, 3000)
        await rush.open()
        is_over = asyncio.Event()
        buying = asyncio.create_task(rush.until(is_over.is_set))
        await seen("a hundred orders", lambda: len(rush.acknowledged) >= 100)
        server.kill()
        is_over.set()
        await buying
        await asyncio.to_thread(server.start)
        await rush.check_books()
        await rush.ask_again()
        assert len(rush.acknowledged) == len(rush.sent)
        await rush.check_books()


async def test_a_kill_of_postgresql_is_said_and_outlived(tmp_path: Path) -> None:
    with running_postgres() as postgres:
        async with serving(tmp_path / "data", LIVEHUB_DATABASE_URL=_migrated(postgres)) as server:
            rush = Rush(server.url, 3000)
            await rush.open()
            is_over = asyncio.Event()
            buying = asyncio.create_task(rush.until(is_over.is_set))
            await seen("a hundred orders", lambda: len(rush.acknowledged) >= 100)
            postgres.kill()
            await seen("refusals", lambda: rush.refusals.total() >= 20)
            await asyncio.to_thread(postgres.start)
            before = len(rush.acknowledged)
            await seen("orders again, without a restart", lambda: len(rush.acknowledged) >= before + 100)
            is_over.set()
            await buying
            assert rush.refusals.keys() == {(503, "database_unavailable")}
            await rush.ask_again()
            assert len(rush.acknowledged) == len(rush.sent)
            await rush.check_books()


async def test_a_full_disk_is_said_and_outlived(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        async with serving(disk.folder / "data") as server:
            rush = Rush(server.url, 3000)
            await rush.open()
            is_over = asyncio.Event()
            buying = asyncio.create_task(rush.until(is_over.is_set))
            await seen("a hundred orders", lambda: len(rush.acknowledged) >= 100)
            assert server.process is not None
            disk.fill(server.process.pid, server.data_dir / "livehub.db")
            await seen("refusals", lambda: rush.refusals.total() >= 40)
            async with rush.browsing() as http:
                answer = await rush.refused(http, "one-more")
                assert (answer.status, answer.body["code"]) == (503, "database_unavailable")
                assert answer.body["detail"] == "The server's disk is full"
                async with http.get(f"/api/v1/rooms/{rush.room}/offers") as response:
                    assert response.status == 200, "what only reads goes on"
            disk.empty(server.process.pid)
            before = len(rush.acknowledged)
            await seen("orders again, without a restart", lambda: len(rush.acknowledged) >= before + 100)
            is_over.set()
            await buying
            assert rush.refusals.keys() == {(503, "database_unavailable")}
            server.kill()
            await asyncio.to_thread(server.start)
            await rush.check_books()
            await rush.ask_again()
            assert len(rush.acknowledged) == len(rush.sent)
            await rush.check_books()


def _database(storage: str, request: pytest.FixtureRequest) -> dict[str, str]:
    if storage == "sqlite":
        return {}
    postgres: Postgres = request.getfixturevalue("postgres")
    return {"LIVEHUB_DATABASE_URL": _migrated(postgres)}


def _migrated(postgres: Postgres) -> str:
    url = postgres.new_database()
    migrate.upgrade(url)
    return url
