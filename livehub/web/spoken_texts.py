"""What can be spoken in a room: texts that the server has, named by what they belong to; never what a client sends."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aiohttp import web

from livehub.commerce.fulfilment.invoices import money
from livehub.rooms.access import Access
from livehub.translation.detection import detect_source
from livehub.translation.rooms import RoomTranslator
from livehub.translation.speech.errors import NothingToSay
from livehub.translation.texts import Source
from livehub.translation.wording import Circumstances
from livehub.web.chat import CHAT
from livehub.web.commerce import COMMERCE
from livehub.web.hls_captions import CAPTIONS
from livehub.web.i18n import CATALOGUES
from livehub.web.texts import TEXTS

LINES: web.AppKey[RoomTranslator] = web.AppKey("lines", RoomTranslator)
#: the client's sentences for the same (static/components/read-aloud.js), whose translations are the interface's
SHOWN_NOW: Final = "Shown now: {title}, {price}"
GREETING: Final = "I read to you from now on."


@dataclass(frozen=True, slots=True)
class Said:
    """``locale``: the language that ``text`` is in, which is not the listener's where no engine had it."""

    text: str
    locale: str


async def message(request: web.Request, access: Access, name: str, locale: str) -> Said:
    """A chat line that is there. Raises: MessageNotFound."""
    line = await request.app[CHAT].line(access, name, locale)
    said = Said(line.text, line.locale)
    if line.locale != locale and locale in line.translations:
        said = Said(line.translations[locale].text, locale)
    elif line.locale != locale:
        names = tuple(mention.display_name for mention in line.about.mentions)
        said = await _translated(request, said, locale, Circumstances(access.room.id, names=names))
    return Said(f"{line.author.display_name}: {said.text}", said.locale)


async def caption(request: web.Request, access: Access, name: str, locale: str) -> Said:
    """One of the last lines of captions. Raises: NothingToSay."""
    lines = request.app[CAPTIONS].recent(access.room.id)
    line = next((line for line in reversed(lines) if line.id == name), None)
    if line is None:
        raise NothingToSay
    if locale == line.locale or locale in line.translations:
        return Said(line.text_in(locale), locale)
    return await _translated(request, Said(line.text, line.locale), locale, Circumstances(access.room.id))


async def offer(request: web.Request, access: Access, name: str, locale: str) -> Said:
    """That something is shown, with its price. Raises: NothingToSay."""
    offers = await request.app[COMMERCE].tray.of_room(access.room.id)
    found = next((one for one in offers if one.id == name), None)
    if found is None:
        raise NothingToSay
    title = found.title
    if access.room.store_id:
        source, texts = Source(f"store:{access.room.store_id}", title, access.room.locale), request.app[TEXTS]
        known = (await texts.of(source, [locale])).get(locale)
        if known is None and detect_source(title, access.room.locale) not in {None, locale}:
            known = await texts.make(access.room.id, source, locale)
        title = known.text if known is not None else title
    sentence = await request.app[CATALOGUES].text(locale, SHOWN_NOW)
    price = money(found.price.amount_minor, found.price.currency, locale)
    return Said(sentence.format(title=title, price=price), locale)


async def greeting(request: web.Request, _access: Access, _name: str, locale: str) -> Said:
    """What is said when reading aloud is switched on."""
    return Said(await request.app[CATALOGUES].text(locale, GREETING), locale)


async def _translated(request: web.Request, said: Said, locale: str, around: Circumstances) -> Said:
    found = await request.app[LINES].translate(said.text, said.locale, [locale], around)
    return Said(found[locale].text, locale) if locale in found else said


#: ``?of=`` → what finds it
KINDS: Final[Mapping[str, Callable[[web.Request, Access, str, str], Awaitable[Said]]]] = MappingProxyType(
    {"message": message, "caption": caption, "offer": offer, "greeting": greeting}
)
