"""Who reads, and what rooms are called in their language: on pages, in lists, in a player's menu.

What is in that language already, and nothing more: pages, links and lists are asked for by anybody, and by programs.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web

from livehub.rooms.model import Room
from livehub.translation.kept_texts import KeptTexts
from livehub.translation.locale import LOCALES, closest, negotiate_header
from livehub.translation.texts import Source, Text
from livehub.web.auth import find_principal

LOCALE_COOKIE: Final = "livehub_locale"
#: of answers that :func:`reader_locale` has a part in, beside ``private``: caches in front do not all heed it
VARY: Final = "Accept-Language, Cookie"
KEPT_TEXTS: web.AppKey[KeptTexts] = web.AppKey("kept_texts", KeptTexts)


def asked_locale(request: web.Request) -> str | None:
    """By ``?locale=`` alone: the address says it, and so it is the same for everybody."""
    tag = request.query.get("locale")
    return closest(tag[:40]) if tag else None


async def reader_locale(request: web.Request) -> str | None:
    """By ``?locale=``, the cookie that the language picker sets, the account, then Accept-Language; None: not known."""
    if found := asked_locale(request):
        return found
    cookie = request.cookies.get(LOCALE_COOKIE)
    if cookie and (found := closest(cookie[:40])):
        return found
    principal = await find_principal(request)
    if principal is not None and principal.is_account and principal.locale in LOCALES:
        return principal.locale
    return negotiate_header(request.headers.get("Accept-Language", ""), default="") or None


async def kept_words(request: web.Request, sources: Sequence[Source], locale: str | None) -> Mapping[str, str]:
    """By what was written; of one scope. What there is no translation of is left out."""
    found = await _kept(request, sources, locale)
    return {text.source: text.text for text in found.values()}


async def kept_of_rooms(request: web.Request, rooms: Sequence[Room], locale: str) -> list[list[Text]]:
    """Of each room what there is of its title and description."""
    wanted = [room_sources(room) for room in rooms]
    found = await _kept(request, [source for sources in wanted for source in sources], locale)
    return [[found[key] for source in sources if (key := (source.scope, source.text)) in found] for sources in wanted]


def room_sources(room: Room) -> list[Source]:
    return [Source(f"room:{room.id}", text, room.locale) for text in (room.title, room.description) if text]


async def _kept(request: web.Request, sources: Sequence[Source], locale: str | None) -> Mapping[tuple[str, str], Text]:
    kept = request.app.get(KEPT_TEXTS)
    return {} if kept is None or locale is None else await kept.of(sources, locale)
