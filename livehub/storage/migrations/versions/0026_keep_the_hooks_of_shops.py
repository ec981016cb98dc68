"""Keep the checkout hooks of shops."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "store_hooks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(length=80), nullable=False),
        sa.Column("deadline_ms", sa.Integer(), nullable=False),
        sa.Column("on_failure", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("previous_secret", sa.String(length=80), nullable=True),
        sa.Column("previous_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_store_hooks_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_hooks")),
    )
    with op.batch_alter_table("store_hooks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_store_hooks_store_id"), ["store_id"], unique=False)
    op.create_table(
        "store_hook_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("hook_id", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_store_hook_changes_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_hook_changes")),
    )
    with op.batch_alter_table("store_hook_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_store_hook_changes_store_id_id"), ["store_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("store_hook_changes")
    op.drop_table("store_hooks")
