"""Keep how many watched and how far people came with each product, by minute; and which replays sell nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_minutes",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("peak", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "minute", name=op.f("pk_room_minutes")),
    )
    op.create_table(
        "offer_minutes",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offer_id", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "minute", "offer_id", "step", name=op.f("pk_offer_minutes")),
    )
    op.create_table(
        "replay_sales_off",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_replay_sales_off")),
    )


def downgrade() -> None:
    op.drop_table("replay_sales_off")
    op.drop_table("offer_minutes")
    op.drop_table("room_minutes")
