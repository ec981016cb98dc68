"""Shops' checkout hooks on both databases: how many there are, and the log of who changed them."""

import asyncio
from dataclasses import replace

from livehub.clock import ManualClock
from livehub.commerce.hooks.stores import FRESH_S, MAX_LOG, MAX_PER_STORE, Change, StoreHook, StoreHooks
from livehub.errors import Conflict
from livehub.storage.database import Database
from livehub.storage.store_hooks import SqlStoreHooks
from tests.storage.test_place import Till


def hook(number: int) -> StoreHook:
    return StoreHook(f"hok_{number}", "store_1", "https://x.example/", "whsec_1", 800, "default", number)


def change(of: StoreHook, what: str, at: int) -> Change:
    return Change(of.id, what, of.url, "acc_1", at)


async def test_no_more_than_are_allowed_from_all_processes_together(migrated: Database, migrated_url: str) -> None:
    await Till(migrated).open()
    other = Database(migrated_url)
    other.start()
    sides = [SqlStoreHooks(migrated), SqlStoreHooks(other)]
    made = [hook(number) for number in range(8)]
    outcomes = await asyncio.gather(
        *(sides[one.created_at % 2].add(one, change(one, "added", 1)) for one in made), return_exceptions=True
    )
    refused = [one for one in outcomes if one is not None]
    assert all(isinstance(one, Conflict) for one in refused), refused
    assert len(refused) == len(made) - MAX_PER_STORE
    assert len(await sides[0].of_store("store_1")) == MAX_PER_STORE
    await other.close()


async def test_what_is_kept_comes_back_and_the_log_ends(migrated: Database) -> None:
    await Till(migrated).open()
    store, one = SqlStoreHooks(migrated), hook(1)
    await store.add(one, change(one, "added", 0))
    rotated = replace(one, secret="whsec_2", previous_secret="whsec_1", previous_until=9)
    for at in range(1, MAX_LOG + 10):
        await store.keep(rotated, change(rotated, "rotated", at))
    assert await store.of_store("store_1") == [rotated]
    log = await store.log("store_1")
    assert [line.at for line in log] == list(range(MAX_LOG + 9, 9, -1))
    await store.remove(rotated, change(rotated, "removed", 1000))
    assert await store.of_store("store_1") == []
    assert (await store.log("store_1"))[0].what == "removed"


class Slow(SqlStoreHooks):
    """Counts how often it is read, and waits before it answers."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.read, self.gate = 0, asyncio.Event()

    async def of_store(self, store_id: str) -> list[StoreHook]:
        self.read += 1
        found = await super().of_store(store_id)
        await self.gate.wait()
        return found


async def test_a_rush_reads_them_once_and_a_change_meanwhile_is_seen(migrated: Database, clock: ManualClock) -> None:
    await Till(migrated).open()
    slow = Slow(migrated)
    hooks = StoreHooks(slow, clock)
    rush = [asyncio.create_task(hooks.rested("store_1")) for _ in range(500)]
    while not slow.read:
        await asyncio.sleep(0)
    slow.gate.set()
    assert await asyncio.gather(*rush) == [()] * 500
    assert slow.read == 1
    # Read, but not told yet, when the merchant adds one: whoever comes after that sees it.
    clock.advance(FRESH_S)
    slow.gate.clear()
    before = asyncio.create_task(hooks.rested("store_1"))
    while slow.read < 2:
        await asyncio.sleep(0)
    await slow.add(hook(1), change(hook(1), "added", 1))
    hooks.forget("store_1")
    after = [asyncio.create_task(hooks.rested("store_1")) for _ in range(3)]
    slow.gate.set()
    await before
    assert [[one.hook for one in found] for found in await asyncio.gather(*after)] == [[hook(1)]] * 3
    assert slow.read == 3
    await hooks.close()
