"""Journal each change of a variant's stock, and know from how few on its merchant is told."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_WATCHED, _NAMED = "low_stock IS NOT NULL", "reference IS NOT NULL"
#: SQLite only numbers rows by itself in a column that is exactly INTEGER
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("variants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changes", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("low_stock", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("low_since", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_variants_watched", "variants", ["id"], sqlite_where=sa.text(_WATCHED), postgresql_where=sa.text(_WATCHED)
    )
    op.create_table(
        "stock_moves",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("variant_id", sa.String(length=40), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=1200), nullable=False),
        sa.Column("reference", sa.String(length=320), nullable=True),
        sa.Column("stock", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("received >= 0 AND stock >= 0", name=op.f("ck_stock_moves_counts")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_stock_moves_variant_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_stock_moves")),
    )
    op.create_index(op.f("ix_stock_moves_variant_id_seq"), "stock_moves", ["variant_id", "seq"])
    op.create_index(
        "uq_stock_moves_reference", "stock_moves", ["variant_id", "reference"], unique=True,
        sqlite_where=sa.text(_NAMED), postgresql_where=sa.text(_NAMED),
    )  # fmt: skip
    # Each journal begins with what is there: it sums to what was received.
    op.execute(
        'INSERT INTO stock_moves (variant_id, delta, reason, note, stock, received, "by", "at") '
        "SELECT v.id, v.received, 'opening', '', "
        "v.free + COALESCE((SELECT SUM(o.available) FROM offers o WHERE o.variant_id = v.id), 0), v.received, '', "
        "p.created_at FROM variants v JOIN products p ON p.id = v.product_id WHERE v.received > 0"
    )


def downgrade() -> None:
    op.drop_table("stock_moves")
    op.drop_index("ix_variants_watched", table_name="variants")
    with op.batch_alter_table("variants", schema=None) as batch_op:
        for name in ("low_since", "low_stock", "changes"):
            batch_op.drop_column(name)
