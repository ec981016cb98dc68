"""From paid to delivered: packing, sending, couriers, and what buyers may cancel by themselves."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.courier import DEADLINE_S, Courier, LabelRequest, TrackingUpdate
from livehub.commerce.errors import CancelTooLate, CourierFailed, CourierNotFound, ShipmentNotFound
from livehub.commerce.fulfilment.invoices import Invoice
from livehub.commerce.fulfilment.ports import InvoiceStore, ShipmentStore, TermsStore
from livehub.commerce.fulfilment.shipments import Shipment, ShipmentStatus, Tracking
from livehub.commerce.fulfilment.terms import awaits_transfer
from livehub.commerce.orders.desk import OrderDesk
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.commerce.orders.news import News
from livehub.commerce.payments.refunds import Asked
from livehub.errors import IllegalTransition, LivehubError
from livehub.ids import new_id

log = logging.getLogger(__name__)

#: orders in one request of the desk
MAX_AT_ONCE: Final = 100
CANCELLED_BY_BUYER: Final = "cancelled by the buyer"
CANCELLED_BY_SHOP: Final = "cancelled by the shop"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one order of many."""

    order_id: str
    order: Order | None = None
    error: LivehubError | None = None

    def present(self) -> dict[str, Any]:
        failed = self.error
        return {
            "order": self.order_id,
            "ok": failed is None,
            "status": None if self.order is None else self.order.status,
            "code": None if failed is None else failed.error_code,
            "detail": None if failed is None else failed.detail,
        }


@dataclass(frozen=True, slots=True)
class Service:
    """Whether the buyer may cancel, until when (ms) once it is paid, and what was issued. ``transfer_to``: the shop's
    account while a transfer is waited for, else empty, with the ``reference`` to write on it."""

    may_cancel: bool
    cancel_until: int | None
    invoices: list[Invoice]
    transfer_to: str
    reference: str


class Fulfilment:
    def __init__(
        self,
        desk: OrderDesk,
        shipments: ShipmentStore,
        invoices: InvoiceStore,
        terms: TermsStore,
        couriers: Mapping[str, Courier],
        *,
        news: News,
        clock: Clock,
    ) -> None:
        self.couriers = couriers
        self._desk = desk
        self._shipments = shipments
        self._invoices = invoices
        self._terms = terms
        self._news = news
        self._clock = clock

    # --- parcels ----------------------------------------------------------------------------------------------------

    async def pack(self, principal: Principal, order_id: str, lines: Sequence[tuple[str, int]]) -> Order:
        """Nothing named is all that is left. Raises: OrderNotFound, Forbidden, IllegalTransition, ShipmentTooMuch,
        OfferNotFound, InvalidInput."""
        order = await self._desk.for_merchant(principal, order_id)
        return self._told(await self._shipments.pack(order.id, new_id("shp"), lines, self._clock.now_ms()))

    async def move(
        self,
        principal: Principal,
        order_id: str,
        shipment_id: str,
        wanted: ShipmentStatus | None,
        tracking: Tracking | None,
    ) -> Order:
        """Raises: OrderNotFound, Forbidden, ShipmentNotFound, IllegalTransition, InvalidInput."""
        before = await self._desk.for_merchant(principal, order_id)
        if tracking is not None:
            tracking.check()
        now = self._clock.now_ms()
        return self._told(await self._shipments.move(before.id, shipment_id, wanted, tracking, now), before)

    async def unpack(self, principal: Principal, order_id: str, shipment_id: str) -> Order:
        """Raises: OrderNotFound, Forbidden, ShipmentNotFound, IllegalTransition."""
        order = await self._desk.for_merchant(principal, order_id)
        return self._told(await self._shipments.unpack(order.id, shipment_id))

    async def fulfil(self, principal: Principal, order_id: str) -> Order:
        """All of it was handed over, or sent. Raises: OrderNotFound, Forbidden, IllegalTransition, ShipmentTooMuch."""
        order = await self._desk.for_merchant(principal, order_id)
        if order.status is not OrderStatus.PAID:
            raise IllegalTransition(f"An order that is {order.status} cannot become fulfilled", status_now=order.status)
        return self._told(await self._shipments.ship_all(order.id, new_id("shp"), self._clock.now_ms()), order)

    async def _ship(self, principal: Principal, order_id: str) -> Order:
        order = await self._desk.for_merchant(principal, order_id)
        return self._told(await self._shipments.ship_all(order.id, new_id("shp"), self._clock.now_ms()), order)

    def _told(self, order: Order, before: Order | None = None) -> Order:
        if before is not None and before.status is not order.status:
            self._news.moved(order)
        else:
            self._news.changed(order)
        return order

    # --- couriers ---------------------------------------------------------------------------------------------------

    async def label(self, principal: Principal, order_id: str, shipment_id: str, courier_id: str) -> tuple[Order, str]:
        """Ask a courier for a label; the order with its tracking, and where the label is.

        Raises: OrderNotFound, Forbidden, ShipmentNotFound, CourierNotFound, CourierFailed, InvalidInput.
        """
        order = await self._desk.for_merchant(principal, order_id)
        shipment = _named(order, shipment_id)
        courier = self.couriers.get(courier_id)
        if courier is None:
            raise CourierNotFound(field="courier")
        if shipment.label_url and shipment.tracking.carrier == courier.id:
            return order, shipment.label_url
        request = await self._request(order, shipment)
        try:
            async with asyncio.timeout(DEADLINE_S):
                label = await courier.label(request)
        except LivehubError:
            raise
        except Exception as error:  # a plug-in may fail in any way
            log.warning("courier %s failed: %s", courier.id, error or type(error).__name__)
            raise CourierFailed(f"{courier.title} did not answer as it should") from error
        tracking = Tracking(courier.id, label.tracking_number, label.tracking_url)
        now = self._clock.now_ms()
        order = await self._shipments.labelled(order.id, shipment.id, tracking, label.url, now)
        return self._told(order), label.url

    async def _request(self, order: Order, shipment: Shipment) -> LabelRequest:
        terms, inside = await self._terms.terms(order.store_id), dict(shipment.lines)
        contact = {name: str(value) for name, value in order.contact.items() if value}
        return LabelRequest(
            id=shipment.id,
            order_number=order.number,
            sender={"name": terms.seller_name or order.store_title, "address": terms.seller_address},
            recipient={**contact, "address": str(order.delivery.get("address") or "")},
            lines=[
                {"sku": line.sku, "title": line.title, "quantity": inside[line.offer_id]}
                for line in order.lines
                if line.offer_id in inside
            ],
            contactless=bool(order.delivery.get("contactless")),
            leave_at=str(order.delivery.get("leave_at") or ""),
            at_ms=self._clock.now_ms(),
        )

    async def courier_said(self, courier_id: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take what a courier tells by webhook, in any order and any number of times; how many of it was news.

        Raises: CourierNotFound, WebhookRefused, MalformedRequest.
        """
        courier = self.couriers.get(courier_id)
        if courier is None:
            raise CourierNotFound
        return sum([await self._take(courier_id, update) for update in courier.parse_webhook(headers, body)])

    async def _take(self, courier_id: str, update: TrackingUpdate) -> bool:
        found = await self._shipments.by_tracking(courier_id, update.tracking_number)
        if found is None or update.status is ShipmentStatus.PACKED:
            return False
        order_id, shipment_id = found
        before = await self._desk.any(order_id)
        if _named(before, shipment_id).status is update.status:
            return False
        try:
            order = await self._shipments.move(order_id, shipment_id, update.status, None, self._clock.now_ms())
        except IllegalTransition:
            return False  # late news: it is further already
        self._told(order, before)
        return True

    # --- cancelling -------------------------------------------------------------------------------------------------

    async def cancel(self, principal: Principal, order_id: str) -> Order:
        """While unpaid by buyer or merchant; once paid by the buyer within the shop's terms, with all the money back.

        Raises: OrderNotFound, IllegalTransition, CancelTooLate, AlreadyShipped, and what refunds raise.
        """
        order, is_buyer = await self._desk.concerned(principal, order_id)
        if order.status is not OrderStatus.PAID or not is_buyer:
            return await self._desk.cancel(principal, order_id)
        if not await self.may_cancel(order):
            if await self._until(order) is not None:
                raise CancelTooLate
            return await self._desk.cancel(principal, order_id)  # which says that a paid order cannot be
        return await self._desk.give_back(order, Asked(CANCELLED_BY_BUYER), _require_nothing_packed)

    async def may_cancel(self, order: Order) -> bool:
        """Whether its buyer may cancel it now."""
        if order.status is OrderStatus.PENDING_PAYMENT:
            return True
        if order.status is not OrderStatus.PAID or order.shipments:
            return False
        until = await self._until(order)
        return until is not None and self._clock.now_ms() < until

    async def _until(self, order: Order) -> int | None:
        minutes = (await self._terms.terms(order.store_id)).cancel_minutes
        paid_at = next((at for status, at in reversed(order.history) if status is OrderStatus.PAID), None)
        return None if paid_at is None or not minutes else paid_at + minutes * 60_000

    async def service(self, principal: Principal, order_id: str) -> Service:
        """For its buyer and its merchant. Raises: OrderNotFound."""
        order = await self._desk.get(principal, order_id)
        invoices = await self._invoices.of_order(order.id)
        to = (await self._terms.terms(order.store_id)).transfer_to if awaits_transfer(order) else ""
        return Service(await self.may_cancel(order), await self._until(order), invoices, to, order.number)

    async def _cancel_for_good(self, principal: Principal, order_id: str) -> Order:
        """By the merchant, paid or not: what was paid goes back."""
        order = await self._desk.for_merchant(principal, order_id)
        if order.status is OrderStatus.PAID:
            return await self._desk.refund(principal, order_id, Asked(CANCELLED_BY_SHOP))
        return await self._desk.cancel(principal, order_id)

    # --- many at once -----------------------------------------------------------------------------------------------

    async def each(self, principal: Principal, store_id: str, action: str, order_ids: Sequence[str]) -> list[Outcome]:
        """Pack, ship or cancel each; one that cannot be holds up none of the others. The store is the caller's."""
        acts = {"pack": self._pack_all, "ship": self._ship, "cancel": self._cancel_for_good}
        found = []
        for order_id in order_ids:
            try:
                order = await self._desk.for_merchant(principal, order_id, store_id)
                found.append(Outcome(order_id, await acts[action](principal, order.id)))
            except LivehubError as error:
                found.append(Outcome(order_id, error=error))
        return found

    async def _pack_all(self, principal: Principal, order_id: str) -> Order:
        return await self.pack(principal, order_id, ())

    async def close(self) -> None:
        for courier in self.couriers.values():
            try:
                await courier.close()
            except Exception:  # a plug-in's failure must not keep the others open
                log.exception("closing the courier %s failed", courier.id)


def _require_nothing_packed(order: Order) -> None:
    """The shop may have begun since its buyer looked. Raises: CancelTooLate."""
    if order.shipments or order.status is not OrderStatus.PAID:
        raise CancelTooLate


def _named(order: Order, shipment_id: str) -> Shipment:
    for shipment in order.shipments:
        if shipment.id == shipment_id:
            return shipment
    raise ShipmentNotFound
