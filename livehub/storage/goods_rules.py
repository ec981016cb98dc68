"""Rules for listed goods in SQL; see :mod:`livehub.commerce.catalog.goods_rules`."""

from typing import Any

from sqlalchemy import func, select

from livehub.commerce.auctions.model import AuctionState
from livehub.commerce.catalog.goods_rules import NO_RULE, GoodsRule, Ruled
from livehub.commerce.catalog.model import Store
from livehub.commerce.checkout_hook import Affirmation
from livehub.commerce.errors import PriceCeiling, SkuNotFound, TooManyRules
from livehub.commerce.money import Money
from livehub.storage.auction_rows import auctions
from livehub.storage.commerce import offers, variants
from livehub.storage.database import Database
from livehub.storage.rule_rows import variant_rules
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx


def rule_of(sku: str, currency: str, ceiling: int | None, text: str | None, version: int) -> GoodsRule:
    return GoodsRule(
        None if ceiling is None else Money(ceiling, currency),
        None if text is None else Affirmation(f"goods:{sku}"[:64], str(version), text),
    )


def rule_for(tx: Tx, variant_id: str, sku: str, currency: str) -> GoodsRule:
    row = tx.execute(select(variant_rules).where(variant_rules.c.variant_id == variant_id)).first()
    return NO_RULE if row is None else rule_of(sku, currency, row.ceiling_minor, row.affirmation, row.version)


class SqlGoodsRules:
    """Implements :class:`livehub.commerce.fulfilment.ports.RuleStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_store(self, store: Store) -> list[tuple[str, GoodsRule]]:
        statement = (
            select(variants.c.sku, variant_rules)
            .join(variant_rules, variant_rules.c.variant_id == variants.c.id)
            .where(variants.c.store_id == store.id, ~variants.c.archived)
            .order_by(variants.c.sku)
        )

        def read(connection: Any) -> list[tuple[str, GoodsRule]]:
            rows = connection.execute(statement)
            return [
                (row.sku, rule_of(row.sku, store.currency, row.ceiling_minor, row.affirmation, row.version))
                for row in rows
                if row.ceiling_minor is not None or row.affirmation is not None
            ]

        return await self._database.read(read)

    async def put(self, store: Store, sku: str, ceiling: Money | None, text: str | None, limit: int) -> Ruled:
        own = (variants.c.store_id == store.id) & (variants.c.sku == sku) & ~variants.c.archived

        def write(tx: Tx) -> Ruled:
            variant_id = tx.execute(select(variants.c.id).where(own)).scalar()
            if variant_id is None:
                raise SkuNotFound(f"The store has no article {sku}", field="sku")
            known = tx.execute(select(variant_rules).where(variant_rules.c.variant_id == variant_id)).first()
            if known is None:
                _require_room(tx, store.id, limit)
            if ceiling is not None:
                _require_below(tx, variant_id, ceiling)
            before, version = (known.affirmation, known.version) if known else (None, 0)
            if text is not None and (text != before or version == 0):
                version += 1
            minor = None if ceiling is None else ceiling.amount_minor
            values = {"ceiling_minor": minor, "affirmation": text, "version": version}
            put = insert_into(self._database, variant_rules).values(variant_id=variant_id, **values)
            tx.execute(put.on_conflict_do_update(index_elements=["variant_id"], set_=values)).close()
            return Ruled(rule_of(sku, store.currency, minor, text, version), *_changed(tx, variant_id))

        return await self._database.write(write)


def _require_room(tx: Tx, store_id: str, limit: int) -> None:
    count = (
        select(func.count())
        .select_from(variant_rules)
        .join(variants, variants.c.id == variant_rules.c.variant_id)
        .where(variants.c.store_id == store_id)
    )
    if tx.execute(count).scalar_one() >= limit:
        raise TooManyRules(f"At most {limit} articles can have rules", limit=limit)


def _changed(tx: Tx, variant_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Its open offers, and its auctions that are not ordered yet."""
    of_variant = offers.c.variant_id == variant_id
    shown = select(offers.c.id).where(of_variant, offers.c.closed_at.is_(None))
    waiting = select(auctions.c.id).join(offers, offers.c.id == auctions.c.offer_id).where(of_variant)
    waiting = waiting.where(auctions.c.state.in_([AuctionState.OPEN.value, AuctionState.AWARDED.value]))
    return tuple(tx.execute(shown).scalars()), tuple(tx.execute(waiting).scalars())


def _require_below(tx: Tx, variant_id: str, ceiling: Money) -> None:
    """Of an auction that runs its price counts, not the leader's maximum: a refusal would tell of it. Whoever has bid
    more than a later ceiling pays the ceiling (:mod:`.auctions`), also where they have won before it was put."""
    highest = select(func.max(offers.c.price_minor)).where(
        offers.c.variant_id == variant_id, offers.c.closed_at.is_(None)
    )
    standing = func.coalesce(auctions.c.price_minor, auctions.c.start_minor)
    bidden = (
        select(func.max(standing))
        .join(offers, offers.c.id == auctions.c.offer_id)
        .where(offers.c.variant_id == variant_id, auctions.c.state == AuctionState.OPEN.value)
    )
    for statement, words in (
        (highest, "It is offered for {price} now; lower that price first"),
        (bidden, "It is auctioned for {price} now; end that auction first"),
    ):
        price = tx.execute(statement).scalar()
        if price is not None and price > ceiling.amount_minor:
            raise PriceCeiling(
                words.format(price=Money(price, ceiling.currency)), field="ceiling", ceiling=ceiling.present()
            )
