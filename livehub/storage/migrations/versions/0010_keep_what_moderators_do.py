"""Keep rooms' rules, bans of devices and networks, the queue for review, reports and the moderators' log."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_rules",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_chat_rules")),
    )
    op.create_table(
        "chat_marks",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=160), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "kind", "value", name=op.f("pk_chat_marks")),
    )
    op.create_table(
        "chat_slowed",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("identity", sa.String(length=160), nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "identity", name=op.f("pk_chat_slowed")),
    )
    op.create_table(
        "chat_held",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("author_id", sa.String(length=160), nullable=False),
        sa.Column("author_name", sa.String(length=160), nullable=False),
        sa.Column("author_role", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("held_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=800), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_held")),
        sa.UniqueConstraint("room_id", "author_id", "client_id", name=op.f("uq_chat_held_room_id_author_id_client_id")),
    )
    op.create_index("ix_chat_held_room_id_state_at", "chat_held", ["room_id", "state", "at"], unique=False)
    op.create_table(
        "chat_reports",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("reporter", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=1200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "message_id", "reporter", name=op.f("pk_chat_reports")),
    )
    op.create_table(
        "chat_log",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("deed", sa.String(length=24), nullable=False),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("by_name", sa.String(length=160), nullable=False),
        sa.Column("identity", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=800), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_chat_log")),
        sa.UniqueConstraint("id", name=op.f("uq_chat_log_id")),
    )
    op.create_index("ix_chat_log_room_id_number", "chat_log", ["room_id", "number"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_chat_log_room_id_number", table_name="chat_log")
    op.drop_table("chat_log")
    op.drop_table("chat_reports")
    op.drop_index("ix_chat_held_room_id_state_at", table_name="chat_held")
    op.drop_table("chat_held")
    op.drop_table("chat_slowed")
    op.drop_table("chat_marks")
    op.drop_table("chat_rules")
