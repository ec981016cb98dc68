"""The stockroom: counting, booking in and out, and being told when little is left. The store owner's alone."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.announcer import Announcer
from livehub.commerce.catalog.shop import Shop
from livehub.commerce.catalog.stock_levels import Adjusted, Change, Entry, Level
from livehub.errors import LivehubError
from livehub.ratelimit import TokenBuckets

#: changes of one account: a whole warehouse at once, then as many as a system that sends each sale of its tills
CHANGES_BURST: Final = 20_000
CHANGES_PER_S: Final = 50
#: changes that are written together: more would keep the writer from the orders
_TOGETHER: Final = 20
#: variants that are looked at in one round of the watch
WATCHED: Final = 200


class StockStore(Protocol):
    async def level(self, store_id: str, sku: str) -> Level | None: ...

    async def levels(self, store_id: str, after: str | None, limit: int, *, low: bool) -> list[Level]:
        """By SKU. ``low``: only those that have little left."""

    async def adjust(self, store_id: str, change: Change, by: str, at_ms: int) -> Adjusted:
        """Raises: SkuNotFound, StockShort, StockChanged, InvalidInput."""

    async def journal(self, store_id: str, sku: str, after: int | None, limit: int) -> list[Entry]:
        """Newest first. Raises: SkuNotFound."""

    async def set_low(self, store_id: str, sku: str, low_stock: int | None) -> Level:
        """Raises: SkuNotFound."""

    async def watch(self, at_ms: int, limit: int) -> int:
        """Tells merchants of what has just become low, and forgets what is not low any more; how many those were."""

    async def told_low(self, store_id: str, limit: int) -> list[Level]:
        """What is low now, the least first."""


class Stockroom:
    def __init__(self, store: StockStore, shop: Shop, announcer: Announcer, clock: Clock) -> None:
        self._store = store
        self._shop = shop
        self._announcer = announcer
        self._clock = clock
        self._rate = TokenBuckets(clock, CHANGES_PER_S, CHANGES_BURST)

    async def level(self, principal: Principal, store_id: str, sku: str) -> Level | None:
        """Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.level(store.id, sku)

    async def levels(
        self, principal: Principal, store_id: str, after: str | None, limit: int, *, low: bool
    ) -> list[Level]:
        """By SKU. Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.levels(store.id, after, limit, low=low)

    async def adjust(self, principal: Principal, store_id: str, change: Change) -> Adjusted:
        """Raises: StoreNotFound, Forbidden, RateLimited, SkuNotFound, StockShort, StockChanged, VersionMissing,
        InvalidInput."""
        store = await self._shop.own_store(principal, store_id)
        self._rate.take(principal.identity)
        return await self._adjust(principal, store.id, change)

    async def adjust_many(
        self, principal: Principal, store_id: str, changes: Sequence[Change]
    ) -> list[Adjusted | LivehubError]:
        """Each for itself, in their order: what one is refused with keeps none of the others back.

        Raises: StoreNotFound, Forbidden, RateLimited (none was tried).
        """
        store = await self._shop.own_store(principal, store_id)
        self._rate.take(principal.identity, len(changes))
        found: list[Adjusted | LivehubError] = []
        for start in range(0, len(changes), _TOGETHER):
            some = changes[start : start + _TOGETHER]
            found += await asyncio.gather(*(self._tried(principal, store.id, one) for one in some))
        return found

    async def _tried(self, principal: Principal, store_id: str, change: Change) -> Adjusted | LivehubError:
        try:
            return await self._adjust(principal, store_id, change)
        except LivehubError as refusal:
            return refusal

    async def _adjust(self, principal: Principal, store_id: str, change: Change) -> Adjusted:
        change.check()
        adjusted = await self._store.adjust(store_id, change, principal.identity, self._clock.now_ms())
        self._announcer.touch(adjusted.offer_ids)
        return adjusted

    async def journal(
        self, principal: Principal, store_id: str, sku: str, after: int | None, limit: int
    ) -> list[Entry]:
        """Newest first. Raises: StoreNotFound, Forbidden, SkuNotFound."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.journal(store.id, sku, after, limit)

    async def set_low(self, principal: Principal, store_id: str, sku: str, low_stock: int | None) -> Level:
        """From how few on the merchant is told; None: never. Raises: StoreNotFound, Forbidden, SkuNotFound."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.set_low(store.id, sku, low_stock)

    async def watch(self) -> None:
        """Done every few seconds by the worker: buying itself is not slowed by it."""
        while await self._store.watch(self._clock.now_ms(), WATCHED) >= WATCHED:
            pass
