"""The table of claims, and claims between rows and :class:`~livehub.commerce.offers.claims.Claim`."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    case,
    func,
    select,
    text,
)

from livehub.commerce.offers.claims import Claim, ClaimState
from livehub.storage.commerce import offers, products, variants
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

_LIVE, _WAITING = text("state IN ('held', 'open', 'waiting')"), text("state = 'waiting'")
_NEWS, _ENDING = text("is_news = 1"), text("expires_at IS NOT NULL")
_BY_LINE = text("message_id IS NOT NULL")

claims = Table(
    "claims",
    metadata,
    #: the order of the line
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("offer_id", String(40), ForeignKey("offers.id"), nullable=False),
    Column("room_id", String(40), nullable=False),
    Column("buyer_id", String(160), nullable=False),
    Column("buyer_name", String(320), nullable=False),
    Column("wanted", BigInteger, nullable=False),
    #: while it is held these are counted in the offer's ``held``
    Column("quantity", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("message_id", String(40)),
    Column("order_id", String(40)),
    Column("claimed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    #: 1: it changed, and nobody was told yet
    Column("is_news", Integer, nullable=False, server_default="1"),
    CheckConstraint("wanted > 0 AND quantity >= 0 AND quantity <= wanted", name="units"),
    CheckConstraint("state <> 'waiting' OR quantity = 0", name="waiting"),
    Index("uq_claims_live", "offer_id", "buyer_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index("uq_claims_message", "message_id", unique=True, sqlite_where=_BY_LINE, postgresql_where=_BY_LINE),
    Index("ix_claims_waiting", "offer_id", "seq", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_claims_ending", "expires_at", sqlite_where=_ENDING, postgresql_where=_ENDING),
    Index("ix_claims_news", "seq", sqlite_where=_NEWS, postgresql_where=_NEWS),
    Index(None, "room_id", "seq"),
    Index(None, "buyer_id"),
)

_before = claims.alias("before")
_AHEAD = case(
    (
        claims.c.state == ClaimState.WAITING.value,
        select(func.count())
        .select_from(_before)
        .where(
            _before.c.offer_id == claims.c.offer_id,
            _before.c.state == ClaimState.WAITING.value,
            _before.c.seq < claims.c.seq,
        )
        .scalar_subquery(),
    ),
    else_=None,
)


@cache
def select_claims() -> Select[Any]:
    return (
        select(
            claims,
            func.coalesce(offers.c.title, products.c.title).label("title"),
            variants.c.title.label("variant_title"),
            _AHEAD.label("ahead"),
        )
        .join(offers, offers.c.id == claims.c.offer_id)
        .outerjoin(variants, variants.c.id == offers.c.variant_id)
        .outerjoin(products, products.c.id == variants.c.product_id)
    )


def claim_of(row: Any) -> Claim:
    """From a row of :func:`select_claims`."""
    return Claim(
        seq=row.seq,
        id=row.id,
        offer_id=row.offer_id,
        room_id=row.room_id,
        buyer_id=row.buyer_id,
        buyer_name=row.buyer_name,
        title=f"{row.title}, {row.variant_title}" if row.variant_title else row.title,
        wanted=row.wanted,
        quantity=row.quantity,
        state=ClaimState(row.state),
        message_id=row.message_id,
        order_id=row.order_id,
        claimed_at=row.claimed_at,
        expires_at=row.expires_at,
        ahead=row.ahead,
    )


def load_claims(tx: Tx | Connection, statement: Select[Any]) -> list[Claim]:
    return [claim_of(row) for row in tx.execute(statement)]
