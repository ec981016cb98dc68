"""What the catalogue needs of storage. Each write is atomic; its check runs inside the transaction."""

from collections.abc import Callable, Sequence
from typing import Protocol

from livehub.commerce.catalog.gallery import Gallery
from livehub.commerce.catalog.model import (
    ALL_PRODUCTS,
    NewVariant,
    Offer,
    Product,
    ProductPatch,
    ProductQuery,
    Store,
)


class CatalogStore(Protocol):
    async def add_store(self, store: Store) -> None: ...

    async def store(self, store_id: str) -> Store | None: ...

    async def stores_of(self, owner_id: str) -> list[Store]: ...

    async def add_product(self, product: Product, variants: Sequence[NewVariant], by: str = "") -> Product:
        """``by``: who it is, for the journal of the stock. Raises: SkuTaken."""

    async def product(self, product_id: str) -> Product | None:
        """None for archived ones too."""

    async def products(
        self, store_id: str, after: str | None, limit: int, wanted: ProductQuery = ALL_PRODUCTS
    ) -> list[Product]:
        """By id, oldest first."""

    async def products_of(self, variant_ids: Sequence[str]) -> list[Product]:
        """Those that have them, with all of their variants; archived ones too."""

    async def change_product(self, product: Product, patch: ProductPatch, by: str = "", at_ms: int = 0) -> Product:
        """Raises: ProductNotFound, ProductChanged, SkuTaken, StockShort, InvalidInput for a new SKU without price
        or stock."""

    async def set_picture(
        self, product_id: str, picture: str | None, *, sku: str | None = None, source: str | None = None
    ) -> Product:
        """Of the product, or of its variant ``sku``; ``source``: the address it was fetched from.

        Raises: ProductNotFound, SkuNotFound.
        """

    async def gallery(self, product_id: str) -> Gallery:
        """Raises: ProductNotFound."""

    async def change_gallery(self, product_id: str, change: Callable[[Gallery], Gallery]) -> Product:
        """Raises: ProductNotFound, what ``change`` raises."""

    async def archive(self, product_id: str, at_ms: int) -> list[Offer]:
        """Hide it and close its offers, which are returned. Raises: ProductNotFound."""
