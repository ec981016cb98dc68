"""Keep how orders are picked up, buyers' addresses, stores' terms and rules for goods."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "buyer_addresses",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("identity", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=480), nullable=False),
        sa.Column("phone", sa.String(length=160), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("leave_at", sa.Text(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_addresses")),
    )
    with op.batch_alter_table("buyer_addresses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_buyer_addresses_identity_used_at"), ["identity", "used_at"], unique=False)

    op.create_table(
        "pickup_places",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=320), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("directions", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_pickup_places_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickup_places")),
    )
    with op.batch_alter_table("pickup_places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pickup_places_store_id"), ["store_id"], unique=False)

    op.create_table(
        "store_terms",
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_store_terms_store_id")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_store_terms")),
    )
    op.create_table(
        "pickup_slots",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("place_id", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name=op.f("ck_pickup_slots_capacity")),
        sa.ForeignKeyConstraint(["place_id"], ["pickup_places.id"], name=op.f("fk_pickup_slots_place_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_pickup_slots_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickup_slots")),
        sa.UniqueConstraint("place_id", "starts_at", name=op.f("uq_pickup_slots_place_id_starts_at")),
    )
    with op.batch_alter_table("pickup_slots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pickup_slots_store_id_starts_at"), ["store_id", "starts_at"], unique=False)

    op.create_table(
        "variant_rules",
        sa.Column("variant_id", sa.String(length=40), nullable=False),
        sa.Column("ceiling_minor", sa.BigInteger(), nullable=True),
        sa.Column("affirmation", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ceiling_minor IS NULL OR ceiling_minor > 0", name=op.f("ck_variant_rules_ceiling")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_variant_rules_variant_id")),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_variant_rules")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("locale", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("slot_id", sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_column("slot_id")
        batch_op.drop_column("locale")
        batch_op.drop_column("note")

    op.drop_table("variant_rules")
    with op.batch_alter_table("pickup_slots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pickup_slots_store_id_starts_at"))

    op.drop_table("pickup_slots")
    op.drop_table("store_terms")
    with op.batch_alter_table("pickup_places", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pickup_places_store_id"))

    op.drop_table("pickup_places")
    with op.batch_alter_table("buyer_addresses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_buyer_addresses_identity_used_at"))

    op.drop_table("buyer_addresses")
