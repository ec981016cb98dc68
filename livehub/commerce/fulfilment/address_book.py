"""Address books: where a buyer had things sent to before, and how they are reached. Each is seen by its owner alone.

A guest's book is kept with the guest's identity and with nothing else: who signs up or in takes it along.
"""

from dataclasses import dataclass
from typing import Any, Final

from livehub.accounts.principal import Principal
from livehub.clock import Clock, iso
from livehub.commerce.fulfilment.ports import AddressStore
from livehub.ids import new_id
from livehub.ratelimit import TokenBuckets

#: the one that was not used for longest makes room
MAX_ADDRESSES: Final = 20
_CHANGES_PER_S: Final = 1
_CHANGES_BURST: Final = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """``address`` in lines; empty for who only picks things up. ``leave_at``: where a parcel is left."""

    id: str
    identity: str
    name: str
    phone: str
    email: str
    address: str
    leave_at: str
    used_at: int

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "phone": self.phone,
            "email": self.email,
            "address": self.address,
            "leave_at": self.leave_at,
            "used_at": iso(self.used_at),
        }


class AddressBook:
    def __init__(self, addresses: AddressStore, clock: Clock) -> None:
        self._addresses = addresses
        self._clock = clock
        self._rate = TokenBuckets(clock, _CHANGES_PER_S, _CHANGES_BURST, max_keys=20_000)

    async def entries(self, principal: Principal) -> list[Entry]:
        """What was used last comes first."""
        return await self._addresses.of(principal.identity)

    async def keep(
        self, principal: Principal, *, name: str, phone: str, email: str, address: str, leave_at: str
    ) -> Entry:
        """The same again is the same entry, used now. Raises: RateLimited."""
        self._rate.take(principal.identity)
        entry = Entry(
            new_id("adr"), principal.identity, name, phone, email, address, leave_at, self._clock.now_ms()
        )  # fmt: skip
        return await self._addresses.keep(entry, MAX_ADDRESSES)

    async def forget(self, principal: Principal, entry_id: str) -> None:
        """Twice is once; nobody else's is touched."""
        await self._addresses.forget(principal.identity, entry_id)

    async def hand_over(self, guest_id: str, account_id: str) -> None:
        """What a guest kept is the account's from now on."""
        await self._addresses.hand_over(guest_id, account_id, MAX_ADDRESSES)
