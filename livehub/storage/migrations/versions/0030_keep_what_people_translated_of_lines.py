"""Keep what a person wrote as the translation of a line, and find a shop's bundles and donations by their titles."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_TITLED = sa.text("title IS NOT NULL")


def upgrade() -> None:
    op.add_column("chat_translations", sa.Column("edited", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("chat_translations", sa.Column("edited_by", sa.String(length=160), server_default="", nullable=False))
    op.create_index("ix_offers_titled", "offers", ["store_id", "title"], sqlite_where=_TITLED, postgresql_where=_TITLED)


def downgrade() -> None:
    op.drop_index("ix_offers_titled", table_name="offers")
    with op.batch_alter_table("chat_translations", schema=None) as batch_op:
        batch_op.drop_column("edited_by")
        batch_op.drop_column("edited")
