"""Texts that stand for longer than a chat line: titles and descriptions of products, polls, questions, rooms' titles.

Each is translated once per language that somebody reads, kept in SQL, and shown from there afterwards. It is known by
what it says: another text, as when a merchant changes a title, is another translation, and one that a merchant
has written is never overwritten by an engine's. Products' texts belong to their shop, all others to their room.
"""

import asyncio
import hashlib
import logging
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from livehub.clock import Clock
from livehub.errors import InvalidInput
from livehub.events import EventBus, TextForgotten, TextsTranslated
from livehub.text import many_lines
from livehub.translation.detection import detect_source
from livehub.translation.locale import LOCALES, require_locale
from livehub.translation.pieces import join, split
from livehub.translation.protecting import prepare
from livehub.translation.rooms import RoomTranslator
from livehub.translation.wording import Circumstances

log = logging.getLogger(__name__)

MAX_TEXT_CHARS: Final = 4_000
#: texts that one room may have translated at a time; more wait for the next time that they are wanted
MAX_UNDER_WAY: Final = 500
#: what no engine had is asked for again after so long
RETRY_S: Final = 60.0
#: texts and languages that are known to have been told, or not to be had
MAX_KNOWN: Final = 50_000


@dataclass(frozen=True, slots=True)
class Source:
    """One text: the ``scope`` (``store:…``, ``room:…``) that it belongs to, and as a hint its writer's language."""

    scope: str
    text: str
    hint: str

    @property
    def digest(self) -> str:
        return digest_of(self.text)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in another language. ``edited``: a person wrote it."""

    source: str
    text: str
    engine: str
    edited: bool = False

    def present(self) -> dict[str, Any]:
        return {"source": self.source, "text": self.text, "engine": self.engine, "edited": self.edited}


class TextStore(Protocol):
    async def find(self, keys: Sequence[tuple[str, str]], locales: Sequence[str]) -> dict[tuple[str, str, str], Text]:
        """By (scope, digest, locale), for each of the (scope, digest) that is there."""

    async def keep(self, made: Sequence[tuple[str, str, Text]], at_ms: int) -> None:
        """(scope, locale, text) each; what a person wrote stays."""

    async def edit(self, scope: str, locale: str, text: Text, by: str, at_ms: int, entry: Any = None) -> None:
        """``entry``: a line of a room's log, in the same commit."""

    async def forget(self, scope: str, digest: str, locale: str, entry: Any = None) -> bool:
        """False: no person had written one, and ``entry`` is not kept."""

    async def rooms_of(self, scope: str) -> Sequence[str]:
        """Rooms that have not ended and show what belongs to a scope."""


def as_written(text: str, *, is_line: bool = False) -> str:
    """What a person wrote, made plain; ``is_line``: in one line, as what it is of. Raises: InvalidInput."""
    plain = many_lines(text, "text", max_chars=MAX_TEXT_CHARS)
    if is_line:
        plain = " ".join(plain.split())
    if not any(unicodedata.category(character)[0] not in "MCZ" for character in plain):
        raise InvalidInput(f"A text has 1 to {MAX_TEXT_CHARS} characters that can be seen", field="text")
    return plain


def _once(sources: Iterable[Source]) -> list[Source]:
    return list({(each.scope, each.text): each for each in sources if 0 < len(each.text) <= MAX_TEXT_CHARS}.values())


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Texts:
    def __init__(self, store: TextStore, translator: RoomTranslator, bus: EventBus, clock: Clock) -> None:
        self._store: Final = store
        self._translator: Final = translator
        self._bus: Final = bus
        self._clock: Final = clock
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._under_way: Final[dict[str, int]] = {}
        #: (room that is told or "", scope, digest, locale) → its making: who else wants it waits for the same
        self._making: Final[dict[tuple[str, str, str, str], asyncio.Task[None]]] = {}
        #: the same → until when nothing need be done
        self._known: OrderedDict[tuple[str, str, str, str], float] = OrderedDict()
        bus.subscribe(TextForgotten, self._taken_back)

    async def close(self) -> None:
        """Give up what is under way; it is made when it is wanted again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def shown(
        self, room_id: str, sources: Iterable[Source], locale: str, *, within_s: float = 0.0, is_private: bool = False
    ) -> list[Text]:
        """What there is in a language; what there is not is made, and told by :class:`TextsTranslated`.

        ``within_s``: who is told nothing afterwards waits so long for it. ``is_private``: not everybody in the room may
        read these, and so it is not told of them.
        """
        wanted, told = _once(sources), "" if is_private else room_id
        texts, tasks = await self._begun(room_id, told, wanted, locale)
        if tasks and within_s > 0:
            await asyncio.wait(tasks, timeout=within_s)
            texts, _ = await self._begun(room_id, told, wanted, locale)
        return texts

    async def kept(self, sources: Sequence[Source], locale: str) -> list[Text]:
        """What there is in a language already: for those for whom nothing is made."""
        found = await self._store.find(list({(each.scope, each.digest) for each in sources}), [locale])
        return list({text.source: text for text in found.values()}.values())

    async def _begun(
        self, room_id: str, told: str, wanted: Sequence[Source], locale: str
    ) -> tuple[list[Text], list["asyncio.Task[None]"]]:
        """What there is, and the making of the rest, whoever began it."""
        found = await self._store.find(list({(each.scope, each.digest) for each in wanted}), [locale])
        missing, begun = [], []
        for each in wanted:
            key = (told, each.scope, each.digest, locale)
            if key[1:] in found:
                self._note(key, float("inf"))
            elif key in self._making:
                begun.append(self._making[key])
            elif detect_source(each.text, each.hint) in {None, locale}:
                # Unless a person says otherwise, which was looked for, it is in this language already.
                self._note(key, float("inf"))
            elif not self._is_known(key):
                missing.append(each)
        tasks = [*begun, *self._make(room_id, told, missing, locale)]
        return list({text.source: text for text in found.values()}.values()), tasks

    def want(self, room_id: str, sources: Sequence[Source], locales: Iterable[str]) -> None:
        """See to it that these are told in these languages, unless they were. Returns at once."""
        for locale in locales:
            # Told already, mostly: an offer changes with each sale, its title does not.
            fresh = [each for each in _once(sources) if not self._is_known((room_id, each.scope, each.digest, locale))]
            if fresh:
                self._start(room_id, self._tell(room_id, fresh, locale))

    async def every(self, sources: Sequence[Source]) -> Mapping[Source, Mapping[str, Text]]:
        """Each in every language that it is there in."""
        found = await self._store.find(list({(each.scope, each.digest) for each in sources}), list(LOCALES))
        by_key: dict[tuple[str, str], dict[str, Text]] = {}
        for (scope, digest, locale), text in found.items():
            by_key.setdefault((scope, digest), {})[locale] = text
        return {each: by_key.get((each.scope, each.digest), {}) for each in sources}

    async def of(self, source: Source, locales: Sequence[str]) -> Mapping[str, Text]:
        """One text in each language that it is there in."""
        found = await self._store.find([(source.scope, source.digest)], locales)
        return {locale: text for (_, _, locale), text in found.items()}

    async def make(self, room_id: str, source: Source, locale: str) -> Text | None:
        """Translate now, and keep it; None: no engine had it."""
        made = await self._translated(room_id, source, require_locale(locale))
        if made is None:
            return None
        await self._store.keep([(source.scope, locale, made)], self._clock.now_ms())
        # A person may have written it meanwhile.
        return (await self.of(source, [locale])).get(locale, made)

    async def draft(self, room_id: str, source: Source, locale: str, *, is_private: bool = False) -> Text | None:
        """As :meth:`make`; those who read it are told. ``is_private``: as for :meth:`shown`."""
        # Nothing is awaited between reading what counts and telling it: a person may write another meanwhile.
        rooms = () if is_private else await self._store.rooms_of(source.scope)
        made = await self.make(room_id, source, locale)
        if made is not None:
            for room in rooms:
                self._bus.publish(TextsTranslated(room, locale, (made.present(),)))
        return made

    async def edit(
        self, source: Source, locale: str, text: str, by: str, entry: Any = None, *, is_private: bool = False
    ) -> Text:
        """Write it oneself. ``entry``: see :meth:`TextStore.edit`; ``is_private``: see :meth:`shown`.

        Raises: InvalidInput, UnsupportedLocale.
        """
        require_locale(locale)
        written = Text(source.text, as_written(text), "", edited=True)
        await self._store.edit(source.scope, locale, written, by, self._clock.now_ms(), entry)
        for room_id in () if is_private else await self._store.rooms_of(source.scope):
            self._bus.publish(TextsTranslated(room_id, locale, (written.present(),)))
        return written

    async def forget(self, source: Source, locale: str, entry: Any = None, *, is_private: bool = False) -> bool:
        """Take back what somebody wrote; it is translated anew when somebody wants it. False: nobody had."""
        was_written = await self._store.forget(source.scope, source.digest, require_locale(locale), entry)
        rooms = () if is_private else tuple(await self._store.rooms_of(source.scope))
        self._bus.publish(TextForgotten(source.scope, source.text, source.hint, locale, rooms))
        return was_written

    # ---- making ----

    async def _tell(self, room_id: str, sources: Sequence[Source], locale: str) -> None:
        texts = await self.shown(room_id, sources, locale)
        if texts:
            self._bus.publish(TextsTranslated(room_id, locale, tuple(text.present() for text in texts)))

    def _make(self, room_id: str, told: str, missing: Sequence[Source], locale: str) -> list["asyncio.Task[None]"]:
        tasks = []
        room = MAX_UNDER_WAY - self._under_way.get(room_id, 0)
        for each in missing[: max(room, 0)]:
            key = (told, each.scope, each.digest, locale)
            self._note(key, self._clock.monotonic() + RETRY_S)
            self._under_way[room_id] = self._under_way.get(room_id, 0) + 1
            task = self._making[key] = self._start(room_id, self._make_one(room_id, told, each, locale))
            task.add_done_callback(partial(self._made, key))
            tasks.append(task)
        return tasks

    def _made(self, key: tuple[str, str, str, str], _task: "asyncio.Task[None]") -> None:
        del self._making[key]

    async def _make_one(self, room_id: str, told: str, source: Source, locale: str) -> None:
        try:
            made = await self.make(room_id, source, locale)
        finally:
            left = self._under_way.get(room_id, 1) - 1
            if left:
                self._under_way[room_id] = left
            else:
                self._under_way.pop(room_id, None)
        if made is not None:
            self._note((told, source.scope, source.digest, locale), float("inf"))
            if told:
                self._bus.publish(TextsTranslated(told, locale, (made.present(),)))

    async def _translated(self, room_id: str, source: Source, locale: str) -> Text | None:
        """Piece by piece: engines lose line breaks, and the ends of what is long. None unless every one was had."""
        language = detect_source(source.text, source.hint)
        around = Circumstances(room_id=room_id or source.scope)
        pieces = split(source.text)
        found = await asyncio.gather(*(self._piece(each.text, language, locale, around) for each in pieces))
        if any(text is None for text, _ in found):
            return None
        engine = next((name for _, name in found if name), "")
        text = join(pieces, [text or "" for text, _ in found], locale)
        return Text(source.text, text, engine) if engine and text != source.text else None

    async def _piece(
        self, text: str, language: str | None, locale: str, around: Circumstances
    ) -> tuple[str | None, str]:
        """None: no engine had it. What has no words, or is the same in the other language, stays as it is."""
        if not prepare(text).has_words:
            return text, ""
        got = await self._translator.translate(text, language, {locale}, around, unchanged=True)
        return (got[locale].text, got[locale].provider) if locale in got else (None, "")

    def _start(self, room_id: str, work: Any) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work, name=f"texts {room_id}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a text could not be translated", exc_info=task.exception())

    # ---- what is known ----

    def _is_known(self, key: tuple[str, str, str, str]) -> bool:
        until_s = self._known.get(key)
        if until_s is None or until_s <= self._clock.monotonic():
            return False
        self._known.move_to_end(key)
        return True

    def _note(self, key: tuple[str, str, str, str], until_s: float) -> None:
        self._known[key] = until_s
        self._known.move_to_end(key)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    def _taken_back(self, event: TextForgotten) -> None:
        about = (event.scope, digest_of(event.text), event.locale)
        for key in [key for key in self._known if key[1:] == about]:
            del self._known[key]
