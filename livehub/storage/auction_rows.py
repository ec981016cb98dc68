"""Tables of auctions, and auctions between rows and :class:`~livehub.commerce.auctions.model.Auction`."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    func,
    select,
    text,
)

from livehub.commerce.auctions.bidding import Standing
from livehub.commerce.auctions.errors import AuctionNotFound
from livehub.commerce.auctions.model import Auction, AuctionState, Award, Lapse, Mode
from livehub.commerce.money import Money
from livehub.storage.commerce import offers, products, variants
from livehub.storage.rule_rows import variant_rules
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

_OPEN = text("state = 'open'")
_AWARDED = text("state = 'awarded'")

#: while it is open, awarded or ordered one unit of its offer is counted in ``held``
auctions = Table(
    "auctions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("room_id", String(40), nullable=False),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("offer_id", String(40), ForeignKey("offers.id"), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("lapse", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("start_minor", BigInteger, nullable=False),
    Column("increment_minor", BigInteger, nullable=False),
    Column("price_minor", BigInteger),
    Column("leader_id", String(160)),
    Column("leader_name", String(320)),
    #: the leader's secret
    Column("maximum_minor", BigInteger),
    #: bids that moved the price or the lead, which is what is told; ``taken`` are all
    Column("bids", Integer, nullable=False, server_default="0"),
    Column("taken", Integer, nullable=False, server_default="0"),
    Column("extend_s", Integer, nullable=False),
    Column("pay_minutes", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("latest_end", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("award_to", String(160)),
    Column("award_name", String(320)),
    Column("award_minor", BigInteger),
    Column("award_until", BigInteger),
    Column("award_rank", Integer),
    Column("order_id", String(40)),
    #: how many who had won it said no
    Column("declined", Integer, nullable=False, server_default="0"),
    CheckConstraint("start_minor > 0 AND increment_minor > 0", name="money"),
    CheckConstraint("(price_minor IS NULL) = (leader_id IS NULL) AND (price_minor IS NULL) = (maximum_minor IS NULL)",
                    name="leader"),
    CheckConstraint("price_minor IS NULL OR (price_minor >= start_minor AND price_minor <= maximum_minor)",
                    name="price"),
    CheckConstraint("ends_at <= latest_end", name="end"),
    Index(None, "room_id", "started_at"),
    Index(None, "offer_id"),
    # a room has one at a time, whichever process it is asked of
    Index("uq_auctions_open", "room_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_auctions_ending", "ends_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_auctions_lapsing", "award_until", sqlite_where=_AWARDED, postgresql_where=_AWARDED),
)  # fmt: skip

#: only ever added to: a bid is not taken back. ``leads`` and ``price_minor`` are what it brought about when it came
auction_bids = Table(
    "auction_bids",
    metadata,
    Column("auction_id", String(40), ForeignKey("auctions.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("bidder_id", String(160), nullable=False),
    Column("bidder_name", String(320), nullable=False),
    Column("key", String(255), nullable=False),
    Column("maximum_minor", BigInteger, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("leads", Integer, nullable=False),
    Column("moved", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("maximum_minor > 0", name="maximum"),
    Index("uq_auction_bids_key", "auction_id", "bidder_id", "key", unique=True),
    Index(None, "bidder_id"),
)


def select_auctions() -> Select[Any]:
    return (
        select(
            auctions,
            products.c.title,
            variants.c.title.label("variant_title"),
            products.c.picture,
            variant_rules.c.ceiling_minor,
        )
        .join(offers, offers.c.id == auctions.c.offer_id)
        .join(variants, variants.c.id == offers.c.variant_id)
        .join(products, products.c.id == variants.c.product_id)
        .outerjoin(variant_rules, variant_rules.c.variant_id == offers.c.variant_id)
    )


def select_awards() -> Select[Any]:
    """For :func:`award_price`."""
    return (
        select(auctions, variant_rules.c.ceiling_minor)
        .join(offers, offers.c.id == auctions.c.offer_id)
        .outerjoin(variant_rules, variant_rules.c.variant_id == offers.c.variant_id)
    )


def load_auction(tx: Tx, auction_id: str) -> Auction:
    """Locked, where several processes write. Raises: AuctionNotFound."""
    statement = select_auctions().where(auctions.c.id == auction_id).with_for_update(of=auctions)
    row = tx.execute(statement).first()
    if row is None:
        raise AuctionNotFound
    return auction_of(row)


def ranked(tx: Tx | Connection, auction_id: str) -> list[tuple[str, int]]:
    """Bidders and their maxima, the highest first, of equal ones the earlier."""
    bids = auction_bids.c
    best = select(bids.bidder_id, func.max(bids.maximum_minor).label("most")).where(bids.auction_id == auction_id)
    most = best.group_by(bids.bidder_id).subquery()
    said = (
        select(bids.bidder_id, most.c.most, func.min(bids.number).label("first"))
        .join(most, (most.c.bidder_id == bids.bidder_id) & (most.c.most == bids.maximum_minor))
        .where(bids.auction_id == auction_id)
        .group_by(bids.bidder_id, most.c.most)
    )
    rows = sorted(tx.execute(said).all(), key=lambda row: (-row.most, row.first))
    return [(row.bidder_id, int(row.most)) for row in rows]


def award_price(row: Row[Any]) -> int:
    """What a winner pays: while they have not ordered no more than the ceiling that their article has by now, in minor
    units. ``row`` has ``ceiling_minor``."""
    price = int(row.award_minor)
    if row.state != AuctionState.AWARDED or row.ceiling_minor is None:
        return price
    return min(price, int(row.ceiling_minor))


def auction_of(row: Row[Any]) -> Auction:
    award = None
    if row.award_to is not None:
        price = Money(award_price(row), row.currency)
        award = Award(row.award_to, row.award_name, price, row.award_until, row.award_rank, row.order_id)
    return Auction(
        id=row.id,
        room_id=row.room_id,
        store_id=row.store_id,
        offer_id=row.offer_id,
        title=row.title,
        variant_title=row.variant_title,
        picture=row.picture,
        currency=row.currency,
        mode=Mode(row.mode),
        lapse=Lapse(row.lapse),
        state=AuctionState(row.state),
        standing=Standing(
            row.start_minor, row.increment_minor, row.price_minor, row.leader_id, row.maximum_minor, row.ceiling_minor
        ),
        leader_name=row.leader_name,
        bids=row.bids,
        extend_s=row.extend_s,
        pay_minutes=row.pay_minutes,
        started_at=row.started_at,
        ends_at=row.ends_at,
        latest_end=row.latest_end,
        closed_at=row.closed_at,
        award=award,
        declined=row.declined,
    )
