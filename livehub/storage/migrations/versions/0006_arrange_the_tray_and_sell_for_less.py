"""Arrange the tray, pin several offers, sell many for less, flash deals, and what ships later."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PINNED = "pinned"


def upgrade() -> None:
    op.drop_index("uq_offers_pin", table_name="offers")
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("position", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("pinned_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("ships_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("tiers", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("deals", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("deal_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("deal_quantity", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("deal_left", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("deal_ends_at", sa.BigInteger(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_offers_deal"),
            "deal_minor IS NULL OR (deal_minor > 0 AND deal_left >= 0 AND deal_left <= deal_quantity)",
        )
    op.execute("UPDATE offers SET pinned_at = created_at WHERE pinned")
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deal", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("ships_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_column("ships_at")
        batch_op.drop_column("deal")
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_offers_deal"), type_="check")
        for name in ("deal_ends_at", "deal_left", "deal_quantity", "deal_minor", "deals", "tiers", "ships_at"):
            batch_op.drop_column(name)
        batch_op.drop_column("pinned_at")
        batch_op.drop_column("position")
    op.execute("UPDATE offers SET pinned = false")
    op.create_index(
        "uq_offers_pin", "offers", ["room_id"], unique=True, sqlite_where=sa.text(_PINNED),
        postgresql_where=sa.text(_PINNED),
    )  # fmt: skip
