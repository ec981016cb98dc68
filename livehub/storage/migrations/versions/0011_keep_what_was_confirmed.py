"""Keep charges and affirmations with orders."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_checkouts",
        sa.Column("order_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("confirmed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_seq"], ["orders.seq"], name=op.f("fk_order_checkouts_order_seq")),
        sa.PrimaryKeyConstraint("order_seq", name=op.f("pk_order_checkouts")),
    )


def downgrade() -> None:
    op.drop_table("order_checkouts")
