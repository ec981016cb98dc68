"""Digital goods for everybody else: the merchant says what is delivered, the buyer has it once it is paid."""

from collections.abc import Sequence

from livehub.accounts.principal import Principal
from livehub.commerce.catalog.shop import Shop
from livehub.commerce.errors import NotPaid
from livehub.commerce.orders.desk import OrderDesk
from livehub.commerce.orders.digital import MAX_CODE_CHARS, MAX_CODES_AT_ONCE, Delivered, DigitalGood
from livehub.commerce.orders.model import OrderStatus
from livehub.commerce.orders.ports import DigitalStore
from livehub.errors import Forbidden, InvalidInput


class DigitalDesk:
    def __init__(self, store: DigitalStore, shop: Shop, orders: OrderDesk) -> None:
        self._store = store
        self._shop = shop
        self._orders = orders

    async def put(self, principal: Principal, product_id: str, good: DigitalGood) -> DigitalGood:
        """Raises: ProductNotFound, Forbidden, SkuNotFound, InvalidInput."""
        good.check()
        await self._shop.require_own_product(principal, product_id)
        return await self._store.put(product_id, good)

    async def take_away(self, principal: Principal, product_id: str, sku: str) -> None:
        """It is sent again like any other; codes that buyers have stay theirs. Raises: as :meth:`put`."""
        await self._shop.require_own_product(principal, product_id)
        await self._store.take_away(product_id, sku)

    async def of_product(self, principal: Principal, product_id: str) -> list[DigitalGood]:
        """Raises: ProductNotFound, Forbidden."""
        await self._shop.require_own_product(principal, product_id)
        return await self._store.of_product(product_id)

    async def add_codes(self, principal: Principal, product_id: str, sku: str, codes: Sequence[str]) -> DigitalGood:
        """One for each unit; who has paid and waits for one gets it when they look next. Raises: as :meth:`put`."""
        await self._shop.require_own_product(principal, product_id)
        plain = [code.strip() for code in codes if code.strip()]
        if not 1 <= len(plain) <= MAX_CODES_AT_ONCE:
            raise InvalidInput(f"Add 1 to {MAX_CODES_AT_ONCE} codes at a time", field="codes")
        if len(set(plain)) != len(plain):
            raise InvalidInput("Each code is there once", field="codes")
        if any(len(code) > MAX_CODE_CHARS or not code.isprintable() for code in plain):
            raise InvalidInput(f"A code has up to {MAX_CODE_CHARS} printable characters", field="codes")
        return await self._store.add_codes(product_id, sku, plain)

    async def of_order(self, principal: Principal, order_id: str) -> list[Delivered]:
        """For its buyer alone: codes are as good as money. Raises: OrderNotFound, Forbidden, NotPaid."""
        order = await self._orders.get(principal, order_id)
        if order.buyer_id != principal.identity:
            raise Forbidden("Only the buyer sees this", code="not_buyer")
        if order.status not in {OrderStatus.PAID, OrderStatus.FULFILLED}:
            raise NotPaid(status_now=order.status)
        return await self._store.of_order(order_id)
