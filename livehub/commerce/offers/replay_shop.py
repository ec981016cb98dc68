"""Selling from the recording of a show that is over: its offers at their prices, while the variants have free stock.

A room that ends gives what was left back to the shop, where the next show can have it. So nothing is set apart for a
replay: what a buyer asks for is drawn from free stock into the offer for their order alone, and what is not taken goes
back, at once or with the next sweep (:meth:`livehub.commerce.service.Commerce.close_ended`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from livehub.accounts.permissions import Action
from livehub.commerce.catalog.model import Offer
from livehub.commerce.errors import OfferClosed, SoldOut
from livehub.commerce.offers.ports import OfferStore
from livehub.rooms.access import Access
from livehub.rooms.model import Room, RoomState

T = TypeVar("T")
#: a sweep may come between drawing and placing; it comes once a second
_TRIES: Final = 3


class ReplayStore(Protocol):
    async def sells(self, room_id: str) -> bool:
        """Unless the merchant has switched it off."""

    async def switch(self, room_id: str, sells: bool, at_ms: int) -> None: ...

    async def offers(self, room_id: str) -> list[tuple[Offer, int]]:
        """What was offered in the room, in the order of its tray, and how many of each variant are free.

        Without articles that the shop has no more.
        """

    async def draw(self, room_id: str, wanted: Sequence[tuple[str, int]]) -> None:
        """Units by offer from free stock into the offers.

        Raises: OfferNotFound, OfferClosed, SoldOut; nothing has moved.
        """

    async def give_back(self, room_id: str, drawn: Sequence[tuple[str, int]]) -> None:
        """What was drawn and not taken."""


class ReplayShop:
    def __init__(self, store: ReplayStore, offers: OfferStore) -> None:
        self._store = store
        self._offers = offers

    async def sells(self, room: Room) -> bool:
        """Whether something can be bought from the replay now."""
        if room.state is not RoomState.ENDED or not room.has_replay or room.store_id is None:
            return False
        return await self._store.sells(room.id)

    async def switch(self, access: Access, sells: bool, at_ms: int) -> None:
        """Raises: Forbidden, Unauthenticated: not the host or a cohost."""
        access.require(Action.OFFER_EDIT)
        await self._store.switch(access.room.id, sells, at_ms)

    async def offers(self, room: Room) -> list[Offer]:
        """As buyers see them: ``available`` is what the shop has free. None where nothing is sold from the replay."""
        if not await self.sells(room):
            return []
        return [
            replace(
                offer,
                quantity=offer.quantity + free,
                available=offer.available + free,
                closed_at=None,
                pinned=False,
                pinned_at=None,
                deal=None,
            )
            for offer, free in await self._store.offers(room.id)
        ]

    async def shown(self, room: Room, offer_ids: Sequence[str]) -> list[Offer]:
        """For a quote: the offers as they stand, of a replay that sells as buyers see them there."""
        if not await self.sells(room):
            return await self._offers.by_ids(offer_ids)
        return [offer for offer in await self.offers(room) if offer.id in set(offer_ids)]

    async def drawing(self, room: Room, wanted: Sequence[tuple[str, int]], place: Callable[[], Awaitable[T]]) -> T:
        """Place an order with its units drawn; what it does not take goes back. Raises: as ``place``, and SoldOut."""
        for left in reversed(range(_TRIES)):
            await self._store.draw(room.id, wanted)
            try:
                return await place()
            except (OfferClosed, SoldOut):
                # Drawn and gone: a sweep took it along, and it is free again. An offer whose time is over stays so.
                await self._store.give_back(room.id, wanted)
                if not left:
                    raise
            except BaseException:
                await self._store.give_back(room.id, wanted)
                raise
        raise AssertionError("unreachable")
