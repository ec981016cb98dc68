"""Looking for lines in a room's history: newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from livehub.accounts.permissions import Action
from livehub.chat.model import Message
from livehub.chat.moderation import Moderation
from livehub.chat.words import terms
from livehub.clock import Clock
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access

#: lines that one request looks through at most; the next page goes on from there, found something or not
MAX_SCANNED: Final = 20_000
SEARCHES_PER_S: Final = 1.0
SEARCHES_BURST: Final = 10.0


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Lines below ``before`` that have every one of ``terms`` (folded) in their text, or in its translation into
    ``locale``. ``author``: an identity."""

    room_id: str
    terms: Sequence[str]
    limit: int
    before: int | None = None
    locale: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """``messages`` newest first; ``next_before`` where the next page begins, None when all was looked through."""

    messages: Sequence[Message]
    next_before: int | None


class SearchStore(Protocol):
    async def search(self, query: SearchQuery, max_scanned: int) -> SearchPage: ...


class Search:
    def __init__(
        self, store: SearchStore, moderation: Moderation, clock: Clock, *, max_scanned: int = MAX_SCANNED
    ) -> None:
        self._store = store
        self._moderation = moderation
        self._max_scanned = max_scanned
        self._rates = TokenBuckets(clock, SEARCHES_PER_S, SEARCHES_BURST, 50_000)

    async def find(
        self,
        access: Access,
        query: str,
        *,
        limit: int,
        before: int | None = None,
        locale: str | None = None,
        author: str | None = None,
    ) -> SearchPage:
        """Raises: Forbidden, Unauthenticated; Banned; InvalidInput; RateLimited."""
        access.require(Action.WATCH)
        identity = access.require_principal().identity
        await self._moderation.check_may_enter(access.room.id, identity)
        wanted = terms(query)
        self._rates.take(identity)
        return await self._store.search(
            SearchQuery(access.room.id, wanted, limit, before, locale, author), self._max_scanned
        )
