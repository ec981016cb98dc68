"""Shops' own checkout hooks in SQL, with the log of who changed them."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from livehub.commerce.hooks.stores import MAX_LOG, MAX_PER_STORE, Change, StoreHook
from livehub.errors import Conflict
from livehub.storage.commerce import stores
from livehub.storage.database import Database
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

store_hooks = Table(
    "store_hooks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", String(80), nullable=False),
    Column("deadline_ms", Integer, nullable=False),
    Column("on_failure", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("previous_secret", String(80)),
    Column("previous_until", BigInteger),
    Index(None, "store_id"),
)

store_hook_changes = Table(
    "store_hook_changes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("hook_id", String(40), nullable=False),
    Column("what", String(16), nullable=False),
    Column("url", Text, nullable=False),
    Column("by", String(160), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "store_id", "id"),
)

_H, _C = store_hooks.c, store_hook_changes.c


class SqlStoreHooks:
    """Implements :class:`livehub.commerce.hooks.stores.StoreHookStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_store(self, store_id: str) -> list[StoreHook]:
        statement = select(store_hooks).where(_H.store_id == store_id).order_by(_H.created_at, _H.id)
        return await self._database.read(
            lambda connection: [StoreHook(**row._mapping) for row in connection.execute(statement)]
        )

    async def add(self, hook: StoreHook, change: Change) -> None:
        def write(tx: Tx) -> None:
            # the shop's row is locked, so that two processes do not both find room
            tx.execute(select(stores.c.id).where(stores.c.id == hook.store_id).with_for_update()).close()
            own = select(func.count()).select_from(store_hooks).where(_H.store_id == hook.store_id)
            if tx.execute(own).scalar_one() >= MAX_PER_STORE:
                raise Conflict(f"A store has at most {MAX_PER_STORE} checkout hooks", code="too_many_hooks")
            tx.execute(insert(store_hooks), _values(hook)).close()
            _log(tx, hook.store_id, change)

        await self._database.write(write)

    async def keep(self, hook: StoreHook, change: Change) -> None:
        def write(tx: Tx) -> None:
            tx.execute(update(store_hooks).where(_H.id == hook.id).values(_values(hook))).close()
            _log(tx, hook.store_id, change)

        await self._database.write(write)

    async def remove(self, hook: StoreHook, change: Change) -> None:
        def write(tx: Tx) -> None:
            tx.execute(delete(store_hooks).where(_H.id == hook.id)).close()
            _log(tx, hook.store_id, change)

        await self._database.write(write)

    async def log(self, store_id: str) -> list[Change]:
        statement = select(store_hook_changes).where(_C.store_id == store_id).order_by(_C.id.desc()).limit(MAX_LOG)
        return await self._database.read(
            lambda connection: [
                Change(row.hook_id, row.what, row.url, row.by, row.at) for row in connection.execute(statement)
            ]
        )


def _values(hook: StoreHook) -> dict[str, Any]:
    return {name: getattr(hook, name) for name in StoreHook.__slots__}


def _log(tx: Tx, store_id: str, change: Change) -> None:
    values = {"store_id": store_id, **{name: getattr(change, name) for name in Change.__slots__}}
    tx.execute(insert(store_hook_changes), values).close()
    oldest = select(_C.id).where(_C.store_id == store_id).order_by(_C.id.desc()).offset(MAX_LOG).limit(1)
    last = tx.execute(oldest).scalar()
    if last is not None:
        tx.execute(delete(store_hook_changes).where(_C.store_id == store_id, _C.id <= last)).close()
