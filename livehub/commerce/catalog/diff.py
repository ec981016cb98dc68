"""What a product of a file would change in the catalogue. Pure.

The same function answers the preview and, once more inside the write, whether that is still so: a product that was sold
or changed in between is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from livehub.commerce.catalog.csv_cells import html_of
from livehub.commerce.catalog.html_text import plain_text
from livehub.commerce.catalog.model import Product, Variant
from livehub.commerce.catalog.product_csv import Fault, FileProduct, FileVariant

#: of a longer text the preview shows the beginning
_SHOWN_CHARS: Final = 200


class RowKind(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    SAME = "same"
    ERROR = "error"


class Difference(msgspec.Struct, frozen=True):
    """``field`` of the product, or of its variant ``sku``; ``before`` None: there was none."""

    field: str
    sku: str | None
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Present:
    """What the store has: products by handle, id and SKU; the path of a category's titles by its id; the
    addresses of each picture (elsewhere, where it came from there, and here), by product id and by a variant's SKU."""

    by_handle: Mapping[str, Product] = field(default_factory=dict)
    by_sku: Mapping[str, Product] = field(default_factory=dict)
    category_paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    galleries: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    of_variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    kind: RowKind
    product: Product | None
    differences: tuple[Difference, ...]
    faults: tuple[Fault, ...]


def plan(wanted: FileProduct, present: Present) -> Plan:
    """What taking ``wanted`` in would do."""
    faults = list(wanted.faults)
    product = _find(wanted, present, faults)
    if product is None and not faults:
        _require_whole(wanted, faults)
    if product is not None:
        known = {variant.sku for variant in product.variants}
        told = {fault.line for fault in faults}
        new = [variant for variant in wanted.variants if variant.sku not in known and variant.line not in told]
        faults += [Fault(variant.line, "", "price_missing") for variant in new if variant.price_minor is None]
    if faults:
        return Plan(RowKind.ERROR, product, (), tuple(faults))
    differences = tuple(_differences(wanted, product, present))
    if product is None:
        return Plan(RowKind.CREATE, None, differences, ())
    return Plan(RowKind.CHANGE if differences else RowKind.SAME, product, differences, ())


def _find(wanted: FileProduct, present: Present, faults: list[Fault]) -> Product | None:
    """By handle, else by SKU. One article belongs to one product: a file cannot move it to another."""
    found = present.by_handle.get(wanted.handle) if wanted.handle else None
    owners = {variant.sku: present.by_sku.get(variant.sku) for variant in wanted.variants}
    if found is None:
        free = [owner for owner in owners.values() if owner is not None and (not wanted.handle or not owner.handle)]
        found = free[0] if free else None
    for variant in wanted.variants:
        owner = owners[variant.sku]
        if owner is not None and (found is None or owner.id != found.id):
            faults.append(Fault(variant.line, "", "sku_taken"))
    return found


def _require_whole(wanted: FileProduct, faults: list[Fault]) -> None:
    if not wanted.title:
        faults.append(Fault(wanted.line, "", "title_missing"))
    if not wanted.variants:
        faults.append(Fault(wanted.line, "", "price_missing"))
    faults += [Fault(variant.line, "", "price_missing") for variant in wanted.variants if variant.price_minor is None]


def _differences(wanted: FileProduct, product: Product | None, present: Present) -> list[Difference]:
    found: list[Difference] = []

    def compare(name: str, before: object, after: object, sku: str | None = None) -> None:
        if after is not None and before != after:
            shown = None if before is None else str(before)[:_SHOWN_CHARS]
            found.append(Difference(name, sku, shown, str(after)[:_SHOWN_CHARS]))

    if wanted.handle and (product is None or wanted.handle != product.id):
        compare("handle", product.handle if product else None, wanted.handle)
    compare("title", product.title if product else None, wanted.title)
    if product is None or plain_text(html_of(product.description)) != wanted.description:
        compare("description", product.description if product else None, wanted.description or None)
        if product is not None and wanted.description == "" and product.description:
            found.append(Difference("description", None, product.description[:_SHOWN_CHARS], ""))
    if wanted.category is not None:
        path = present.category_paths.get(product.category_id or "", ()) if product else ()
        compare(
            "category", " > ".join(path) if product else None, " > ".join(wanted.category) or ("" if path else None)
        )
    shown = present.galleries.get(product.id, ()) if product else ()
    if wanted.pictures and not _are_shown(wanted.pictures, shown):
        name = "picture" if max(len(shown), len(wanted.pictures)) == 1 else "pictures"
        compare(name, ", ".join(one[0] for one in shown) or None, ", ".join(wanted.pictures))
    variants = {variant.sku: variant for variant in product.variants} if product else {}
    for variant in wanted.variants:
        _compare_variant(variant, variants.get(variant.sku), present, compare)
    return found


def _compare_variant(wanted: FileVariant, known: Variant | None, present: Present, compare: "_Compare") -> None:
    sku = wanted.sku
    # a file that says nothing of what makes it different leaves that as it is
    title = wanted.title if known is None or wanted.title else None
    compare("variant", known.title if known else None, title, sku)
    compare("price", known.price.amount_minor if known else None, wanted.price_minor, sku)
    compare("stock", known.stock if known else None, wanted.stock if known else wanted.stock or 0, sku)
    compare("low_stock", known.low_stock if known else None, wanted.low_stock, sku)
    shown = present.of_variants.get(sku, ()) if known else ()
    if wanted.picture not in shown:
        compare("variant_picture", shown[0] if shown else None, wanted.picture, sku)


def _are_shown(urls: Sequence[str], shown: Sequence[tuple[str, ...]]) -> bool:
    return len(urls) == len(shown) and all(url in known for url, known in zip(urls, shown, strict=True))


class _Compare(Protocol):
    """The shape of ``compare`` above."""

    def __call__(self, name: str, before: object, after: object, sku: str | None = None) -> None: ...
