"""Shipments between rows and :class:`~livehub.commerce.fulfilment.shipments.Shipment`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Index, String, Table, Text, delete, select, text

from livehub.commerce.fulfilment.shipments import Shipment, ShipmentStatus, Tracking
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

if TYPE_CHECKING:
    from livehub.commerce.orders.model import Order

shipments = Table(
    "shipments",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("order_seq", BigInteger, ForeignKey("orders.seq"), nullable=False),
    #: JSON [[offer id, quantity], …]
    Column("lines", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("carrier", String(80), nullable=False),
    Column("tracking_number", String(100), nullable=False),
    Column("tracking_url", Text, nullable=False),
    Column("label_url", Text, nullable=False),
    #: JSON [[status, at], …]
    Column("steps", Text, nullable=False),
    Index(None, "order_seq"),
    Index("ix_shipments_tracking", "carrier", "tracking_number", sqlite_where=text("tracking_number <> ''"),
          postgresql_where=text("tracking_number <> ''")),
)  # fmt: skip


def load_shipments(tx: Tx | Connection, order_ids: Mapping[int, str]) -> dict[int, list[Shipment]]:
    """By ``seq`` of their order, oldest first."""
    wanted = select(shipments).where(shipments.c.order_seq.in_(order_ids)).order_by(shipments.c.id)
    found: dict[int, list[Shipment]] = {}
    for row in tx.execute(wanted):
        found.setdefault(row.order_seq, []).append(_shipment(row, order_ids[row.order_seq]))
    return found


def _shipment(row: Any, order_id: str) -> Shipment:
    return Shipment(
        row.id,
        order_id,
        msgspec.json.decode(row.lines, type=tuple[tuple[str, int], ...]),
        ShipmentStatus(row.status),
        Tracking(row.carrier, row.tracking_number, row.tracking_url),
        row.label_url,
        msgspec.json.decode(row.steps, type=tuple[tuple[ShipmentStatus, int], ...]),
    )


def shipment_values(shipment: Shipment) -> dict[str, Any]:
    return {
        "lines": msgspec.json.encode(shipment.lines).decode(),
        "status": shipment.status.value,
        "carrier": shipment.tracking.carrier,
        "tracking_number": shipment.tracking.number,
        "tracking_url": shipment.tracking.url,
        "label_url": shipment.label_url,
        "steps": msgspec.json.encode(shipment.steps).decode(),
    }


def unpack(tx: Tx, order: "Order") -> "Order":
    """What was packed and has not left is no shipment any more."""
    waiting = [one.id for one in order.shipments if one.status is ShipmentStatus.PACKED]
    if not waiting:
        return order
    tx.execute(delete(shipments).where(shipments.c.id.in_(waiting))).close()
    return replace(order, shipments=tuple(one for one in order.shipments if one.id not in waiting))
