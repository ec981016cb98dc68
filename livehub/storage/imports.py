"""Imports in SQL: what a file would change, and changing it, one product a commit."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from livehub.commerce.catalog.categories import MAX_PER_STORE, path_of
from livehub.commerce.catalog.diff import Difference, Present, RowKind, plan
from livehub.commerce.catalog.errors import ImportRunning
from livehub.commerce.catalog.imports import ACTIVE, STALE_MS, Import, ImportState, Row, Wanted
from livehub.commerce.catalog.model import NewVariant, Product, Store
from livehub.commerce.catalog.product_csv import Fault, FileProduct, FileVariant
from livehub.commerce.catalog.stock_levels import ANY_VERSION, Change, Reason
from livehub.commerce.money import Money
from livehub.errors import Conflict
from livehub.ids import new_id
from livehub.storage.catalog import add_variant, require_free_skus, with_variants
from livehub.storage.categories import category_at, load_categories
from livehub.storage.commerce import categories, products, stores, variants
from livehub.storage.database import Database
from livehub.storage.galleries import gallery_of
from livehub.storage.import_tables import catalog_imports, import_rows
from livehub.storage.stockroom import adjust
from livehub.storage.writer import Tx

_I, _R = catalog_imports.c, import_rows.c
_WRITABLE = (RowKind.CREATE, RowKind.CHANGE)


class SqlImports:
    """Implements :class:`livehub.commerce.catalog.imports.ImportStore`.

    ``public_url``: where this server's pictures are."""

    def __init__(self, database: Database, public_url: str) -> None:
        self._database = database
        self._public_url = public_url

    async def add(self, new: Import) -> None:
        values = {name: getattr(new, name) for name in Import.__slots__}

        def write(tx: Tx) -> None:
            _require_alone(tx, new, new.created_at)
            tx.execute(insert(catalog_imports), values).close()

        await self._database.write(write)

    async def begin_writing(self, found: Import, at_ms: int, total: int) -> bool:
        state = {"state": ImportState.WRITING, "total": total, "position": found.written, "touched_at": at_ms}
        statement = update(catalog_imports).where(_I.id == found.id, _I.state == found.state).values(state)

        def write(tx: Tx) -> bool:
            _require_alone(tx, found, at_ms)
            return tx.execute(statement).rowcount == 1

        return await self._database.write(write)

    async def find(self, import_id: str) -> Import | None:
        found = await self._imports(select(catalog_imports).where(_I.id == import_id))
        return found[0] if found else None

    async def of_store(self, store_id: str, limit: int) -> list[Import]:
        own = select(catalog_imports).where(_I.store_id == store_id)
        return await self._imports(own.order_by(_I.id.desc()).limit(limit))

    async def _imports(self, statement: Any) -> list[Import]:
        def read(connection: Connection) -> list[Import]:
            rows = connection.execute(statement)
            return [Import(**{**row._mapping, "state": ImportState(row.state)}) for row in rows]

        return await self._database.read(read)

    async def change(self, import_id: str, expected: ImportState, **values: Any) -> bool:
        statement = update(catalog_imports).where(_I.id == import_id, _I.state == expected).values(values)
        return await self._database.write(lambda tx: tx.execute(statement).rowcount == 1)

    async def present(self, store_id: str, wanted: Sequence[FileProduct]) -> Present:
        return await self._database.read(lambda connection: self._present(connection, store_id, wanted))

    def _present(self, tx: Tx | Connection, store_id: str, wanted: Sequence[FileProduct]) -> Present:
        handles = [one.handle for one in wanted if one.handle]
        skus = [variant.sku for one in wanted for variant in one.variants]
        of_skus = select(variants.c.product_id).where(
            variants.c.store_id == store_id, variants.c.sku.in_(skus), ~variants.c.archived
        )
        rows = tx.execute(
            select(products).where(
                products.c.store_id == store_id,
                products.c.archived_at.is_(None),
                products.c.handle.in_(handles) | products.c.id.in_(handles) | products.c.id.in_(of_skus),
            )
        ).all()
        found = with_variants(tx, rows)
        known = load_categories(tx, categories.c.store_id == store_id)
        paths = {one.id: tuple(part.title for part in path_of(known, one.id)) for one in known}
        by_handle = {product.id: product for product in found}
        by_handle |= {product.handle: product for product in found if product.handle}
        by_sku = {variant.sku: product for product in found for variant in product.variants}
        return Present(by_handle, by_sku, paths, self._galleries(rows), self._of_variants(tx, found))

    def _of_variants(self, tx: Tx | Connection, found: Sequence[Product]) -> dict[str, tuple[str, ...]]:
        own = select(variants.c.sku, variants.c.picture, variants.c.picture_source).where(
            variants.c.product_id.in_([one.id for one in found]), ~variants.c.archived
        )
        return {row.sku: self._addresses(row.picture, row.picture_source) for row in tx.execute(own)}

    def _galleries(self, rows: Sequence[Any]) -> dict[str, tuple[tuple[str, ...], ...]]:
        return {row.id: tuple(self._addresses(one.name, one.source) for one in gallery_of(row)) for row in rows}

    def _addresses(self, picture: str | None, source: str | None) -> tuple[str, ...]:
        if picture is None:
            return ()
        here = f"{self._public_url}/pictures/{picture}.webp"
        return (here,) if source is None else (source, here)

    async def keep_rows(self, import_id: str, rows: Sequence[Row]) -> None:
        values = [
            {
                "import_id": import_id,
                "position": row.position,
                "line": row.line,
                "kind": row.kind,
                "handle": row.handle[:255],
                "title": row.title,
                "differences": _json(row.differences),
                "faults": _json(row.faults),
                "outcome": "",
                "product": _json(row.product),
            }
            for row in rows
        ]
        if values:
            await self._database.write(lambda tx: tx.execute(insert(import_rows), values).close())

    async def rows(self, import_id: str, kind: RowKind | None, after: int, limit: int) -> list[Row]:
        statement = select(import_rows).where(_R.import_id == import_id, _R.position > after)
        if kind is not None:
            statement = statement.where(_R.kind == kind)
        return await self._rows(statement.order_by(_R.position).limit(limit))

    async def to_write(self, import_id: str, limit: int) -> list[Row]:
        waiting = (_R.import_id == import_id) & (_R.outcome == "") & (_R.kind != RowKind.ERROR)
        return await self._rows(select(import_rows).where(waiting).order_by(_R.position).limit(limit))

    async def _rows(self, statement: Any) -> list[Row]:
        return await self._database.read(lambda connection: [_row(row) for row in connection.execute(statement)])

    async def write_row(self, store: Store, import_id: str, row: Row, by: str, at_ms: int) -> Sequence[str] | None:
        own = (_R.import_id == import_id) & (_R.position == row.position)

        def write(tx: Tx) -> Sequence[str] | None:
            if tx.execute(select(_R.outcome).where(own).with_for_update()).scalar() != "":
                return None
            planned = plan(row.product, self._present(tx, store.id, [row.product]))
            if planned.kind is not row.kind or planned.differences != row.differences:
                raise Conflict("It was changed since the preview", code="changed_meanwhile")
            touched: list[str] = []
            if planned.product is None:
                product_id = _create(tx, store, row.product, by, at_ms)
            else:
                product_id = planned.product.id
                touched = _change(tx, store, planned.product, row, by, at_ms)
            tx.execute(update(import_rows).where(own).values(outcome="written", product_id=product_id)).close()
            return touched

        return await self._database.write(write)

    async def refuse_row(self, import_id: str, position: int, outcome: str) -> None:
        own = (_R.import_id == import_id) & (_R.position == position) & (_R.outcome == "")
        statement = update(import_rows).where(own).values(outcome=outcome)
        await self._database.write(lambda tx: tx.execute(statement).close())

    async def tried(self, import_id: str) -> tuple[int, int]:
        was_written = _R.outcome == "written"
        counts = func.count().filter(was_written), func.count().filter(~was_written)
        statement = select(*counts).where(_R.import_id == import_id, _R.outcome != "")

        def read(connection: Connection) -> tuple[int, int]:
            written, refused = connection.execute(statement).one()
            return int(written), int(refused)

        return await self._database.read(read)

    async def touch(self, import_id: str, at_ms: int) -> None:
        alive = update(catalog_imports).where(_I.id == import_id, _I.state.in_(ACTIVE)).values(touched_at=at_ms)
        await self._database.write(lambda tx: tx.execute(alive).close())

    async def wanted_pictures(self, import_id: str, after: tuple[int, str], limit: int) -> list[Wanted]:
        """By position and SKU ('' for the product's own)."""
        position, sku = after
        written = (_R.import_id == import_id) & (_R.outcome == "written") & (_R.position >= position)
        pictured = _R.differences.contains('"picture') | _R.differences.contains('"variant_picture"')
        statement = select(import_rows).where(written, pictured).order_by(_R.position).limit(limit + 1)

        def read(connection: Connection) -> list[Wanted]:
            found = [one for row in connection.execute(statement) for one in _pictures(row)]
            return [one for one in found if (one.position, one.sku or "") > (position, sku)][:limit]

        return await self._database.read(read)

    async def fault_picture(self, import_id: str, wanted: Wanted, number: int, code: str) -> None:
        own = (_R.import_id == import_id) & (_R.position == wanted.position)

        def write(tx: Tx) -> None:
            kept = tx.execute(select(_R.faults).where(own).with_for_update()).scalar_one()
            faults = msgspec.json.decode(kept, type=list[Fault])
            fault = Fault(wanted.lines[number], "Image Src" if wanted.sku is None else "Variant Image", code)
            if fault in faults:
                return  # an import that goes on tries again what failed before it was cut off
            faults.append(fault)
            tx.execute(update(import_rows).where(own).values(faults=_json(faults))).close()

        await self._database.write(write)

    async def forget(self, before_ms: int) -> None:
        """Two at a time: a hundred thousand rows at once would keep the writer from the orders."""
        old = select(_I.id).where(_I.created_at < before_ms).order_by(_I.created_at).limit(2)

        def write(tx: Tx) -> None:
            ids = list(tx.execute(old).scalars())
            if ids:
                tx.execute(delete(import_rows).where(_R.import_id.in_(ids))).close()
                tx.execute(delete(catalog_imports).where(_I.id.in_(ids))).close()

        await self._database.write(write)


def _require_alone(tx: Tx, one: Import, at_ms: int) -> None:
    """No other of the store is under way. Whoever asks at the same moment, in whichever process, waits for the store's
    row, and then sees the other; orders, which only refer to that row, do not wait. Raises: ImportRunning."""
    tx.execute(select(stores.c.id).where(stores.c.id == one.store_id).with_for_update(key_share=True)).close()
    others = select(_I.id).where(_I.store_id == one.store_id, _I.id != one.id, _I.state.in_(ACTIVE))
    running = tx.execute(others.where(_I.touched_at >= at_ms - STALE_MS).limit(1)).scalar()
    if running is not None:
        raise ImportRunning(**{"import": running})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _row(row: Any) -> Row:
    return Row(
        row.position,
        row.line,
        RowKind(row.kind),
        row.handle,
        row.title,
        tuple(msgspec.json.decode(row.differences, type=list[Difference])),
        tuple(msgspec.json.decode(row.faults, type=list[Fault])),
        row.outcome,
        msgspec.json.decode(row.product, type=FileProduct),
    )


def _pictures(row: Any) -> list[Wanted]:
    """Those that were to change, in the order of their SKUs, the product's own first."""
    kept = _row(row)
    lines: dict[str, tuple[int, ...]] = {variant.sku: (variant.line,) for variant in kept.product.variants}
    lines[""] = tuple(kept.product.picture_lines or [kept.line] * len(kept.product.pictures))
    fields = {"picture", "pictures", "variant_picture"}
    changed = sorted((one.sku or "") for one in kept.differences if one.field in fields)
    urls: dict[str, tuple[str, ...]] = {
        variant.sku: (variant.picture,) if variant.picture else () for variant in kept.product.variants
    }
    urls[""] = kept.product.pictures
    return [
        Wanted(kept.position, row.product_id, sku or None, urls[sku], lines[sku]) for sku in changed if urls.get(sku)
    ]


def _create(tx: Tx, store: Store, wanted: FileProduct, by: str, at_ms: int) -> str:
    require_free_skus(tx, store.id, [variant.sku for variant in wanted.variants])
    product = Product(new_id("prd"), store.id, wanted.title or "", wanted.description or "", None, (), at_ms)
    tx.execute(
        insert(products),
        {
            "id": product.id,
            "store_id": store.id,
            "title": product.title,
            "description": product.description,
            "created_at": at_ms,
            "handle": wanted.handle,
            "category_id": category_at(tx, store.id, wanted.category or [], MAX_PER_STORE),
        },
    ).close()
    for position, variant in enumerate(wanted.variants):
        _add(tx, store, product, variant, position, by, at_ms)
    return product.id


def _add(tx: Tx, store: Store, product: Product, variant: FileVariant, position: int, by: str, at_ms: int) -> None:
    price = Money(variant.price_minor or 0, store.currency)
    new = NewVariant(variant.sku, variant.title, price, variant.stock or 0)
    add_variant(tx, product, new, position, by, at_ms)
    if variant.low_stock is not None:
        own = (variants.c.store_id == store.id) & (variants.c.sku == variant.sku) & ~variants.c.archived
        tx.execute(update(variants).where(own).values(low_stock=variant.low_stock)).close()


#: field of a difference → column
_OF_PRODUCT = {"handle": "handle", "title": "title", "description": "description"}


def _change(tx: Tx, store: Store, product: Product, row: Row, by: str, at_ms: int) -> list[str]:
    """Only what the preview showed. Gives the offers that units were taken from."""
    wanted, fields = row.product, {one.field for one in row.differences if one.sku is None}
    values: dict[str, Any] = {
        column: getattr(wanted, name) or "" for name, column in _OF_PRODUCT.items() if name in fields
    }
    if "category" in fields:
        values["category_id"] = category_at(tx, store.id, wanted.category or [], MAX_PER_STORE)
    if values:
        tx.execute(update(products).where(products.c.id == product.id).values(values)).close()
    known = {variant.sku for variant in product.variants}
    new = [variant for variant in wanted.variants if variant.sku not in known]
    for position, variant in enumerate(new, start=len(known)):
        _add(tx, store, product, variant, position, by, at_ms)
    touched: list[str] = []
    for variant in wanted.variants:
        if variant.sku in known:
            changed = {one.field for one in row.differences if one.sku == variant.sku}
            touched += _change_variant(tx, store, variant, changed, by, at_ms)
    return touched


def _change_variant(
    tx: Tx, store: Store, variant: FileVariant, changed: set[str], by: str, at_ms: int
) -> Sequence[str]:
    values: dict[str, Any] = {}
    if "variant" in changed:
        values["title"] = variant.title
    if "price" in changed:
        values["price_minor"] = variant.price_minor
    if "low_stock" in changed:
        values |= {"low_stock": variant.low_stock, "low_since": None}
    if values:
        own = (variants.c.store_id == store.id) & (variants.c.sku == variant.sku) & ~variants.c.archived
        tx.execute(update(variants).where(own).values(values)).close()
    if "stock" not in changed:
        return ()
    change = Change(variant.sku, Reason.IMPORTED, stock=variant.stock, version=ANY_VERSION)
    return adjust(tx, store.id, change, by, at_ms).offer_ids
