"""Asking for one's money back, and the shop's answer."""

from collections.abc import Sequence

from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.errors import GatewayFailed, ReturnNotFound
from livehub.commerce.fulfilment.ports import ReturnStore
from livehub.commerce.fulfilment.returns import Return, ReturnState, Service, left_of, until
from livehub.commerce.money import Money
from livehub.commerce.orders.desk import OrderDesk
from livehub.commerce.orders.news import News
from livehub.commerce.payments.dues import Dues
from livehub.errors import Forbidden
from livehub.ids import new_id


class ReturnDesk:
    def __init__(self, desk: OrderDesk, returns: ReturnStore, dues: Dues, *, news: News, clock: Clock) -> None:
        self._desk = desk
        self._returns = returns
        self._dues = dues
        self._news = news
        self._clock = clock

    async def ask(self, principal: Principal, order_id: str, lines: Sequence[tuple[str, int]], reason: str) -> Return:
        """By the buyer, one at a time; nothing named is all that left the shop.

        Raises: OrderNotFound, Forbidden, ReturnNotPossible, ReturnOpen, OfferNotFound, InvalidInput.
        """
        order, is_buyer = await self._desk.concerned(principal, order_id)
        if not is_buyer:
            raise Forbidden("Only the buyer asks for this", code="not_buyer")
        made = await self._returns.ask(order.id, new_id("ret"), lines, reason, self._clock.now_ms())
        return await self._told(made)

    async def of(self, principal: Principal, order_id: str) -> list[Return]:
        """For its buyer and its merchant, oldest first. Raises: OrderNotFound."""
        order = await self._desk.get(principal, order_id)
        return list((await self._returns.standing(order.id)).returns)

    async def service(self, principal: Principal, order_id: str) -> Service:
        """What its buyer may ask for now, and what was asked. Raises: OrderNotFound."""
        order = await self._desk.get(principal, order_id)
        standing = await self._returns.standing(order.id)
        end = until(order, standing.days)
        is_open = end is not None and self._clock.now_ms() < end
        left = left_of(order, standing.returned) if is_open else {}
        return Service(end, tuple(left.items()), standing.returns)

    async def approve(self, principal: Principal, return_id: str, amount: Money | None = None) -> Return:
        """The money of those lines goes back, or ``amount``; should the provider be away, by itself later. Saying yes
        again is the same yes.

        Raises: ReturnNotFound, OrderNotFound, Forbidden, IllegalTransition, PaymentRefused (then the request waits
            again), and what :func:`livehub.commerce.payments.refunds.settle_amount` raises.
        """
        asked = await self._found(return_id)
        order = await self._desk.for_merchant(principal, asked.order_id)
        self._dues.require_gateway(order)
        approved, refund, order = await self._returns.approve(return_id, new_id("ref"), amount, self._clock.now_ms())
        if refund is None:
            return approved
        try:
            await self._dues.give_back(refund, order)
        except GatewayFailed:  # the refund is kept, and asked again by itself
            self._news.changed(order)
        return await self._found(return_id)

    async def decline(self, principal: Principal, return_id: str, answer: str) -> Return:
        """Raises: ReturnNotFound, OrderNotFound, Forbidden, IllegalTransition."""
        asked = await self._found(return_id)
        await self._desk.for_merchant(principal, asked.order_id)
        return await self._decide(return_id, ReturnState.DECLINED, answer)

    async def withdraw(self, principal: Principal, return_id: str) -> Return:
        """By the buyer. Raises: ReturnNotFound, OrderNotFound, Forbidden, IllegalTransition."""
        asked = await self._found(return_id)
        _, is_buyer = await self._desk.concerned(principal, asked.order_id)
        if not is_buyer:
            raise Forbidden("Only the buyer takes this back", code="not_buyer")
        return await self._decide(return_id, ReturnState.WITHDRAWN, "")

    async def waiting(self, store_id: str, most: int) -> int:
        """How many wait for the shop's answer, counted up to ``most``; the caller has checked whose store it is."""
        return await self._returns.waiting(store_id, most)

    async def _decide(self, return_id: str, state: ReturnState, answer: str) -> Return:
        return await self._told(await self._returns.decide(return_id, state, answer, self._clock.now_ms()))

    async def _told(self, changed: Return) -> Return:
        self._news.changed(await self._desk.any(changed.order_id))
        return changed

    async def _found(self, return_id: str) -> Return:
        found = await self._returns.find(return_id)
        if found is None:
            raise ReturnNotFound
        return found
