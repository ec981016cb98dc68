"""Keep digital goods and donations."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_FREE = sa.text("order_seq IS NULL")


def upgrade() -> None:
    op.create_table(
        "digital_codes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("variant_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=800), nullable=False),
        sa.Column("order_seq", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["order_seq"], ["orders.seq"], name=op.f("fk_digital_codes_order_seq")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_digital_codes_variant_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_digital_codes")),
        sa.UniqueConstraint("variant_id", "code", name=op.f("uq_digital_codes_variant_id_code")),
    )
    with op.batch_alter_table("digital_codes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_digital_codes_free",
            ["variant_id", "seq"],
            unique=False,
            sqlite_where=_FREE,
            postgresql_where=_FREE,
        )
        batch_op.create_index(batch_op.f("ix_digital_codes_order_seq"), ["order_seq"], unique=False)

    op.create_table(
        "digital_goods",
        sa.Column("variant_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_digital_goods_variant_id")),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_digital_goods")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("least_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("most_minor", sa.BigInteger(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_offers_donation"),
            "(least_minor IS NULL) = (most_minor IS NULL)"
            " AND (least_minor IS NULL OR (least_minor > 0 AND least_minor <= most_minor))",
        )

    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("digital", sa.String(length=8), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_column("digital")

    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_offers_donation"), type_="check")
        batch_op.drop_column("most_minor")
        batch_op.drop_column("least_minor")

    op.drop_table("digital_goods")
    with op.batch_alter_table("digital_codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_digital_codes_order_seq"))
        batch_op.drop_index(
            "ix_digital_codes_free",
            sqlite_where=_FREE,
            postgresql_where=_FREE,
        )

    op.drop_table("digital_codes")
