"""Chat lines into the locales that are present: asked for after the line is out, kept with it, told by id."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from livehub.background import Background
from livehub.chat.model import Message, Translation
from livehub.chat.service import ChatService
from livehub.signalling.broadcaster import Feed
from livehub.signalling.sequence import Audience
from livehub.translation.wording import Circumstances

log = logging.getLogger(__name__)
_WITHDRAWN_KEPT: Final = 2_000
#: for as long as an engine may take; each may be as long as a text that people write
_CORRECTED_KEPT: Final = 2_000
_MAX_BATCH: Final = 500


class Translated(Protocol):
    """One line in one locale; see :class:`livehub.translation.service.Translation`."""

    @property
    def text(self) -> str: ...

    @property
    def target_locale(self) -> str: ...

    @property
    def provider(self) -> str: ...


class LineTranslator(Protocol):
    """What is needed of :class:`livehub.translation.rooms.RoomTranslator`, or of the service behind it."""

    def submit(
        self,
        text: str,
        source_locale: str | None,
        target_locales: Iterable[str],
        on_ready: Callable[[Any], None],
        circumstances: Circumstances,
    ) -> None:
        """Return at once; call ``on_ready`` with a :class:`Translated` for each locale that gets one in time."""


@dataclass(frozen=True, slots=True)
class _Ready:
    feed: Feed
    message_id: str
    found: Translated


@dataclass(frozen=True, slots=True)
class _Line:
    """``names`` of those who are mentioned in it."""

    id: str
    text: str
    names: tuple[str, ...]


class Translations:
    """How many lines are under way at once, and for how long, is the translator's own bound.

    What is ready is committed first, many in one write, and told then: who joins after the event finds it in SQL.
    """

    def __init__(self, translator: LineTranslator, chat: ChatService, saving: Background) -> None:
        self._translator = translator
        self._chat = chat
        self._saving = saving
        self._ready: list[_Ready] = []
        self._withdrawn: OrderedDict[str, None] = OrderedDict()
        #: (message, locale) → what a person wrote lately, None where it was taken back
        self._corrected: OrderedDict[tuple[str, str], Translation | None] = OrderedDict()

    def ask(self, feed: Feed, message: Message, source_locale: str | None) -> None:
        """For every locale present but the line's own, once the line is out. ``source_locale`` None: of a language that
        nobody here reads."""
        feed.aside(lambda: self._submit(feed, message, source_locale, feed.locales))

    def catch_up(self, feed: Feed, messages: Iterable[Message], locale: str) -> None:
        """The first reader of a locale has come: the latest lines of before for them, as far as not known yet."""
        for message in messages:
            if not message.deleted and locale not in message.translations:
                self._submit(feed, message, message.locale, {locale})

    def tell_again(self, feed: Feed, message: Mapping[str, Any], locale: str | None = None) -> None:
        """Of a line that pages have read past or have forgotten everything of; or have to forget what a person wrote
        in ``locale``. ``message`` as it is told to all."""
        self._saving.put(partial(self._recall, feed, message, locale))

    async def _recall(self, feed: Feed, message: Mapping[str, Any], locale: str | None) -> None:
        """What is kept is told as it stands, whether an engine has the line now or not; the rest is asked for."""
        kept: Mapping[str, Translation] = {}
        try:
            kept = await self._chat.translations_of(message["id"])
        except Exception:
            log.exception("the translations of a line could not be read")
        names = tuple(mention["display_name"] for mention in message.get("mentions", ()))
        line, source = _Line(message["id"], message["text"], names), message["locale"]

        def tell() -> None:
            wanted = (feed.locales if locale is None else feed.locales & {locale}) - {source}
            stand = {each: self._standing(line.id, each, kept.get(each)) for each in sorted(wanted)}
            for each, found in stand.items():
                if found is not None:
                    self.tell(feed, line.id, each, found)
            self._request(feed, line, source, {each for each, found in stand.items() if found is None})

        feed.aside(tell)

    def _standing(self, message_id: str, locale: str, kept: Translation | None) -> Translation | None:
        """``kept`` as it was read, unless a person has written it, or taken it back, since then."""
        lately = self._corrected.get((message_id, locale), kept)
        return kept if lately is None and kept is not None and not kept.edited else lately

    def correct(self, message_id: str, locale: str, found: Translation | None) -> None:
        """A person wrote it, or takes it back: what an engine was asked for before does not stand for it."""
        self._corrected.pop((message_id, locale), None)
        if found is None or found.edited:
            self._corrected[message_id, locale] = found
            if len(self._corrected) > _CORRECTED_KEPT:
                self._corrected.popitem(last=False)

    def forget_corrected(self) -> None:
        """Other processes are not heard, or have not been: what they know by now is in SQL."""
        self._corrected.clear()

    def tell(self, feed: Feed, message_id: str, locale: str, found: Translation) -> None:
        """What was made besides, and is kept. Also with nobody of that language here: who is just coming in reads on
        from a number before this one."""
        if message_id not in self._withdrawn:
            _publish(feed, locale, [{"id": message_id, **found.present()}])

    def readmit(self, message_id: str) -> None:
        """It is there again."""
        self._withdrawn.pop(message_id, None)

    def withdraw(self, message_id: str) -> None:
        """A deleted line must not come back as a translation that was under way."""
        self._withdrawn[message_id] = None
        if len(self._withdrawn) > _WITHDRAWN_KEPT:
            self._withdrawn.popitem(last=False)

    def _submit(self, feed: Feed, message: Message, source: str | None, locales: set[str]) -> None:
        names = tuple(mention.display_name for mention in message.about.mentions)
        self._request(feed, _Line(message.id, message.text, names), source, locales - {source, message.locale})

    def _request(self, feed: Feed, line: _Line, source: str | None, targets: set[str]) -> None:
        if source is not None and targets:
            around = Circumstances(feed.room_id, names=line.names)
            self._translator.submit(line.text, source, targets, partial(self._take, feed, line.id), around)

    def _take(self, feed: Feed, message_id: str, found: Translated) -> None:
        self._ready.append(_Ready(feed, message_id, found))
        if len(self._ready) == 1 and not self._saving.put(self._save_and_tell):
            self._ready.clear()

    async def _save_and_tell(self) -> None:
        """One job for whatever has gathered: the first of a batch puts it in line."""
        ready, self._ready = self._ready, []
        for start in range(0, len(ready), _MAX_BATCH):
            batch = ready[start : start + _MAX_BATCH]
            written: Mapping[tuple[str, str], Translation] = {}
            try:
                written = await self._chat.keep_translations(
                    [(one.message_id, one.found.target_locale, _kept(one.found)) for one in batch]
                )
            except Exception:
                # Readers should have them all the same; they can be made again.
                log.exception("translations could not be kept")
            by_feed: dict[Feed, list[_Ready]] = {}
            for one in batch:
                by_feed.setdefault(one.feed, []).append(one)
            for feed, of_feed in by_feed.items():
                feed.aside(partial(self._tell, feed, of_feed, written))
            await asyncio.sleep(0)

    def _tell(self, feed: Feed, ready: list[_Ready], written: Mapping[tuple[str, str], Translation]) -> None:
        """``written`` by people before the engine was done; what they wrote since then goes before that."""
        items: dict[str, list[dict[str, Any]]] = {}
        for one in ready:
            if one.message_id not in self._withdrawn:
                key = (one.message_id, one.found.target_locale)
                found = self._standing(*key, written.get(key)) or _kept(one.found)
                items.setdefault(one.found.target_locale, []).append({"id": one.message_id, **found.present()})
        for locale, lines in items.items():
            _publish(feed, locale, lines)


def _publish(feed: Feed, locale: str, lines: list[dict[str, Any]]) -> None:
    feed.publish("chat:translations", {"locale": locale, "items": lines}, Audience(locale=locale))


def _kept(found: Translated) -> Translation:
    return Translation(found.text, found.provider)
