"""Orders: placed by buyers, seen and moved by buyers and merchants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from livehub.accounts.permissions import Action
from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.auctions.ports import AuctionStore
from livehub.commerce.catalog.model import Offer
from livehub.commerce.catalog.ports import CatalogStore
from livehub.commerce.checkout_hook import Affirmation, CheckoutContext, HookLine
from livehub.commerce.errors import (
    IdempotencyKeyReused,
    OrderNotFound,
    PaymentNotManual,
    ProviderUnknown,
    RoomHasNoStore,
    RoomNotLive,
)
from livehub.commerce.gateway import Gateway, PaymentRequest, PaysInPlace
from livehub.commerce.money import Money
from livehub.commerce.offers.coupons import Use, take_off
from livehub.commerce.offers.ports import CouponStore
from livehub.commerce.offers.replay_shop import ReplayShop
from livehub.commerce.orders.checkout import Basket, Intent, Moment, price, rules_of, total
from livehub.commerce.orders.confirmed import NOTHING_SAID, Confirmed, Said
from livehub.commerce.orders.model import (
    MAX_OPEN_ORDERS,
    RESERVATION_MS,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentStatus,
)
from livehub.commerce.orders.news import News
from livehub.commerce.orders.ports import OrderQuery, OrderStore
from livehub.commerce.orders.quotes import Quotes
from livehub.commerce.orders.waiting import Waiting
from livehub.commerce.payments.dues import Dues
from livehub.commerce.payments.ports import PaymentStore, RefundStore
from livehub.commerce.payments.refunds import Asked, Refund
from livehub.errors import Forbidden, InvalidInput
from livehub.ids import new_dated_secret, new_id, new_secret
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.rooms.model import Room, RoomState

MAX_KEY_CHARS: Final = 255
#: orders of one buyer: far more than anybody places by hand, far less than would keep the writer busy
ORDERS_PER_S: Final = 20
ORDERS_BURST: Final = 200


NO_USE: Final = Use(0, claimed=False)


@dataclass(frozen=True, slots=True)
class Quote:
    """``expires_at``: when ``token`` ends."""

    lines: tuple[OrderLine, ...]
    quoted: Confirmed
    token: str
    expires_at: int
    #: what the goods themselves have their buyers affirm; the order's own write asks for it, whatever the token says
    of_goods: tuple[Affirmation, ...] = ()


@dataclass(frozen=True, slots=True)
class _Roles:
    """What the caller is to an order."""

    buyer: bool
    merchant: bool


class OrderDesk:
    """``gateways`` by id; ``public_url``: origin where the order's page is."""

    def __init__(
        self,
        orders: OrderStore,
        payments: PaymentStore,
        refunds: RefundStore,
        catalog: CatalogStore,
        gateways: dict[str, Gateway],
        *,
        replays: ReplayShop,
        auctions: AuctionStore,
        coupons: CouponStore,
        quotes: Quotes,
        dues: Dues,
        waiting: Waiting,
        news: News,
        clock: Clock,
        public_url: str,
        reservation_ms: int = RESERVATION_MS,
        max_open_orders: int = MAX_OPEN_ORDERS,
    ) -> None:
        self._orders = orders
        self._payments = payments
        self._refunds = refunds
        self._replays = replays
        self._auctions = auctions
        self._coupons = coupons
        self._quotes = quotes
        self._dues = dues
        self._waiting = waiting
        self._catalog = catalog
        self._gateways = gateways
        self._news = news
        self._clock = clock
        self._public_url = public_url
        self._reservation_ms = reservation_ms
        self._max_open_orders = max_open_orders
        self._rate = TokenBuckets(clock, ORDERS_PER_S, ORDERS_BURST, max_keys=20_000)

    async def quote(self, access: Access, basket: Basket, locale: str) -> Quote:
        """What the basket would cost now, all included. Raises: as :meth:`place`, but for what payments do."""
        access.require(Action.BUY)
        buyer = access.require_principal()
        basket.check()
        self._rate.take(buyer.identity)
        lines, quoted, found = await self._quoted(access.room, basket, buyer, locale)
        token, expires_at = self._quotes.token(basket, quoted)
        wanted = rules_of(found, [line.offer_id for line in basket.lines])
        of_goods = {one.key: one for one in wanted if one is not None}
        return Quote(lines, quoted, token, expires_at, tuple(of_goods.values()))

    async def _quoted(
        self, room: Room, basket: Basket, buyer: Principal, locale: str
    ) -> tuple[tuple[OrderLine, ...], Confirmed, Mapping[str, Offer]]:
        """The prices of this moment, and what the hooks say to them."""
        if room.store_id is None:
            raise RoomHasNoStore
        now = self._clock.now_ms()
        named = [line.offer_id for line in basket.lines]
        found = {offer.id: offer for offer in await self._replays.shown(room, named)}
        if within := sorted({part.offer_id for offer in found.values() for part in offer.parts} - found.keys()):
            found |= {offer.id: offer for offer in await self._replays.shown(room, within)}
        won = await self._auctions.won(basket.auctions) if basket.auctions else {}
        lines = price(Moment(basket, room.store_id, now, buyer.identity), found, {}, won)
        context = CheckoutContext(
            store_id=room.store_id,
            room_id=room.id,
            lines=tuple(
                HookLine(line.offer_id, line.sku, line.title, line.quantity, line.unit_price) for line in lines
            ),
            subtotal=total(lines),
            delivery=basket.delivery,
            locale=locale,
            at_ms=now,
            discount=await self._discount(room, basket, buyer, total(lines)),
        )
        return lines, await self._quotes.ask(context), found

    async def _discount(self, room: Room, basket: Basket, buyer: Principal, goods: Money) -> Money | None:
        """What the basket's coupon would take off now.

        Raises: what :func:`~livehub.commerce.offers.coupons.take_off` does."""
        if basket.coupon is None or room.store_id is None:
            return None
        coupon, use = await self._coupons.by_code(room.store_id, basket.coupon, buyer.identity) or (None, NO_USE)
        return take_off(coupon, use, room.id, goods, self._clock.now_ms())

    async def _confirmed(self, room: Room, basket: Basket, key: str, buyer: Principal, said: Said) -> Confirmed | None:
        """What comes with an order that is not there yet. Without a quote the hooks are asked now."""
        if said.quote is None and not await self._quotes.are_needed(room.store_id):
            return None
        if await self._orders.by_key(buyer.identity, key) is not None:
            return None
        if said.quote is not None:
            quoted = self._quotes.read(said.quote, basket)
        else:
            _, quoted, _ = await self._quoted(room, basket, buyer, said.locale)
        return self._quotes.affirm(quoted, said.affirmed)

    async def place(
        self, access: Access, basket: Basket, idempotency_key: str | None, said: Said = NOTHING_SAID
    ) -> Order:
        """Reserve the basket for the caller. The same key with the same basket answers the same order.

        Raises:
            Unauthenticated, Forbidden: nobody, or somebody who may not buy here.
            RoomNotLive, ProviderUnknown, IdempotencyKeyReused, OfferNotFound, OfferClosed, BuyerLimit, SoldOut,
            TooManyOpenOrders, InvalidInput, RateLimited, GatewayFailed (the order is kept: the same key asks again),
            AwardMissing, QuoteInvalid, QuoteStale, AffirmationMissing, CheckoutRefused, HookFailed, SlotMissing,
            SlotNotFound, SlotClosed, SlotFull.
        """
        access.require(Action.BUY)
        buyer = access.require_principal()
        basket.check()
        self._rate.take(buyer.identity)
        key = _key(idempotency_key)
        fingerprint = basket.fingerprint()
        is_open = access.room.state is RoomState.LIVE or basket.is_won
        if not is_open and (
            await self._orders.by_key(buyer.identity, key) is not None or not await self._replays.sells(access.room)
        ):
            return await self._only_again(buyer, key, fingerprint, access.room)
        confirmed = await self._confirmed(access.room, basket, key, buyer, said)
        intent = self._intent(access.room, buyer, basket, key, fingerprint, said, confirmed)
        if basket.provider in self._waiting.providers:
            intent = await self._waiting.with_term(intent)
        if is_open:
            placed = await self._orders.place(intent)
        else:
            wanted = [(line.offer_id, line.quantity) for line in basket.lines]
            placed = await self._replays.drawing(access.room, wanted, lambda: self._orders.place(intent))
        order = placed.order
        if order.payment.reference is None and order.status is OrderStatus.PENDING_PAYMENT:
            order = await self._begin(order)
        if not placed.replayed:
            self._news.placed(order)
        return order

    async def is_placed(self, buyer_id: str, idempotency_key: str) -> bool:
        return await self._orders.by_key(buyer_id, idempotency_key) is not None

    def _intent(
        self, room: Room, buyer: Principal, basket: Basket, key: str, digest: str, said: Said, more: Confirmed | None
    ) -> Intent:
        gateway = self._gateways.get(basket.provider)
        if gateway is None:
            offered = ", ".join(self._gateways)
            raise ProviderUnknown(f"Choose one of: {offered}", field="payment_provider")
        if room.store_id is None:
            raise RoomHasNoStore
        payment_id = new_dated_secret("pay")
        start = gateway.prepare(payment_id)
        reference, action_url = (start.reference, start.action_url) if start else (None, None)
        now = self._clock.now_ms()
        return Intent(
            order_id=new_id("ord"),
            basket=basket,
            fingerprint=digest,
            idempotency_key=key,
            buyer_id=buyer.identity,
            buyer_name=buyer.display_name,
            store_id=room.store_id,
            store_title=room.store_title or "",
            payment=Payment(gateway.id, PaymentStatus.PENDING, payment_id, reference, action_url),
            placed_at=now,
            expires_at=None if gateway.by_hand else now + self._reservation_ms,
            max_open=self._max_open_orders,
            confirmed=more,
            affirmed=said.affirmed,
            locale=said.locale,
        )

    async def _only_again(self, buyer: Principal, key: str, fingerprint: str, room: Room) -> Order:
        """A repeated request is answered even after the room has ended."""
        known = await self._orders.by_key(buyer.identity, key)
        if known is None:
            over = room.state is RoomState.ENDED
            raise RoomNotLive("The show is over" if over else "Buying begins when the room goes live", state=room.state)
        if known[1] != fingerprint:
            raise IdempotencyKeyReused
        return known[0]

    async def _begin(self, order: Order) -> Order:
        request = PaymentRequest(
            payment_id=order.payment.id,
            order_id=order.id,
            order_number=order.number,
            amount=order.total,
            return_url=f"{self._public_url}/orders/{order.id}",
            expires_at=order.expires_at,
        )
        start = await self._gateways[order.payment.provider].begin(request)
        return await self._payments.begun(order.id, start)

    # --- seeing -----------------------------------------------------------------------------------------------------

    async def get(self, principal: Principal, order_id: str) -> Order:
        """Raises: OrderNotFound, also for those whom it does not concern."""
        order, _ = await self._concerned(principal, order_id)
        return order

    async def own(self, principal: Principal, room_id: str | None, after: int | None, limit: int) -> list[Order]:
        """The caller's own orders, newest first."""
        query = OrderQuery(buyer_id=principal.identity, room_id=room_id, after=after, limit=limit)
        return await self._orders.page(query)

    async def of_store(self, query: OrderQuery) -> list[Order]:
        """The merchant's orders; the caller has checked whose store it is (:meth:`Shop.own_store`)."""
        return await self._orders.page(query)

    async def hand_over(self, guest_id: str, account_id: str) -> int:
        """What a guest ordered is the account's from now on. The caller has seen proof of both; see the sign-in."""
        return await self._orders.hand_over(guest_id, account_id)

    # --- moving -----------------------------------------------------------------------------------------------------

    async def cancel(self, principal: Principal, order_id: str) -> Order:
        """By its buyer or its merchant, while unpaid. Raises: OrderNotFound, IllegalTransition."""
        await self._concerned(principal, order_id)
        return await self._move(order_id, OrderStatus.CANCELLED)

    async def mark_paid(self, principal: Principal, order_id: str, *, or_give_back: bool = False) -> Order:
        """A payment by hand arrived, maybe after the order had expired. ``or_give_back``: the money that has come for
        what others have by now, or for an order that was cancelled, goes back.

        Raises: OrderNotFound, Forbidden, PaymentNotManual, IllegalTransition, SoldOut, ProviderUnknown,
        GatewayFailed (it is kept, and goes back by itself)."""
        order = await self.for_merchant(principal, order_id)
        gateway = self._gateways.get(order.payment.provider)
        if gateway is not None and not gateway.by_hand:
            raise PaymentNotManual
        if or_give_back:
            self._dues.require_gateway(order)
        order = await self._payments.received(order_id, self._clock.now_ms(), or_give_back=or_give_back)
        self._news.moved(order)
        return await self._dues.settle(order) if order.payment.status is PaymentStatus.REFUND_DUE else order

    async def refund(self, principal: Principal, order_id: str, asked: Asked) -> Order:
        """Give money back: kept first, then asked of the provider, which is asked again by itself when it fails.

        Raises: OrderNotFound, Forbidden, GatewayFailed, PaymentRefused, ProviderUnknown (no longer installed) and
        what :func:`livehub.commerce.payments.refunds.settle_amount` raises.
        """
        return await self.give_back(await self.for_merchant(principal, order_id), asked)

    async def give_back(self, order: Order, asked: Asked, unless: Callable[[Order], None] | None = None) -> Order:
        """As :meth:`refund`; the caller has checked who asks. ``unless``: as ``RefundStore.open_refund`` has it."""
        self._dues.require_gateway(order)
        now = self._clock.now_ms()
        refund, order = await self._refunds.open_refund(order.id, new_id("ref"), asked, now, unless)
        return await self._dues.give_back(refund, order)

    async def refunds(self, principal: Principal, order_id: str) -> list[Refund]:
        """For its buyer and its merchant. Raises: OrderNotFound."""
        await self._concerned(principal, order_id)
        return await self._refunds.refunds_of(order_id)

    async def payment_details(self, principal: Principal, order_id: str) -> tuple[Order, Mapping[str, str]]:
        """What the provider's widget needs to be paid in place; for the buyer alone. Raises: OrderNotFound,
        GatewayFailed."""
        order, roles = await self._concerned(principal, order_id)
        if not roles.buyer:
            raise Forbidden("Only the buyer pays", code="not_buyer")
        gateway: object = self._gateways.get(order.payment.provider)
        waits = order.status is OrderStatus.PENDING_PAYMENT and order.payment.reference is not None
        if waits and isinstance(gateway, PaysInPlace):
            return order, await gateway.client_details(order.handle)
        return order, {}

    async def _move(self, order_id: str, wanted: OrderStatus) -> Order:
        order = await self._orders.move(order_id, wanted, self._clock.now_ms())
        self._news.moved(order)
        return order

    async def for_merchant(self, principal: Principal, order_id: str, store_id: str | None = None) -> Order:
        """``store_id``: only if it is that store's. Raises: OrderNotFound, Forbidden."""
        order, roles = await self._concerned(principal, order_id)
        if store_id is not None and order.store_id != store_id:
            raise OrderNotFound
        if not roles.merchant:
            raise Forbidden("Only the merchant may do this", code="not_store_owner")
        return order

    async def concerned(self, principal: Principal, order_id: str) -> tuple[Order, bool]:
        """And whether the caller is its buyer. Raises: OrderNotFound."""
        order, roles = await self._concerned(principal, order_id)
        return order, roles.buyer

    async def any(self, order_id: str) -> Order:
        """For whoever has proved otherwise that it concerns them. Raises: OrderNotFound."""
        order = await self._orders.find(order_id)
        if order is None:
            raise OrderNotFound
        return order

    async def _concerned(self, principal: Principal, order_id: str) -> tuple[Order, _Roles]:
        order = await self._orders.find(order_id)
        if order is None:
            raise OrderNotFound
        store = await self._catalog.store(order.store_id) if principal.is_account else None
        roles = _Roles(
            buyer=order.buyer_id == principal.identity,
            merchant=store is not None and store.owner_id == principal.identity,
        )
        if not (roles.buyer or roles.merchant):
            raise OrderNotFound
        return order, roles


def _key(given: str | None) -> str:
    """Without a key each request is an order of its own."""
    if given is None:
        return f"none-{new_secret(18)}"
    if not 1 <= len(given) <= MAX_KEY_CHARS or not given.isprintable():
        raise InvalidInput(f"An Idempotency-Key has from 1 to {MAX_KEY_CHARS} characters", field="Idempotency-Key")
    return given
