"""Keep coupons, who claimed them, and what they took off an order."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_RUNNING, _WITH = "ended_at IS NULL", "coupon_id IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("minimum_minor", sa.BigInteger(), nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("spent_minor", sa.BigInteger(), nullable=False),
        sa.Column("max_uses", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("per_buyer", sa.BigInteger(), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=True),
        sa.Column("claim", sa.Boolean(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used >= 0 AND (max_uses IS NULL OR used <= max_uses)", name=op.f("ck_coupons_uses")),
        sa.CheckConstraint(
            "spent_minor >= 0 AND (budget_minor IS NULL OR spent_minor <= budget_minor)", name=op.f("ck_coupons_budget")
        ),
        sa.CheckConstraint("max_uses IS NULL OR claimed <= max_uses", name=op.f("ck_coupons_claims")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_coupons_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
    )
    op.create_index(
        "uq_coupons_code", "coupons", ["store_id", "code"], unique=True, sqlite_where=sa.text(_RUNNING),
        postgresql_where=sa.text(_RUNNING),
    )  # fmt: skip
    op.create_index(op.f("ix_coupons_room_id"), "coupons", ["room_id"])
    op.create_table(
        "coupon_claims",
        sa.Column("coupon_id", sa.String(length=40), nullable=False),
        sa.Column("buyer_id", sa.String(length=160), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_coupon_claims_coupon_id")),
        sa.PrimaryKeyConstraint("coupon_id", "buyer_id", name=op.f("pk_coupon_claims")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("coupon_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("coupon_code", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("discount_minor", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.create_check_constraint(op.f("ck_orders_discount"), "discount_minor >= 0")
    op.create_index(
        "ix_orders_coupon", "orders", ["coupon_id", "buyer_id"], sqlite_where=sa.text(_WITH),
        postgresql_where=sa.text(_WITH),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_orders_coupon", table_name="orders")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_orders_discount"), type_="check")
        batch_op.drop_column("discount_minor")
        batch_op.drop_column("coupon_code")
        batch_op.drop_column("coupon_id")
    op.drop_table("coupon_claims")
    op.drop_table("coupons")
