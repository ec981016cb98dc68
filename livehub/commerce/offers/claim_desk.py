"""Claims for everybody else: by a line of the chat, by a button, seen and released; and what time does to them."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from livehub.accounts.permissions import Action
from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.announcer import Announcer
from livehub.commerce.errors import ClaimNotFound, OfferNotFound, RoomNotLive
from livehub.commerce.offers.claims import Claim, NewClaim, read_claim
from livehub.commerce.offers.ports import ClaimStore, OfferStore
from livehub.commerce.ports import RoomPort
from livehub.errors import LivehubError
from livehub.events import ClaimChanged, EventBus, OfferChanged
from livehub.ids import new_id
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState

log = logging.getLogger(__name__)

#: claims of one buyer, by button or by line
CLAIMS_PER_S: Final = 1.0
CLAIMS_BURST: Final = 10
#: how many are ended, and how many are told of, at a time
BATCH: Final = 200
#: how long a room's keywords are taken as they were read, in seconds; changes that this process hears of count at once
WORDS_KEPT_S: Final = 1.0
_ROOMS_KEPT: Final = 2000


@dataclass(frozen=True, slots=True)
class _Words:
    read_s: float
    words: Mapping[str, str]


class ClaimDesk:
    def __init__(
        self,
        claims: ClaimStore,
        offers: OfferStore,
        rooms: RoomPort,
        *,
        announcer: Announcer,
        bus: EventBus,
        clock: Clock,
    ) -> None:
        self._claims = claims
        self._offers = offers
        self._rooms = rooms
        self._announcer = announcer
        self._bus = bus
        self._clock = clock
        self._rate = TokenBuckets(clock, CLAIMS_PER_S, CLAIMS_BURST, max_keys=50_000)
        self._words: OrderedDict[str, _Words] = OrderedDict()
        self._wake: Callable[[], None] = _nobody
        bus.subscribe(OfferChanged, self._forget_words)

    def on_news(self, wake: Callable[[], None]) -> None:
        """``wake`` is called when somebody has to be told; the worker then calls :meth:`tell`."""
        self._wake = wake

    # --- by a line of the chat --------------------------------------------------------------------------------------

    async def expects(self, access: Access, text: str) -> bool:
        """Whether a line claims something here: many say it at once, because they were asked to."""
        return await self._read(access, text) is not None

    async def take_line(self, access: Access, message_id: str, text: str) -> dict[str, Any]:
        """What follows from a line that was said, for its author: ``{claim}``, ``{claim_refused: {code, message, …}}``
        or nothing. The same line claims once."""
        found = await self._read(access, text)
        if found is None:
            return {}
        try:
            return {"claim": (await self._claim(access, found[0], found[1], message_id)).present()}
        except LivehubError as error:  # the line was said all the same
            return {"claim_refused": {"code": error.error_code, "message": error.detail, **error.extra}}

    async def _read(self, access: Access, text: str) -> tuple[str, int] | None:
        room = access.room
        if room.store_id is None or room.state is not RoomState.LIVE or not access.may(Action.BUY):
            return None
        return read_claim(text, await self._words_of(room.id))

    async def _words_of(self, room_id: str) -> Mapping[str, str]:
        now = self._clock.monotonic()
        known = self._words.get(room_id)
        if known is None or now - known.read_s >= WORDS_KEPT_S:
            known = _Words(now, await self._claims.words(room_id, self._clock.now_ms()))
            self._words[room_id] = known
            self._words.move_to_end(room_id)
            if len(self._words) > _ROOMS_KEPT:
                self._words.popitem(last=False)
        return known.words

    def _forget_words(self, event: OfferChanged) -> None:
        self._words.pop(event.room_id, None)

    # --- by a button ------------------------------------------------------------------------------------------------

    async def room_of(self, offer_id: str) -> str:
        """Where an offer is claimed. Raises: OfferNotFound."""
        found = await self._offers.by_ids([offer_id])
        if not found:
            raise OfferNotFound
        return found[0].room_id

    async def claim(self, access: Access, offer_id: str, quantity: int) -> Claim:
        """Keep units for the caller, or a place in line; another number changes the claim they have. ``access``: to the
        offer's own room.

        Raises: Unauthenticated, Forbidden, RoomNotLive, RateLimited, InvalidInput and what :meth:`ClaimStore.claim`
        raises.
        """
        return await self._claim(access, offer_id, quantity, None)

    async def _claim(self, access: Access, offer_id: str, quantity: int, message_id: str | None) -> Claim:
        access.require(Action.BUY)
        buyer = access.require_principal()
        if access.room.state is not RoomState.LIVE:
            raise RoomNotLive("Claims are made while the room is live", state=access.room.state)
        new = NewClaim(new_id("clm"), offer_id, buyer.identity, buyer.display_name, quantity, message_id)
        new.check()
        self._rate.take(buyer.identity)
        claim = await self._claims.claim(new, self._clock.now_ms())
        self._moved(claim)
        return claim

    async def release(self, principal: Principal, claim_id: str) -> Claim:
        """By its buyer, or by those who run the room. Raises: ClaimNotFound, ClaimOver."""
        claim = await self._claims.find(claim_id)
        if claim is None:
            raise ClaimNotFound
        if claim.buyer_id != principal.identity:
            access = await self._rooms.access(claim.room_id, principal)
            if not access.may(Action.OFFER_EDIT):
                raise ClaimNotFound
        released = await self._claims.release(claim_id, self._clock.now_ms())
        self._moved(released)
        return released

    async def own(self, access: Access, after: int | None, limit: int) -> list[Claim]:
        """The caller's, newest first. Raises: Unauthenticated."""
        return await self._claims.of_room(access.room.id, access.require_principal().identity, after, limit)

    async def of_room(self, access: Access, after: int | None, limit: int) -> list[Claim]:
        """Everybody's, newest first. Raises: Forbidden."""
        access.require(Action.OFFER_EDIT)
        return await self._claims.of_room(access.room.id, None, after, limit)

    def _moved(self, claim: Claim) -> None:
        self._announcer.touch([claim.offer_id])
        self._wake()

    # --- time -------------------------------------------------------------------------------------------------------

    async def tend(self) -> None:
        """End what has run out, serve those who wait, and tell whom it concerns."""
        while await self._claims.tend(self._clock.now_ms(), BATCH) >= BATCH:
            pass
        await self.tell()

    async def tell(self) -> None:
        """Publish every change that nobody was told of yet; after a crash somebody may be told twice."""
        while news := await self._claims.news(BATCH):
            for claim in news:
                self._bus.publish(ClaimChanged(claim.room_id, claim.present(), claim.buyer_id))
            self._announcer.touch(claim.offer_id for claim in news)
            await self._claims.told(news)


def _nobody() -> None:
    """Nobody waits: news are found at the next sweep."""
