"""/api/v1/rooms/{room}/translations and /stores/{store}/translations: what a room and a shop say, in every language.

The titles and descriptions of products are in :mod:`livehub.web.texts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.accounts.permissions import Action
from livehub.chat.model import Message, Translation
from livehub.clock import Clock
from livehub.commerce.catalog.shop_words import ShopWord, WordKind
from livehub.errors import InvalidInput, NotFound
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.translation.detection import detect_source
from livehub.translation.locale import require_locale
from livehub.translation.texts import MAX_TEXT_CHARS, Source, as_written
from livehub.translation.wording import Circumstances
from livehub.web.auth import require_account, require_principal
from livehub.web.body import MAX_PAGE, LocaleTag, answer, answer_list, page_limit, read_json
from livehub.web.chat import CHAT
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation
from livehub.web.room_words import KINDS, RoomWord, entry_of, words_of_room
from livehub.web.rooms import room_access
from livehub.web.spoken_texts import LINES
from livehub.web.talk import CONVERSATION
from livehub.web.texts import TEXTS, NotTranslated, TextView

#: one person's: a sheet of eleven languages is saved at once, and nobody writes faster
PER_S, BURST = 2.0, 120
#: these may have lines, all others are one
MANY_LINES: Final = frozenset({"description", "directions", "note"})
#: what is for those who have bought: no room is told of it
PRIVATE: Final = frozenset({WordKind.NOTE})
#: a list is not longer than so much
_MAX_SKIP: Final = 100_000


class WordsThrottle:
    def __init__(self, clock: Clock) -> None:
        self.people = TokenBuckets(clock, PER_S, BURST)

    def check(self, identity: str) -> None:
        """Raises: RateLimited."""
        self.people.take(identity)


WORDS_THROTTLE: web.AppKey[WordsThrottle] = web.AppKey("words_throttle", WordsThrottle)


class TextNotFound(NotFound):
    code, title = "text_not_found", "Nothing here says this"


Written = Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]
Kind = Literal[
    "title", "description", "poll", "option", "draw", "question", "pinned", "announcement",
    "bundle", "donation", "category", "variant", "place", "directions", "note",
]  # fmt: skip


class WhichText(msgspec.Struct, kw_only=True):
    """By what it says or, of a line of the chat, by its ``message``."""

    source: Written | None = None
    message: Annotated[str, Meta(max_length=80)] | None = None


class WriteBody(WhichText, kw_only=True):
    """An empty ``text`` goes back to what an engine makes of it."""

    text: Written


class WhichShopText(msgspec.Struct):
    source: Written


class WriteShopBody(WhichShopText):
    """An empty ``text`` goes back to what an engine makes of it."""

    text: Written


B = TypeVar("B", bound=WhichShopText)


class MerchantWordView(msgspec.Struct):
    """``original``: the language it is written in, as far as it can be told. ``message``: the line that it is."""

    kind: Kind
    source: str
    original: LocaleTag | None
    message: str | None
    translations: dict[LocaleTag, TextView]


@dataclass(frozen=True, slots=True)
class Said:
    """A text with whatever there is of it in other languages."""

    kind: str
    source: str
    original: str | None
    translations: Mapping[str, Mapping[str, Any]]
    message: str | None = None

    def present(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("kind", "source", "original", "message", "translations")}


# ---- rooms ----


async def list_room(request: web.Request) -> web.Response:
    access = await _editing(request)
    skip, limit = _page(request)
    lines = [_line(kind, message) for kind, message in await request.app[CONVERSATION].corrections.open_to(access)]
    words = [word for word in await words_of_room(request, access) if word.is_open_to(access)]
    shown = lines[skip : skip + limit]
    first = max(skip - len(lines), 0)
    shown += await _all_said(request, [(word.kind, word.source) for word in words[first : first + limit - len(shown)]])
    is_more = len(lines) + len(words) > skip + limit
    return answer_list([said.present() for said in shown], str(skip + limit) if is_more else None)


async def put_room(request: web.Request) -> web.Response:
    access, locale = await _editing(request), require_locale(request.match_info["locale"])
    body = await read_json(request, WriteBody)
    _check_rate(request, access.require_principal().identity)
    if body.message is not None and body.source is None:
        return answer((await _correct(request, access, body.message, locale, body.text)).present())
    word = await _word(request, access, body)
    texts, moderation = request.app[TEXTS], request.app[CHAT].moderation
    if body.text.strip():
        text = _written(word.kind, body.text)
        entry = entry_of(request, access, word, locale, text)
        await texts.edit(word.source, locale, text, access.require_principal().identity, entry)
        is_changed = True
    else:
        entry = entry_of(request, access, word, locale, "")
        is_changed = await texts.forget(word.source, locale, entry)
    if entry is not None and is_changed:
        moderation.tell(entry)
    return answer((await _said(request, word.kind, word.source)).present())


async def draft_room(request: web.Request) -> web.Response:
    """Have an engine do it now, as a first draft; what a person wrote stays."""
    access, locale = await _editing(request), require_locale(request.match_info["locale"])
    body = await read_json(request, WhichText)
    _check_rate(request, access.require_principal().identity)
    if body.message is not None and body.source is None:
        return answer((await _draft_line(request, access, body.message, locale)).present())
    word = await _word(request, access, body)
    return answer((await _drafted(request, word.kind, word.source, access.room.id, locale)).present())


async def _editing(request: web.Request) -> Access:
    """For those who may word anything of what the room says. Raises: Forbidden, Unauthenticated, RoomNotFound."""
    await require_principal(request)
    access = await room_access(request)
    if not any(access.may(action) for action in {*KINDS.values(), Action.ANNOUNCE, Action.CHAT_PIN}):
        access.require(Action.ROOM_EDIT)
    return access


async def _word(request: web.Request, access: Access, body: WhichText) -> RoomWord:
    """Raises: InvalidInput, TextNotFound, Forbidden."""
    if (body.source is None) is (body.message is None):
        raise InvalidInput("Name the text by its source, or the line by its message", field="source")
    word = next((word for word in await words_of_room(request, access) if word.source.text == body.source), None)
    if word is None:
        raise TextNotFound
    word.require(access)
    return word


# ---- lines of a room ----


async def _correct(request: web.Request, access: Access, message_id: str, locale: str, text: str) -> Said:
    """Raises: TextNotFound, Forbidden, InvalidInput."""
    corrections = request.app[CONVERSATION].corrections
    kind, message = await _found_line(request, access, message_id, locale)
    if not text.strip():
        await corrections.forget(access, message, locale)
    elif await corrections.edit(access, message, locale, _written(kind, text)) is None:
        raise TextNotFound
    return _line(*await _found_line(request, access, message_id, locale))


async def _draft_line(request: web.Request, access: Access, message_id: str, locale: str) -> Said:
    kind, message = await _found_line(request, access, message_id, locale)
    if locale not in message.translations:
        around = Circumstances(access.room.id, names=tuple(one.display_name for one in message.about.mentions))
        source = detect_source(message.text, message.locale)
        found = (await request.app[LINES].translate(message.text, source, {locale}, around)).get(locale)
        if found is None:
            raise NotTranslated(retry_after_s=60)
        made = Translation(found.text, found.provider)
        written = await request.app[CHAT].keep_translations([(message.id, locale, made)])
        if (message.id, locale) not in written:
            request.app[CONVERSATION].corrections.tell_made(message, locale, made)
        kind, message = await _found_line(request, access, message_id, locale)
    return _line(kind, message)


async def _found_line(request: web.Request, access: Access, message_id: str, locale: str) -> tuple[str, Message]:
    found = await request.app[CONVERSATION].corrections.find(access, message_id)
    if found is None:
        raise TextNotFound
    if found[1].locale == locale:
        raise InvalidInput("It is written in this language", field="locale")
    return found


def _line(kind: str, message: Message) -> Said:
    found = {
        locale: {"source": message.text, "text": each.text, "engine": each.engine, "edited": each.edited}
        for locale, each in message.translations.items()
    }
    return Said(kind, message.text, message.locale, found, message.id)


# ---- shops ----


async def list_shop(request: web.Request) -> web.Response:
    principal = await require_account(request)
    skip, limit = _page(request)
    store_id = request.match_info["store"]
    words = await request.app[COMMERCE].words.of_store(principal, store_id, skip, limit + 1)
    sources = [(word.kind.value, Source(f"store:{store_id}", word.text, principal.locale)) for word in words[:limit]]
    shown = await _all_said(request, sources)
    return answer_list([said.present() for said in shown], str(skip + limit) if len(words) > limit else None)


async def put_shop(request: web.Request) -> web.Response:
    identity, word, source, locale, body = await _shop_word(request, WriteShopBody)
    texts, is_private = request.app[TEXTS], word.kind in PRIVATE
    if body.text.strip():
        await texts.edit(source, locale, _written(word.kind, body.text), identity, is_private=is_private)
    else:
        await texts.forget(source, locale, is_private=is_private)
    return answer((await _said(request, word.kind.value, source)).present())


async def draft_shop(request: web.Request) -> web.Response:
    """Have an engine do it now, as a first draft; what a person wrote stays."""
    _, word, source, locale, _ = await _shop_word(request, WhichShopText)
    said = await _drafted(request, word.kind.value, source, "", locale, is_private=word.kind in PRIVATE)
    return answer(said.present())


async def _shop_word(request: web.Request, kind: type[B]) -> tuple[str, ShopWord, Source, str, B]:
    """Who asks, what for, in which language. Raises: StoreNotFound, Forbidden, InvalidInput, TextNotFound."""
    principal, store_id = await require_account(request), request.match_info["store"]
    await request.app[COMMERCE].shop.own_store(principal, store_id)
    locale = require_locale(request.match_info["locale"])
    body = await read_json(request, kind)
    _check_rate(request, principal.identity)
    word = await request.app[COMMERCE].words.find(principal, store_id, body.source)
    if word is None:
        raise TextNotFound
    return principal.identity, word, Source(f"store:{store_id}", word.text, principal.locale), locale, body


# ---- both ----


async def _drafted(
    request: web.Request, kind: str, source: Source, room_id: str, locale: str, *, is_private: bool = False
) -> Said:
    texts = request.app[TEXTS]
    if locale not in await texts.of(source, [locale]):
        if detect_source(source.text, source.hint) == locale:
            raise InvalidInput("It is written in this language", field="locale")
        if await texts.draft(room_id, source, locale, is_private=is_private) is None:
            raise NotTranslated(retry_after_s=60)
    return await _said(request, kind, source)


async def _said(request: web.Request, kind: str, source: Source) -> Said:
    return (await _all_said(request, [(kind, source)]))[0]


async def _all_said(request: web.Request, sources: Sequence[tuple[str, Source]]) -> list[Said]:
    every = await request.app[TEXTS].every([source for _, source in sources])
    return [
        Said(
            kind,
            source.text,
            detect_source(source.text, source.hint),
            {locale: text.present() for locale, text in every[source].items()},
        )
        for kind, source in sources
    ]


def _written(kind: str, text: str) -> str:
    """Raises: InvalidInput."""
    return as_written(text, is_line=kind not in MANY_LINES)


def _check_rate(request: web.Request, identity: str) -> None:
    """Raises: RateLimited."""
    request.app[WORDS_THROTTLE].check(identity)


def _page(request: web.Request) -> tuple[int, int]:
    text = request.query.get("after", "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= _MAX_SKIP):
        raise InvalidInput("after is the next of an earlier answer", field="after")
    return int(text or 0), page_limit(request, MAX_PAGE)


_ROOM, _SHOP = f"{API}/rooms/{{room}}/translations", f"{API}/stores/{{store}}/translations"
_OF_ROOM, _OF_SHOP = f"{_ROOM}/{{locale}}", f"{_SHOP}/{{locale}}"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_ROOM, list_room),
        web.put(_OF_ROOM, put_room),
        web.post(_OF_ROOM, draft_room),
        web.get(_SHOP, list_shop),
        web.put(_OF_SHOP, put_shop),
        web.post(_OF_SHOP, draft_shop),
    ]


_REFUSED = (401, 403, 404, 422)
_PAGE = {"after": "The next of the page before", "limit": "1 to 200, which is what you get without it"}
OPERATIONS = [
    Operation(
        "GET", _ROOM, "What a room says that you may word in other languages, in all that it is in", None,
        MerchantWordView, (200, *_REFUSED), "any", True, _PAGE,
    ),
    Operation(
        "PUT", _OF_ROOM, "Write one of a room's texts in one language", WriteBody, MerchantWordView,
        (200, *_REFUSED, 429),
    ),
    Operation(
        "POST", _OF_ROOM, "Have an engine translate one of a room's texts", WhichText, MerchantWordView,
        (200, *_REFUSED, 429, 503),
    ),
    Operation(
        "GET", _SHOP, "What a shop says whatever the room, in all languages that it is in", None, MerchantWordView,
        (200, *_REFUSED), "account", True, _PAGE,
    ),
    Operation(
        "PUT", _OF_SHOP, "Write one of a shop's texts in one language", WriteShopBody, MerchantWordView,
        (200, *_REFUSED, 429), "account",
    ),
    Operation(
        "POST", _OF_SHOP, "Have an engine translate one of a shop's texts", WhichShopText, MerchantWordView,
        (200, *_REFUSED, 429, 503), "account",
    ),
]  # fmt: skip
