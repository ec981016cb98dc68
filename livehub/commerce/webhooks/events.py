"""The catalogue of what merchants' systems are told: one row for each type of message. Part of the public contract."""

from types import MappingProxyType
from typing import Final

TEST: Final = "endpoint.test"
STOCK_LOW: Final = "stock.low"

#: type → what has happened; ``data`` of ``order.…`` is the whole order as it is then, of ``return.…`` what was asked,
#: of ``auction.…`` the auction as everybody sees it, of ``stock.…`` the article's level, and :data:`TEST` has none
EVENTS: Final = MappingProxyType(
    {
        "order.placed": "An order holds its stock and waits for its payment",
        "order.paid": "The money is there",
        "order.cancelled": "Buyer or merchant gave the unpaid order up",
        "order.expired": "It was not paid in time",
        "order.pending_payment": "An expired order is held again: its payment was authorised late",
        "order.fulfilled": "It was handed over, or sent",
        "order.partially_refunded": "A part of the money went back; `refunded` says how much in all",
        "order.refunded": "All the money went back",
        "order.payment_refunded": "The money of a payment that came too late went back",
        "order.shipment_packed": "Units of it were packed together; `shipments` has all of them",
        "order.shipment_shipped": "A shipment was sent, or handed over",
        "order.shipment_in_transit": "The courier has it",
        "order.shipment_delivered": "The courier delivered it",
        "order.shipment_failed": "The courier could not deliver it",
        "order.shipment_returned": "The courier brought it back",
        STOCK_LOW: "So few can still be sold that the merchant wanted to be told",
        "return.asked": "A buyer asks for money back for goods that were sent",
        "return.approved": "The shop said yes: the refund follows",
        "return.declined": "The shop said no",
        "return.withdrawn": "The buyer thought better of it",
        "auction.started": "A unit is put up",
        "auction.awarded": "Somebody won it, or comes after a winner, and has until `winner.until` to order",
        "auction.declined": "The winner, who is still in `winner`, does not want it",
        "auction.sold": "The winner's order is paid",
        "auction.unsold": "It is over, and the unit can be bought again",
        "auction.cancelled": "The host called it off",
        TEST: "Somebody asked for it in the desk",
    }
)
