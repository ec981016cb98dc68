"""What viewers see of an offer's product: its description and all of its pictures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from livehub.commerce.catalog.model import Offer, Product


@dataclass(frozen=True, slots=True)
class ProductSheet:
    """``pictures``: names of stored files, the first first."""

    offer: Offer
    description: str
    pictures: tuple[str, ...]


def sheet_of(offer: Offer, products: Sequence[Product]) -> ProductSheet:
    """``products``: those of the offer's variant, or of a bundle's parts."""
    if offer.parts:
        shown = {part.variant_id: _shown(products, part.variant_id) for part in offer.parts}
        return ProductSheet(offer, "", _once([names[0] for names in shown.values() if names]))
    description = products[0].description if products else ""
    return ProductSheet(offer, description, _shown(products, offer.variant_id))


def _shown(products: Sequence[Product], variant_id: str) -> tuple[str, ...]:
    """A variant's own picture is what its offer shows: it comes first."""
    for product in products:
        for variant in product.variants:
            if variant.id == variant_id:
                return _once([*([variant.picture] if variant.picture else []), *product.pictures])
    return ()


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
