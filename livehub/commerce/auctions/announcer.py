"""Tells rooms how their auctions stand, gathered as offers are: a war of bids becomes ten events a second."""

from collections.abc import Sequence

from livehub.clock import Clock
from livehub.commerce.announcer import INTERVAL_S, Gathered
from livehub.commerce.auctions.ports import AuctionStore
from livehub.events import AuctionChanged, EventBus


class AuctionAnnouncer(Gathered):
    def __init__(self, store: AuctionStore, bus: EventBus, clock: Clock, *, interval_s: float = INTERVAL_S) -> None:
        super().__init__(bus, interval_s=interval_s)
        self._store = store
        self._clock = clock

    async def tell(self, ids: Sequence[str]) -> None:
        now = self._clock.now_ms()  # before it is read: clients take the later of two, and this is never too late
        for auction in await self._store.by_ids(ids):
            self._bus.publish(AuctionChanged(auction.room_id, auction.present(now)))
