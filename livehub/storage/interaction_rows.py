"""The tables of polls, questions and draws. Times are ms since the epoch."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from livehub.storage.tables import metadata

_OPEN = text("state = 'open'")
_RUNNING = text("state IN ('open', 'closed')")

#: ``options``: a JSON list of texts
polls = Table(
    "polls",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("room_id", String(40), nullable=False),
    Column("question", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_by", String(160), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Index("ix_polls_room_id", "room_id", "created_at"),
    # One open poll a room, whichever processes open them.
    Index("ux_polls_open", "room_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
)

poll_votes = Table(
    "poll_votes",
    metadata,
    Column("poll_id", String(40), ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True),
    Column("identity", String(160), primary_key=True),
    Column("option", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_poll_votes_poll_id", "poll_id", "option"),
)

#: ``votes`` is the number of rows in question_votes, kept in the same commits
questions = Table(
    "questions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("room_id", String(40), nullable=False),
    Column("identity", String(160), nullable=False),
    Column("display_name", String(160), nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("votes", Integer, nullable=False),
    UniqueConstraint("room_id", "identity", "client_id"),
    Index("ix_questions_room_id", "room_id", "state", "votes"),
)

question_votes = Table(
    "question_votes",
    metadata,
    Column("question_id", String(40), ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("identity", String(160), primary_key=True),
    Index("ix_question_votes_identity", "identity"),
)

#: ``seed`` in hexadecimal; ``entries`` is the number of rows in draw_entries, kept in the same commits
draws = Table(
    "draws",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("room_id", String(40), nullable=False),
    Column("title", Text, nullable=False),
    Column("places", Integer, nullable=False),
    Column("keyword", String(120)),
    Column("state", String(16), nullable=False),
    Column("commitment", String(64), nullable=False),
    Column("seed", String(64), nullable=False),
    Column("created_by", String(160), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("drawn_at", BigInteger),
    Column("entries", Integer, nullable=False),
    Column("entries_digest", String(64)),
    Index("ix_draws_room_id", "room_id", "opened_at"),
    Index("ux_draws_running", "room_id", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
)

#: ``place``: of a winner, counted from 1
draw_entries = Table(
    "draw_entries",
    metadata,
    Column("draw_id", String(40), ForeignKey("draws.id", ondelete="CASCADE"), primary_key=True),
    Column("ticket", String(64), primary_key=True),
    Column("identity", String(160), nullable=False),
    Column("display_name", String(160), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("place", Integer),
    UniqueConstraint("draw_id", "identity"),
)
