"""The tables of what was said in rooms while they were recorded."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from livehub.storage.tables import metadata

#: times are ms since the epoch, by the media clock
caption_lines = Table(
    "caption_lines",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("room_id", String(40), ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Index(None, "room_id", "start_ms"),
)

caption_translations = Table(
    "caption_translations",
    metadata,
    Column("line_id", String(64), ForeignKey("caption_lines.id", ondelete="CASCADE"), primary_key=True),
    Column("locale", String(16), primary_key=True),
    Column("text", Text, nullable=False),
)
