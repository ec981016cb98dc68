"""Tables of commerce. What is counted is guarded by CHECKs: a mistake in the code fails, it never oversells.

Where each unit of a variant is, is explained in :mod:`livehub.commerce.catalog.model`.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, text
from sqlalchemy import Boolean as SqlBoolean

from livehub.storage.tables import metadata

#: SQLite only numbers rows by itself in a column that is exactly INTEGER
_Sequence = BigInteger().with_variant(Integer(), "sqlite")

stores = Table(
    "stores",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("owner_id", String(40), nullable=False),
    Column("title", String(320), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "owner_id"),
)

categories = Table(
    "categories",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    #: '' at the root: a unique index takes no two NULLs for the same
    Column("parent_id", String(40), nullable=False),
    Column("title", String(640), nullable=False),
    Index("uq_categories_title", "store_id", "parent_id", "title", unique=True),
)

products = Table(
    "products",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("title", String(320), nullable=False),
    Column("description", Text, nullable=False),
    Column("picture", String(60)),
    Column("created_at", BigInteger, nullable=False),
    Column("archived_at", BigInteger),
    Column("handle", String(255)),
    Column("category_id", String(40)),
    #: the address that the picture was fetched from, so that it is fetched once
    Column("picture_source", Text),
    #: the pictures after it: [[name, source or null], …] as JSON
    Column("more_pictures", Text),
    Index(None, "store_id", "id"),
    Index("uq_products_handle", "store_id", "handle", unique=True,
          sqlite_where=text("archived_at IS NULL"), postgresql_where=text("archived_at IS NULL")),
    Index("ix_products_category_id", "category_id", sqlite_where=text("category_id IS NOT NULL"),
          postgresql_where=text("category_id IS NOT NULL")),
)  # fmt: skip

variants = Table(
    "variants",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("product_id", String(40), ForeignKey("products.id"), nullable=False),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("sku", String(64), nullable=False),
    Column("title", String(320), nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("free", BigInteger, nullable=False),
    Column("archived", SqlBoolean, nullable=False, default=False),
    #: how often the stock was adjusted; see :mod:`livehub.commerce.catalog.stock_levels`
    Column("changes", BigInteger, nullable=False, server_default="0"),
    #: from how few on the merchant is told, and since when they are
    Column("low_stock", BigInteger),
    Column("low_since", BigInteger),
    Column("picture", String(60)),
    Column("picture_source", Text),
    CheckConstraint("price_minor > 0", name="price"),
    CheckConstraint("free >= 0 AND received >= free", name="stock"),
    Index("ix_variants_watched", "id", sqlite_where=text("low_stock IS NOT NULL"),
          postgresql_where=text("low_stock IS NOT NULL")),
    Index(None, "product_id"),
    # an archived article gives its SKU back
    Index("uq_variants_sku", "store_id", "sku", unique=True, sqlite_where=text("NOT archived"),
          postgresql_where=text("NOT archived")),
)  # fmt: skip

#: the journal of each variant: every change of what was received, with its reason; together they are what it has
stock_moves = Table(
    "stock_moves",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("variant_id", String(40), ForeignKey("variants.id"), nullable=False),
    Column("delta", BigInteger, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("note", String(1200), nullable=False),
    Column("reference", String(320)),
    Column("stock", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("by", String(160), nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("received >= 0 AND stock >= 0", name="counts"),
    Index(None, "variant_id", "seq"),
    Index("uq_stock_moves_reference", "variant_id", "reference", unique=True,
          sqlite_where=text("reference IS NOT NULL"), postgresql_where=text("reference IS NOT NULL")),
)  # fmt: skip

offers = Table(
    "offers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("room_id", String(40), nullable=False),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    #: None: a bundle, whose units are those of its parts
    Column("variant_id", String(40), ForeignKey("variants.id")),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False, default=0),
    Column("sold", BigInteger, nullable=False, default=0),
    Column("per_buyer_limit", BigInteger),
    Column("starts_at", BigInteger),
    Column("ends_at", BigInteger),
    Column("pinned", SqlBoolean, nullable=False, default=False),
    Column("closed_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("pinned_at", BigInteger),
    Column("ships_at", BigInteger),
    #: prices by quantity: [[from quantity, price_minor], …] as JSON
    Column("tiers", Text),
    #: a flash deal: its units are the offer's units, ``deal_left`` bounds how many more go at its price
    Column("deals", Integer, nullable=False, server_default="0"),
    Column("deal_minor", BigInteger),
    Column("deal_quantity", BigInteger),
    Column("deal_left", BigInteger),
    Column("deal_ends_at", BigInteger),
    #: of a bundle
    Column("title", String(320)),
    #: 1: nothing is held for orders and claims, who pays first has it
    Column("first_paid", Integer, nullable=False, server_default="0"),
    #: the word that claims it in the chat, and for how many seconds
    Column("claim_word", String(24)),
    Column("claim_s", Integer),
    #: of a donation, which has no units: the least and the most that may be given at a time
    Column("least_minor", BigInteger),
    Column("most_minor", BigInteger),
    CheckConstraint("price_minor > 0", name="price"),
    CheckConstraint("(claim_word IS NULL) = (claim_s IS NULL)", name="claim"),
    CheckConstraint("(variant_id IS NULL) <> (title IS NULL)", name="bundle"),
    CheckConstraint("(least_minor IS NULL) = (most_minor IS NULL)"
                    " AND (least_minor IS NULL OR (least_minor > 0 AND least_minor <= most_minor))", name="donation"),
    CheckConstraint("deal_minor IS NULL OR (deal_minor > 0 AND deal_left >= 0 AND deal_left <= deal_quantity)",
                    name="deal"),
    CheckConstraint("available >= 0 AND held >= 0 AND sold >= 0", name="counts"),
    CheckConstraint("quantity = available + held + sold", name="sum"),
    Index("uq_offers_room_variant", "room_id", "variant_id", unique=True),
    Index(None, "variant_id"),
    Index("ix_offers_open", "room_id", sqlite_where=text("closed_at IS NULL"),
          postgresql_where=text("closed_at IS NULL")),
    # bundles and donations: what else is offered is called as its product is
    Index("ix_offers_titled", "store_id", "title", sqlite_where=text("title IS NOT NULL"),
          postgresql_where=text("title IS NOT NULL")),
)  # fmt: skip

#: what a bundle consists of; never changed once it is offered
bundle_parts = Table(
    "bundle_parts",
    metadata,
    Column("bundle_id", String(40), ForeignKey("offers.id"), primary_key=True),
    Column("offer_id", String(40), ForeignKey("offers.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("bundle_id <> offer_id", name="other"),
    Index(None, "offer_id"),
)

_PAYMENT_DUE = text("payment_status IN ('capture_due', 'release_due', 'refund_due')")

#: the reservation of stock is the order itself: while it is pending_payment its lines are counted in ``held``
orders = Table(
    "orders",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("store_title", String(320), nullable=False),
    Column("room_id", String(40), nullable=False),
    Column("buyer_id", String(160), nullable=False),
    Column("buyer_name", String(320), nullable=False),
    Column("status", String(16), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("idempotency_key", String(255), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("provider", String(40), nullable=False),
    Column("payment_id", String(40), nullable=False),
    Column("payment_status", String(16), nullable=False),
    Column("payment_reference", String(255)),
    Column("action_url", Text),
    Column("delivery", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("history", Text, nullable=False),
    Column("placed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("coupon_id", String(40)),
    Column("coupon_code", String(32)),
    Column("discount_minor", BigInteger, nullable=False, server_default="0"),
    Column("note", Text),
    #: the buyer's, for letters and invoices
    Column("locale", String(16)),
    #: see :mod:`livehub.storage.pickups`
    Column("slot_id", String(40)),
    CheckConstraint("discount_minor >= 0", name="discount"),
    Index("ix_orders_coupon", "coupon_id", "buyer_id", sqlite_where=text("coupon_id IS NOT NULL"),
          postgresql_where=text("coupon_id IS NOT NULL")),
    Index("uq_orders_key", "buyer_id", "idempotency_key", unique=True),
    Index("uq_orders_payment", "provider", "payment_reference", unique=True),
    Index(None, "store_id", "seq"),
    Index(None, "buyer_id", "seq"),
    Index("ix_orders_expiring", "expires_at", sqlite_where=text("expires_at IS NOT NULL"),
          postgresql_where=text("expires_at IS NOT NULL")),
    Index("ix_orders_open", "buyer_id", sqlite_where=text("status = 'pending_payment'"),
          postgresql_where=text("status = 'pending_payment'")),
    Index("ix_orders_payment_due", "seq", sqlite_where=_PAYMENT_DUE, postgresql_where=_PAYMENT_DUE),
)  # fmt: skip

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_seq", BigInteger, ForeignKey("orders.seq"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("offer_id", String(40), ForeignKey("offers.id"), nullable=False),
    Column("variant_id", String(40), nullable=False),
    Column("sku", String(64), nullable=False),
    Column("title", String(320), nullable=False),
    Column("variant_title", String(320), nullable=False),
    Column("picture", String(60)),
    Column("quantity", BigInteger, nullable=False),
    Column("unit_minor", BigInteger, nullable=False),
    Column("deal", Integer),
    Column("ships_at", BigInteger),
    #: 1: its units are counted in ``held`` while the order waits for its payment
    Column("held", Integer, nullable=False, server_default="1"),
    #: JSON of a bundle's parts, as they were when it was bought
    Column("parts", Text),
    #: where it was won
    Column("auction_id", String(40)),
    #: how it is delivered when it is paid; see :mod:`livehub.commerce.orders.digital`
    Column("digital", String(8)),
    CheckConstraint("quantity > 0", name="quantity"),
)

#: each webhook of a provider is taken once
payment_events = Table(
    "payment_events",
    metadata,
    Column("provider", String(40), primary_key=True),
    Column("event_id", String(200), primary_key=True),
    Column("order_seq", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", String(80), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    #: types that are wanted, divided by spaces; none: all
    Column("events", Text, nullable=False, server_default=""),
    Column("previous_secret", String(80)),
    Column("previous_until", BigInteger),
    Index(None, "store_id"),
)

#: what has to leave the server, written in the same commit as what it tells of; see :mod:`livehub.storage.outbox`
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("target", String(80), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("state", String(10), nullable=False),
    Column("answer", String(300), nullable=False, default=""),
    Index(None, "target", "created_at"),
    Index("ix_outbox_due", "due_at", sqlite_where=text("state = 'waiting'"),
          postgresql_where=text("state = 'waiting'")),
)  # fmt: skip
