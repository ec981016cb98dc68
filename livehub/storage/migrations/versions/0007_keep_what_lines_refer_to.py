"""Keep what lines refer to, the pinned line of a room, and lines as they are looked for."""

import sqlalchemy as sa
from alembic import op

from livehub.chat.words import fold

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BATCH = 1_000


def upgrade() -> None:
    op.create_table(
        "chat_pins",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("pinned_by", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["chat_messages.id"], name=op.f("fk_chat_pins_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_chat_pins")),
    )
    op.add_column("chat_messages", sa.Column("reply_to", sa.String(length=40), nullable=True))
    op.add_column("chat_messages", sa.Column("mentions", sa.Text(), nullable=True))
    op.add_column("chat_messages", sa.Column("announcement", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("chat_messages", sa.Column("folded", sa.Text(), server_default="", nullable=False))
    op.add_column("chat_translations", sa.Column("folded", sa.Text(), server_default="", nullable=False))
    _fold_all("chat_messages", ("id",))
    _fold_all("chat_translations", ("message_id", "locale"))


def _fold_all(name: str, key: tuple[str, ...]) -> None:
    """What was said before is found as well."""
    connection = op.get_bind()
    table = sa.table(name, *(sa.column(column) for column in (*key, "text", "folded")))
    columns = [table.c[column] for column in key]
    ordered = sa.select(*columns, table.c.text).order_by(*columns).limit(_BATCH)
    change = (
        sa.update(table)
        .where(*(table.c[column] == sa.bindparam(f"key_{column}") for column in key))
        .values(folded=sa.bindparam("found"))
    )
    after: sa.ColumnElement[bool] = sa.true()
    while rows := connection.execute(ordered.where(after)).all():
        connection.execute(
            change, [{**{f"key_{c}": row._mapping[c] for c in key}, "found": fold(row.text)} for row in rows]
        )
        after = sa.tuple_(*columns) > tuple(rows[-1]._mapping[column] for column in key)


def downgrade() -> None:
    op.drop_column("chat_translations", "folded")
    for column in ("folded", "announcement", "mentions", "reply_to"):
        op.drop_column("chat_messages", column)
    op.drop_table("chat_pins")
