"""How far people come with a product, told by their pages: opened, and taken to checkout. Paid is in the ledger."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.insights.gathering import Step
from livehub.insights.service import Insights
from livehub.ratelimit import TokenBuckets
from livehub.signalling.admission import Admission
from livehub.signalling.limits import Limits
from livehub.signalling.member import Connection
from livehub.signalling.protocol import Payload

Call = tuple[type[msgspec.Struct], Callable[[Connection, Any], Awaitable[dict[str, Any] | None]]]


class OfferStep(Payload, frozen=True, kw_only=True):
    offer: Annotated[str, Meta(min_length=1, max_length=40, pattern="^[^\\x00]*$")]
    step: Literal["card", "checkout"]


class FunnelActions:
    """``insights`` counts each person's first time; what is said of an offer that is not of the room is not kept."""

    def __init__(self, insights: Insights | None, admission: Admission, limits: Limits, clock: Clock) -> None:
        self._insights = insights
        self._admission = admission
        self._rate = TokenBuckets(clock, limits.steps_per_s, limits.steps_burst, 50_000)

    def table(self) -> Mapping[str, Call]:
        return {"offer:step": (OfferStep, self.step)}

    async def step(self, connection: Connection, call: OfferStep) -> None:
        access, member, _ = await self._admission.here(connection, call.room)
        access.require(Action.BUY)
        self._rate.take(f"{member.room_id}/{member.identity}")
        # those who run the show try it out; they are nobody's funnel
        if self._insights is not None and not access.may(Action.OFFER_EDIT):
            self._insights.step(member.room_id, call.offer, Step(call.step), member.identity)
