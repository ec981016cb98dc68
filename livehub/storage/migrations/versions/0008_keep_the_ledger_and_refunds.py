"""Keep the ledger and refunds."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_DUE = sa.text("payment_status IN ('capture_due', 'release_due', 'refund_due')")
_REFUND_DUE = sa.text("payment_status = 'refund_due'")
#: what was paid and given back before there was a ledger; when is not known better than when it was placed
_BOOK_PAYMENTS = """
    INSERT INTO money_movements
        (order_seq, store_id, kind, from_account, to_account, amount_minor, currency, reference, at)
    SELECT seq, store_id, 'payment', 'buyer', 'provider:' || provider, total_minor, currency, payment_id, placed_at
    FROM orders WHERE payment_status IN ('paid', 'refund_due', 'refunded') ORDER BY seq
"""
_BOOK_REFUNDS = """
    INSERT INTO money_movements
        (order_seq, store_id, kind, from_account, to_account, amount_minor, currency, reference, at)
    SELECT seq, store_id, 'refund', 'provider:' || provider, 'buyer', total_minor, currency, payment_id, placed_at
    FROM orders WHERE payment_status = 'refunded' ORDER BY seq
"""
_KEEP_REFUNDED = """
    INSERT INTO payment_details (order_seq, refunded_minor)
    SELECT seq, total_minor FROM orders WHERE payment_status = 'refunded'
"""


def upgrade() -> None:
    op.create_table(
        "money_movements",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("order_seq", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("from_account", sa.String(length=60), nullable=False),
        sa.Column("to_account", sa.String(length=60), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reference", sa.String(length=220), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_money_movements_amount")),
        sa.CheckConstraint("from_account <> to_account", name=op.f("ck_money_movements_accounts")),
        sa.ForeignKeyConstraint(["order_seq"], ["orders.seq"], name=op.f("fk_money_movements_order_seq")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_money_movements_store_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_money_movements")),
    )
    with op.batch_alter_table("money_movements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_money_movements_order_seq"), ["order_seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_money_movements_store_id_seq"), ["store_id", "seq"], unique=False)
        batch_op.create_index("uq_money_movements_reference", ["kind", "reference"], unique=True)

    op.create_table(
        "payment_details",
        sa.Column("order_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider_payment", sa.String(length=255), nullable=True),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("refunded_minor >= 0", name=op.f("ck_payment_details_refunded")),
        sa.ForeignKeyConstraint(["order_seq"], ["orders.seq"], name=op.f("fk_payment_details_order_seq")),
        sa.PrimaryKeyConstraint("order_seq", name=op.f("pk_payment_details")),
    )
    op.create_table(
        "payment_refunds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_seq", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.String(length=300), server_default="", nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_refunds_amount")),
        sa.ForeignKeyConstraint(["order_seq"], ["orders.seq"], name=op.f("fk_payment_refunds_order_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_refunds")),
    )
    with op.batch_alter_table("payment_refunds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payment_refunds_due",
            ["made_at"],
            unique=False,
            sqlite_where=sa.text("state = 'due'"),
            postgresql_where=sa.text("state = 'due'"),
        )
        batch_op.create_index(batch_op.f("ix_payment_refunds_order_seq"), ["order_seq"], unique=False)

    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_orders_refund_due"), sqlite_where=_REFUND_DUE, postgresql_where=_REFUND_DUE)
        batch_op.create_index("ix_orders_payment_due", ["seq"], unique=False, sqlite_where=_DUE, postgresql_where=_DUE)

    op.execute(_BOOK_PAYMENTS)
    op.execute(_BOOK_REFUNDS)
    op.execute(_KEEP_REFUNDED)


def downgrade() -> None:
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_payment_due", sqlite_where=_DUE, postgresql_where=_DUE)
        batch_op.create_index(
            batch_op.f("ix_orders_refund_due"),
            ["seq"],
            unique=False,
            sqlite_where=_REFUND_DUE,
            postgresql_where=_REFUND_DUE,
        )

    with op.batch_alter_table("payment_refunds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_refunds_order_seq"))
        batch_op.drop_index(
            "ix_payment_refunds_due", sqlite_where=sa.text("state = 'due'"), postgresql_where=sa.text("state = 'due'")
        )

    op.drop_table("payment_refunds")
    op.drop_table("payment_details")
    with op.batch_alter_table("money_movements", schema=None) as batch_op:
        batch_op.drop_index("uq_money_movements_reference")
        batch_op.drop_index(batch_op.f("ix_money_movements_store_id_seq"))
        batch_op.drop_index(batch_op.f("ix_money_movements_order_seq"))

    op.drop_table("money_movements")
