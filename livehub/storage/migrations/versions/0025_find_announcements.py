"""Find a room's newest announcement without looking through all of its lines."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_SQLITE, _POSTGRESQL = "announcement IS 1", "announcement IS true"


def upgrade() -> None:
    op.create_index(
        "ix_chat_messages_announced", "chat_messages", ["room_id", "seq"], sqlite_where=sa.text(_SQLITE),
        postgresql_where=sa.text(_POSTGRESQL),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_chat_messages_announced", table_name="chat_messages")
