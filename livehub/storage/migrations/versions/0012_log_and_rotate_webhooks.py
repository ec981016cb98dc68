"""Let webhook endpoints choose events and replace their secret, and find what was sent to one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("events", sa.Text(), nullable=False, server_default=""))
    op.add_column("webhook_endpoints", sa.Column("previous_secret", sa.String(length=80), nullable=True))
    op.add_column("webhook_endpoints", sa.Column("previous_until", sa.BigInteger(), nullable=True))
    op.create_index("ix_outbox_target_created_at", "outbox", ["target", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_outbox_target_created_at", table_name="outbox")
    for name in ("previous_until", "previous_secret", "events"):
        op.drop_column("webhook_endpoints", name)
