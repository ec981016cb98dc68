"""Find a buyer's unpaid orders without looking through the paid ones."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OPEN = "status = 'pending_payment'"


def upgrade() -> None:
    op.create_index(
        "ix_orders_open", "orders", ["buyer_id"], sqlite_where=sa.text(_OPEN), postgresql_where=sa.text(_OPEN)
    )


def downgrade() -> None:
    op.drop_index("ix_orders_open", table_name="orders")
