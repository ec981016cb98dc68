"""Shipments: what of an order was packed, sent or handed over together, and where it is. No I/O.

An order is fulfilled once every unit that did not come back was sent or handed over.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from livehub.clock import iso
from livehub.commerce.errors import OfferNotFound, ShipmentTooMuch
from livehub.errors import IllegalTransition, InvalidInput
from livehub.text import web_address

if TYPE_CHECKING:
    from livehub.commerce.orders.model import Order

MAX_SHIPMENTS: Final = 50
MAX_TRACKING_CHARS: Final = 100
MAX_URL_CHARS: Final = 1000
MAX_CARRIER_CHARS: Final = 80
#: what a carrier said that is kept, newest last
MAX_STEPS: Final = 50


class ShipmentStatus(StrEnum):
    PACKED = "packed"
    SHIPPED = "shipped"  # sent, or handed over to the buyer
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    FAILED = "failed"  # the carrier could not deliver it
    RETURNED = "returned"


#: what left the shop
GONE: Final = frozenset(ShipmentStatus) - {ShipmentStatus.PACKED}
_S = ShipmentStatus
#: carriers' words come in any order, so what is final stays, and nothing goes back to the packing table
TRANSITIONS: Final = MappingProxyType(
    {
        _S.PACKED: frozenset({_S.SHIPPED, _S.IN_TRANSIT, _S.DELIVERED, _S.FAILED}),
        _S.SHIPPED: frozenset({_S.IN_TRANSIT, _S.DELIVERED, _S.FAILED, _S.RETURNED}),
        _S.IN_TRANSIT: frozenset({_S.DELIVERED, _S.FAILED, _S.RETURNED}),
        _S.FAILED: frozenset({_S.IN_TRANSIT, _S.DELIVERED, _S.RETURNED}),
        _S.DELIVERED: frozenset({_S.RETURNED}),
        _S.RETURNED: frozenset[ShipmentStatus](),
    }
)


@dataclass(frozen=True, slots=True)
class Tracking:
    """``carrier``: a courier hook's id, or a name that the merchant typed in."""

    carrier: str = ""
    number: str = ""
    url: str = ""

    def check(self) -> None:
        """Raises: InvalidInput for an address that is no page of the web."""
        if self.url:
            web_address(self.url, "tracking_url")


@dataclass(frozen=True, slots=True)
class Shipment:
    """``lines``: (offer, quantity). ``label_url``: what is stuck on the parcel; the merchant's alone."""

    id: str
    order_id: str
    lines: tuple[tuple[str, int], ...]
    status: ShipmentStatus
    tracking: Tracking
    label_url: str
    steps: tuple[tuple[ShipmentStatus, int], ...]

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "lines": [{"offer": offer, "quantity": quantity} for offer, quantity in self.lines],
            "status": self.status,
            "carrier": self.tracking.carrier,
            "tracking_number": self.tracking.number,
            "tracking_url": self.tracking.url,
            "history": [{"status": status, "at": iso(at)} for status, at in self.steps],
        }


def check_step(present: ShipmentStatus, wanted: ShipmentStatus) -> None:
    """Raises: IllegalTransition."""
    if wanted not in TRANSITIONS[present]:
        raise IllegalTransition(f"A shipment that is {present} cannot become {wanted}", status_now=present)


def packed(shipments: Iterable[Shipment]) -> Counter[str]:
    """Units by offer that are in a shipment."""
    found: Counter[str] = Counter()
    for shipment in shipments:
        for offer_id, quantity in shipment.lines:
            found[offer_id] += quantity
    return found


def gone(shipments: Iterable[Shipment]) -> Counter[str]:
    """Units by offer that have left the shop."""
    return packed(shipment for shipment in shipments if shipment.status in GONE)


def to_pack(order: "Order", returned: Mapping[str, int]) -> dict[str, int]:
    """Units by offer that are in no shipment and did not go back to the stock. ``returned``: by refunds.

    What comes back is taken from what was not sent first.
    """
    inside = packed(order.shipments)
    left = {
        line.offer_id: line.quantity - returned.get(line.offer_id, 0) - inside[line.offer_id] for line in order.lines
    }
    return {offer_id: quantity for offer_id, quantity in left.items() if quantity > 0}


def choose(
    order: "Order", returned: Mapping[str, int], wanted: Sequence[tuple[str, int]]
) -> tuple[tuple[str, int], ...]:
    """The lines of a new shipment; nothing wanted is all that is left.

    Raises:
        ShipmentTooMuch: nothing, or not that much, is left to pack.
        OfferNotFound, InvalidInput.
    """
    left = to_pack(order, returned)
    if not wanted:
        if not left:
            raise ShipmentTooMuch("Everything of this order is packed already", remaining=0)
        return tuple(left.items())
    if len({offer for offer, _ in wanted}) != len(wanted):
        raise InvalidInput("Each offer has one line; add up the quantities", field="lines")
    bought = {line.offer_id for line in order.lines}
    for index, (offer_id, quantity) in enumerate(wanted):
        if offer_id not in bought:
            raise OfferNotFound("The order has no line of this offer", field=f"lines[{index}].offer")
        if not 1 <= quantity <= left.get(offer_id, 0):
            remaining = left.get(offer_id, 0)
            raise ShipmentTooMuch(
                f"{remaining} of these are left to pack", field=f"lines[{index}].quantity", remaining=remaining
            )
    return tuple(wanted)
