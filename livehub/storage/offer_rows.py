"""Offers between rows and :class:`~livehub.commerce.catalog.model.Offer`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from livehub.commerce.catalog.goods_rules import NO_RULE
from livehub.commerce.catalog.model import ClaimRule, Offer, Part
from livehub.commerce.catalog.pricing import Deal, Tier
from livehub.commerce.errors import OfferNotFound
from livehub.commerce.money import Money
from livehub.storage.commerce import bundle_parts, categories, offers, products, variants
from livehub.storage.digital_tables import digital_goods
from livehub.storage.goods_rules import rule_of
from livehub.storage.rule_rows import variant_rules
from livehub.storage.writer import Tx

_category_title = (
    select(categories.c.title).where(categories.c.id == products.c.category_id).scalar_subquery().label("category")
)
#: columns in the order of :func:`offer_of`
OFFER_COLUMNS = (
    offers.c.id, offers.c.room_id, offers.c.store_id, offers.c.variant_id, variants.c.sku,
    func.coalesce(offers.c.title, products.c.title).label("shown_title"),
    variants.c.title.label("variant_title"),
    func.coalesce(variants.c.picture, products.c.picture).label("picture"), offers.c.price_minor, offers.c.currency,
    func.coalesce(variants.c.price_minor, offers.c.price_minor).label("list_minor"),
    offers.c.quantity, offers.c.available, offers.c.held, offers.c.sold,
    offers.c.per_buyer_limit, offers.c.starts_at, offers.c.ends_at, offers.c.pinned, offers.c.closed_at,
    offers.c.created_at, offers.c.position, offers.c.pinned_at, offers.c.tiers, offers.c.deals, offers.c.deal_minor,
    offers.c.deal_quantity, offers.c.deal_left, offers.c.deal_ends_at, offers.c.ships_at,
    offers.c.first_paid, offers.c.claim_word, offers.c.claim_s, offers.c.least_minor, offers.c.most_minor,
    digital_goods.c.kind,
    variant_rules.c.ceiling_minor, variant_rules.c.affirmation, variant_rules.c.version, products.c.category_id,
    _category_title,
)  # fmt: skip
#: what ends a flash deal
NO_DEAL = {"deal_minor": None, "deal_quantity": None, "deal_left": None, "deal_ends_at": None}


@cache
def select_offers() -> Select[Any]:
    """Built once: to join five tables anew costs more than to ask for a row."""
    return (
        select(*OFFER_COLUMNS)
        .outerjoin(variants, variants.c.id == offers.c.variant_id)
        .outerjoin(products, products.c.id == variants.c.product_id)
        .outerjoin(digital_goods, digital_goods.c.variant_id == offers.c.variant_id)
        .outerjoin(variant_rules, variant_rules.c.variant_id == offers.c.variant_id)
    )


def offer_of(row: Iterable[Any]) -> Offer:
    """From the values of OFFER_COLUMNS, in that order."""
    (id_, room_id, store_id, variant_id, sku, title, variant_title, picture, price_minor, currency, list_minor,
     quantity, available, held, sold, limit, starts_at, ends_at, pinned, closed_at, created_at, position, pinned_at,
     tiers, deals, deal_minor, deal_quantity, deal_left, deal_ends_at, ships_at, first_paid, claim_word, claim_s,
     least_minor, most_minor, digital, ceiling, affirmation, version, category_id,
     category) = row  # fmt: skip
    deal = None
    if deal_minor is not None:
        deal = Deal(deals, Money(deal_minor, currency), deal_quantity, deal_left, deal_ends_at)
    return Offer(
        id_, room_id, store_id, variant_id or "", sku or "", title, variant_title or "", picture,
        Money(price_minor, currency), Money(list_minor, currency), quantity, available, held, sold,
        limit, starts_at, ends_at, bool(pinned), closed_at, created_at, position, pinned_at,
        _tiers_of(tiers, currency) if tiers else (), deal, deals, ships_at,
        NO_RULE if version is None else rule_of(sku, currency, ceiling, affirmation, version),
        bool(first_paid), None if claim_word is None else ClaimRule(claim_word, claim_s),
        donation=None if least_minor is None else (Money(least_minor, currency), Money(most_minor, currency)),
        digital=digital,
        category=(category_id, category) if category is not None else None,
    )  # fmt: skip


def with_parts(tx: Tx | Connection, found: Sequence[Offer]) -> list[Offer]:
    """The same offers, bundles with what they consist of and how many of them that makes."""
    bundles = [offer.id for offer in found if offer.is_bundle]
    if not bundles:
        return list(found)
    parts, reach = load_parts(tx, bundles)
    return [
        replace(offer, parts=tuple(parts[offer.id]), reach=reach[offer.id]) if offer.is_bundle else offer
        for offer in found
    ]


def load_parts(tx: Tx | Connection, bundle_ids: Collection[str]) -> tuple[dict[str, list[Part]], dict[str, int]]:
    """By bundle: its parts in their order, and how many bundles the parts' units would make now."""
    parts: dict[str, list[Part]] = {bundle_id: [] for bundle_id in bundle_ids}
    reach: dict[str, int] = {}
    statement = (
        select(
            bundle_parts.c.bundle_id, bundle_parts.c.offer_id, offers.c.variant_id, bundle_parts.c.quantity,
            variants.c.sku, products.c.title, variants.c.title.label("variant_title"), offers.c.available,
            digital_goods.c.kind.label("digital"),
        )
        .join(offers, offers.c.id == bundle_parts.c.offer_id)
        .join(variants, variants.c.id == offers.c.variant_id)
        .join(products, products.c.id == variants.c.product_id)
        .outerjoin(digital_goods, digital_goods.c.variant_id == offers.c.variant_id)
        .where(bundle_parts.c.bundle_id.in_(list(bundle_ids)))
        .order_by(bundle_parts.c.bundle_id, bundle_parts.c.position)
    )  # fmt: skip
    for row in tx.execute(statement):
        part = Part(row.offer_id, row.variant_id, row.quantity, row.sku, row.title, row.variant_title, row.digital)
        parts[row.bundle_id].append(part)
        makes = row.available // row.quantity
        reach[row.bundle_id] = min(reach.get(row.bundle_id, makes), makes)
    return parts, reach


def kin_of(tx: Tx | Connection, offer_ids: Collection[str]) -> set[str]:
    """Bundles that contain one of those offers."""
    statement = select(bundle_parts.c.bundle_id).where(bundle_parts.c.offer_id.in_(list(offer_ids)))
    return set(tx.execute(statement.distinct()).scalars())


def encode_tiers(tiers: Sequence[Tier]) -> str | None:
    return msgspec.json.encode([(tier.quantity, tier.price.amount_minor) for tier in tiers]).decode() if tiers else None


def _tiers_of(text: str, currency: str) -> tuple[Tier, ...]:
    found = msgspec.json.decode(text, type=list[tuple[int, int]])
    return tuple(Tier(quantity, Money(minor, currency)) for quantity, minor in found)


def load_offer(tx: Tx, offer_id: str) -> Offer:
    """Raises: OfferNotFound."""
    row = tx.execute(select_offers().where(offers.c.id == offer_id)).first()
    if row is None:
        raise OfferNotFound
    return with_parts(tx, [offer_of(row)])[0]
