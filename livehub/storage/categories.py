"""Categories in SQL."""

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from livehub.commerce.catalog.categories import Category
from livehub.commerce.catalog.errors import CategoryNotFound, CategoryTaken, TooManyCategories
from livehub.ids import new_id
from livehub.storage.commerce import categories, products
from livehub.storage.database import Database
from livehub.storage.writer import Tx

_C = categories.c


class SqlCategories:
    """Implements :class:`livehub.commerce.catalog.categories.CategoryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_store(self, store_id: str) -> list[Category]:
        return await self._database.read(lambda connection: load_categories(connection, _C.store_id == store_id))

    async def find(self, category_id: str) -> Category | None:
        found = await self._database.read(lambda connection: load_categories(connection, _C.id == category_id))
        return found[0] if found else None

    async def add(self, category: Category, limit: int) -> None:
        await self._database.write(lambda tx: _add(tx, category, limit))

    async def rename(self, category_id: str, title: str) -> Category:
        def write(tx: Tx) -> Category:
            found = load_categories(tx, _C.id == category_id)
            if not found:
                raise CategoryNotFound
            known = found[0]
            if title != known.title:
                _require_free(tx, Category(known.id, known.store_id, known.parent_id, title))
                tx.execute(update(categories).where(_C.id == category_id).values(title=title)).close()
            return load_categories(tx, _C.id == category_id)[0]

        return await self._database.write(write)

    async def remove(self, category_id: str) -> None:
        def write(tx: Tx) -> None:
            found = load_categories(tx, _C.id == category_id)
            if not found:
                raise CategoryNotFound
            parent_id = found[0].parent_id
            for child in load_categories(tx, _C.parent_id == category_id):
                _lift(tx, child, parent_id)
            own = products.c.category_id == category_id
            tx.execute(update(products).where(own).values(category_id=parent_id)).close()
            tx.execute(delete(categories).where(_C.id == category_id)).close()

        await self._database.write(write)


def _lift(tx: Tx, child: Category, parent_id: str | None) -> None:
    """Where there is one of the same name already, it goes into that."""
    same = (_C.store_id == child.store_id) & (_C.parent_id == (parent_id or "")) & (_C.title == child.title)
    known = load_categories(tx, same)
    if not known:
        tx.execute(update(categories).where(_C.id == child.id).values(parent_id=parent_id or "")).close()
        return
    own = products.c.category_id == child.id
    tx.execute(update(products).where(own).values(category_id=known[0].id)).close()
    for grandchild in load_categories(tx, _C.parent_id == child.id):
        _lift(tx, grandchild, known[0].id)
    tx.execute(delete(categories).where(_C.id == child.id)).close()


def _add(tx: Tx, category: Category, limit: int) -> None:
    count = select(func.count()).select_from(categories).where(_C.store_id == category.store_id)
    if tx.execute(count).scalar_one() >= limit:
        raise TooManyCategories(limit=limit)
    _require_free(tx, category)
    values = {
        "id": category.id,
        "store_id": category.store_id,
        "parent_id": category.parent_id or "",
        "title": category.title,
    }
    tx.execute(insert(categories), values).close()


def _require_free(tx: Tx, category: Category) -> None:
    same = (
        (_C.store_id == category.store_id) & (_C.parent_id == (category.parent_id or "")) & (_C.title == category.title)
    )
    if load_categories(tx, same):
        raise CategoryTaken(field="title")


def load_categories(tx: Tx | Connection, condition: ColumnElement[bool]) -> list[Category]:
    rows = tx.execute(select(categories).where(condition).order_by(_C.title, _C.id))
    return [Category(row.id, row.store_id, row.parent_id or None, row.title) for row in rows]


def category_at(tx: Tx, store_id: str, path: list[str], limit: int) -> str | None:
    """The category of those titles from the root on, made where it is not there; None for an empty path.

    Raises: TooManyCategories.
    """
    parent_id: str | None = None
    for title in path:
        same = (_C.store_id == store_id) & (_C.parent_id == (parent_id or "")) & (_C.title == title)
        known = load_categories(tx, same)
        if known:
            parent_id = known[0].id
        else:
            made = Category(new_id("cat"), store_id, parent_id, title)
            _add(tx, made, limit)
            parent_id = made.id
    return parent_id
