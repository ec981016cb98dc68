"""The tray of a room: what is offered in it, at which price, and which offer is pinned."""

from collections.abc import Callable, Sequence
from typing import Final

from livehub.accounts.permissions import Action
from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.announcer import Announcer
from livehub.commerce.catalog.model import NewBundle, NewDonation, NewOffer, Offer, OfferPatch, Store
from livehub.commerce.catalog.ports import CatalogStore
from livehub.commerce.catalog.pricing import NewDeal, Tier, check_tiers, rises
from livehub.commerce.catalog.shop import require_currency
from livehub.commerce.errors import OfferNotFound, PriceGuard, RoomHasNoStore, RoomNotLive, StoreNotFound
from livehub.commerce.offers.ports import OfferStore, Pinned
from livehub.commerce.offers.product_sheet import ProductSheet, sheet_of
from livehub.commerce.ports import RoomPort
from livehub.errors import InvalidInput
from livehub.events import EventBus, OfferPinned, OffersArranged
from livehub.ids import new_id
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState

#: as many as find place over the picture of a phone
MAX_PINS: Final = 3


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

    async def product_sheet(self, access: Access, offer_id: str) -> ProductSheet:
        """What viewers see of an offer's product, or of those in a bundle. Raises: OfferNotFound."""
        found = await self._offers.by_ids([offer_id])
        if not found or found[0].room_id != access.room.id:
            raise OfferNotFound
        (offer,) = found
        wanted = [part.variant_id for part in offer.parts] or [offer.variant_id]
        return sheet_of(offer, await self._catalog.products_of([one for one in wanted if one]))

    async def pinned(self, room_id: str) -> Offer | None:
        return next((offer for offer in await self.of_room(room_id) if offer.pinned), None)

    async def add(self, access: Access, new: NewOffer) -> Offer:
        """Allocate stock of the room's store to the room.

        Raises:
            Forbidden: not the host or a cohost.
            RoomHasNoStore, SkuNotFound, OfferExists, StockShort, PriceCeiling, CurrencyMismatch, InvalidInput (an
            empty window).
        """
        access.require(Action.OFFER_EDIT)
        access.room.require_not_ended()
        store = await self._store(access)
        if new.price is not None:
            require_currency(new.price, store, "price.currency")
        _require_currencies(new.tiers, store)
        _require_window(new.starts_at, new.ends_at)
        offer = await self._offers.add(
            new_id("ofr"), access.room.id, store, new, self._clock.now_ms(), lambda price: check_tiers(new.tiers, price)
        )
        self._announcer.touch([offer.id])
        return offer

    async def add_bundle(self, access: Access, new: NewBundle) -> Offer:
        """Several articles of the tray as one offer, whose units are theirs.

        Raises: Forbidden, RoomHasNoStore, OfferNotFound, CurrencyMismatch, ClaimWordTaken, InvalidInput.
        """
        access.require(Action.OFFER_EDIT)
        access.room.require_not_ended()
        store = await self._store(access)
        require_currency(new.price, store, "price.currency")
        if len({part_id for part_id, _ in new.parts}) != len(new.parts):
            raise InvalidInput("Name each offer once, with its number", field="parts")
        if sum(units for _, units in new.parts) < 2:
            raise InvalidInput("A bundle is of two units at the least", field="parts")
        offer = await self._offers.add_bundle(new_id("ofr"), access.room.id, store, new, self._clock.now_ms())
        self._announcer.touch([offer.id])
        return offer

    async def add_donation(self, access: Access, new: NewDonation) -> Offer:
        """Something to give to, any amount within its limits.

        Raises: Forbidden, RoomHasNoStore, CurrencyMismatch, InvalidInput.
        """
        access.require(Action.OFFER_EDIT)
        access.room.require_not_ended()
        store = await self._store(access)
        for name in ("suggested", "least", "most"):
            require_currency(getattr(new, name), store, f"{name}.currency")
        if not new.least.amount_minor <= new.suggested.amount_minor <= new.most.amount_minor:
            raise InvalidInput("The suggested amount lies between the least and the most", field="suggested")
        offer = await self._offers.add_donation(new_id("ofr"), access.room.id, store, new, self._clock.now_ms())
        self._announcer.touch([offer.id])
        return offer

    async def change(self, principal: Principal | None, offer_id: str, patch: OfferPatch) -> Offer:
        """Raises: OfferNotFound, Forbidden, PriceGuard, PriceCeiling, StockShort, OfferClosed, CurrencyMismatch,
        InvalidInput."""
        access = await self._editing(principal, offer_id)
        if patch.price is not None:
            require_currency(patch.price, await self._store(access), "price.currency")
        if patch.tiers:
            _require_currencies(patch.tiers, await self._store(access))
        guard = _guard(patch, access.room.state is RoomState.LIVE)
        offer = await self._offers.change(offer_id, patch, guard, self._clock.now_ms())
        self._announcer.touch([offer.id])
        return offer

    async def pin(self, principal: Principal | None, offer_id: str, *, beside: bool = False) -> Offer:
        """Take the place of what is pinned, or stand ``beside`` it, MAX_PINS at the most.

        Raises: OfferNotFound, Forbidden, OfferClosed, TooManyPins.
        """
        await self._editing(principal, offer_id)
        now = self._clock.now_ms()
        return self._pinned(await self._offers.pin(offer_id, beside=beside, limit=MAX_PINS, at_ms=now))

    async def unpin(self, principal: Principal | None, offer_id: str) -> Offer:
        """Raises: OfferNotFound, Forbidden."""
        await self._editing(principal, offer_id)
        return self._pinned(await self._offers.unpin(offer_id))

    def _pinned(self, result: Pinned) -> Offer:
        if result.changed:  # taking the pin off an offer that has none says nothing about those that have one
            shown = tuple(offer.present() for offer in result.pinned)
            self._bus.publish(OfferPinned(result.offer.room_id, shown[0] if shown else None, shown))
        return result.offer

    async def arrange(self, access: Access, offer_ids: Sequence[str]) -> list[Offer]:
        """Put those first, in that order. Raises: Forbidden, OfferNotFound, InvalidInput (one named twice)."""
        access.require(Action.OFFER_EDIT)
        if len(set(offer_ids)) != len(offer_ids):
            raise InvalidInput("Name each offer once", field="offers")
        order = await self._offers.arrange(access.room.id, offer_ids)
        self._bus.publish(OffersArranged(access.room.id, tuple(order)))
        return await self._offers.of_room(access.room.id)

    async def start_deal(self, principal: Principal | None, offer_id: str, deal: NewDeal) -> Offer:
        """A lower price for a short time and so many units; one that runs is replaced.

        Raises: OfferNotFound, Forbidden, RoomNotLive, OfferClosed, StockShort, CurrencyMismatch, InvalidInput.
        """
        access = await self._editing(principal, offer_id)
        if access.room.state is not RoomState.LIVE:
            raise RoomNotLive("A flash deal begins while the room is live", state=access.room.state)
        require_currency(deal.price, await self._store(access), "price.currency")

        def check(present: Offer) -> None:
            if present.donation is not None:
                raise InvalidInput("A donation has no deals", field="price")
            if deal.price.amount_minor >= present.price.amount_minor:
                raise InvalidInput(f"A deal is below the price, which is {present.price}", field="price")

        offer = await self._offers.start_deal(offer_id, deal, self._clock.now_ms(), check)
        self._announcer.touch([offer.id])
        return offer

    async def end_deal(self, principal: Principal | None, offer_id: str) -> Offer:
        """Before its time. Raises: OfferNotFound, Forbidden."""
        await self._editing(principal, offer_id)
        offer = await self._offers.end_deal(offer_id)
        self._announcer.touch([offer.id])
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
        if present.donation is not None and patch.given - {"ends_at"}:
            raise InvalidInput("Of a donation only its end can be changed", field=min(patch.given))
        price = present.price if patch.price is None else patch.price
        tiers = patch.tiers if "tiers" in patch.given else present.tiers
        if is_live and rises((present.price, present.tiers), (price, tiers)):
            raise PriceGuard(f"While the room is live the price may only fall; it is {present.price}", field="price")
        if patch.price is not None:
            present.rule.check_price(price)
        if "tiers" in patch.given:
            check_tiers(tiers, price)
        if "ends_at" in patch.given:
            _require_window(present.starts_at, patch.ends_at)

    return check


def _require_currencies(tiers: Sequence[Tier], store: Store) -> None:
    for index, tier in enumerate(tiers):
        require_currency(tier.price, store, f"tiers[{index}].price.currency")


def _require_window(starts_at: int | None, ends_at: int | None) -> None:
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise InvalidInput("The offer has to end after it begins", field="ends_at")
