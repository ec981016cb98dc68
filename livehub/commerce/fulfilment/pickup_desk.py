"""What merchants define for picking up, and what buyers are offered of it."""

from collections.abc import Sequence

from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.catalog.shop import Shop
from livehub.commerce.errors import PlaceNotFound, SlotNotFound
from livehub.commerce.fulfilment.pickups import NewSlots, Place, Slot, cut, zone_of
from livehub.commerce.fulfilment.ports import PickupStore
from livehub.ids import new_id
from livehub.rooms.access import Access

#: slots of one place that a buyer is shown
MAX_SHOWN = 200


class PickupDesk:
    def __init__(self, pickups: PickupStore, shop: Shop, clock: Clock) -> None:
        self._pickups = pickups
        self._shop = shop
        self._clock = clock

    async def add_place(
        self, principal: Principal, store_id: str, *, title: str, address: str, directions: str, time_zone: str
    ) -> Place:
        """Raises: StoreNotFound, Forbidden, InvalidInput, TooManyPlaces."""
        store = await self._shop.own_store(principal, store_id)
        zone = zone_of(time_zone)
        place = Place(new_id("plc"), store.id, title, address, directions, zone.key, self._clock.now_ms())
        await self._pickups.add_place(place)
        return place

    async def places(self, principal: Principal, store_id: str) -> list[Place]:
        """Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._pickups.places(store.id)

    async def close_place(self, principal: Principal, place_id: str) -> None:
        """No more orders come to it; those that were placed stay. Raises: PlaceNotFound, Forbidden."""
        place = await self._own(principal, place_id)
        await self._pickups.close_place(place.id, self._clock.now_ms())

    async def add_slots(self, principal: Principal, place_id: str, new: NewSlots) -> list[Slot]:
        """A slot that begins when one is there already takes its place, with at least the room that is taken.

        Raises: PlaceNotFound, Forbidden, InvalidInput.
        """
        place = await self._own(principal, place_id)
        now = self._clock.now_ms()
        return await self._pickups.add_slots(place, cut(new, zone_of(place.time_zone), now), new.capacity, now)

    async def slots(self, principal: Principal, place_id: str) -> list[Slot]:
        """Those that have not ended, the next first. Raises: PlaceNotFound, Forbidden."""
        place = await self._own(principal, place_id)
        return await self._pickups.slots([place.id], self._clock.now_ms())

    async def change_slot(self, principal: Principal, slot_id: str, capacity: int) -> Slot:
        """Raises: SlotNotFound, Forbidden, SlotFull (more is taken than that)."""
        await self._own_slot(principal, slot_id)
        return await self._pickups.change_slot(slot_id, capacity)

    async def close_slot(self, principal: Principal, slot_id: str) -> None:
        """Raises: SlotNotFound, Forbidden."""
        await self._own_slot(principal, slot_id)
        await self._pickups.close_slot(slot_id, self._clock.now_ms())

    async def offered(self, access: Access) -> list[tuple[Place, Sequence[Slot]]]:
        """Where and when an order of the room can be picked up; also slots that are full, so that buyers see why."""
        if access.room.store_id is None:
            return []
        places = await self._pickups.places(access.room.store_id)
        now = self._clock.now_ms()
        slots = await self._pickups.slots([place.id for place in places], now)
        found: list[tuple[Place, Sequence[Slot]]] = []
        for place in places:
            own = [slot for slot in slots if slot.place_id == place.id and slot.starts_at > now]
            if own:
                found.append((place, own[:MAX_SHOWN]))
        return found

    async def _own(self, principal: Principal, place_id: str) -> Place:
        place = await self._pickups.place(place_id)
        if place is None:
            raise PlaceNotFound
        await self._shop.own_store(principal, place.store_id)
        return place

    async def _own_slot(self, principal: Principal, slot_id: str) -> Slot:
        slot = await self._pickups.slot(slot_id)
        if slot is None:
            raise SlotNotFound
        await self._shop.own_store(principal, slot.store_id)
        return slot
