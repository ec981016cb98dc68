"""Tables of imports: files of products, and what each product of one would change."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from livehub.storage.tables import metadata

catalog_imports = Table(
    "catalog_imports",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("by", String(160), nullable=False),
    Column("name", String(480), nullable=False),
    Column("state", String(12), nullable=False),
    Column("error", String(40), nullable=False),
    Column("error_line", BigInteger, nullable=False),
    Column("encoding", String(20), nullable=False),
    Column("ignored", Text, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("to_create", BigInteger, nullable=False),
    Column("to_change", BigInteger, nullable=False),
    Column("same", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("written", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("pictures_failed", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Index(None, "store_id", "id"),
)

import_rows = Table(
    "import_rows",
    metadata,
    Column("import_id", String(40), ForeignKey("catalog_imports.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("handle", String(1020), nullable=False),
    Column("title", String(640), nullable=False),
    Column("differences", Text, nullable=False),
    Column("faults", Text, nullable=False),
    Column("outcome", String(40), nullable=False),
    #: the product as the file has it
    Column("product", Text, nullable=False),
    #: what it became, for its pictures
    Column("product_id", String(40)),
    Index("ix_import_rows_waiting", "import_id", "position",
          sqlite_where=text("outcome = '' AND kind <> 'error'"),
          postgresql_where=text("outcome = '' AND kind <> 'error'")),
)  # fmt: skip
