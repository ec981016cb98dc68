"""Whether a product still is what somebody saw who changes it. Pure."""

from livehub.commerce.catalog.errors import ProductChanged
from livehub.commerce.catalog.model import Product, ProductPatch, VariantPatch


def require_expected(present: Product, expected: ProductPatch) -> None:
    """Only what ``expected`` names is compared. Raises: ProductChanged."""
    texts = {
        "title": (expected.title, present.title),
        "description": (expected.description, present.description),
        "category": (expected.category_id, present.category_id or ""),
    }
    changed = [name for name, (seen, now) in texts.items() if seen is not None and seen != now]
    known = {variant.sku: variant for variant in present.variants}
    for seen in expected.variants:
        variant = known.get(seen.sku)
        if variant is None:
            changed.append(f"{seen.sku}")
            continue
        now = VariantPatch(seen.sku, variant.title, variant.price, variant.stock)
        for name in ("title", "price", "stock"):
            was = getattr(seen, name)
            if was is not None and was != getattr(now, name):
                changed.append(f"{seen.sku}.{name}")
    if changed:
        raise ProductChanged(changed=changed, product=present.present())
