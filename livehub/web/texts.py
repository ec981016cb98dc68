"""/api/v1/products/{product}/translations: a product's title and description in the languages of its buyers."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.accounts.principal import Principal
from livehub.commerce.catalog.model import Product
from livehub.errors import InvalidInput, Unavailable
from livehub.translation.detection import detect_source
from livehub.translation.locale import LOCALES, require_locale
from livehub.translation.texts import MAX_TEXT_CHARS, Source, Text, Texts, as_written
from livehub.web.auth import require_account
from livehub.web.body import LocaleTag, answer, answer_list, read_json
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation

TEXTS: web.AppKey[Texts] = web.AppKey("texts", Texts)
FIELDS: Final = ("title", "description")


class NotTranslated(Unavailable):
    code, title = "text_not_translated", "No engine has a translation of this right now"


class TranslatedBody(msgspec.Struct):
    """What is left out, or null, stays as it is; an empty text goes back to what an engine makes of it."""

    title: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] | None = None
    description: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] | None = None


class TextView(msgspec.Struct):
    """``edited``: a person wrote it; else the ``engine`` did."""

    source: str
    text: str
    engine: str
    edited: bool


class ProductTranslationView(msgspec.Struct):
    """``original``: it is written in this language. Null where nobody needed it yet."""

    locale: LocaleTag
    original: bool
    title: TextView | None
    description: TextView | None


async def list_translations(request: web.Request) -> web.Response:
    """All eleven languages."""
    product, _, locale = await _product(request)
    found = await _found(request, product, locale)
    return answer_list([_view(tag, found) for tag in LOCALES])


async def put_translation(request: web.Request) -> web.Response:
    product, principal, locale = await _product(request)
    target = require_locale(request.match_info["locale"])
    body = await read_json(request, TranslatedBody)
    sources = _sources(product, locale)
    written = {field: _written(field, text) for field in FIELDS if (text := getattr(body, field)) is not None}
    for field in written:
        if field not in sources:
            raise InvalidInput("The product has none to translate", field=field)
    for field, text in written.items():
        if text:
            await request.app[TEXTS].edit(sources[field], target, text, principal.identity)
        else:
            await request.app[TEXTS].forget(sources[field], target)
    return answer(_view(target, await _found(request, product, locale)))


def _written(field: str, text: str) -> str:
    """Raises: InvalidInput."""
    return as_written(text, is_line=field == "title") if text.strip() else ""


async def make_translation(request: web.Request) -> web.Response:
    """Have an engine do it now, as a first draft; what a person wrote stays."""
    product, _, locale = await _product(request)
    target = require_locale(request.match_info["locale"])
    found = await _found(request, product, locale)
    for field, source in _sources(product, locale).items():
        if target in found[field] or detect_source(source.text, source.hint) in {None, target}:
            continue
        if await request.app[TEXTS].make("", source, target) is None:
            raise NotTranslated(retry_after_s=60)
    return answer(_view(target, await _found(request, product, locale)))


async def _product(request: web.Request) -> tuple[Product, Principal, str]:
    """The product, its owner, and the language of whoever writes its texts."""
    principal = await require_account(request)
    product = await request.app[COMMERCE].shop.own_product(principal, request.match_info["product"])
    return product, principal, principal.locale


def _sources(product: Product, locale: str) -> dict[str, Source]:
    scope = f"store:{product.store_id}"
    return {name: Source(scope, text, locale) for name in FIELDS if (text := getattr(product, name).strip())}


async def _found(request: web.Request, product: Product, locale: str) -> Mapping[str, Mapping[str, Text]]:
    sources = _sources(product, locale)
    texts, tags = request.app[TEXTS], list(LOCALES)
    return {field: await texts.of(sources[field], tags) if field in sources else {} for field in FIELDS} | {
        "source": {detect_source(product.title, locale) or locale: Text(product.title, product.title, "")}
    }


def _view(tag: str, found: Mapping[str, Mapping[str, Text]]) -> dict[str, Any]:
    shown = {field: found[field][tag].present() if tag in found[field] else None for field in FIELDS}
    return {"locale": tag, "original": tag in found["source"], **shown}


_ALL = f"{API}/products/{{product}}/translations"
_ONE = f"{_ALL}/{{locale}}"


def routes() -> list[web.RouteDef]:
    return [web.get(_ALL, list_translations), web.put(_ONE, put_translation), web.post(_ONE, make_translation)]


OPERATIONS = [
    Operation("GET", _ALL, "A product's texts in every language", None, ProductTranslationView,
              (200, 401, 403, 404), "account", True),
    Operation("PUT", _ONE, "Write a product's texts in one language", TranslatedBody, ProductTranslationView,
              (200, 401, 403, 404, 422), "account"),
    Operation("POST", _ONE, "Have an engine translate a product's texts", None, ProductTranslationView,
              (200, 401, 403, 404, 422, 503), "account"),
]  # fmt: skip
