"""Chat lines into the locales that are present: asked for after the line is out, told by id, kept with the line."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Protocol

from livehub.chat.model import Message, Translation
from livehub.chat.service import ChatService
from livehub.signalling.background import Background
from livehub.signalling.broadcaster import Feed
from livehub.signalling.sequence import Audience

log = logging.getLogger(__name__)
_WITHDRAWN_KEPT: Final = 2_000


class Translated(Protocol):
    """One line in one locale; see :class:`livehub.translation.service.Translation`."""

    @property
    def text(self) -> str: ...

    @property
    def target_locale(self) -> str: ...

    @property
    def provider(self) -> str: ...


class LineTranslator(Protocol):
    """What is needed of :class:`livehub.translation.service.TranslationService`."""

    def submit(
        self,
        text: str,
        source_locale: str | None,
        target_locales: Iterable[str],
        on_ready: Callable[[Any], None],
    ) -> None:
        """Return at once; call ``on_ready`` with a :class:`Translated` for each locale that gets one in time."""


class Translations:
    """How many lines are under way at once, and for how long, is the translator's own bound."""

    def __init__(self, translator: LineTranslator, chat: ChatService, saving: Background) -> None:
        self._translator = translator
        self._chat = chat
        self._saving = saving
        self._withdrawn: OrderedDict[str, None] = OrderedDict()

    def ask(self, feed: Feed, message: Message, source_locale: str | None) -> None:
        """For every locale present but the line's own. ``source_locale`` None: of a language that nobody here reads."""
        self._submit(feed, message, source_locale, feed.locales)

    def catch_up(self, feed: Feed, messages: Iterable[Message], locale: str) -> None:
        """The first reader of a locale has come: the latest lines of before for them, as far as not known yet."""
        for message in messages:
            if not message.deleted and locale not in message.translations:
                self._submit(feed, message, message.locale, {locale})

    def withdraw(self, message_id: str) -> None:
        """A deleted line must not come back as a translation that was under way."""
        self._withdrawn[message_id] = None
        if len(self._withdrawn) > _WITHDRAWN_KEPT:
            self._withdrawn.popitem(last=False)

    def _submit(self, feed: Feed, message: Message, source: str | None, locales: set[str]) -> None:
        targets = locales - {source, message.locale}
        if source is not None and targets:
            self._translator.submit(message.text, source, targets, partial(self._ready, feed, message.id))

    def _ready(self, feed: Feed, message_id: str, found: Translated) -> None:
        if message_id in self._withdrawn:
            return
        item = {"id": message_id, "text": found.text, "engine": found.provider}
        locale = found.target_locale
        feed.publish("chat:translations", {"locale": locale, "items": [item]}, Audience(locale=locale))
        kept = Translation(found.text, found.provider)
        self._saving.put(lambda: self._chat.keep_translation(message_id, locale, kept))
