"""Stores, products and their variants in SQL."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, cast, func, insert, select, update

from livehub.commerce.catalog.errors import CategoryNotFound, StockShort
from livehub.commerce.catalog.expecting import require_expected
from livehub.commerce.catalog.gallery import Gallery, Shown, with_first
from livehub.commerce.catalog.model import (
    ALL_PRODUCTS,
    NewVariant,
    Offer,
    Product,
    ProductPatch,
    ProductQuery,
    Store,
    Variant,
    VariantPatch,
)
from livehub.commerce.catalog.stock_levels import Reason
from livehub.commerce.errors import ProductNotFound, SkuNotFound, SkuTaken
from livehub.commerce.money import Money
from livehub.errors import InvalidInput
from livehub.ids import new_id
from livehub.storage.commerce import categories, offers, products, stock_moves, stores, variants
from livehub.storage.database import Database
from livehub.storage.galleries import lock_gallery, more_names, read_gallery, write_gallery
from livehub.storage.offers import close_offers
from livehub.storage.writer import Tx

# PostgreSQL's sum of BIGINT is NUMERIC, which would go out as a string.
_available = (
    select(cast(func.coalesce(func.sum(offers.c.available), 0), BigInteger))
    .where(offers.c.variant_id == variants.c.id)
    .scalar_subquery()
)
_in_offers = _available.label("in_offers")
_VARIANTS = (
    select(variants, stores.c.currency, _in_offers)
    .join(stores, stores.c.id == variants.c.store_id)
    .where(~variants.c.archived)
    .order_by(variants.c.position)
)


class SqlCatalog:
    """Implements :class:`livehub.commerce.catalog.ports.CatalogStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_store(self, store: Store) -> None:
        values = {name: getattr(store, name) for name in Store.__slots__}
        await self._database.write(lambda tx: tx.execute(insert(stores), values).close())

    async def store(self, store_id: str) -> Store | None:
        found = await self._stores(stores.c.id == store_id)
        return found[0] if found else None

    async def stores_of(self, owner_id: str) -> list[Store]:
        return await self._stores(stores.c.owner_id == owner_id)

    async def store_of(self, store_id: str) -> tuple[str, str] | None:
        """Whose a store is and what it is called: what rooms ask (``livehub.rooms.ports.StoreOf``)."""
        store = await self.store(store_id)
        return None if store is None else (store.owner_id, store.title)

    async def _stores(self, condition: Any) -> list[Store]:
        statement = select(stores).where(condition).order_by(stores.c.id)
        return await self._database.read(
            lambda connection: [Store(**row._mapping) for row in connection.execute(statement)]
        )

    async def add_product(self, product: Product, new: Sequence[NewVariant], by: str = "") -> Product:
        def write(tx: Tx) -> Product:
            require_free_skus(tx, product.store_id, [variant.sku for variant in new])
            require_category(tx, product.store_id, product.category_id)
            tx.execute(
                insert(products),
                {
                    "id": product.id,
                    "store_id": product.store_id,
                    "title": product.title,
                    "description": product.description,
                    "picture": product.picture,
                    "created_at": product.created_at,
                    "handle": product.handle,
                    "category_id": product.category_id,
                },
            )
            for position, variant in enumerate(new):
                add_variant(tx, product, variant, position, by, product.created_at)
            return load_product(tx, product.id)

        return await self._database.write(write)

    async def product(self, product_id: str) -> Product | None:
        statement = select(products).where(products.c.id == product_id, products.c.archived_at.is_(None))

        def read(connection: Connection) -> Product | None:
            row = connection.execute(statement).first()
            return None if row is None else with_variants(connection, [row])[0]

        return await self._database.read(read)

    async def products(
        self, store_id: str, after: str | None, limit: int, wanted: ProductQuery = ALL_PRODUCTS
    ) -> list[Product]:
        statement = (
            select(products)
            .where(products.c.store_id == store_id, products.c.archived_at.is_(None), products.c.id > (after or ""))
            .order_by(products.c.id)
            .limit(limit)
        )
        if wanted.category_id is not None:
            statement = statement.where(products.c.category_id.in_(_with_those_beneath(wanted.category_id)))
        for word in wanted.words():
            statement = statement.where(_says(word))
        if wanted.low:
            low = (variants.c.low_stock >= variants.c.free + _available) & ~variants.c.archived
            statement = statement.where(
                select(variants.c.id).where(variants.c.product_id == products.c.id, low).exists()
            )
        return await self._database.read(
            lambda connection: with_variants(connection, connection.execute(statement).all())
        )

    async def products_of(self, variant_ids: Sequence[str]) -> list[Product]:
        having = select(variants.c.product_id).where(variants.c.id.in_(variant_ids))
        statement = select(products).where(products.c.id.in_(having))

        def read(connection: Connection) -> list[Product]:
            rows = connection.execute(statement).all() if variant_ids else []
            return with_variants(connection, rows)

        return await self._database.read(read)

    async def change_product(self, product: Product, patch: ProductPatch, by: str = "", at_ms: int = 0) -> Product:
        def write(tx: Tx) -> Product:
            if patch.expected is not None:  # whoever else changes it waits, and sees what was written here
                tx.execute(select(products.c.id).where(products.c.id == product.id).with_for_update()).close()
            present = load_product(tx, product.id)
            if patch.expected is not None:
                require_expected(present, patch.expected)
            known = {variant.sku: variant for variant in present.variants}
            added = [_complete(change, index) for index, change in enumerate(patch.variants) if change.sku not in known]
            require_free_skus(tx, product.store_id, [variant.sku for variant in added])
            rows = [_variant_change(tx, known[change.sku], change) for change in patch.variants if change.sku in known]
            texts = {"title": patch.title, "description": patch.description}
            given: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
            if patch.category_id is not None:
                require_category(tx, product.store_id, patch.category_id or None)
                given["category_id"] = patch.category_id or None
            if given:
                tx.execute(update(products).where(products.c.id == product.id).values(given))
            for variant_id, values in rows:
                if values:
                    tx.execute(update(variants).where(variants.c.id == variant_id).values(values))
                if "received" in values:
                    log_move(tx, variant_id, Reason.CORRECTED, by, at_ms)
            for position, variant in enumerate(added, start=len(present.variants)):
                add_variant(tx, product, variant, position, by, at_ms)
            return load_product(tx, product.id)

        return await self._database.write(write)

    async def set_picture(
        self, product_id: str, picture: str | None, *, sku: str | None = None, source: str | None = None
    ) -> Product:
        def write(tx: Tx) -> Product:
            known = load_product(tx, product_id)
            values = {"picture": picture, "picture_source": source}
            if sku is None:
                first = None if picture is None else Shown(picture, source)
                write_gallery(tx, product_id, with_first(lock_gallery(tx, product_id), first))
            else:
                if sku not in {variant.sku for variant in known.variants}:
                    raise SkuNotFound(field="sku")
                own = (variants.c.product_id == product_id) & (variants.c.sku == sku) & ~variants.c.archived
                tx.execute(update(variants).where(own).values(values))
            return load_product(tx, product_id)

        return await self._database.write(write)

    async def gallery(self, product_id: str) -> Gallery:
        return await self._database.read(lambda connection: read_gallery(connection, product_id))

    async def change_gallery(self, product_id: str, change: Callable[[Gallery], Gallery]) -> Product:
        def write(tx: Tx) -> Product:
            present = lock_gallery(tx, product_id)
            changed = change(present)
            if changed != present:
                write_gallery(tx, product_id, changed)
            return load_product(tx, product_id)

        return await self._database.write(write)

    async def archive(self, product_id: str, at_ms: int) -> list[Offer]:
        def write(tx: Tx) -> list[Offer]:
            product = load_product(tx, product_id)
            ids = [variant.id for variant in product.variants]
            closed = close_offers(tx, offers.c.variant_id.in_(ids), at_ms)
            tx.execute(update(products).where(products.c.id == product_id).values(archived_at=at_ms))
            tx.execute(update(variants).where(variants.c.id.in_(ids)).values(archived=True))
            return closed

        return await self._database.write(write)


def load_product(tx: Tx | Connection, product_id: str) -> Product:
    row = tx.execute(select(products).where(products.c.id == product_id, products.c.archived_at.is_(None))).first()
    if row is None:
        raise ProductNotFound
    return with_variants(tx, [row])[0]


def with_variants(tx: Tx | Connection, rows: Sequence[Row[Any]]) -> list[Product]:
    by_product: dict[str, list[Variant]] = {row.id: [] for row in rows}
    for row in tx.execute(_VARIANTS.where(variants.c.product_id.in_(by_product))):
        by_product[row.product_id].append(
            Variant(
                row.id,
                row.sku,
                row.title,
                Money(row.price_minor, row.currency),
                row.free + row.in_offers,
                row.low_stock,
                row.picture,
            )
        )
    return [
        Product(
            id=row.id,
            store_id=row.store_id,
            title=row.title,
            description=row.description,
            picture=row.picture,
            variants=tuple(by_product[row.id]),
            created_at=row.created_at,
            handle=row.handle,
            category_id=row.category_id,
            more_pictures=more_names(row.more_pictures),
        )
        for row in rows
    ]


def _with_those_beneath(category_id: str) -> Any:
    """Categories are three deep at the most."""
    ids = select(categories.c.id)
    children = ids.where(categories.c.parent_id == category_id)
    grandchildren = ids.where(categories.c.parent_id.in_(children))
    return ids.where(
        (categories.c.id == category_id) | categories.c.id.in_(children) | categories.c.id.in_(grandchildren)
    )


def _says(word: str) -> Any:
    """Whether a product's title or handle, or one of its variants' SKU or title, has ``word`` in it."""
    own = (variants.c.product_id == products.c.id) & ~variants.c.archived
    of_variant = variants.c.sku.icontains(word, autoescape=True) | variants.c.title.icontains(word, autoescape=True)
    return (
        products.c.title.icontains(word, autoescape=True)
        | products.c.handle.icontains(word, autoescape=True)
        | select(variants.c.id).where(own, of_variant).exists()
    )


def require_category(tx: Tx, store_id: str, category_id: str | None) -> None:
    """Raises: CategoryNotFound, unless it is the store's or None."""
    own = select(categories.c.id).where(categories.c.id == category_id, categories.c.store_id == store_id)
    if category_id is not None and tx.execute(own).first() is None:
        raise CategoryNotFound(field="category")


def require_free_skus(tx: Tx, store_id: str, skus: Sequence[str]) -> None:
    if not skus:
        return
    statement = select(variants.c.sku).where(
        variants.c.store_id == store_id, variants.c.sku.in_(skus), ~variants.c.archived
    )
    taken = tx.execute(statement).scalars().first()
    if taken is None and len(set(skus)) < len(skus):
        taken = next(sku for sku in skus if skus.count(sku) > 1)
    if taken is not None:
        raise SkuTaken(f'The SKU "{taken}" is already used in this store', field="variants", sku=taken)


def _complete(change: VariantPatch, index: int) -> NewVariant:
    if change.price is None or change.stock is None:
        raise InvalidInput(f'"{change.sku}" is new: give it a price and a stock', field=f"variants[{index}]")
    return NewVariant(change.sku, change.title or "", change.price, change.stock)


def _variant_change(tx: Tx, present: Variant, change: VariantPatch) -> tuple[str, dict[str, Any]]:
    """What to set. A new ``stock`` is what shall be sellable: the difference is booked into (or out of) free."""
    values: dict[str, Any] = {}
    if change.title is not None:
        values["title"] = change.title
    if change.price is not None:
        values["price_minor"] = change.price.amount_minor
    if change.stock is not None and change.stock != present.stock:
        delta = change.stock - present.stock
        free = tx.execute(select(variants.c.free).where(variants.c.id == present.id)).scalar_one()
        if free + delta < 0:
            raise StockShort(
                f"{present.stock - free} of {present.sku} are in offers; lower those first",
                field="variants",
                least=present.stock - free,
            )
        values |= {
            "free": variants.c.free + delta,
            "received": variants.c.received + delta,
            "changes": variants.c.changes + 1,
        }
    return present.id, values


def add_variant(tx: Tx, product: Product, variant: NewVariant, position: int, by: str, at_ms: int) -> None:
    variant_id = new_id("var")
    tx.execute(
        insert(variants),
        {
            "id": variant_id,
            "product_id": product.id,
            "store_id": product.store_id,
            "position": position,
            "sku": variant.sku,
            "title": variant.title,
            "price_minor": variant.price.amount_minor,
            "received": variant.stock,
            "free": variant.stock,
            "archived": False,
        },
    )
    if variant.stock:
        log_move(tx, variant_id, Reason.OPENING, by, at_ms)


def log_move(
    tx: Tx, variant_id: str, reason: Reason, by: str, at_ms: int, note: str = "", reference: str | None = None
) -> int:
    """What was just written, as a line of the variant's journal: the difference to what the journal sums to."""
    row = tx.execute(select(variants.c.free, variants.c.received, _in_offers).where(variants.c.id == variant_id)).one()
    last = select(stock_moves.c.received).where(stock_moves.c.variant_id == variant_id)
    before = tx.execute(last.order_by(stock_moves.c.seq.desc()).limit(1)).scalar() or 0
    values = {
        "variant_id": variant_id,
        "delta": row.received - before,
        "reason": reason,
        "note": note,
        "reference": reference,
        "stock": row.free + row.in_offers,
        "received": row.received,
        "by": by,
        "at": at_ms,
    }
    inserted = tx.execute(insert(stock_moves).values(values)).inserted_primary_key
    return int(inserted[0]) if inserted else 0
