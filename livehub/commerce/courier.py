"""What a courier has to be: a typed, asynchronous Protocol, found by entry point (``livehub.couriers``).

A courier is asked for a label when something is sent, answers how the parcel can be followed, and tells where it is by
webhook. docs/hooks.md shows one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

from livehub.clock import Clock, iso
from livehub.commerce.fulfilment.shipments import ShipmentStatus

#: what a label may take
DEADLINE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """``id`` is the shipment's: the same again has to answer the same label. ``sender`` and ``recipient``: {name,
    address, email?, phone?}; ``lines``: {sku, title, quantity}."""

    id: str
    order_number: str
    sender: Mapping[str, str]
    recipient: Mapping[str, str]
    lines: Sequence[Mapping[str, Any]]
    contactless: bool
    leave_at: str
    at_ms: int

    def present(self) -> dict[str, Any]:
        return {
            "shipment": self.id,
            "order_number": self.order_number,
            "sender": dict(self.sender),
            "recipient": dict(self.recipient),
            "lines": [dict(line) for line in self.lines],
            "contactless": self.contactless,
            "leave_at": self.leave_at,
            "at": iso(self.at_ms),
        }


@dataclass(frozen=True, slots=True)
class Label:
    """``url``: of the label to print; empty where the courier brings one."""

    tracking_number: str
    tracking_url: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class TrackingUpdate:
    """Of the shipment that has this tracking number."""

    tracking_number: str
    status: ShipmentStatus


@runtime_checkable
class Courier(Protocol):
    id: str
    title: str

    async def label(self, request: LabelRequest) -> Label:
        """Raises: CourierFailed."""

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[TrackingUpdate]:
        """``headers`` have lower-case names. Raises: WebhookRefused, MalformedRequest."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class CourierContext:
    """What a courier is made from."""

    clock: Clock


class CourierFactory(Protocol):
    def __call__(self, setting: str, context: CourierContext) -> Courier:
        """``setting`` is what follows the name in ``LIVEHUB_COURIERS``. Raises: ValueError."""
