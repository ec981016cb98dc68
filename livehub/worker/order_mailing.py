"""``ordermail:<order>``: letters to buyers about their orders."""

import msgspec

from livehub.clock import Clock
from livehub.commerce.fulfilment.buyer_letters import BuyerLetters, Letter, is_moot
from livehub.commerce.fulfilment.ports import InvoiceStore, TermsStore
from livehub.commerce.orders.ports import OrderStore
from livehub.commerce.webhooks.ports import Parcel
from livehub.worker.carrier import Outcome
from livehub.worker.posting import Postman


class OrderMailCarrier:
    def __init__(
        self,
        postman: Postman,
        letters: BuyerLetters,
        orders: OrderStore,
        invoices: InvoiceStore,
        terms: TermsStore,
        clock: Clock,
    ) -> None:
        self._postman = postman
        self._letters = letters
        self._orders = orders
        self._invoices = invoices
        self._terms = terms
        self._clock = clock

    def start(self) -> None:
        self._postman.start()

    async def close(self) -> None:
        await self._postman.close()

    async def carry(self, parcel: Parcel) -> Outcome:
        order = await self._orders.find(parcel.target.partition(":")[2])
        if order is None or not order.contact.get("email"):
            return Outcome(False, "there is nobody to tell any more")
        letter = msgspec.json.decode(parcel.body, type=Letter)
        if is_moot(letter, order):
            return Outcome(False, "there is nothing to tell any more")
        invoices, terms = await self._invoices.of_order(order.id), await self._terms.terms(order.store_id)
        now = self._clock.now_ms()
        written = await self._letters.write(letter, order, invoices, terms, parcel.id, now)
        return await self._postman.post(written, parcel)
