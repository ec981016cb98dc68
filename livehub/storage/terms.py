"""Stores' terms in SQL: a document each."""

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, String, Table, Text, select

from livehub.commerce.fulfilment.terms import NO_TERMS, Terms
from livehub.storage.database import Database
from livehub.storage.tables import metadata
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

store_terms = Table(
    "store_terms",
    metadata,
    Column("store_id", String(40), ForeignKey("stores.id"), primary_key=True),
    #: JSON of :class:`~livehub.commerce.fulfilment.terms.Terms`
    Column("document", Text, nullable=False),
)


def load_terms(tx: Tx | Connection, store_id: str) -> Terms:
    text = tx.execute(select(store_terms.c.document).where(store_terms.c.store_id == store_id)).scalar()
    return NO_TERMS if text is None else msgspec.json.decode(text, type=Terms)


class SqlTerms:
    """Implements :class:`livehub.commerce.fulfilment.ports.TermsStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def terms(self, store_id: str) -> Terms:
        return await self._database.read(lambda connection: load_terms(connection, store_id))

    async def put_terms(self, store_id: str, terms: Terms) -> None:
        document = msgspec.json.encode(terms).decode()
        put = insert_into(self._database, store_terms).values(store_id=store_id, document=document)
        statement = put.on_conflict_do_update(index_elements=["store_id"], set_={"document": document})
        await self._database.write(lambda tx: tx.execute(statement).close())
