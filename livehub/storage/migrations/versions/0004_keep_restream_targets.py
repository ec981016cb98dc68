"""Keep where else a room goes: targets at other services, their keys sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restream_targets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=240), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("key_hint", sa.String(length=8), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts.id"], name=op.f("fk_restream_targets_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_restream_targets_room_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restream_targets")),
    )
    with op.batch_alter_table("restream_targets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_restream_targets_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_restream_targets_room_id"), ["room_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("restream_targets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_restream_targets_room_id"))
        batch_op.drop_index(batch_op.f("ix_restream_targets_owner_id"))

    op.drop_table("restream_targets")
