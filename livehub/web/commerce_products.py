"""/api/v1/stores, /stores/{store}/products, /products/{product}: the shop desk."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.catalog.model import NewVariant, ProductPatch, ProductQuery, VariantPatch
from livehub.commerce.catalog.pictures import MAX_BYTES
from livehub.text import many_lines, one_line
from livehub.web.auth import require_account, require_principal
from livehub.web.body import answer, answer_list, read_bytes, read_json
from livehub.web.commerce_wire import (
    COMMERCE,
    MAX_TITLE_CHARS,
    GalleryPictureView,
    Id,
    MoneyView,
    PictureView,
    PriceBody,
    Sku,
    Stock,
    Title,
    page_of,
)
from livehub.web.openapi import API, Operation

MAX_DESCRIPTION_CHARS = 4000
MAX_VARIANTS = 100
MAX_SKU_CHARS = 64

Description = Annotated[str, Meta(max_length=4 * MAX_DESCRIPTION_CHARS)]


class StoreBody(msgspec.Struct):
    title: Title
    currency: Annotated[str, Meta(max_length=12, description="ISO 4217; every price of the store is in it")]


class VariantBody(msgspec.Struct):
    sku: Sku
    price: PriceBody
    stock: Stock
    title: Annotated[str, Meta(max_length=4 * MAX_TITLE_CHARS)] = ""


class ProductBody(msgspec.Struct):
    title: Title
    variants: Annotated[list[VariantBody], Meta(min_length=1, max_length=MAX_VARIANTS)]
    description: Description = ""
    category: Id | None = None


class VariantPatchBody(msgspec.Struct):
    sku: Sku
    title: Annotated[str, Meta(max_length=4 * MAX_TITLE_CHARS)] | None = None
    price: PriceBody | None = None
    stock: Stock | None = None


class ProductSeenBody(msgspec.Struct):
    """What the writer saw, of whatever must not have changed since; ``category``: "" for none."""

    title: Description | None = None
    description: Description | None = None
    category: Id | None = None
    variants: Annotated[list[VariantPatchBody], Meta(max_length=MAX_VARIANTS)] = []


class ProductPatchBody(msgspec.Struct):
    """Variants are found by SKU; a SKU that is not there yet is added. ``category``: "" takes it out of its one. With
    ``expected`` it is refused (409 ``product_changed``, with the ``product``) where something else is there by now."""

    title: Title | None = None
    description: Description | None = None
    category: Id | None = None
    variants: Annotated[list[VariantPatchBody], Meta(max_length=MAX_VARIANTS)] = []
    expected: ProductSeenBody | None = None


class StoreView(msgspec.Struct):
    id: str
    title: str
    currency: str


class VariantView(msgspec.Struct):
    """``stock``: what can still be sold; what is held by unpaid orders is not in it."""

    sku: str
    title: str
    price: MoneyView
    stock: int
    low_stock: int | None
    is_low: bool
    picture: PictureView | None


class ProductView(msgspec.Struct):
    """``picture`` is the first of ``pictures``."""

    id: str
    store_id: str
    title: str
    description: str
    picture: PictureView | None
    pictures: list[GalleryPictureView]
    handle: str | None
    category: str | None
    variants: list[VariantView]


async def create_store(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, StoreBody)
    title = one_line(body.title, "title", max_chars=MAX_TITLE_CHARS)
    store = await request.app[COMMERCE].shop.open(principal, title, body.currency)
    return answer(store.present(), 201)


async def list_stores(request: web.Request) -> web.Response:
    stores = await request.app[COMMERCE].shop.stores_of(await require_principal(request))
    return answer_list([store.present() for store in stores])


async def create_product(request: web.Request) -> web.Response:
    principal = await require_account(request)
    shop = request.app[COMMERCE].shop
    store = await shop.own_store(principal, request.match_info["store"])
    body = await read_json(request, ProductBody)
    product = await shop.add_product(
        principal,
        store.id,
        one_line(body.title, "title", max_chars=MAX_TITLE_CHARS),
        many_lines(body.description, "description", max_chars=MAX_DESCRIPTION_CHARS),
        [_new_variant(variant, f"variants[{index}]") for index, variant in enumerate(body.variants)],
        body.category or None,
    )
    return answer(product.present(), 201)


def _new_variant(body: VariantBody, field: str) -> NewVariant:
    return NewVariant(
        one_line(body.sku, f"{field}.sku", max_chars=MAX_SKU_CHARS),
        one_line(body.title, f"{field}.title", max_chars=MAX_TITLE_CHARS, min_chars=0),
        body.price.money(),
        body.stock,
    )


async def list_products(request: web.Request) -> web.Response:
    principal = await require_account(request)
    after, limit = page_of(request)
    query = request.query
    text = one_line(query.get("q", ""), "q", max_chars=MAX_TITLE_CHARS, min_chars=0)
    wanted = ProductQuery(text, query.get("category") or None, query.get("low") == "1")
    shop = request.app[COMMERCE].shop
    products = await shop.products(principal, request.match_info["store"], after, limit + 1, wanted)
    following = products[limit - 1].id if len(products) > limit else None
    return answer_list([product.present() for product in products[:limit]], following)


async def patch_product(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, ProductPatchBody)
    patch = ProductPatch(
        title=None if body.title is None else one_line(body.title, "title", max_chars=MAX_TITLE_CHARS),
        description=None
        if body.description is None
        else many_lines(body.description, "description", max_chars=MAX_DESCRIPTION_CHARS),
        variants=[_variant_patch(variant, f"variants[{index}]") for index, variant in enumerate(body.variants)],
        category_id=body.category,
        expected=None if body.expected is None else _seen(body.expected),
    )
    product = await request.app[COMMERCE].shop.change_product(principal, request.match_info["product"], patch)
    return answer(product.present())


def _seen(body: ProductSeenBody) -> ProductPatch:
    """Compared, and nothing else: no text of it is judged."""
    variants = [
        VariantPatch(one.sku, one.title, None if one.price is None else one.price.money(), one.stock)
        for one in body.variants
    ]
    return ProductPatch(body.title, body.description, variants, body.category)


def _variant_patch(body: VariantPatchBody, field: str) -> VariantPatch:
    return VariantPatch(
        one_line(body.sku, f"{field}.sku", max_chars=MAX_SKU_CHARS),
        None if body.title is None else one_line(body.title, f"{field}.title", max_chars=MAX_TITLE_CHARS, min_chars=0),
        None if body.price is None else body.price.money(),
        body.stock,
    )


async def delete_product(request: web.Request) -> web.Response:
    await request.app[COMMERCE].shop.archive(await require_account(request), request.match_info["product"])
    return web.Response(status=204)


async def put_picture(request: web.Request) -> web.Response:
    """Whatever the Content-Type says: what counts is what the bytes are."""
    principal = await require_account(request)
    shop, product_id = request.app[COMMERCE].shop, request.match_info["product"]
    await shop.require_own_product(principal, product_id)
    with shop.pictures.uploads.admitting(principal.identity) as place:
        data = await place.receive(read_bytes(request, MAX_BYTES))
        return answer((await shop.set_picture(principal, product_id, data, request.query.get("sku"))).present())


async def delete_picture(request: web.Request) -> web.Response:
    principal = await require_account(request)
    product = await request.app[COMMERCE].shop.set_picture(
        principal, request.match_info["product"], None, request.query.get("sku")
    )
    return answer(product.present())


_STORES, _PRODUCTS, _PRODUCT = f"{API}/stores", f"{API}/stores/{{store}}/products", f"{API}/products/{{product}}"
_PICTURE = f"{_PRODUCT}/picture"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_STORES, create_store),
        web.get(_STORES, list_stores),
        web.post(_PRODUCTS, create_product),
        web.get(_PRODUCTS, list_products),
        web.patch(_PRODUCT, patch_product),
        web.delete(_PRODUCT, delete_product),
        web.put(_PICTURE, put_picture),
        web.delete(_PICTURE, delete_picture),
    ]


_FIND = {
    "q": "Words in titles, handle or SKUs",
    "category": "That one and those beneath it",
    "low": "1: only those with little left",
}
_OF_VARIANT = {"sku": "Of this variant instead of the product"}
_PAGE = _FIND | {"after": "The cursor of the page before", "limit": "1 to 200"}
OPERATIONS = [
    Operation("POST", _STORES, "Open a store", StoreBody, StoreView, (201, 401, 403, 422), "account"),
    Operation("GET", _STORES, "Your stores", None, StoreView, (200, 401), listed=True),
    Operation("POST", _PRODUCTS, "Add a product", ProductBody, ProductView, (201, 401, 403, 404, 409, 422), "account"),
    Operation("GET", _PRODUCTS, "A store's products", None, ProductView, (200, 401, 403, 404), "account", True, _PAGE),
    Operation(
        "PATCH", _PRODUCT, "Change a product", ProductPatchBody, ProductView, (200, 403, 404, 409, 422), "account"
    ),
    Operation("DELETE", _PRODUCT, "Take a product out of sale", None, None, (204, 401, 403, 404), "account"),
    Operation(
        "PUT",
        _PICTURE,
        "Set the picture: JPEG, PNG or WebP of at most 8 MiB",
        None,
        ProductView,
        (200, 403, 404, 413, 422, 429, 503),
        "account",
        body_type="image/*",
        query=_OF_VARIANT,
    ),
    Operation(
        "DELETE", _PICTURE, "Take the picture off", None, ProductView, (200, 403, 404), "account", query=_OF_VARIANT
    ),
]
