"""What following needs of storage and of the catalogues."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from livehub.followers.model import Address, Follow, PushSubscription
from livehub.rooms.model import Room


class FollowerStore(Protocol):
    async def follow(self, follow: Follow, limit: int) -> None:
        """Twice is once. Raises: TooManyFollows."""

    async def leave(self, identity: str, subject: str) -> None: ...

    async def of(self, identity: str) -> list[Follow]:
        """Newest first."""

    async def follows(self, identity: str, subjects: Sequence[str]) -> set[str]:
        """Those of ``subjects`` that somebody follows."""

    async def count(self, subject: str) -> int: ...

    async def hand_over(self, guest: str, account: str) -> None:
        """What a guest follows, and how they are told, is the account's from now on; what it has itself stays."""

    async def put_address(self, address: Address, ask: bool) -> None:
        """The person's only one from now on; ``ask`` puts the letter that asks into the outbox, in the same commit."""

    async def address_of(self, identity: str) -> Address | None: ...

    async def address(self, address_id: str) -> Address | None: ...

    async def confirm(self, address_id: str) -> bool:
        """False: there is no such address any more."""

    async def drop_address(self, address_id: str) -> None: ...

    async def put_push(self, subscription: PushSubscription, limit: int) -> None:
        """Instead of one of the same id; the person's oldest go when there are more than ``limit``."""

    async def push(self, subscription_id: str) -> PushSubscription | None: ...

    async def push_of(self, identity: str) -> list[PushSubscription]: ...

    async def drop_push(self, subscription_id: str, identity: str | None = None) -> None:
        """``identity``: only if it is theirs."""

    async def announce(self, start: "Start", after: str, at_ms: int) -> str | None:
        """Notices into the outbox for the confirmed addresses and browsers of those who follow, one batch of them.

        Once a room and target, however often it is asked for. Gives the ``after`` of the next batch; None: all done.
        """


@dataclass(frozen=True, slots=True)
class Start:
    """A room began. ``but``: who is not told of it; ``per_hour``: notices to one target, whoever goes live."""

    room_id: str
    subjects: Sequence[str]
    but: str
    per_hour: int
    batch: int


class Titles(Protocol):
    async def title_of(self, room: Room, locale: str) -> str:
        """In that language, in one line; as it is written where that is not to be had in time."""


class Sentences(Protocol):
    async def text(self, locale: str, message_id: str) -> str:
        """The interface's sentence in that locale; see :class:`livehub.web.i18n.Catalogues`."""
