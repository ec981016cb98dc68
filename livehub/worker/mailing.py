"""``mail:<address>``: letters to those who follow; how they are handed over is :mod:`.posting`'s."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from email.message import EmailMessage
from typing import Literal

import msgspec

from livehub.clock import Clock
from livehub.commerce.webhooks.ports import Parcel
from livehub.followers.model import Address, AddressState
from livehub.followers.notices import Notices
from livehub.followers.ports import FollowerStore
from livehub.worker.announcing import RoomOf, live_room
from livehub.worker.carrier import Outcome
from livehub.worker.posting import Postman, Smtp, parse_smtp_url

__all__ = ["MailCarrier", "Smtp", "parse_smtp_url"]


class Letter(msgspec.Struct):
    """``room``, ``store`` or ``order``: what the letter is about."""

    kind: Literal["start", "confirm", "low_stock", "return"]
    room: str = ""
    store: str = ""
    order: str = ""


#: a store's name, and a line for each article of which little is left
LowOf = Callable[[str], Awaitable[tuple[str, Sequence[str]]]]
#: the store's name, the order's number and the buyer's reason, while money that was asked back waits for an answer
AskedOf = Callable[[str], Awaitable[tuple[str, str, str] | None]]


async def _nothing_asked(_order_id: str) -> tuple[str, str, str] | None:
    return None


async def _nothing_low(_store_id: str) -> tuple[str, Sequence[str]]:
    return "", ()


class MailCarrier:
    def __init__(
        self,
        smtp: Smtp,
        store: FollowerStore,
        notices: Notices,
        room_of: RoomOf,
        clock: Clock,
        *,
        context: ssl.SSLContext | None = None,
        low_of: LowOf = _nothing_low,
        asked_of: AskedOf = _nothing_asked,
    ) -> None:
        self._postman = Postman(smtp, context)
        self._store = store
        self._notices = notices
        self._room_of = room_of
        self._low_of = low_of
        self._asked_of = asked_of
        self._clock = clock

    def start(self) -> None:
        self._postman.start()

    async def close(self) -> None:
        await self._postman.close()

    async def carry(self, parcel: Parcel) -> Outcome:
        address = await self._store.address(parcel.target.partition(":")[2])
        letter = msgspec.json.decode(parcel.body, type=Letter)
        if address is None:
            return Outcome(False, "the address was taken away")
        written = await self._write(letter, address, parcel)
        if written is None:
            return Outcome(False, "there is nothing to tell any more")
        return await self._postman.post(written, parcel)

    async def _write(self, letter: Letter, address: Address, parcel: Parcel) -> EmailMessage | None:
        if letter.kind == "confirm":
            if address.state is not AddressState.PENDING:
                return None
            return await self._notices.confirm(address, parcel.id, self._clock.now_ms())
        if letter.kind == "low_stock":
            name, lines = await self._low_of(letter.store)
            if not lines or address.state is not AddressState.CONFIRMED:
                return None
            return await self._notices.low_stock(name, lines, address, parcel.id, self._clock.now_ms())
        if letter.kind == "return":
            asked = await self._asked_of(letter.order)
            if asked is None or address.state is not AddressState.CONFIRMED:
                return None
            return await self._notices.asked_back(*asked, letter.order, address, parcel.id, self._clock.now_ms())
        room = await live_room(self._room_of, letter.room)
        if room is None or address.state is not AddressState.CONFIRMED:
            return None
        return await self._notices.start(room, address, parcel.id, self._clock.now_ms())
