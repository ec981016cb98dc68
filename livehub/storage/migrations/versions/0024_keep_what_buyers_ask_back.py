"""Keep what buyers ask back."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "return_requests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_seq", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.String(length=40), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["order_seq"], ["orders.seq"], name=op.f("fk_return_requests_order_seq")),
        sa.ForeignKeyConstraint(["refund_id"], ["payment_refunds.id"], name=op.f("fk_return_requests_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_requests")),
    )
    with op.batch_alter_table("return_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_requests_order_seq"), ["order_seq"], unique=False)
        batch_op.create_index(
            "ix_return_requests_refund",
            ["refund_id"],
            unique=False,
            sqlite_where=sa.text("refund_id IS NOT NULL"),
            postgresql_where=sa.text("refund_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_return_requests_open",
            ["order_seq"],
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("return_requests", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_return_requests_open",
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )
        batch_op.drop_index(
            "ix_return_requests_refund",
            sqlite_where=sa.text("refund_id IS NOT NULL"),
            postgresql_where=sa.text("refund_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_return_requests_order_seq"))

    op.drop_table("return_requests")
