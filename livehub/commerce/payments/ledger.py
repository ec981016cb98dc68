"""The ledger: every movement of money leaves one account and enters another. No I/O.

A buyer's account is ``buyer``, the money that a store has at a provider ``provider:<id>``. Because each movement has
both sides, all accounts of a store together are zero at any time; a provider's account is what came in and did not go
back. Amounts are of one currency, the store's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.money import Money

BUYER: Final = "buyer"


class MovementKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"


def till(provider: str) -> str:
    """The account of the money at ``provider``."""
    return f"provider:{provider}"


@dataclass(frozen=True, slots=True)
class Movement:
    """``amount`` is positive; ``reference`` names the payment, the refund or the provider's event it is of."""

    seq: int
    order_id: str
    store_id: str
    kind: MovementKind
    from_account: str
    to_account: str
    amount: Money
    reference: str
    at: int

    def present(self) -> dict[str, Any]:
        return {
            "id": str(self.seq),
            "order": self.order_id,
            "kind": self.kind,
            "from": self.from_account,
            "to": self.to_account,
            "amount": self.amount.present(),
            "reference": self.reference,
            "at": iso(self.at),
        }


def balances(movements: Iterable[Movement]) -> dict[str, int]:
    """Account → what came in less what went out, in minor units. The values sum to zero."""
    found: dict[str, int] = {}
    for movement in movements:
        found[movement.from_account] = found.get(movement.from_account, 0) - movement.amount.amount_minor
        found[movement.to_account] = found.get(movement.to_account, 0) + movement.amount.amount_minor
    return found
