"""The table of rules for listed goods; see :mod:`livehub.storage.goods_rules`."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, String, Table, Text

from livehub.storage.tables import metadata

variant_rules = Table(
    "variant_rules",
    metadata,
    Column("variant_id", String(40), ForeignKey("variants.id"), primary_key=True),
    Column("ceiling_minor", BigInteger),
    Column("affirmation", Text),
    #: of the text; it only grows, also over times without one
    Column("version", Integer, nullable=False),
    CheckConstraint("ceiling_minor IS NULL OR ceiling_minor > 0", name="ceiling"),
)
