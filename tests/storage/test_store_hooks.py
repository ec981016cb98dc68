"""Shops' checkout hooks on both databases: how many there are, and the log of who changed them."""

import asyncio
from dataclasses import replace

from livehub.commerce.hooks.stores import MAX_LOG, MAX_PER_STORE, Change, StoreHook
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
