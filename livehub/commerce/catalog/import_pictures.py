"""The pictures that a file of products names, fetched once its products are written."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from livehub.commerce.catalog.gallery import Gallery, Shown, by_address, of_file
from livehub.commerce.catalog.imports import ImportStore, Wanted
from livehub.commerce.catalog.model import Product
from livehub.commerce.catalog.picture_fetch import PictureFetcher, PictureFetchFailed
from livehub.errors import LivehubError


class GalleryStore(Protocol):
    """Of :class:`livehub.commerce.catalog.ports.CatalogStore`, what is needed here."""

    async def set_picture(
        self, product_id: str, picture: str | None, *, sku: str | None = None, source: str | None = None
    ) -> Product: ...

    async def gallery(self, product_id: str) -> Gallery: ...

    async def change_gallery(self, product_id: str, change: Callable[[Gallery], Gallery]) -> Product: ...


class ImportPictures:
    """What cannot be had is kept with its line as a fault of the import."""

    def __init__(self, store: ImportStore, catalog: GalleryStore, fetcher: PictureFetcher) -> None:
        self._store = store
        self._catalog = catalog
        self._fetcher = fetcher
        self.at_once = fetcher.at_once

    async def close(self) -> None:
        await self._fetcher.close()

    async def take(self, import_id: str, wanted: Wanted) -> int:
        """Of one product or variant, one after the other; how many could not be had."""
        try:
            if wanted.sku is None:
                return await self._gallery(import_id, wanted)
            (url,) = wanted.urls
            found = await self._fetch(import_id, wanted, [url])
            if url in found:
                await self._catalog.set_picture(wanted.product_id, found[url].name, sku=wanted.sku, source=url)
            return len(wanted.urls) - len(found)
        except LivehubError as error:  # the product, or its variant, was taken out of sale meanwhile
            await self._store.fault_picture(import_id, wanted, 0, error.error_code)
            return len(wanted.urls)

    async def _gallery(self, import_id: str, wanted: Wanted) -> int:
        present = await self._catalog.gallery(wanted.product_id)
        there = by_address(present, wanted.urls, self._fetcher.name_of)
        fetched = await self._fetch(import_id, wanted, [url for url in wanted.urls if url not in there])
        change = partial(of_file, urls=wanted.urls, there=there | fetched)
        await self._catalog.change_gallery(wanted.product_id, change)
        return len(wanted.urls) - len(there) - len(fetched)

    async def _fetch(self, import_id: str, wanted: Wanted, urls: Sequence[str]) -> dict[str, Shown]:
        found = {}
        for url in urls:
            try:
                found[url] = Shown(await self._fetcher.fetch(url), url)
            except PictureFetchFailed as failed:
                await self._store.fault_picture(import_id, wanted, wanted.urls.index(url), failed.code)
        return found
