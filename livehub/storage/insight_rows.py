"""The tables of what was gathered of live rooms, by minute since the epoch: added to by every process of the server."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from livehub.storage.tables import metadata

#: ``total``/``samples`` is the mean of the viewers that were seen, ``entered`` how many came in
room_minutes = Table(
    "room_minutes",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("minute", Integer, primary_key=True, autoincrement=False),
    Column("peak", Integer, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("samples", Integer, nullable=False),
    Column("entered", Integer, nullable=False),
)

#: how many people came so far with an offer; ``step``: view, card or checkout
offer_minutes = Table(
    "offer_minutes",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("minute", Integer, primary_key=True, autoincrement=False),
    Column("offer_id", String(40), primary_key=True),
    Column("step", String(10), primary_key=True),
    Column("people", Integer, nullable=False),
)
