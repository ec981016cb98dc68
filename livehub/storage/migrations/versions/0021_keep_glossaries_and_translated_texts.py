"""Keep glossaries, translated texts, what translating used and what was reported of it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "glossary_terms",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("keep", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=800), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glossary_terms")),
    )
    op.create_index(op.f("ix_glossary_terms_scope"), "glossary_terms", ["scope"])
    op.create_table(
        "translation_usage",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("chars", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "day", name=op.f("pk_translation_usage")),
    )
    op.create_table(
        "translation_reports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=True),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("source_locale", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("engine", sa.String(length=80), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("identity", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_translation_reports")),
        sa.UniqueConstraint(
            "message_id", "locale", "identity", name=op.f("uq_translation_reports_message_id_locale_identity")
        ),
    )
    op.create_index(op.f("ix_translation_reports_room_id"), "translation_reports", ["room_id"])
    op.create_index(op.f("ix_translation_reports_store_id"), "translation_reports", ["store_id"])
    op.create_table(
        "translated_texts",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("engine", sa.String(length=80), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("edited_by", sa.String(length=160), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "digest", "locale", name=op.f("pk_translated_texts")),
    )


def downgrade() -> None:
    for table in ("translated_texts", "translation_reports", "translation_usage", "glossary_terms"):
        op.drop_table(table)
