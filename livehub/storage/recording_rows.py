"""The tables of what is kept of rooms, apart from their use: rooms are read together with whether there is a replay."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, text

from livehub.storage.tables import metadata

_OPEN = "state = 'recording'"

#: one recording is one directory of segments; times are ms since the epoch
recordings = Table(
    "recordings",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("room_id", String(40), ForeignKey("rooms.id"), nullable=False),
    Column("state", String(16), nullable=False),
    #: why it ended or failed: a code
    Column("reason", String(40), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("started_by", String(160), nullable=False),
    Column("paused_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("duration_ms", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("deleted_by", String(160)),
    CheckConstraint("state IN ('recording', 'ready', 'failed', 'deleted')", name="state"),
    Index(None, "room_id", "state"),
    Index("ix_recordings_open", "room_id", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
)

#: who knows that a room is recorded (``seen``) and who agreed to be (``given``)
recording_consents = Table(
    "recording_consents",
    metadata,
    Column("room_id", String(40), ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("identity", String(160), primary_key=True),
    Column("consent", String(8), nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("consent IN ('seen', 'given')", name="consent"),
)

is_kept = recordings.c.state == "ready"
