"""Categories: a small tree of names in which a store sorts its products."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from livehub.accounts.principal import Principal
from livehub.commerce.catalog.errors import CategoryNotFound
from livehub.commerce.catalog.model import Store
from livehub.commerce.catalog.shop import Shop
from livehub.errors import InvalidInput
from livehub.ids import new_id

MAX_PER_STORE: Final = 500
MAX_DEPTH: Final = 3


@dataclass(frozen=True, slots=True)
class Category:
    """``parent_id`` None: at the root."""

    id: str
    store_id: str
    parent_id: str | None
    title: str

    def present(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title, "parent": self.parent_id}


class CategoryStore(Protocol):
    async def of_store(self, store_id: str) -> list[Category]:
        """By title."""

    async def find(self, category_id: str) -> Category | None: ...

    async def add(self, category: Category, limit: int) -> None:
        """Raises: CategoryTaken, TooManyCategories."""

    async def rename(self, category_id: str, title: str) -> Category:
        """Raises: CategoryNotFound, CategoryTaken."""

    async def remove(self, category_id: str) -> None:
        """Those beneath it and its products go up to its parent."""


class Categories:
    """The store owner's alone."""

    def __init__(self, store: CategoryStore, shop: Shop) -> None:
        self._store = store
        self._shop = shop

    async def of_store(self, principal: Principal, store_id: str) -> list[Category]:
        """By title. Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.of_store(store.id)

    async def add(self, principal: Principal, store_id: str, title: str, parent_id: str | None) -> Category:
        """Raises: StoreNotFound, Forbidden, CategoryNotFound, CategoryTaken, TooManyCategories, InvalidInput."""
        store = await self._shop.own_store(principal, store_id)
        if parent_id is not None:
            _require_room(await self._store.of_store(store.id), parent_id)
        category = Category(new_id("cat"), store.id, parent_id, title)
        await self._store.add(category, MAX_PER_STORE)
        return category

    async def rename(self, principal: Principal, category_id: str, title: str) -> Category:
        """Raises: CategoryNotFound, also for somebody else's; CategoryTaken."""
        return await self._store.rename((await self._own(principal, category_id)).id, title)

    async def remove(self, principal: Principal, category_id: str) -> None:
        """Its products stay. Raises: CategoryNotFound, also for somebody else's."""
        await self._store.remove((await self._own(principal, category_id)).id)

    async def _own(self, principal: Principal, category_id: str) -> Category:
        category = await self._store.find(category_id)
        stores: Sequence[Store] = await self._shop.stores_of(principal)
        if category is None or category.store_id not in {store.id for store in stores}:
            raise CategoryNotFound
        return category


def _require_room(known: Sequence[Category], parent_id: str) -> None:
    """Raises: CategoryNotFound, InvalidInput."""
    if len(path_of(known, parent_id)) >= MAX_DEPTH:
        raise InvalidInput(f"Categories are {MAX_DEPTH} deep at the most", field="parent")


def path_of(known: Sequence[Category], category_id: str | None) -> list[Category]:
    """From the root to that one; empty for None. Raises: CategoryNotFound."""
    path: list[Category] = []
    by_id = {category.id: category for category in known}
    while category_id is not None:
        if category_id not in by_id or len(path) > MAX_DEPTH:
            raise CategoryNotFound(field="parent")
        path.append(by_id[category_id])
        category_id = by_id[category_id].parent_id
    return path[::-1]
