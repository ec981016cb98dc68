"""What a shop says whatever the room, from the tables in which it says it."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, TextClause, func, literal, select, union_all
from sqlalchemy import text as sql_text

from livehub.commerce.catalog.shop_words import ShopWord, WordKind
from livehub.storage.commerce import categories, offers, products, variants
from livehub.storage.database import Database
from livehub.storage.digital_tables import digital_goods
from livehub.storage.pickups import pickup_places

#: a text that is several things is the first of them
_ORDER: Final = tuple(WordKind)
#: as the index of a store's variants has it, which SQLite uses for nothing that is written otherwise
_IN_USE: Final = sql_text("NOT variants.archived")
_O, _C, _V, _P, _G = offers.c, categories.c, variants.c, pickup_places.c, digital_goods.c


class SqlShopWords:
    """Implements :class:`livehub.commerce.catalog.shop_words.ShopWordStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_store(self, store_id: str, skip: int, limit: int) -> Sequence[ShopWord]:
        said = union_all(*said_by(store_id, None)).subquery()
        place = func.min(said.c.place).label("place")
        page = select(place, said.c.text).group_by(said.c.text).order_by(place, said.c.text)

        def read(connection: Connection) -> list[ShopWord]:
            rows = connection.execute(page.offset(skip).limit(limit))
            return [ShopWord(_ORDER[row.place], row.text) for row in rows]

        return await self._database.read(read)

    async def find(self, store_id: str, text: str) -> ShopWord | None:
        said = union_all(*said_by(store_id, text)).subquery()
        first = select(func.min(said.c.place))

        def read(connection: Connection) -> ShopWord | None:
            place = connection.scalar(first)
            return None if place is None else ShopWord(_ORDER[place], text)

        return await self._database.read(read)


def said_by(store_id: str, text: str | None) -> "list[Select[int, str]]":
    """Each kind with its place among them; of ``text`` alone where it is given."""
    for_sale = (_V.store_id == store_id, _IN_USE, products.c.archived_at.is_(None))
    open_places = (_P.store_id == store_id, _P.closed_at.is_(None))
    found: dict[WordKind, tuple[ColumnElement[str], tuple[ColumnElement[bool] | TextClause, ...]]] = {
        WordKind.BUNDLE: (_O.title, (_O.store_id == store_id, _O.least_minor.is_(None))),
        WordKind.DONATION: (_O.title, (_O.store_id == store_id, _O.least_minor.is_not(None))),
        WordKind.CATEGORY: (_C.title, (_C.store_id == store_id,)),
        WordKind.VARIANT: (_V.title, (_V.product_id == products.c.id, *for_sale)),
        WordKind.PLACE: (_P.title, open_places),
        WordKind.DIRECTIONS: (_P.directions, open_places),
        WordKind.NOTE: (_G.note, (_G.variant_id == _V.id, _V.product_id == products.c.id, *for_sale)),
    }
    said = []
    for kind, (words, here) in found.items():
        wanted = select(literal(_ORDER.index(kind)).label("place"), words.label("text")).where(*here)
        if words is _O.title:
            wanted = wanted.where(words.is_not(None))
        said.append(wanted.where(words != "", *([] if text is None else [words == text])))
    return said
