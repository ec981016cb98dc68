"""/i18n/{locale}.json: gettext catalogues as the browser wants them; and the commands that keep them.

``python -m livehub.web.i18n extract`` collects the sentences into translations/livehub.pot, ``update`` merges them into
the .po files, ``check`` fails when one is missing, fuzzy or has other placeholders.
"""

import asyncio
import gettext
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from livehub.errors import NotFound
from livehub.translation.locale import LOCALES
from livehub.web.etag import Representation, answer_cached

#: message ids are English sentences, so this locale needs no catalogue
SOURCE_LOCALE: Final = "en"
DOMAIN: Final = "livehub"
#: between a context and its message id, as in gettext's .mo files
CONTEXT_GLUE: Final = "\u0004"
_CATEGORIES: Final = ("zero", "one", "two", "few", "many", "other")
#: whole numbers among which every CLDR category that whole numbers can have shows up
_SAMPLES: Final = (*range(201), 1000, 1_000_000)

Messages = Mapping[str, str | Mapping[str, str]]


def po_path(translations: Path, locale: str) -> Path:
    return translations / locale / "LC_MESSAGES" / f"{DOMAIN}.po"


def load(translations: Path, locale: str) -> Catalog | None:
    """The catalogue of a locale; None when it has none (yet)."""
    path = po_path(translations, locale)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def plural_indexes(locale: str, plural_expr: str) -> dict[str, int]:
    """CLDR category → index of gettext's form for it.

    gettext numbers its forms by a C expression, browsers name them by CLDR: a whole number of each category is put
    through the expression. A category that only fractions have takes the form of "other".
    """
    rule = Locale.parse(locale).plural_form
    form_of = gettext.c2py(plural_expr)
    found: dict[str, int] = {}
    for number in _SAMPLES:
        found.setdefault(rule(number), form_of(number))
    other = found.get("other", max(found.values()))
    return {category: found.get(category, other) for category in _CATEGORIES if category in {*rule.tags, "other"}}


def client_messages(catalog: Catalog, locale: str) -> Messages:
    """message id → text, or CLDR category → text. Fuzzy and empty ones are left out: English shows."""
    indexes = plural_indexes(locale, catalog.plural_expr)
    made: dict[str, str | Mapping[str, str]] = {}
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
        key = f"{message.context}{CONTEXT_GLUE}{singular}" if message.context else singular
        value = _value(message, indexes)
        if value:
            made[key] = value
    return made


def _value(message: Message, indexes: Mapping[str, int]) -> str | Mapping[str, str] | None:
    if not isinstance(message.id, tuple | list):
        return message.string if isinstance(message.string, str) else None
    forms = tuple(message.string) if isinstance(message.string, tuple | list) else ()
    if not forms or not all(forms) or max(indexes.values()) >= len(forms):
        return None
    return {category: forms[index] for category, index in indexes.items()}


class Catalogues:
    """The catalogues under ``translations``, each read again when its file has changed."""

    def __init__(self, translations: Path) -> None:
        self._translations = translations
        self._known: dict[str, tuple[int, Messages, Representation]] = {}

    async def client(self, locale: str) -> Representation:
        """The JSON for the browser. Raises: NotFound for a locale that is not one of ours."""
        return (await self._load(locale))[1]

    async def text(self, locale: str, message_id: str) -> str:
        """One sentence for a page's title."""
        found = (await self._load(locale))[0].get(message_id)
        return found if isinstance(found, str) else message_id

    async def _load(self, locale: str) -> tuple[Messages, Representation]:
        if locale not in LOCALES:
            raise NotFound("There is no such language here", code="unknown_locale")
        path = po_path(self._translations, locale)
        version = path.stat().st_mtime_ns if path.is_file() else 0
        known = self._known.get(locale)
        if known is None or known[0] != version:
            messages, representation = await asyncio.to_thread(self._make, locale)
            known = self._known[locale] = (version, messages, representation)
        return known[1], known[2]

    def _make(self, locale: str) -> tuple[Messages, Representation]:
        catalog = None if locale == SOURCE_LOCALE else load(self._translations, locale)
        messages = client_messages(catalog, locale) if catalog is not None else {}
        document = {
            "locale": locale,
            "dir": LOCALES[locale].direction,
            "plural": sorted({*Locale.parse(locale).plural_form.tags, "other"}),
            "messages": messages,
        }
        return messages, Representation.of(msgspec.json.encode(document), "application/json")


CATALOGUES: web.AppKey[Catalogues] = web.AppKey("catalogues", Catalogues)


async def get_catalogue(request: web.Request) -> web.Response:
    return answer_cached(request, await request.app[CATALOGUES].client(request.match_info["locale"]))


def routes() -> list[web.RouteDef]:
    return [web.get("/i18n/{locale}.json", get_catalogue)]


if __name__ == "__main__":
    from livehub.web.messages import main

    sys.exit(main(sys.argv[1:]))
