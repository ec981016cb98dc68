"""Tables of what is delivered the moment it is paid."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from livehub.storage.tables import metadata

digital_goods = Table(
    "digital_goods",
    metadata,
    Column("variant_id", String(40), ForeignKey("variants.id"), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("url", Text),
    Column("note", Text, nullable=False),
)

_FREE = text("order_seq IS NULL")

digital_codes = Table(
    "digital_codes",
    metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("variant_id", String(40), ForeignKey("variants.id"), nullable=False),
    Column("code", String(800), nullable=False),
    #: whose it is; a code is given once and never comes back
    Column("order_seq", BigInteger, ForeignKey("orders.seq")),
    UniqueConstraint("variant_id", "code"),
    Index(None, "order_seq"),
    Index("ix_digital_codes_free", "variant_id", "seq", sqlite_where=_FREE, postgresql_where=_FREE),
)
