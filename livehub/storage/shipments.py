"""Shipments in SQL: packed, sent and followed, each step in one commit with the order and the messages about it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import delete, insert, select, update

from livehub.commerce.errors import ShipmentNotFound, ShipmentTooMuch
from livehub.commerce.fulfilment.shipments import (
    MAX_SHIPMENTS,
    MAX_STEPS,
    Shipment,
    ShipmentStatus,
    Tracking,
    check_step,
    choose,
    to_pack,
)
from livehub.commerce.orders.model import Order, OrderStatus, PaymentStatus
from livehub.errors import IllegalTransition
from livehub.storage.commerce import orders
from livehub.storage.database import Database
from livehub.storage.order_rows import must_load
from livehub.storage.orders import SqlOrders
from livehub.storage.shipment_rows import shipment_values, shipments
from livehub.storage.units import finish, returned
from livehub.storage.writer import Tx


class SqlShipments:
    """Implements :class:`livehub.commerce.fulfilment.ports.ShipmentStore`."""

    def __init__(self, database: Database, of: SqlOrders) -> None:
        self._database = database
        self._orders = of

    async def pack(self, order_id: str, shipment_id: str, lines: Sequence[tuple[str, int]], at_ms: int) -> Order:
        def write(tx: Tx, order: Order) -> Order:
            return self._pack(tx, order, shipment_id, lines, at_ms)

        return await self._change(order_id, write)

    def _pack(self, tx: Tx, order: Order, shipment_id: str, lines: Sequence[tuple[str, int]], at_ms: int) -> Order:
        _require_sendable(order)
        if len(order.shipments) >= MAX_SHIPMENTS:
            raise ShipmentTooMuch(f"An order has at most {MAX_SHIPMENTS} shipments", remaining=0)
        chosen = choose(order, returned(tx, order), lines)
        steps = ((ShipmentStatus.PACKED, at_ms),)
        shipment = Shipment(shipment_id, order.id, chosen, ShipmentStatus.PACKED, Tracking(), "", steps)
        values = {"id": shipment.id, "order_seq": order.seq, **shipment_values(shipment)}
        tx.execute(insert(shipments), values).close()
        order = replace(order, shipments=(*order.shipments, shipment))
        self._orders.tell(tx, order, "order.shipment_packed", at_ms)
        return order

    async def move(
        self, order_id: str, shipment_id: str, wanted: ShipmentStatus | None, tracking: Tracking | None, at_ms: int
    ) -> Order:
        def write(tx: Tx, order: Order) -> Order:
            shipment = _named(order, shipment_id)
            if tracking is not None and tracking != shipment.tracking:
                shipment = replace(shipment, tracking=tracking)
                order = _keep(tx, order, shipment)
            if wanted is None or wanted is shipment.status:
                return order
            check_step(shipment.status, wanted)
            if order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
                raise IllegalTransition(f"Nothing of an order that is {order.status} is sent", status_now=order.status)
            return self._step(tx, order, shipment, wanted, at_ms)

        return await self._change(order_id, write)

    def _step(self, tx: Tx, order: Order, shipment: Shipment, wanted: ShipmentStatus, at_ms: int) -> Order:
        steps = (*shipment.steps, (wanted, at_ms))[-MAX_STEPS:]
        order = _keep(tx, order, replace(shipment, status=wanted, steps=steps))
        self._orders.tell(tx, order, f"order.shipment_{wanted}", at_ms, shipment.id)
        if shipment.status is ShipmentStatus.PACKED and wanted is not ShipmentStatus.SHIPPED:
            self._orders.write_to_buyer(tx, order, "order.shipment_shipped", at_ms, shipment.id)
        return finish(tx, self._orders.step, order, at_ms)

    async def unpack(self, order_id: str, shipment_id: str) -> Order:
        def write(tx: Tx, order: Order) -> Order:
            shipment = _named(order, shipment_id)
            if shipment.status is not ShipmentStatus.PACKED:
                raise IllegalTransition("It has left already", status_now=shipment.status)
            tx.execute(delete(shipments).where(shipments.c.id == shipment_id)).close()
            return replace(order, shipments=tuple(one for one in order.shipments if one.id != shipment_id))

        return await self._change(order_id, write)

    async def ship_all(self, order_id: str, shipment_id: str, at_ms: int) -> Order:
        def write(tx: Tx, order: Order) -> Order:
            _require_sendable(order)
            if to_pack(order, returned(tx, order)):
                order = self._pack(tx, order, shipment_id, (), at_ms)
            packed = [one for one in order.shipments if one.status is ShipmentStatus.PACKED]
            if not packed:
                raise ShipmentTooMuch("Everything of this order has left already", remaining=0)
            for shipment in packed:
                order = self._step(tx, order, shipment, ShipmentStatus.SHIPPED, at_ms)
            return order

        return await self._change(order_id, write)

    async def labelled(self, order_id: str, shipment_id: str, tracking: Tracking, label_url: str, at_ms: int) -> Order:
        def write(tx: Tx, order: Order) -> Order:
            shipment = _named(order, shipment_id)
            return _keep(tx, order, replace(shipment, tracking=tracking, label_url=label_url))

        return await self._change(order_id, write)

    async def by_tracking(self, carrier: str, number: str) -> tuple[str, str] | None:
        statement = (
            select(orders.c.id, shipments.c.id.label("shipment_id"))
            .join(orders, orders.c.seq == shipments.c.order_seq)
            .where(shipments.c.carrier == carrier, shipments.c.tracking_number == number)
            .order_by(shipments.c.id.desc())
            .limit(1)
        )
        row = await self._database.read(lambda connection: connection.execute(statement).first())
        return None if row is None else (row.id, row.shipment_id)

    async def order_of(self, shipment_id: str) -> str | None:
        statement = (
            select(orders.c.id)
            .join(shipments, orders.c.seq == shipments.c.order_seq)
            .where(shipments.c.id == shipment_id)
        )
        return await self._database.read(lambda connection: connection.execute(statement).scalar())

    async def _change(self, order_id: str, change: Callable[[Tx, Order], Order]) -> Order:
        return await self._orders.told(lambda tx: change(tx, must_load(tx, order_id)))


def _require_sendable(order: Order) -> None:
    """Paid, or held and paid by hand when it arrives; and not while all that was paid is on its way back.

    Raises: IllegalTransition.
    """
    if order.status is OrderStatus.PAID and 0 < order.total.amount_minor <= order.refunded_minor:
        raise IllegalTransition("All of its money is on its way back to the buyer", status_now=order.status)
    is_held = all(line.held for line in order.lines)
    by_hand = is_held and order.expires_at is None and order.payment.status is PaymentStatus.PENDING
    if order.status is not OrderStatus.PAID and not (order.status is OrderStatus.PENDING_PAYMENT and by_hand):
        raise IllegalTransition(f"Nothing of an order that is {order.status} is packed", status_now=order.status)


def _named(order: Order, shipment_id: str) -> Shipment:
    for shipment in order.shipments:
        if shipment.id == shipment_id:
            return shipment
    raise ShipmentNotFound


def _keep(tx: Tx, order: Order, shipment: Shipment) -> Order:
    tx.execute(update(shipments).where(shipments.c.id == shipment.id).values(shipment_values(shipment))).close()
    kept = tuple(shipment if one.id == shipment.id else one for one in order.shipments)
    return replace(order, shipments=kept)
