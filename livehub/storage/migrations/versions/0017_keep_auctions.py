"""Keep auctions, what was bid in them, and which lines of orders were won."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_OPEN, _AWARDED = "state = 'open'", "state = 'awarded'"


def upgrade() -> None:
    op.create_table(
        "auctions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("offer_id", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("lapse", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("start_minor", sa.BigInteger(), nullable=False),
        sa.Column("increment_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("leader_id", sa.String(length=160), nullable=True),
        sa.Column("leader_name", sa.String(length=320), nullable=True),
        sa.Column("maximum_minor", sa.BigInteger(), nullable=True),
        sa.Column("bids", sa.Integer(), server_default="0", nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("extend_s", sa.Integer(), nullable=False),
        sa.Column("pay_minutes", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("latest_end", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("award_to", sa.String(length=160), nullable=True),
        sa.Column("award_name", sa.String(length=320), nullable=True),
        sa.Column("award_minor", sa.BigInteger(), nullable=True),
        sa.Column("award_until", sa.BigInteger(), nullable=True),
        sa.Column("award_rank", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint("start_minor > 0 AND increment_minor > 0", name=op.f("ck_auctions_money")),
        sa.CheckConstraint(
            "(price_minor IS NULL) = (leader_id IS NULL) AND (price_minor IS NULL) = (maximum_minor IS NULL)",
            name=op.f("ck_auctions_leader"),
        ),
        sa.CheckConstraint(
            "price_minor IS NULL OR (price_minor >= start_minor AND price_minor <= maximum_minor)",
            name=op.f("ck_auctions_price"),
        ),
        sa.CheckConstraint("ends_at <= latest_end", name=op.f("ck_auctions_end")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_auctions_store_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_auctions_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auctions")),
    )
    op.create_index(op.f("ix_auctions_room_id_started_at"), "auctions", ["room_id", "started_at"])
    op.create_index(op.f("ix_auctions_offer_id"), "auctions", ["offer_id"])
    op.create_index(
        "uq_auctions_open", "auctions", ["room_id"], unique=True, sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )  # fmt: skip
    op.create_index(
        "ix_auctions_ending", "auctions", ["ends_at"], sqlite_where=sa.text(_OPEN), postgresql_where=sa.text(_OPEN)
    )
    op.create_index(
        "ix_auctions_lapsing", "auctions", ["award_until"], sqlite_where=sa.text(_AWARDED),
        postgresql_where=sa.text(_AWARDED),
    )  # fmt: skip
    op.create_table(
        "auction_bids",
        sa.Column("auction_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bidder_id", sa.String(length=160), nullable=False),
        sa.Column("bidder_name", sa.String(length=320), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("maximum_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("maximum_minor > 0", name=op.f("ck_auction_bids_maximum")),
        sa.ForeignKeyConstraint(["auction_id"], ["auctions.id"], name=op.f("fk_auction_bids_auction_id")),
        sa.PrimaryKeyConstraint("auction_id", "number", name=op.f("pk_auction_bids")),
    )
    op.create_index(op.f("ix_auction_bids_bidder_id"), "auction_bids", ["bidder_id"])
    op.create_index("uq_auction_bids_key", "auction_bids", ["auction_id", "bidder_id", "key"], unique=True)
    op.add_column("order_lines", sa.Column("auction_id", sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_column("auction_id")
    op.drop_table("auction_bids")
    op.drop_table("auctions")
