"""What offers, coupons and claims need of storage. Each write is atomic; its check runs inside the transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from livehub.commerce.catalog.model import (
    NewBundle,
    NewDonation,
    NewOffer,
    Offer,
    OfferPatch,
    Store,
)
from livehub.commerce.catalog.pricing import NewDeal
from livehub.commerce.money import Money
from livehub.commerce.offers.claims import Claim, NewClaim
from livehub.commerce.offers.coupons import Coupon, NewCoupon, Use


@dataclass(frozen=True, slots=True)
class Pinned:
    """The offer asked about, and all that are pinned in its room now, the last pinned first."""

    offer: Offer
    pinned: tuple[Offer, ...]
    changed: bool


class CouponStore(Protocol):
    async def add(self, coupon_id: str, store: Store, new: NewCoupon, at_ms: int) -> Coupon:
        """Raises: CouponTaken."""

    async def find(self, coupon_id: str) -> Coupon | None: ...

    async def of_store(self, store_id: str) -> list[Coupon]:
        """Newest first."""

    async def by_code(self, store_id: str, code: str, buyer_id: str) -> tuple[Coupon, Use] | None:
        """The one that has not ended, and what that buyer has of it."""

    async def claimable(self, room_id: str, buyer_id: str, at_ms: int) -> list[tuple[Coupon, bool]]:
        """Open ones that are claimed in the room, and whether that buyer has."""

    async def claim(self, coupon_id: str, buyer_id: str, at_ms: int) -> Coupon | None:
        """None when as many have claimed it as may use it. Raises: CouponNotFound."""

    async def end(self, coupon_id: str, at_ms: int) -> Coupon:
        """Raises: CouponNotFound."""


class OfferStore(Protocol):
    async def add(
        self, offer_id: str, room_id: str, store: Store, new: NewOffer, at_ms: int, check: Callable[[Money], None]
    ) -> Offer:
        """Allocates ``new.quantity`` of the variant's free stock; ``check`` is given its price.

        Raises: SkuNotFound, OfferExists, StockShort, what ``check`` raises.
        """

    async def of_room(self, room_id: str) -> list[Offer]:
        """In the order of the tray, without closed ones."""

    async def by_ids(self, offer_ids: Sequence[str]) -> list[Offer]: ...

    async def with_kin(self, offer_ids: Sequence[str]) -> list[str]:
        """Those, and the bundles that contain one of them."""

    async def add_bundle(self, offer_id: str, room_id: str, store: Store, new: NewBundle, at_ms: int) -> Offer:
        """Raises: OfferNotFound for a part that is not an open article of the room; ClaimWordTaken."""

    async def add_donation(self, offer_id: str, room_id: str, store: Store, new: NewDonation, at_ms: int) -> Offer: ...

    async def change(self, offer_id: str, patch: OfferPatch, check: Callable[[Offer], None], at_ms: int = 0) -> Offer:
        """Raises: OfferNotFound, StockShort, ClaimWordTaken, what ``check`` raises on the present row."""

    async def pin(self, offer_id: str, *, beside: bool, limit: int, at_ms: int) -> Pinned:
        """Without ``beside`` the room's other pins go. Raises: OfferNotFound, OfferClosed, TooManyPins."""

    async def unpin(self, offer_id: str) -> Pinned:
        """Raises: OfferNotFound."""

    async def arrange(self, room_id: str, offer_ids: Sequence[str]) -> list[str]:
        """Those first, in that order, then the others as they were; all ids. Raises: OfferNotFound."""

    async def start_deal(self, offer_id: str, deal: NewDeal, at_ms: int, check: Callable[[Offer], None]) -> Offer:
        """Raises: OfferNotFound, OfferClosed, StockShort, what ``check`` raises on the present row."""

    async def end_deal(self, offer_id: str) -> Offer:
        """Raises: OfferNotFound."""

    async def close_ended(self, at_ms: int) -> list[Offer]:
        """Closes what is open in rooms that are over, and gives what is left back to the variants' free stock."""


class ClaimStore(Protocol):
    async def words(self, room_id: str, at_ms: int) -> dict[str, str]:
        """Keyword → offer, of what can be claimed in the room."""

    async def claim(self, new: NewClaim, at_ms: int) -> Claim:
        """Units as far as there are any and nobody waits, else a place in line. A buyer has one live claim on an offer:
        another number changes it. The same ``message_id`` answers the same claim.

        Raises: OfferNotFound, ClaimNotOffered, OfferClosed, BuyerLimit, TooManyClaims, ClaimsRanOut, WaitlistFull.
        """

    async def release(self, claim_id: str, at_ms: int) -> Claim:
        """Raises: ClaimNotFound, ClaimOver."""

    async def tend(self, at_ms: int, limit: int) -> int:
        """End what has run out and serve those who wait; how many ended, ``limit`` at the most."""

    async def find(self, claim_id: str) -> Claim | None: ...

    async def of_room(self, room_id: str, buyer_id: str | None, after: int | None, limit: int) -> list[Claim]:
        """Newest first."""

    async def news(self, limit: int) -> list[Claim]:
        """Changed since somebody was told."""

    async def told(self, told: Sequence[Claim]) -> None: ...
