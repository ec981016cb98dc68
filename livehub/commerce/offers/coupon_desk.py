"""Coupons: made and ended by merchants, claimed by viewers in the stream."""

from livehub.accounts.permissions import Action
from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.catalog.shop import Shop, require_currency
from livehub.commerce.errors import CouponClosed, CouponNotFound, CouponSpent
from livehub.commerce.offers.coupons import Coupon, NewCoupon, Use, normal_code, present_claimed
from livehub.commerce.offers.ports import CouponStore
from livehub.commerce.ports import RoomPort
from livehub.errors import InvalidInput
from livehub.events import CouponChanged, EventBus
from livehub.ids import new_id
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access

#: codes somebody may try: enough for typing errors, too few for guessing
TRIES_PER_S, TRIES_BURST = 0.1, 10


class CouponDesk:
    def __init__(self, store: CouponStore, shop: Shop, rooms: RoomPort, bus: EventBus, clock: Clock) -> None:
        self._store = store
        self._shop = shop
        self._rooms = rooms
        self._bus = bus
        self._clock = clock
        self._tries = TokenBuckets(clock, TRIES_PER_S, TRIES_BURST, max_keys=20_000)

    async def add(self, principal: Principal, store_id: str, new: NewCoupon) -> Coupon:
        """Raises: StoreNotFound, Forbidden, InvalidInput, CurrencyMismatch, CouponTaken, RoomNotFound."""
        store = await self._shop.own_store(principal, store_id)
        new.check()
        for name in ("amount", "minimum", "budget"):
            if (money := getattr(new, name)) is not None:
                require_currency(money, store, name)
        if new.room_id is not None:
            access = await self._rooms.access(new.room_id, principal)
            if access.room.store_id != store.id:
                raise InvalidInput("The room sells for another store", field="room")
        coupon = await self._store.add(new_id("cpn"), store, new, self._clock.now_ms())
        self._tell(coupon)
        return coupon

    async def of_store(self, principal: Principal, store_id: str) -> list[Coupon]:
        """Newest first. Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.of_store(store.id)

    async def end(self, principal: Principal, coupon_id: str) -> Coupon:
        """Orders that have it keep it. Raises: CouponNotFound, also for somebody else's."""
        coupon = await self._store.find(coupon_id)
        if coupon is None or coupon.store_id not in {store.id for store in await self._shop.stores_of(principal)}:
            raise CouponNotFound
        ended = await self._store.end(coupon.id, self._clock.now_ms())
        self._tell(ended)
        return ended

    async def shown(self, access: Access) -> list[tuple[Coupon, bool]]:
        """What viewers of the room can claim, and whether the caller has."""
        identity = access.principal.identity if access.principal else ""
        return await self._store.claimable(access.room.id, identity, self._clock.now_ms())

    async def look(self, access: Access, code: str) -> tuple[Coupon, bool]:
        """What a code is worth here, before an order. Raises: CouponNotFound, CouponClosed, RateLimited."""
        principal = access.require_principal()
        self._tries.take(principal.identity)
        coupon, use = await self._find(access, principal, code)
        if not coupon.is_open(self._clock.now_ms()):
            raise CouponClosed
        return coupon, use.claimed

    async def claim(self, access: Access, code: str) -> tuple[Coupon, bool]:
        """Once is enough; again changes nothing. Raises: Forbidden, CouponNotFound, CouponClosed, CouponSpent."""
        access.require(Action.BUY)
        principal = access.require_principal()
        coupon, use = await self._find(access, principal, code)
        if not coupon.claim:
            raise CouponNotFound("This coupon need not be claimed; give its code with the order")
        if use.claimed:
            return coupon, True
        now = self._clock.now_ms()
        if not coupon.is_open(now):
            raise CouponClosed
        claimed = await self._store.claim(coupon.id, principal.identity, now)
        if claimed is None:
            raise CouponSpent
        return claimed, True

    async def _find(self, access: Access, principal: Principal, code: str) -> tuple[Coupon, Use]:
        store_id = access.room.store_id
        if store_id is not None:
            found = await self._store.by_code(store_id, normal_code(code), principal.identity)
            if found is not None and found[0].room_id in {None, access.room.id}:
                return found
        raise CouponNotFound(field="coupon")

    def _tell(self, coupon: Coupon) -> None:
        if coupon.claim and coupon.room_id is not None:
            self._bus.publish(CouponChanged(coupon.room_id, present_claimed(coupon, claimed=False)))
