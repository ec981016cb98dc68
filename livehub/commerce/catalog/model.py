"""Store, Product, Variant and Offer: what is sold, and where its units are.

Stock is counted where it is. Each unit of a variant is in one place::

    received = free + Σ over its offers (available + held + sold)

``free`` units belong to no offer. An offer *allocates* units from ``free``; of those, ``available`` can be bought,
``held`` are reserved by orders that wait for their payment, ``sold`` are paid. When the room ends, what an offer still
has available goes back to ``free``. What a merchant sees as ``stock`` is what can still be sold: free and available.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.catalog.goods_rules import NO_RULE, GoodsRule
from livehub.commerce.catalog.pricing import Deal, Tier
from livehub.commerce.money import Money


@dataclass(frozen=True, slots=True)
class Store:
    id: str
    owner_id: str
    title: str
    currency: str
    created_at: int

    def present(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title, "currency": self.currency}


@dataclass(frozen=True, slots=True)
class Variant:
    """``stock``: units that can still be sold (free, and available in offers). ``low_stock``: from how few on the
    merchant is told."""

    id: str
    sku: str
    title: str
    price: Money
    stock: int
    low_stock: int | None = None
    picture: str | None = None

    def present(self) -> dict[str, Any]:
        return {
            "sku": self.sku,
            "title": self.title,
            "price": self.price.present(),
            "stock": self.stock,
            "low_stock": self.low_stock,
            "is_low": self.low_stock is not None and self.stock <= self.low_stock,
            "picture": present_picture(self.picture),
        }


@dataclass(frozen=True, slots=True)
class Product:
    """``picture`` is the stored file's name (see :mod:`livehub.commerce.catalog.pictures`) or None, ``more_pictures``
    are those after it. ``handle``: what files call it (:mod:`livehub.commerce.catalog.product_csv`)."""

    id: str
    store_id: str
    title: str
    description: str
    picture: str | None
    variants: tuple[Variant, ...]
    created_at: int
    handle: str | None = None
    category_id: str | None = None
    more_pictures: tuple[str, ...] = ()

    @property
    def pictures(self) -> tuple[str, ...]:
        """All, the first first."""
        return () if self.picture is None else (self.picture, *self.more_pictures)

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "store_id": self.store_id,
            "title": self.title,
            "description": self.description,
            "picture": present_picture(self.picture),
            "pictures": present_pictures(self.pictures),
            "handle": self.handle,
            "category": self.category_id,
            "variants": [variant.present() for variant in self.variants],
        }


@dataclass(frozen=True, slots=True)
class NewVariant:
    sku: str
    title: str
    price: Money
    stock: int


@dataclass(frozen=True, slots=True)
class VariantPatch:
    """By SKU; None leaves a value as it is. A SKU the product does not have yet is added and needs price and stock."""

    sku: str
    title: str | None = None
    price: Money | None = None
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class ProductPatch:
    title: str | None = None
    description: str | None = None
    variants: Sequence[VariantPatch] = ()
    #: "" takes it out of its category
    category_id: str | None = None
    #: what its writer saw; it is refused where something else is there by now
    expected: "ProductPatch | None" = None


@dataclass(frozen=True, slots=True)
class ProductQuery:
    """``text``: words that all have to be in titles, handle or SKUs. ``category_id``: it and those beneath it. ``low``:
    with a variant of which little is left."""

    text: str = ""
    category_id: str | None = None
    low: bool = False

    def words(self) -> list[str]:
        return self.text.split()[:MAX_QUERY_WORDS]


MAX_QUERY_WORDS: Final = 8
ALL_PRODUCTS: Final = ProductQuery()


@dataclass(frozen=True, slots=True)
class Part:
    """``quantity`` units of another offer of the room in each unit of a bundle."""

    offer_id: str
    variant_id: str
    quantity: int
    sku: str
    title: str
    variant_title: str
    digital: str | None = None

    def present(self) -> dict[str, Any]:
        return {
            "offer": self.offer_id,
            "quantity": self.quantity,
            "sku": self.sku,
            "title": self.title,
            "variant_title": self.variant_title,
        }


@dataclass(frozen=True, slots=True)
class ClaimRule:
    """How an offer is claimed: by ``word`` in the chat, for ``seconds``."""

    word: str
    seconds: int

    def present(self) -> dict[str, Any]:
        return {"word": self.word, "seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class Offer:
    """Times in ms since the epoch, None where unbounded. ``closed_at``: withdrawn, or the room has ended. ``position``:
    its place in the tray. ``ships_at``: sold before it can be sent, which is then. ``pinned_at``: None unless pinned.
    ``first_paid``: nothing is held for anybody, who pays first has it. ``parts``: of a bundle, whose ``variant_id`` and
    ``sku`` are "".
    """

    id: str
    room_id: str
    store_id: str
    variant_id: str
    sku: str
    title: str
    variant_title: str
    picture: str | None
    price: Money
    list_price: Money
    quantity: int
    available: int
    held: int
    sold: int
    per_buyer_limit: int | None
    starts_at: int | None
    ends_at: int | None
    pinned: bool
    closed_at: int | None
    created_at: int
    position: int = 0
    pinned_at: int | None = None
    tiers: tuple[Tier, ...] = ()
    deal: Deal | None = None
    #: how many deals it has had; the running one has this number
    deals: int = 0
    ships_at: int | None = None
    #: what holds for these goods wherever they are offered
    rule: GoodsRule = NO_RULE
    first_paid: bool = False
    claim: ClaimRule | None = None
    parts: tuple[Part, ...] = ()
    #: how many bundles the units of the parts make; None for what is no bundle
    reach: int | None = None
    #: the least and the most that may be given at a time; None for what is no donation
    donation: tuple[Money, Money] | None = None
    #: how it is delivered when it is paid; None for goods
    digital: str | None = None
    #: (id, title) of the product's category
    category: tuple[str, str] | None = None

    @property
    def is_bundle(self) -> bool:
        return not self.variant_id and self.donation is None

    @property
    def buyable(self) -> int:
        """Units that can be bought now."""
        return self.available if self.reach is None else min(self.available, self.reach)

    def is_open(self, at_ms: int) -> bool:
        """Whether it can be bought at that time, as far as the offer itself is concerned."""
        return (
            self.closed_at is None
            and (self.starts_at is None or self.starts_at <= at_ms)
            and (self.ends_at is None or at_ms < self.ends_at)
        )

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "room_id": self.room_id,
            "sku": self.sku,
            "title": self.title,
            "variant_title": self.variant_title,
            "picture": present_picture(self.picture),
            "price": self.price.present(),
            "list_price": self.list_price.present(),
            "quantity": self.quantity,
            "available": self.buyable,
            "per_buyer_limit": self.per_buyer_limit,
            "starts_at": None if self.starts_at is None else iso(self.starts_at),
            "ends_at": None if self.ends_at is None else iso(self.ends_at),
            "pinned": self.pinned,
            "pinned_at": None if self.pinned_at is None else iso(self.pinned_at),
            "position": self.position,
            "tiers": [tier.present() for tier in self.tiers if tier.price.amount_minor < self.price.amount_minor],
            "deal": None if self.deal is None else self.deal.present(),
            "ships_at": None if self.ships_at is None else iso(self.ships_at),
            "affirmation": None if self.rule.affirmation is None else self.rule.affirmation.present(),
            "served": "first_paid" if self.first_paid else "held",
            "claim": None if self.claim is None else self.claim.present(),
            "parts": [part.present() for part in self.parts],
            "donation": self.donation and {"least": self.donation[0].present(), "most": self.donation[1].present()},
            "digital": self.digital,
            "category": None if self.category is None else {"id": self.category[0], "title": self.category[1]},
        }


@dataclass(frozen=True, slots=True)
class NewOffer:
    """``price`` None takes the variant's own price."""

    sku: str
    quantity: int
    price: Money | None = None
    per_buyer_limit: int | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    tiers: tuple[Tier, ...] = ()
    ships_at: int | None = None
    first_paid: bool = False
    claim: ClaimRule | None = None


@dataclass(frozen=True, slots=True)
class NewBundle:
    """``parts``: offer id and units of it in each bundle; ``quantity`` bundles can be sold at the most."""

    title: str
    price: Money
    quantity: int
    parts: tuple[tuple[str, int], ...]
    per_buyer_limit: int | None = None
    first_paid: bool = False
    claim: ClaimRule | None = None


@dataclass(frozen=True, slots=True)
class NewDonation:
    """``suggested`` lies between ``least`` and ``most``, which are for one time."""

    title: str
    suggested: Money
    least: Money
    most: Money


@dataclass(frozen=True, slots=True)
class OfferPatch:
    """Only what is in ``given`` is changed: None is a value (no limit, no end) for those that may be absent."""

    given: frozenset[str]
    price: Money | None = None
    quantity: int | None = None
    per_buyer_limit: int | None = None
    ends_at: int | None = None
    tiers: tuple[Tier, ...] = ()
    ships_at: int | None = None
    first_paid: bool = False
    claim: ClaimRule | None = None


def present_picture(name: str | None) -> dict[str, Any] | None:
    """``{url, thumb_url, width, height}``; the size stands in the file's name: ``<hash>-<width>x<height>``."""
    if name is None:
        return None
    width, height = name.rpartition("-")[2].split("x")
    return {
        "url": f"/pictures/{name}.webp",
        "thumb_url": f"/pictures/{name}.thumb.webp",
        "width": int(width),
        "height": int(height),
    }


def present_pictures(names: Sequence[str]) -> list[dict[str, Any]]:
    """Each as :func:`present_picture` has it, with the ``id`` that it is ordered and removed by."""
    return [{"id": name, **(present_picture(name) or {})} for name in names]
