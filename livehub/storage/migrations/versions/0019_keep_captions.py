"""Keep what was said while rooms were recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "caption_lines",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_caption_lines_room_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caption_lines")),
    )
    op.create_index(op.f("ix_caption_lines_room_id_start_ms"), "caption_lines", ["room_id", "start_ms"])
    op.create_table(
        "caption_translations",
        sa.Column("line_id", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"], ["caption_lines.id"], name=op.f("fk_caption_translations_line_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("line_id", "locale", name=op.f("pk_caption_translations")),
    )


def downgrade() -> None:
    op.drop_table("caption_translations")
    op.drop_table("caption_lines")
