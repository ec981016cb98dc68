"""What the rest of the server hears about orders, after the commit: on the bus, with the public representations."""

from livehub.commerce.announcer import Announcer, Gathered
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.events import EventBus, OrderChanged, OrderPaid, OrderPlaced


class News:
    def __init__(self, bus: EventBus, announcer: Announcer, auctions: Gathered) -> None:
        self._bus = bus
        self._announcer = announcer
        self._auctions = auctions

    def placed(self, order: Order) -> None:
        self._touch_auctions(order)
        self._announcer.touch(offer_id for line in order.lines for offer_id in line.offers)
        self._bus.publish(OrderPlaced(order.room_id, order.present(), order.buyer_id, order.store_id))

    def changed(self, order: Order) -> None:
        """Something that is no step of the order: where its parcels are."""
        self._bus.publish(OrderChanged(order.room_id, order.present(), order.buyer_id, order.store_id))

    def moved(self, order: Order) -> None:
        """A step of the order or of its payment; a paid one is also the room's quiet line."""
        self._touch_auctions(order)
        self._announcer.touch(offer_id for line in order.lines for offer_id in line.offers)
        self._bus.publish(OrderChanged(order.room_id, order.present(), order.buyer_id, order.store_id))
        if order.status is OrderStatus.PAID:
            self._bus.publish(OrderPaid(order.room_id, order.id, order.buyer_name, order.units))

    def _touch_auctions(self, order: Order) -> None:
        if won := [line.auction_id for line in order.lines if line.auction_id is not None]:
            self._auctions.touch(won)
