"""Keep claims and bundles."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bundle_parts",
        sa.Column("bundle_id", sa.String(length=40), nullable=False),
        sa.Column("offer_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("bundle_id <> offer_id", name=op.f("ck_bundle_parts_other")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_bundle_parts_quantity")),
        sa.ForeignKeyConstraint(["bundle_id"], ["offers.id"], name=op.f("fk_bundle_parts_bundle_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_bundle_parts_offer_id")),
        sa.PrimaryKeyConstraint("bundle_id", "offer_id", name=op.f("pk_bundle_parts")),
    )
    with op.batch_alter_table("bundle_parts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bundle_parts_offer_id"), ["offer_id"], unique=False)

    op.create_table(
        "claims",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("offer_id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("buyer_id", sa.String(length=160), nullable=False),
        sa.Column("buyer_name", sa.String(length=320), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("order_id", sa.String(length=40), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("is_news", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state <> 'waiting' OR quantity = 0", name=op.f("ck_claims_waiting")),
        sa.CheckConstraint("wanted > 0 AND quantity >= 0 AND quantity <= wanted", name=op.f("ck_claims_units")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_claims_offer_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_claims")),
        sa.UniqueConstraint("id", name=op.f("uq_claims_id")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claims_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            "ix_claims_ending",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("expires_at IS NOT NULL"),
            postgresql_where=sa.text("expires_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_claims_news",
            ["seq"],
            unique=False,
            sqlite_where=sa.text("is_news = 1"),
            postgresql_where=sa.text("is_news = 1"),
        )
        batch_op.create_index(batch_op.f("ix_claims_room_id_seq"), ["room_id", "seq"], unique=False)
        batch_op.create_index(
            "ix_claims_waiting",
            ["offer_id", "seq"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(
            "uq_claims_live",
            ["offer_id", "buyer_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('held', 'open', 'waiting')"),
            postgresql_where=sa.text("state IN ('held', 'open', 'waiting')"),
        )
        batch_op.create_index(
            "uq_claims_message",
            ["message_id"],
            unique=True,
            sqlite_where=sa.text("message_id IS NOT NULL"),
            postgresql_where=sa.text("message_id IS NOT NULL"),
        )

    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("title", sa.String(length=320), nullable=True))
        batch_op.add_column(sa.Column("first_paid", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("claim_word", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("claim_s", sa.Integer(), nullable=True))
        batch_op.alter_column("variant_id", existing_type=sa.String(length=40), nullable=True)
        batch_op.create_check_constraint(op.f("ck_offers_claim"), "(claim_word IS NULL) = (claim_s IS NULL)")
        batch_op.create_check_constraint(op.f("ck_offers_bundle"), "(variant_id IS NULL) <> (title IS NULL)")

    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("parts", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_column("parts")
        batch_op.drop_column("held")

    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_offers_bundle"), type_="check")
        batch_op.drop_constraint(op.f("ck_offers_claim"), type_="check")
        batch_op.alter_column("variant_id", existing_type=sa.String(length=40), nullable=False)
        batch_op.drop_column("claim_s")
        batch_op.drop_column("claim_word")
        batch_op.drop_column("first_paid")
        batch_op.drop_column("title")

    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_claims_message",
            sqlite_where=sa.text("message_id IS NOT NULL"),
            postgresql_where=sa.text("message_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_claims_live",
            sqlite_where=sa.text("state IN ('held', 'open', 'waiting')"),
            postgresql_where=sa.text("state IN ('held', 'open', 'waiting')"),
        )
        batch_op.drop_index(
            "ix_claims_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_index(batch_op.f("ix_claims_room_id_seq"))
        batch_op.drop_index(
            "ix_claims_news", sqlite_where=sa.text("is_news = 1"), postgresql_where=sa.text("is_news = 1")
        )
        batch_op.drop_index(
            "ix_claims_ending",
            sqlite_where=sa.text("expires_at IS NOT NULL"),
            postgresql_where=sa.text("expires_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_claims_buyer_id"))

    op.drop_table("claims")
    with op.batch_alter_table("bundle_parts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bundle_parts_offer_id"))

    op.drop_table("bundle_parts")
