"""The pictures of a product between its row and :data:`~livehub.commerce.catalog.gallery.Gallery`."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select, update

from livehub.commerce.catalog.gallery import Gallery, Shown
from livehub.commerce.errors import ProductNotFound
from livehub.storage.commerce import products
from livehub.storage.writer import Tx

_MORE = list[tuple[str, str | None]]


def read_gallery(connection: Tx | Connection, product_id: str) -> Gallery:
    """Raises: ProductNotFound."""
    return _gallery(connection, _of(product_id))


def lock_gallery(tx: Tx, product_id: str) -> Gallery:
    """The same, and nobody else changes it before this write is over. Raises: ProductNotFound."""
    return _gallery(tx, _of(product_id).with_for_update())


def write_gallery(tx: Tx, product_id: str, gallery: Gallery) -> None:
    first, rest = (gallery[0], gallery[1:]) if gallery else (Shown("", None), ())
    values = {
        "picture": first.name or None,
        "picture_source": first.source,
        "more_pictures": msgspec.json.encode([(one.name, one.source) for one in rest]).decode() if rest else None,
    }
    tx.execute(update(products).where(products.c.id == product_id).values(values)).close()


def gallery_of(row: Any) -> Gallery:
    """Of a row with ``picture``, ``picture_source`` and ``more_pictures``."""
    if row.picture is None:
        return ()
    return (Shown(row.picture, row.picture_source), *(Shown(*one) for one in _more(row.more_pictures)))


def more_names(kept: str | None) -> tuple[str, ...]:
    return tuple(name for name, _ in _more(kept))


def _more(kept: str | None) -> _MORE:
    return msgspec.json.decode(kept, type=_MORE) if kept else []


def _of(product_id: str) -> Select[Any]:
    shown = select(products.c.picture, products.c.picture_source, products.c.more_pictures)
    return shown.where(products.c.id == product_id, products.c.archived_at.is_(None))


def _gallery(connection: Tx | Connection, statement: Select[Any]) -> Gallery:
    row = connection.execute(statement).first()
    if row is None:
        raise ProductNotFound
    return gallery_of(row)
