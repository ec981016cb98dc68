"""Keep recordings, who agreed to them, and whether a room is recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OPEN = "state = 'recording'"


def upgrade() -> None:
    op.create_table(
        "recording_consents",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("identity", sa.String(length=160), nullable=False),
        sa.Column("consent", sa.String(length=8), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("consent IN ('seen', 'given')", name=op.f("ck_recording_consents_consent")),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_recording_consents_room_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("room_id", "identity", name=op.f("pk_recording_consents")),
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.String(length=160), nullable=False),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_by", sa.String(length=160), nullable=True),
        sa.CheckConstraint("state IN ('recording', 'ready', 'failed', 'deleted')", name=op.f("ck_recordings_state")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_recordings_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index(
        "ix_recordings_open",
        "recordings",
        ["room_id"],
        unique=True,
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    op.create_index("ix_recordings_room_id_state", "recordings", ["room_id", "state"])
    with op.batch_alter_table("rooms") as batch_op:
        batch_op.add_column(sa.Column("recording", sa.String(length=16), server_default="off", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("rooms") as batch_op:
        batch_op.drop_column("recording")
    op.drop_table("recordings")
    op.drop_table("recording_consents")
