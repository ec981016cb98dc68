"""What stands in a room for longer than a chat line, in the languages of its readers: asked for, told, in snapshots.

Titles of what is sold, polls, questions and draws, the room's own title. Clients know a translation by the text that it
is of.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from livehub.commerce.catalog.words import words_of
from livehub.events import (
    AuctionChanged,
    DrawChanged,
    EventBus,
    OfferChanged,
    OfferPinned,
    PollChanged,
    QuestionChanged,
    RoomChanged,
    TextForgotten,
    TextsTranslated,
    TranslationSpent,
)
from livehub.rooms.model import Room
from livehub.signalling.broadcaster import Broadcaster
from livehub.signalling.sequence import Audience
from livehub.translation.texts import Source, Text

#: rooms of which it is remembered for whom they sell
_MAX_ROOMS: Final = 5_000


class RoomTexts(Protocol):
    """What is needed of :class:`livehub.translation.texts.Texts`."""

    async def shown(self, room_id: str, sources: Iterable[Source], locale: str) -> list[Text]: ...

    def want(self, room_id: str, sources: Sequence[Source], locales: Iterable[str]) -> None: ...


class TextNotices:
    """``spent``: until when a room's characters are used up, None while they are not."""

    def __init__(
        self, bus: EventBus, broadcaster: Broadcaster, texts: RoomTexts, spent: Callable[[str], str | None]
    ) -> None:
        self._broadcaster = broadcaster
        self._texts = texts
        self._spent = spent
        #: room → (its language, scope of its shop)
        self._rooms: OrderedDict[str, tuple[str, str]] = OrderedDict()
        bus.subscribe(TextsTranslated, self._told, here_only=True)
        bus.subscribe(TextForgotten, self._forgotten, here_only=True)
        bus.subscribe(TranslationSpent, self._spent_now, here_only=True)
        bus.subscribe(OfferChanged, lambda event: self._want(event.room_id, offers=[event.offer]), here_only=True)
        bus.subscribe(OfferPinned, lambda event: self._want(event.room_id, offers=event.offers), here_only=True)
        bus.subscribe(AuctionChanged, lambda event: self._want(event.room_id, offers=[event.auction]), here_only=True)
        bus.subscribe(DrawChanged, lambda event: self._want(event.room_id, draw=event.draw), here_only=True)
        bus.subscribe(PollChanged, lambda event: self._want(event.room_id, polls=[event.poll]), here_only=True)
        bus.subscribe(QuestionChanged, self._question, here_only=True)
        bus.subscribe(RoomChanged, lambda event: self._want(event.room_id, room=event.room), here_only=True)

    async def shown(self, room: Room, shown: Mapping[str, Any], locale: str) -> dict[str, Any]:
        """Of a snapshot: ``{texts, translation}``."""
        self._note(room)
        sources = [
            *self._offers(room.id, shown.get("offers") or ()),
            *self._room(room.id, {"title": room.title, "description": room.description}),
        ]
        poll = shown.get("poll")
        sources += self._poll(room.id, poll) if poll else []
        draw = shown.get("draw")
        sources += self._of_room(room.id, [draw["title"]]) if draw else []
        for question in shown.get("questions") or ():
            sources += self._of_room(room.id, [question.get("text")])
        texts = await self._texts.shown(room.id, sources, locale)
        return {"texts": [text.present() for text in texts], "translation": self._state(room.id)}

    def _state(self, room_id: str) -> dict[str, Any]:
        until = self._spent(room_id)
        return {"spent": until is not None, "resets_at": until}

    def _note(self, room: Room) -> None:
        self._rooms[room.id] = (room.locale, f"store:{room.store_id}" if room.store_id else "")
        self._rooms.move_to_end(room.id)
        if len(self._rooms) > _MAX_ROOMS:
            self._rooms.popitem(last=False)

    # ---- what there is to translate ----

    def _want(
        self,
        room_id: str,
        *,
        offers: Sequence[Mapping[str, Any]] = (),
        polls: Sequence[Mapping[str, Any]] = (),
        draw: Mapping[str, Any] | None = None,
        room: Mapping[str, Any] | None = None,
    ) -> None:
        # Without a feed nobody is there, and a room that nobody joined is not known either: joining gives a snapshot.
        feed = self._broadcaster.find(room_id)
        if feed is None or room_id not in self._rooms or len(feed.locales) == 0:
            return
        sources = self._offers(room_id, offers)
        for poll in polls:
            sources += self._poll(room_id, poll)
        sources += self._of_room(room_id, [draw["title"]]) if draw else []
        sources += self._room(room_id, room) if room else []
        self._texts.want(room_id, sources, feed.locales)

    def _question(self, event: QuestionChanged) -> None:
        feed = self._broadcaster.find(event.room_id)
        if feed is not None and event.question.get("state") != "removed":
            self._texts.want(event.room_id, self._of_room(event.room_id, [event.question.get("text")]), feed.locales)

    def _offers(self, room_id: str, offers: Iterable[Mapping[str, Any]]) -> list[Source]:
        locale, store = self._rooms.get(room_id, ("en", ""))
        return [Source(store, text, locale) for offer in offers for text in words_of(offer)] if store else []

    def _poll(self, room_id: str, poll: Mapping[str, Any]) -> list[Source]:
        return self._of_room(room_id, [poll.get("question"), *(option.get("text") for option in poll["options"])])

    def _room(self, room_id: str, room: Mapping[str, Any]) -> list[Source]:
        return self._of_room(room_id, [room.get("title"), room.get("description")])

    def _of_room(self, room_id: str, texts: Iterable[str | None]) -> list[Source]:
        locale, _ = self._rooms.get(room_id, ("en", ""))
        return [Source(f"room:{room_id}", text, locale) for text in texts if text]

    # ---- what is told ----

    def _told(self, event: TextsTranslated) -> None:
        # Also with nobody of that language here: who is just coming in reads on from a number before this one.
        feed = self._broadcaster.find(event.room_id)
        if feed is not None:
            told = {"locale": event.locale, "items": list(event.texts)}
            feed.publish("text:translations", told, Audience(locale=event.locale))

    def _forgotten(self, event: TextForgotten) -> None:
        """Those who read what a person wrote read the text itself at once, and an engine's as soon as there is one."""
        itself = Text(event.text, event.text, "").present()
        for room_id in event.room_ids:
            feed = self._broadcaster.find(room_id)
            if feed is None:
                continue
            self._told(TextsTranslated(room_id, event.locale, (itself,)))
            if event.locale in feed.locales:
                self._texts.want(room_id, [Source(event.scope, event.text, event.hint)], [event.locale])

    def _spent_now(self, event: TranslationSpent) -> None:
        feed = self._broadcaster.find(event.room_id)
        if feed is not None:
            feed.publish("translation:state", {"spent": True, "resets_at": event.resets_at})


class NoTexts:
    """Where nothing is translated but lines."""

    async def shown(self, room_id: str, sources: Iterable[Source], locale: str) -> list[Text]:
        return []

    def want(self, room_id: str, sources: Sequence[Source], locales: Iterable[str]) -> None:
        return None
