"""Offers in SQL: what is allocated to a room, and what goes back."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, update

from livehub.commerce.catalog.errors import StockShort
from livehub.commerce.catalog.model import ClaimRule, NewBundle, NewDonation, NewOffer, Offer, OfferPatch, Store
from livehub.commerce.catalog.pricing import NewDeal
from livehub.commerce.errors import ClaimWordTaken, OfferClosed, OfferExists, OfferNotFound, SkuNotFound, TooManyPins
from livehub.commerce.money import Money
from livehub.commerce.offers.ports import Pinned
from livehub.rooms.model import RoomState
from livehub.storage.commerce import bundle_parts, offers, variants
from livehub.storage.database import Database
from livehub.storage.goods_rules import rule_for
from livehub.storage.offer_rows import NO_DEAL, encode_tiers, kin_of, load_offer, offer_of, select_offers, with_parts
from livehub.storage.rooms import rooms
from livehub.storage.waitlist import end_claims, inherit, lock_with_parts
from livehub.storage.writer import Tx


def _fine(_price: Money) -> None:
    """Nothing more to check."""


class SqlOffers:
    """Implements :class:`livehub.commerce.offers.ports.OfferStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        offer_id: str,
        room_id: str,
        store: Store,
        new: NewOffer,
        at_ms: int,
        check: Callable[[Money], None] = _fine,
    ) -> Offer:
        def write(tx: Tx) -> Offer:
            variant = _variant(tx, store.id, new.sku)
            _require_not_offered(tx, room_id, variant.id)
            price = new.price or Money(variant.price_minor, store.currency)
            check(price)
            _require_own_word(tx, room_id, new.claim, None)
            rule_for(tx, variant.id, new.sku, store.currency).check_price(price)
            _require_free(variant, new.quantity)
            tx.execute(update(variants).where(variants.c.id == variant.id).values(free=variants.c.free - new.quantity))
            values = {
                "id": offer_id,
                "room_id": room_id,
                "store_id": store.id,
                "variant_id": variant.id,
                "price_minor": price.amount_minor,
                "currency": store.currency,
                "quantity": new.quantity,
                "available": new.quantity,
                "held": 0,
                "sold": 0,
                "per_buyer_limit": new.per_buyer_limit,
                "starts_at": new.starts_at,
                "ends_at": new.ends_at,
                "pinned": False,
                "created_at": at_ms,
                "position": _next_position(tx, room_id),
                "tiers": encode_tiers(new.tiers),
                "ships_at": new.ships_at,
                **_served(first_paid=new.first_paid, claim=new.claim),
            }
            tx.execute(insert(offers), values)
            return load_offer(tx, offer_id)

        return await self._database.write(write)

    async def add_bundle(self, offer_id: str, room_id: str, store: Store, new: NewBundle, at_ms: int) -> Offer:
        part_ids = [part_id for part_id, _ in new.parts]

        def write(tx: Tx) -> Offer:
            whole = offers.c.id.in_(part_ids) & offers.c.variant_id.is_not(None) & offers.c.closed_at.is_(None)
            here = select(offers.c.id).where(whole, offers.c.room_id == room_id, offers.c.store_id == store.id)
            if strange := set(part_ids) - set(tx.execute(here).scalars()):
                raise OfferNotFound(f"{min(strange)[:64]} is not offered in this room", field="parts")
            _require_own_word(tx, room_id, new.claim, None)
            values = {
                "id": offer_id,
                "room_id": room_id,
                "store_id": store.id,
                "title": new.title,
                "price_minor": new.price.amount_minor,
                "currency": store.currency,
                "quantity": new.quantity,
                "available": new.quantity,
                "held": 0,
                "sold": 0,
                "per_buyer_limit": new.per_buyer_limit,
                "pinned": False,
                "created_at": at_ms,
                "position": _next_position(tx, room_id),
                **_served(first_paid=new.first_paid, claim=new.claim),
            }
            tx.execute(insert(offers), values)
            parts = [
                {"bundle_id": offer_id, "offer_id": part_id, "position": position, "quantity": quantity}
                for position, (part_id, quantity) in enumerate(new.parts)
            ]
            tx.execute(insert(bundle_parts), parts)
            return load_offer(tx, offer_id)

        return await self._database.write(write)

    async def add_donation(self, offer_id: str, room_id: str, store: Store, new: NewDonation, at_ms: int) -> Offer:
        def write(tx: Tx) -> Offer:
            values = {
                "id": offer_id,
                "room_id": room_id,
                "store_id": store.id,
                "title": new.title,
                "price_minor": new.suggested.amount_minor,
                "currency": store.currency,
                # it has no units: these never move
                "quantity": 1,
                "available": 1,
                "held": 0,
                "sold": 0,
                "pinned": False,
                "created_at": at_ms,
                "position": _next_position(tx, room_id),
                "least_minor": new.least.amount_minor,
                "most_minor": new.most.amount_minor,
            }
            tx.execute(insert(offers), values)
            return load_offer(tx, offer_id)

        return await self._database.write(write)

    async def with_kin(self, offer_ids: Sequence[str]) -> list[str]:
        return await self._database.read(lambda connection: sorted({*offer_ids, *kin_of(connection, offer_ids)}))

    async def of_room(self, room_id: str) -> list[Offer]:
        statement = select_offers().where(offers.c.room_id == room_id, offers.c.closed_at.is_(None))
        return await self._read(statement.order_by(offers.c.position, offers.c.id))

    async def by_ids(self, offer_ids: Sequence[str]) -> list[Offer]:
        return await self._read(select_offers().where(offers.c.id.in_(offer_ids)).order_by(offers.c.id))

    async def _read(self, statement: Select[Any]) -> list[Offer]:
        def read(connection: Connection) -> list[Offer]:
            return with_parts(connection, [offer_of(row) for row in connection.execute(statement)])

        return await self._database.read(read)

    async def change(self, offer_id: str, patch: OfferPatch, check: Callable[[Offer], None], at_ms: int = 0) -> Offer:
        def write(tx: Tx) -> Offer:
            lock_with_parts(tx, [offer_id])
            present = load_offer(tx, offer_id)
            check(present)
            if present.closed_at is not None:
                raise OfferClosed("This offer is over")
            values: dict[str, Any] = {}
            if patch.price is not None:
                values["price_minor"] = patch.price.amount_minor
            if "tiers" in patch.given:
                values["tiers"] = encode_tiers(patch.tiers)
            for name in ("per_buyer_limit", "ends_at", "ships_at"):
                if name in patch.given:
                    values[name] = getattr(patch, name)
            if "claim" in patch.given:
                _require_own_word(tx, present.room_id, patch.claim, offer_id)
                values |= _served(first_paid=present.first_paid, claim=patch.claim)
            if "first_paid" in patch.given:
                values["first_paid"] = int(patch.first_paid)
            delta = 0 if patch.quantity is None else patch.quantity - present.quantity
            _require_movable(tx, present, delta)
            if delta:
                values |= {"quantity": offers.c.quantity + delta, "available": offers.c.available + delta}
                own = variants.c.id == present.variant_id
                tx.execute(update(variants).where(own).values(free=variants.c.free - delta))
            if values:
                tx.execute(update(offers).where(offers.c.id == offer_id).values(values))
                inherit(tx, [offer_id], at_ms)
            return load_offer(tx, offer_id)

        return await self._database.write(write)

    async def pin(self, offer_id: str, *, beside: bool, limit: int, at_ms: int) -> Pinned:
        def write(tx: Tx) -> Pinned:
            present = load_offer(tx, offer_id)
            if present.closed_at is not None:
                raise OfferClosed("This offer is over")
            others = [offer for offer in _pinned(tx, present.room_id) if offer.id != offer_id]
            if present.pinned and (beside or not others):
                return Pinned(present, _pinned(tx, present.room_id), changed=False)
            if beside and len(others) >= limit:
                raise TooManyPins(f"At most {limit} offers can be pinned; take a pin off first", limit=limit)
            if not beside:
                away = (offers.c.room_id == present.room_id) & offers.c.pinned & (offers.c.id != offer_id)
                tx.execute(update(offers).where(away).values(pinned=False, pinned_at=None))
            tx.execute(update(offers).where(offers.c.id == offer_id).values(pinned=True, pinned_at=at_ms))
            return Pinned(load_offer(tx, offer_id), _pinned(tx, present.room_id), changed=True)

        return await self._database.write(write)

    async def unpin(self, offer_id: str) -> Pinned:
        def write(tx: Tx) -> Pinned:
            present = load_offer(tx, offer_id)
            if present.pinned:
                tx.execute(update(offers).where(offers.c.id == offer_id).values(pinned=False, pinned_at=None))
            return Pinned(load_offer(tx, offer_id), _pinned(tx, present.room_id), changed=present.pinned)

        return await self._database.write(write)

    async def arrange(self, room_id: str, offer_ids: Sequence[str]) -> list[str]:
        def write(tx: Tx) -> list[str]:
            known = select(offers.c.id).where(offers.c.room_id == room_id, offers.c.closed_at.is_(None))
            present = list(tx.execute(known.order_by(offers.c.position, offers.c.id)).scalars())
            if strange := set(offer_ids) - set(present):
                raise OfferNotFound(f"{min(strange)[:64]} is not offered in this room", field="offers")
            wanted = [*offer_ids, *(offer_id for offer_id in present if offer_id not in set(offer_ids))]
            for position, offer_id in enumerate(wanted):
                tx.execute(update(offers).where(offers.c.id == offer_id).values(position=position))
            return wanted

        return await self._database.write(write)

    async def start_deal(self, offer_id: str, deal: NewDeal, at_ms: int, check: Callable[[Offer], None]) -> Offer:
        def write(tx: Tx) -> Offer:
            present = load_offer(tx, offer_id)
            check(present)
            if not present.is_open(at_ms):
                raise OfferClosed("This offer is not open now")
            if deal.quantity > present.buyable:
                raise StockShort(f"{present.buyable} are left", field="quantity", free=present.buyable)
            values = {
                "deals": present.deals + 1,
                "deal_minor": deal.price.amount_minor,
                "deal_quantity": deal.quantity,
                "deal_left": deal.quantity,
                "deal_ends_at": at_ms + deal.seconds * 1000,
            }
            tx.execute(update(offers).where(offers.c.id == offer_id).values(values))
            return load_offer(tx, offer_id)

        return await self._database.write(write)

    async def end_deal(self, offer_id: str) -> Offer:
        def write(tx: Tx) -> Offer:
            tx.execute(update(offers).where(offers.c.id == offer_id).values(NO_DEAL))
            return load_offer(tx, offer_id)

        return await self._database.write(write)

    async def close_ended(self, at_ms: int) -> list[Offer]:
        over = (rooms.c.state == RoomState.ENDED) | rooms.c.deleted_at.is_not(None)
        open_in = select(offers.c.room_id).join(rooms, rooms.c.id == offers.c.room_id)
        statement = open_in.where(offers.c.closed_at.is_(None), over).distinct()
        room_ids = await self._database.read(lambda connection: connection.execute(statement).scalars().all())
        if not room_ids:
            return []
        return await self._database.write(lambda tx: close_offers(tx, offers.c.room_id.in_(room_ids), at_ms))


def close_offers(tx: Tx, condition: ColumnElement[bool], at_ms: int) -> list[Offer]:
    """Close what is open of ``condition``: units that are left go back to the variants, held ones stay held."""
    open_ids = tx.execute(select(offers.c.id).where(condition, offers.c.closed_at.is_(None))).scalars().all()
    lock_with_parts(tx, open_ids)
    end_claims(tx, open_ids)
    rows = tx.execute(select_offers().where(condition, offers.c.closed_at.is_(None))).all()
    closing = [offer_of(row) for row in rows]
    for offer in closing:
        own = variants.c.id == offer.variant_id
        tx.execute(update(variants).where(own).values(free=variants.c.free + offer.available))
        tx.execute(
            update(offers)
            .where(offers.c.id == offer.id)
            .values(
                closed_at=at_ms,
                pinned=False,
                pinned_at=None,
                available=0,
                quantity=offers.c.quantity - offer.available,
                **NO_DEAL,
            )
        )
    return [load_offer(tx, offer.id) for offer in closing]


def _pinned(tx: Tx, room_id: str) -> tuple[Offer, ...]:
    statement = select_offers().where(offers.c.room_id == room_id, offers.c.pinned).order_by(offers.c.pinned_at.desc())
    return tuple(with_parts(tx, [offer_of(row) for row in tx.execute(statement)]))


def _next_position(tx: Tx, room_id: str) -> int:
    last = select(func.coalesce(func.max(offers.c.position), -1)).where(offers.c.room_id == room_id)
    return int(tx.execute(last).scalar_one()) + 1


def _variant(tx: Tx, store_id: str, sku: str) -> Row[Any]:
    statement = select(variants).where(variants.c.store_id == store_id, variants.c.sku == sku, ~variants.c.archived)
    row = tx.execute(statement).first()
    if row is None:
        raise SkuNotFound(f'The store has no article with the SKU "{sku}"', field="sku")
    return row


def _served(*, first_paid: bool, claim: ClaimRule | None) -> dict[str, Any]:
    return {
        "first_paid": int(first_paid),
        "claim_word": None if claim is None else claim.word,
        "claim_s": None if claim is None else claim.seconds,
    }


def _require_own_word(tx: Tx, room_id: str, claim: ClaimRule | None, offer_id: str | None) -> None:
    if claim is None:
        return
    same = (offers.c.room_id == room_id) & (offers.c.claim_word == claim.word) & offers.c.closed_at.is_(None)
    if tx.execute(select(offers.c.id).where(same, offers.c.id != (offer_id or ""))).first() is not None:
        raise ClaimWordTaken(field="claim.word")


def _require_not_offered(tx: Tx, room_id: str, variant_id: str) -> None:
    own = (offers.c.room_id == room_id) & (offers.c.variant_id == variant_id)
    if tx.execute(select(offers.c.id).where(own)).first() is not None:
        raise OfferExists(field="sku")


def _require_free(variant: Row[Any], wanted: int) -> None:
    if variant.free < wanted:
        raise StockShort(
            f"{variant.free} of {variant.sku} are free; other offers hold the rest", field="quantity", free=variant.free
        )


def _require_movable(tx: Tx, offer: Offer, delta: int) -> None:
    """Whether ``delta`` units can come from the variant's free stock, or go back to it."""
    if delta > 0 and not offer.is_bundle:
        _require_free(tx.execute(select(variants).where(variants.c.id == offer.variant_id)).one(), delta)
    elif offer.available + delta < 0:
        taken = offer.held + offer.sold
        raise StockShort(f"{taken} are already sold or held; offer at least those", field="quantity", least=taken)
