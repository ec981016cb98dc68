"""What a shop says whatever the room, for whoever puts it into other languages: of its products only the variants.

Titles and descriptions of products belong to each of them, and what an offer, an auction or a chapter of a replay is
called is its product's title.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from livehub.accounts.principal import Principal
from livehub.commerce.catalog.shop import Shop


class WordKind(StrEnum):
    BUNDLE = "bundle"
    DONATION = "donation"
    CATEGORY = "category"
    VARIANT = "variant"
    PLACE = "place"  # where orders are picked up
    DIRECTIONS = "directions"  # how to find it
    NOTE = "note"  # that comes with digital goods


@dataclass(frozen=True, slots=True)
class ShopWord:
    kind: WordKind
    text: str


class ShopWordStore(Protocol):
    async def of_store(self, store_id: str, skip: int, limit: int) -> Sequence[ShopWord]:
        """Each text once, by kind and then by text."""

    async def find(self, store_id: str, text: str) -> ShopWord | None:
        """That very text."""


class ShopWords:
    """The store owner's alone."""

    def __init__(self, store: ShopWordStore, shop: Shop) -> None:
        self._store: Final = store
        self._shop: Final = shop

    async def of_store(self, principal: Principal, store_id: str, skip: int, limit: int) -> Sequence[ShopWord]:
        """Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.of_store(store.id, skip, limit)

    async def find(self, principal: Principal, store_id: str, text: str) -> ShopWord | None:
        """Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.find(store.id, text)
