"""/api/v1/orders/{order}/shipments: what was packed, sent and delivered of an order."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.clock import iso
from livehub.commerce.fulfilment.invoices import InvoiceKind
from livehub.commerce.fulfilment.shipments import (
    MAX_CARRIER_CHARS,
    MAX_TRACKING_CHARS,
    MAX_URL_CHARS,
    ShipmentStatus,
    Tracking,
)
from livehub.commerce.orders.checkout import MAX_LINES
from livehub.text import one_line
from livehub.web.auth import require_account, require_principal
from livehub.web.body import answer, read_json
from livehub.web.commerce_invoices import present_invoice
from livehub.web.commerce_orders import LineBody
from livehub.web.commerce_returns import ReturnView
from livehub.web.commerce_wire import COMMERCE, Id
from livehub.web.openapi import API, Operation
from livehub.web.order_views import OrderView, ShippedLine


class TrackingBody(msgspec.Struct):
    """``carrier``: a name; couriers that are asked for labels fill it in themselves."""

    carrier: Annotated[str, Meta(max_length=4 * MAX_CARRIER_CHARS)] = ""
    tracking_number: Annotated[str, Meta(max_length=4 * MAX_TRACKING_CHARS)] = ""
    tracking_url: Annotated[str, Meta(max_length=MAX_URL_CHARS)] = ""

    def tracking(self) -> Tracking:
        """Raises: InvalidInput."""
        return Tracking(
            one_line(self.carrier, "carrier", max_chars=MAX_CARRIER_CHARS, min_chars=0),
            one_line(self.tracking_number, "tracking_number", max_chars=MAX_TRACKING_CHARS, min_chars=0),
            self.tracking_url.strip(),
        )


class PackBody(msgspec.Struct):
    """Without ``lines`` all that is left is packed."""

    lines: Annotated[list[LineBody], Meta(max_length=MAX_LINES)] = []


class ShipmentBody(msgspec.Struct):
    """What is not named stays."""

    status: ShipmentStatus | None = None
    tracking: TrackingBody | None = None


class LabelBody(msgspec.Struct):
    courier: Id


class LabelView(msgspec.Struct):
    """``label_url``: what is printed and stuck on the parcel; empty where the courier brings one."""

    order: OrderView
    label_url: str


class InvoiceView(msgspec.Struct):
    number: str
    kind: InvoiceKind
    issued_at: str
    url: str
    pdf_url: str


class TransferView(msgspec.Struct):
    """``to``: the shop's account, in its words; ``reference``: what to write on the transfer."""

    to: str
    reference: str


class ServiceView(msgspec.Struct):
    """``may_cancel``: whether the buyer may by themselves; ``cancel_until``: until when, once it is paid.
    ``return_until``: until when money back can be asked for, once something has left; ``returnable``: for what, now.
    ``transfer``: where the buyer has to transfer the money to still."""

    may_cancel: bool
    cancel_until: str | None
    return_until: str | None
    returnable: list[ShippedLine]
    returns: list[ReturnView]
    invoices: list[InvoiceView]
    transfer: TransferView | None


async def pack(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, PackBody) if request.body_exists else PackBody()
    lines = [(line.offer, line.quantity) for line in body.lines]
    order = await request.app[COMMERCE].fulfilment.pack(principal, request.match_info["order"], lines)
    return answer(order.present(), 201)


async def change(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, ShipmentBody)
    tracking = None if body.tracking is None else body.tracking.tracking()
    order = await request.app[COMMERCE].fulfilment.move(
        principal, request.match_info["order"], request.match_info["shipment"], body.status, tracking
    )
    return answer(order.present())


async def unpack(request: web.Request) -> web.Response:
    principal = await require_account(request)
    order_id, shipment_id = request.match_info["order"], request.match_info["shipment"]
    return answer((await request.app[COMMERCE].fulfilment.unpack(principal, order_id, shipment_id)).present())


async def label(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, LabelBody)
    order, url = await request.app[COMMERCE].fulfilment.label(
        principal, request.match_info["order"], request.match_info["shipment"], body.courier
    )
    return answer({"order": order.present(), "label_url": url})


async def get_service(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    commerce, order_id = request.app[COMMERCE], request.match_info["order"]
    service = await commerce.fulfilment.service(principal, order_id)
    back = await commerce.returns.service(principal, order_id)
    view = {
        "may_cancel": service.may_cancel,
        "cancel_until": None if service.cancel_until is None else iso(service.cancel_until),
        "return_until": None if back.until is None else iso(back.until),
        "returnable": [{"offer": offer, "quantity": quantity} for offer, quantity in back.left],
        "returns": [one.present() for one in back.returns],
        "invoices": [present_invoice(invoice) for invoice in service.invoices],
        "transfer": {"to": service.transfer_to, "reference": service.reference} if service.transfer_to else None,
    }
    return answer(view, headers={"Cache-Control": "no-store"})


_SHIPMENTS = f"{API}/orders/{{order}}/shipments"
_SHIPMENT, _SERVICE = f"{_SHIPMENTS}/{{shipment}}", f"{API}/orders/{{order}}/service"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_SHIPMENTS, pack),
        web.patch(_SHIPMENT, change),
        web.delete(_SHIPMENT, unpack),
        web.post(f"{_SHIPMENT}/label", label),
        web.get(_SERVICE, get_service),
    ]


_OWN = (401, 403, 404, 409)
OPERATIONS = [
    Operation(
        "POST", _SHIPMENTS, "Pack all that is left, or a part", PackBody, OrderView, (201, *_OWN, 422), "account"
    ),
    Operation("PATCH", _SHIPMENT, "Send it; say where it is", ShipmentBody, OrderView, (200, *_OWN, 422), "account"),
    Operation("DELETE", _SHIPMENT, "Unpack what has not left", None, OrderView, (200, *_OWN), "account"),
    Operation("POST", f"{_SHIPMENT}/label", "Ask a courier", LabelBody, LabelView, (200, *_OWN, 503), "account"),
    Operation("GET", _SERVICE, "What its buyer may do, and its invoices", None, ServiceView, (200, 401, 404)),
]
