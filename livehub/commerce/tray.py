"""The tray of a room: what is offered in it, at which price, and which offer is pinned."""

from collections.abc import Callable

from livehub.accounts.permissions import Action
from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.announcer import Announcer
from livehub.commerce.catalog import NewOffer, Offer, OfferPatch, Store
from livehub.commerce.errors import OfferNotFound, PriceGuard, RoomHasNoStore, StoreNotFound
from livehub.commerce.ports import CatalogStore, OfferStore, RoomPort
from livehub.commerce.shop import require_currency
from livehub.errors import InvalidInput
from livehub.events import EventBus, OfferPinned
from livehub.ids import new_id
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState


class Tray:
    def __init__(
        self,
        offers: OfferStore,
        catalog: CatalogStore,
        rooms: RoomPort,
        *,
        announcer: Announcer,
        bus: EventBus,
        clock: Clock,
    ) -> None:
        self._offers = offers
        self._catalog = catalog
        self._rooms = rooms
        self._announcer = announcer
        self._bus = bus
        self._clock = clock

    async def of_room(self, room_id: str) -> list[Offer]:
        """Everything open in the room, for whoever may see it; the caller has asked for access."""
        return await self._offers.of_room(room_id)

    async def pinned(self, room_id: str) -> Offer | None:
        return next((offer for offer in await self.of_room(room_id) if offer.pinned), None)

    async def add(self, access: Access, new: NewOffer) -> Offer:
        """Allocate stock of the room's store to the room.

        Raises:
            Forbidden: not the host or a cohost.
            RoomHasNoStore, SkuNotFound, OfferExists, StockShort, CurrencyMismatch, InvalidInput (an empty window).
        """
        access.require(Action.OFFER_EDIT)
        access.room.require_not_ended()
        store = await self._store(access)
        if new.price is not None:
            require_currency(new.price, store, "price.currency")
        _require_window(new.starts_at, new.ends_at)
        offer = await self._offers.add(new_id("ofr"), access.room.id, store, new, self._clock.now_ms())
        self._announcer.touch([offer.id])
        return offer

    async def change(self, principal: Principal | None, offer_id: str, patch: OfferPatch) -> Offer:
        """Raises: OfferNotFound, Forbidden, PriceGuard, StockShort, OfferClosed, CurrencyMismatch, InvalidInput."""
        access = await self._editing(principal, offer_id)
        if patch.price is not None:
            require_currency(patch.price, await self._store(access), "price.currency")
        offer = await self._offers.change(offer_id, patch, _guard(patch, access.room.state is RoomState.LIVE))
        self._announcer.touch([offer.id])
        return offer

    async def pin(self, principal: Principal | None, offer_id: str, pinned: bool) -> Offer:
        """One pin a room: pinning another takes this one's place. Raises: OfferNotFound, Forbidden, OfferClosed."""
        await self._editing(principal, offer_id)
        offer, changed = await self._offers.pin(offer_id, pinned)
        if changed:  # taking the pin off an offer that has none says nothing about the one that has
            self._bus.publish(OfferPinned(offer.room_id, offer.present() if pinned else None))
        return offer

    async def _editing(self, principal: Principal | None, offer_id: str) -> Access:
        found = await self._offers.by_ids([offer_id])
        if not found:
            raise OfferNotFound
        access = await self._rooms.access(found[0].room_id, principal)
        access.require(Action.OFFER_EDIT)
        return access

    async def _store(self, access: Access) -> Store:
        if access.room.store_id is None:
            raise RoomHasNoStore
        store = await self._catalog.store(access.room.store_id)
        if store is None:
            raise StoreNotFound
        return store


def _guard(patch: OfferPatch, is_live: bool) -> Callable[[Offer], None]:
    """Checked on the offer as it is inside the writing transaction."""

    def check(present: Offer) -> None:
        if is_live and patch.price is not None and patch.price.amount_minor > present.price.amount_minor:
            raise PriceGuard(f"While the room is live the price may only fall; it is {present.price}", field="price")
        if "ends_at" in patch.given:
            _require_window(present.starts_at, patch.ends_at)

    return check


def _require_window(starts_at: int | None, ends_at: int | None) -> None:
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise InvalidInput("The offer has to end after it begins", field="ends_at")
