"""What messages to merchants' systems need of storage. Each write is atomic."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from livehub.clock import iso


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a merchant wants webhooks; ``secret``: ``whsec_…``. ``events``: types, divided by spaces; none, all of
    them. Until ``previous_until`` messages are signed with ``previous_secret`` too: it was just replaced."""

    id: str
    store_id: str
    url: str
    secret: str
    created_at: int
    events: str = ""
    previous_secret: str | None = None
    previous_until: int | None = None

    def secrets(self, at_ms: int) -> tuple[str, ...]:
        """All that sign at ``at_ms``, the present one first."""
        if self.previous_secret is None or self.previous_until is None or self.previous_until <= at_ms:
            return (self.secret,)
        return self.secret, self.previous_secret


class _Head(msgspec.Struct):
    type: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """``id`` is the ``webhook-id``; ``answer`` what the endpoint said last, cut short; ``due_at`` the next attempt."""

    id: str
    body: str
    state: str
    attempts: int
    answer: str
    created_at: int
    due_at: int

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": msgspec.json.decode(self.body, type=_Head).type,
            "state": self.state,
            "attempts": self.attempts,
            "answer": self.answer,
            "created_at": iso(self.created_at),
            "due_at": iso(self.due_at) if self.state == "waiting" else None,
            "body": self.body,
        }


class DeliveryStore(Protocol):
    async def deliveries(
        self, endpoint_id: str, state: str | None, after: str | None, limit: int
    ) -> list[Delivery]: ...

    async def replay(self, endpoint_id: str, delivery_id: str, at_ms: int) -> Delivery | None:
        """None: the endpoint was never sent that, or it is forgotten."""

    async def add_delivery(self, endpoint_id: str, delivery_id: str, body: str, at_ms: int) -> Delivery: ...


class EndpointStore(Protocol):
    async def add(self, endpoint: Endpoint) -> None: ...

    async def of_stores(self, store_ids: Sequence[str]) -> list[Endpoint]: ...

    async def find(self, endpoint_id: str) -> Endpoint | None: ...

    async def change(self, endpoint: Endpoint) -> None:
        """Everything but id, store and time."""

    async def delete(self, endpoint_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that has to leave. ``id`` is the ``webhook-id``, the same at each attempt."""

    id: str
    target: str
    body: bytes
    created_at: int
    attempts: int


class OutboxStore(Protocol):
    def on_added(self, wake: Callable[[], None]) -> None:
        """``wake`` is called on the event loop after something new was committed."""

    async def due(self, at_ms: int, limit: int, kind: str, busy: Collection[str] = ()) -> list[Parcel]:
        """The longest due first, of targets ``<kind>:…`` without those in ``busy``."""

    async def delivered(self, parcel_id: str, answer: str) -> None: ...

    async def postponed(self, parcel_id: str, due_at: int, answer: str) -> None: ...

    async def given_up(self, parcel_id: str, answer: str) -> None: ...

    async def forget(self, before_ms: int) -> None: ...
