"""The table of returns, and what becomes of them by other ways than the shop's answer."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, exists, text, update

from livehub.commerce.fulfilment.returns import ReturnState
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

return_requests = Table(
    "return_requests",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("order_seq", BigInteger, ForeignKey("orders.seq"), nullable=False),
    #: JSON [[offer id, quantity], …]
    Column("lines", Text, nullable=False),
    #: what they are worth, and once approved what goes back
    Column("amount_minor", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("answer", Text, nullable=False),
    #: what came of it, once approved
    Column("refund_id", String(40), ForeignKey("payment_refunds.id")),
    Column("made_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    # one at a time
    Index("uq_return_requests_open", "order_seq", unique=True, sqlite_where=text("state = 'asked'"),
          postgresql_where=text("state = 'asked'")),
    Index(None, "order_seq"),
    Index("ix_return_requests_refund", "refund_id", sqlite_where=text("refund_id IS NOT NULL"),
          postgresql_where=text("refund_id IS NOT NULL")),
)  # fmt: skip

_R = return_requests.c
_ASKED, _APPROVED = ReturnState.ASKED.value, ReturnState.APPROVED.value


def follow(tx: Tx, order: Order, wanted: OrderStatus, at_ms: int) -> None:
    """All of the order's money is back: nobody has to answer any more."""
    if wanted is not OrderStatus.REFUNDED:
        return
    waiting = (_R.order_seq == order.seq) & (_R.state == _ASKED)
    tx.execute(update(return_requests).where(waiting).values(state=_APPROVED, decided_at=at_ms)).close()


def reopen(tx: Tx, order: Order, refund_id: str) -> None:
    """The provider refused the refund for good: what it came of waits for an answer again, unless another does."""
    other = return_requests.alias()
    waiting = exists().where(other.c.order_seq == order.seq, other.c.state == _ASKED)
    own = (_R.refund_id == refund_id) & (_R.state == _APPROVED)
    tx.execute(update(return_requests).where(own, ~waiting).values(state=_ASKED, decided_at=None)).close()
