"""Keep shipments and invoices."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TRACKED = "tracking_number <> ''"


def upgrade() -> None:
    op.create_table(
        "invoice_counters",
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_invoice_counters_store_id")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_invoice_counters")),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_seq"], ["orders.seq"], name=op.f("fk_invoices_order_seq")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_invoices_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("order_seq", "reference", name=op.f("uq_invoices_order_seq_reference")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_invoices_store_id_number")),
    )
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoices_order_seq"), ["order_seq"], unique=False)

    op.create_table(
        "shipments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_seq", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("carrier", sa.String(length=80), nullable=False),
        sa.Column("tracking_number", sa.String(length=100), nullable=False),
        sa.Column("tracking_url", sa.Text(), nullable=False),
        sa.Column("label_url", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_seq"], ["orders.seq"], name=op.f("fk_shipments_order_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
    )
    op.create_index(op.f("ix_shipments_order_seq"), "shipments", ["order_seq"])
    op.create_index(
        "ix_shipments_tracking", "shipments", ["carrier", "tracking_number"], sqlite_where=sa.text(_TRACKED),
        postgresql_where=sa.text(_TRACKED),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("shipments")
    op.drop_table("invoices")
    op.drop_table("invoice_counters")
