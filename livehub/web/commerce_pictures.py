"""/api/v1/products/{product}/pictures: a product's gallery; and what viewers see of an offer's product."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.catalog.gallery import MAX_PICTURES
from livehub.commerce.catalog.model import present_pictures
from livehub.commerce.catalog.pictures import MAX_BYTES
from livehub.rooms.access import Access
from livehub.translation.locale import require_locale
from livehub.translation.texts import Source, Text
from livehub.web.auth import require_account
from livehub.web.body import answer, read_bytes, read_json
from livehub.web.commerce_products import ProductView
from livehub.web.commerce_wire import COMMERCE, GalleryPictureView
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access
from livehub.web.texts import TEXTS, TextView

Name = Annotated[str, Meta(max_length=60)]


class LinkBody(msgspec.Struct):
    """Where the picture is: http or https, in the public internet."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]


class ArrangePicturesBody(msgspec.Struct):
    """The ids of all pictures, each once; the first is the one that cards show."""

    pictures: Annotated[list[Name], Meta(max_length=MAX_PICTURES)]


class OfferProductView(msgspec.Struct):
    """The pictures of a variant before those of its product; of a bundle the first of each of its parts. ``texts``:
    the description in the ``locale`` that was asked for, where there is one; what is made then comes by the socket."""

    offer: str
    title: str
    variant_title: str
    description: str
    pictures: list[GalleryPictureView]
    texts: list[TextView]


async def add_picture(request: web.Request) -> web.Response:
    """Whatever the Content-Type says: what counts is what the bytes are."""
    principal = await require_account(request)
    shop, product_id = request.app[COMMERCE].shop, request.match_info["product"]
    await shop.require_own_product(principal, product_id)
    with shop.pictures.uploads.admitting(principal.identity) as place:
        data = await place.receive(read_bytes(request, MAX_BYTES))
        return answer((await shop.add_picture(principal, product_id, data)).present(), 201)


async def link_picture(request: web.Request) -> web.Response:
    principal = await require_account(request)
    shop, product_id = request.app[COMMERCE].shop, request.match_info["product"]
    await shop.require_own_product(principal, product_id)
    url = (await read_json(request, LinkBody)).url.strip()
    with shop.pictures.fetches.admitting(principal.identity):
        return answer((await shop.link_picture(principal, product_id, url)).present(), 201)


async def arrange_pictures(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, ArrangePicturesBody)
    product = await request.app[COMMERCE].shop.arrange_pictures(principal, request.match_info["product"], body.pictures)
    return answer(product.present())


async def remove_picture(request: web.Request) -> web.Response:
    principal = await require_account(request)
    product_id, picture = request.match_info["product"], request.match_info["picture"]
    return answer((await request.app[COMMERCE].shop.remove_picture(principal, product_id, picture)).present())


async def get_offer_product(request: web.Request) -> web.Response:
    access = await room_access(request)
    sheet = await request.app[COMMERCE].tray.product_sheet(access, request.match_info["offer"])
    view = {
        "offer": sheet.offer.id,
        "title": sheet.offer.title,
        "variant_title": sheet.offer.variant_title,
        "description": sheet.description,
        "pictures": present_pictures(sheet.pictures),
        "texts": [text.present() for text in await _texts(request, access, sheet.description)],
    }
    return answer(view)


async def _texts(request: web.Request, access: Access, description: str) -> Sequence[Text]:
    """In the language of ``?locale=``. For those who are somebody it is made where it is not there yet.

    Raises: UnsupportedLocale."""
    room, text = access.room, description.strip()
    texts = request.app.get(TEXTS)
    if "locale" not in request.query or texts is None or not text or room.store_id is None:
        return []
    locale = require_locale(request.query["locale"])
    source = Source(f"store:{room.store_id}", text, room.locale)
    if access.principal is None:
        return list((await texts.of(source, [locale])).values())
    return await texts.shown(room.id, [source], locale)


_PICTURES = f"{API}/products/{{product}}/pictures"
_LINK, _PICTURE = f"{_PICTURES}/link", f"{_PICTURES}/{{picture}}"
_OFFER_PRODUCT = f"{API}/rooms/{{room}}/offers/{{offer}}/product"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_PICTURES, add_picture),
        web.put(_PICTURES, arrange_pictures),
        web.post(_LINK, link_picture),
        web.delete(_PICTURE, remove_picture),
        web.get(_OFFER_PRODUCT, get_offer_product),
    ]


_OWN = (401, 403, 404)
OPERATIONS = [
    Operation(
        "POST", _PICTURES, "Add a picture: JPEG, PNG or WebP of at most 8 MiB", None, ProductView,
        (201, *_OWN, 409, 413, 422, 429, 503), "account", body_type="image/*",
    ),
    Operation(
        "POST", _LINK, "Add a picture that is fetched from an address", LinkBody, ProductView,
        (201, *_OWN, 409, 422, 429, 503), "account",
    ),
    Operation(
        "PUT", _PICTURES, "Arrange the pictures", ArrangePicturesBody, ProductView, (200, *_OWN, 409, 422), "account"
    ),
    Operation("DELETE", _PICTURE, "Remove a picture", None, ProductView, (200, *_OWN), "account"),
    Operation(
        "GET", _OFFER_PRODUCT, "What an offer's product looks like", None, OfferProductView, (200, 404, 422), "none",
        query={"locale": "The reader's language, for the description"},
    ),
]  # fmt: skip
