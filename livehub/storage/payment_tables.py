"""Tables of payments and of the money that moves: beside ``orders``, so that placing an order writes none of them."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, text

from livehub.storage.tables import metadata

_Sequence = BigInteger().with_variant(Integer(), "sqlite")

#: what is known of an order's payment beyond its state; a row comes with the first thing to say
payment_details = Table(
    "payment_details",
    metadata,
    Column("order_seq", BigInteger, ForeignKey("orders.seq"), primary_key=True, autoincrement=False),
    #: the provider's own name for the payment
    Column("provider_payment", String(255)),
    #: what went back or is on its way back
    Column("refunded_minor", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("refunded_minor >= 0", name="refunded"),
)

#: money that goes back to a buyer, in part or whole, as the merchant wants it; see
#: :mod:`livehub.commerce.payments.refunds`
payment_refunds = Table(
    "payment_refunds",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("order_seq", BigInteger, ForeignKey("orders.seq"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    #: JSON [[offer id, quantity], …]: what comes back with it
    Column("lines", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("answer", String(300), nullable=False, server_default=""),
    Column("made_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index(None, "order_seq"),
    Index("ix_payment_refunds_due", "made_at", sqlite_where=text("state = 'due'"),
          postgresql_where=text("state = 'due'")),
)  # fmt: skip

#: the ledger: each movement leaves one account and enters another, so all accounts together are always zero
money_movements = Table(
    "money_movements",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("order_seq", BigInteger, ForeignKey("orders.seq"), nullable=False),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    #: payment or refund
    Column("kind", String(16), nullable=False),
    Column("from_account", String(60), nullable=False),
    Column("to_account", String(60), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    #: the payment, the refund or the provider's event that it is of: nothing is booked twice
    Column("reference", String(220), nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("from_account <> to_account", name="accounts"),
    Index("uq_money_movements_reference", "kind", "reference", unique=True),
    Index(None, "order_seq"),
    Index(None, "store_id", "seq"),
)
