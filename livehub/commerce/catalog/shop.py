"""The shop desk's side of the catalog: stores, products, pictures. Everything here is the store owner's alone."""

from collections.abc import Sequence

from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.announcer import Announcer
from livehub.commerce.catalog.errors import PictureNotFetched, TooManyPictures
from livehub.commerce.catalog.gallery import MAX_PICTURES, Shown, added, arranged, without
from livehub.commerce.catalog.model import ALL_PRODUCTS, NewVariant, Product, ProductPatch, ProductQuery, Store
from livehub.commerce.catalog.picture_fetch import PictureFetcher, PictureFetchFailed
from livehub.commerce.catalog.pictures import PictureStore
from livehub.commerce.catalog.ports import CatalogStore
from livehub.commerce.errors import CurrencyMismatch, ProductNotFound, StoreNotFound
from livehub.commerce.money import Money, check_currency
from livehub.errors import Forbidden
from livehub.ids import new_id


class Shop:
    def __init__(
        self,
        catalog: CatalogStore,
        pictures: PictureStore,
        fetcher: PictureFetcher,
        announcer: Announcer,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._fetcher = fetcher
        self._announcer = announcer
        self._clock = clock
        self.pictures = pictures

    async def open(self, principal: Principal, title: str, currency: str) -> Store:
        """Raises: Forbidden without an account; CurrencyUnknown."""
        principal.require_account()
        store = Store(new_id("store"), principal.identity, title, check_currency(currency), self._clock.now_ms())
        await self._catalog.add_store(store)
        return store

    async def stores_of(self, principal: Principal) -> list[Store]:
        return await self._catalog.stores_of(principal.identity) if principal.is_account else []

    async def own_store(self, principal: Principal, store_id: str) -> Store:
        """Raises: StoreNotFound; Forbidden (``not_store_owner``)."""
        store = await self._catalog.store(store_id)
        if store is None:
            raise StoreNotFound
        if not principal.is_account or store.owner_id != principal.identity:
            raise Forbidden("This is somebody else's store", code="not_store_owner")
        return store

    async def add_product(
        self,
        principal: Principal,
        store_id: str,
        title: str,
        description: str,
        variants: Sequence[NewVariant],
        category_id: str | None = None,
    ) -> Product:
        """Raises: StoreNotFound, Forbidden, CurrencyUnknown, CurrencyMismatch, SkuTaken, CategoryNotFound."""
        store = await self.own_store(principal, store_id)
        for index, variant in enumerate(variants):
            require_currency(variant.price, store, f"variants[{index}].price.currency")
        product = Product(
            new_id("prd"), store.id, title, description, None, (), self._clock.now_ms(), category_id=category_id
        )
        return await self._catalog.add_product(product, variants, principal.identity)

    async def products(
        self,
        principal: Principal,
        store_id: str,
        after: str | None,
        limit: int,
        wanted: ProductQuery = ALL_PRODUCTS,
    ) -> list[Product]:
        """Oldest first. Raises: StoreNotFound, Forbidden."""
        store = await self.own_store(principal, store_id)
        return await self._catalog.products(store.id, after, limit, wanted)

    async def change_product(self, principal: Principal, product_id: str, patch: ProductPatch) -> Product:
        """Raises: ProductNotFound, Forbidden, ProductChanged, CurrencyMismatch, SkuTaken, StockShort, InvalidInput."""
        product, store = await self._own_product(principal, product_id)
        for index, variant in enumerate(patch.variants):
            if variant.price is not None:
                require_currency(variant.price, store, f"variants[{index}].price.currency")
        return await self._catalog.change_product(product, patch, principal.identity, self._clock.now_ms())

    async def archive(self, principal: Principal, product_id: str) -> None:
        """Takes it, and its offers, out of sale; orders keep it. Raises: ProductNotFound, Forbidden."""
        product, _ = await self._own_product(principal, product_id)
        closed = await self._catalog.archive(product.id, self._clock.now_ms())
        self._announcer.touch(offer.id for offer in closed)

    async def set_picture(
        self, principal: Principal, product_id: str, data: bytes | None, sku: str | None = None
    ) -> Product:
        """Of the product, or of its variant ``sku``; None takes it off.

        Raises: ProductNotFound, Forbidden, PictureUnreadable, SkuNotFound.
        """
        product, _ = await self._own_product(principal, product_id)
        name = None if data is None else await self.pictures.save(data)
        return await self._catalog.set_picture(product.id, name, sku=sku)

    async def add_picture(self, principal: Principal, product_id: str, data: bytes) -> Product:
        """As the last one. Raises: ProductNotFound, Forbidden, PictureUnreadable, TooManyPictures."""
        await self._require_room_for_picture(principal, product_id)
        new = Shown(await self.pictures.save(data))
        return await self._catalog.change_gallery(product_id, lambda gallery: added(gallery, new))

    async def link_picture(self, principal: Principal, product_id: str, url: str) -> Product:
        """Fetched from ``url``. Raises: ProductNotFound, Forbidden, PictureNotFetched, TooManyPictures."""
        await self._require_room_for_picture(principal, product_id)
        try:
            new = Shown(await self._fetcher.fetch(url), url)
        except PictureFetchFailed as failed:
            raise PictureNotFetched(code=failed.code, field="url") from None
        return await self._catalog.change_gallery(product_id, lambda gallery: added(gallery, new))

    async def arrange_pictures(self, principal: Principal, product_id: str, names: Sequence[str]) -> Product:
        """Raises: ProductNotFound, Forbidden, PicturesChanged."""
        product, _ = await self._own_product(principal, product_id)
        return await self._catalog.change_gallery(product.id, lambda gallery: arranged(gallery, names))

    async def remove_picture(self, principal: Principal, product_id: str, name: str) -> Product:
        """Raises: ProductNotFound, Forbidden, PictureNotFound."""
        product, _ = await self._own_product(principal, product_id)
        return await self._catalog.change_gallery(product.id, lambda gallery: without(gallery, name))

    async def _require_room_for_picture(self, principal: Principal, product_id: str) -> None:
        """Before one is decoded, or fetched, for nothing."""
        product, _ = await self._own_product(principal, product_id)
        if len(product.pictures) >= MAX_PICTURES:
            raise TooManyPictures(limit=MAX_PICTURES)

    async def own_product(self, principal: Principal, product_id: str) -> Product:
        """Raises: ProductNotFound, Forbidden."""
        product, _ = await self._own_product(principal, product_id)
        return product

    async def require_own_product(self, principal: Principal, product_id: str) -> None:
        """Before a large body is read. Raises: ProductNotFound, Forbidden."""
        await self._own_product(principal, product_id)

    async def _own_product(self, principal: Principal, product_id: str) -> tuple[Product, Store]:
        product = await self._catalog.product(product_id)
        if product is None:
            raise ProductNotFound
        return product, await self.own_store(principal, product.store_id)


def require_currency(price: Money, store: Store, field: str) -> None:
    """Raises: CurrencyUnknown, CurrencyMismatch."""
    check_currency(price.currency)
    if price.currency != store.currency:
        raise CurrencyMismatch(f"The store sells in {store.currency}, not in {price.currency}", field=field)
