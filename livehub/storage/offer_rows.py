"""Offers between rows and :class:`~livehub.commerce.catalog.Offer`."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, select

from livehub.commerce.catalog import Offer
from livehub.commerce.errors import OfferNotFound
from livehub.commerce.goods_rules import NO_RULE
from livehub.commerce.money import Money
from livehub.commerce.pricing import Deal, Tier
from livehub.storage.commerce import offers, products, variants
from livehub.storage.goods_rules import rule_of, variant_rules
from livehub.storage.writer import Tx

#: columns in the order of :func:`offer_of`
OFFER_COLUMNS = (
    offers.c.id, offers.c.room_id, offers.c.store_id, offers.c.variant_id, variants.c.sku, products.c.title,
    variants.c.title.label("variant_title"), products.c.picture, offers.c.price_minor, offers.c.currency,
    variants.c.price_minor.label("list_minor"), offers.c.quantity, offers.c.available, offers.c.held, offers.c.sold,
    offers.c.per_buyer_limit, offers.c.starts_at, offers.c.ends_at, offers.c.pinned, offers.c.closed_at,
    offers.c.created_at, offers.c.position, offers.c.pinned_at, offers.c.tiers, offers.c.deals, offers.c.deal_minor,
    offers.c.deal_quantity, offers.c.deal_left, offers.c.deal_ends_at, offers.c.ships_at,
    variant_rules.c.ceiling_minor, variant_rules.c.affirmation, variant_rules.c.version,
)  # fmt: skip
#: what ends a flash deal
NO_DEAL = {"deal_minor": None, "deal_quantity": None, "deal_left": None, "deal_ends_at": None}


def select_offers() -> Select[Any]:
    return (
        select(*OFFER_COLUMNS)
        .join(variants, variants.c.id == offers.c.variant_id)
        .join(products, products.c.id == variants.c.product_id)
        .outerjoin(variant_rules, variant_rules.c.variant_id == offers.c.variant_id)
    )


def offer_of(row: Iterable[Any]) -> Offer:
    """From the values of OFFER_COLUMNS, in that order."""
    (id_, room_id, store_id, variant_id, sku, title, variant_title, picture, price_minor, currency, list_minor,
     quantity, available, held, sold, limit, starts_at, ends_at, pinned, closed_at, created_at, position, pinned_at,
     tiers, deals, deal_minor, deal_quantity, deal_left, deal_ends_at, ships_at,
     ceiling, affirmation, version) = row  # fmt: skip
    deal = None
    if deal_minor is not None:
        deal = Deal(deals, Money(deal_minor, currency), deal_quantity, deal_left, deal_ends_at)
    return Offer(
        id_, room_id, store_id, variant_id, sku, title, variant_title, picture,
        Money(price_minor, currency), Money(list_minor, currency), quantity, available, held, sold,
        limit, starts_at, ends_at, bool(pinned), closed_at, created_at, position, pinned_at,
        _tiers_of(tiers, currency) if tiers else (), deal, deals, ships_at,
        NO_RULE if version is None else rule_of(sku, currency, ceiling, affirmation, version),
    )  # fmt: skip


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
    return offer_of(row)
