"""Keep a banned device or network once for each member whose ban marked it: lifting one leaves the others'."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("chat_marks", schema=None) as batch_op:
        batch_op.drop_constraint("pk_chat_marks", type_="primary")
        batch_op.create_primary_key("pk_chat_marks", ["room_id", "kind", "value", "identity"])


def downgrade() -> None:
    # Of several for one place the one that lasts longest, for ever the longest, stays.
    op.execute(
        """
        DELETE FROM chat_marks WHERE EXISTS (
            SELECT 1 FROM chat_marks AS other
            WHERE other.room_id = chat_marks.room_id AND other.kind = chat_marks.kind AND other.value = chat_marks.value
            AND (
                COALESCE(other.until, 9223372036854775807) > COALESCE(chat_marks.until, 9223372036854775807)
                OR (
                    COALESCE(other.until, 9223372036854775807) = COALESCE(chat_marks.until, 9223372036854775807)
                    AND other.identity < chat_marks.identity
                )
            )
        )
        """
    )
    with op.batch_alter_table("chat_marks", schema=None) as batch_op:
        batch_op.drop_constraint("pk_chat_marks", type_="primary")
        batch_op.create_primary_key("pk_chat_marks", ["room_id", "kind", "value"])
