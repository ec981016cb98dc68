"""Captions told to rooms: as they are heard, at once and to all; final lines also in the other locales present."""

from functools import partial
from typing import Final

from livehub.events import CaptionHeard, CaptionsChanged, CaptionTranslated, EventBus
from livehub.signalling.broadcaster import Broadcaster, Feed
from livehub.signalling.sequence import Audience
from livehub.signalling.translations import LineTranslator, Translated
from livehub.translation.wording import Circumstances


class CaptionNotices:
    def __init__(self, bus: EventBus, broadcaster: Broadcaster, translator: LineTranslator) -> None:
        self._bus: Final = bus
        self._broadcaster: Final = broadcaster
        self._translator: Final = translator
        bus.subscribe(CaptionsChanged, self._changed, here_only=True)
        bus.subscribe(CaptionHeard, self._heard, here_only=True)

    def _changed(self, event: CaptionsChanged) -> None:
        feed = self._broadcaster.find(event.room_id)
        if feed is not None:
            feed.publish("captions:state", {"captions": event.captions})

    def _heard(self, event: CaptionHeard) -> None:
        feed, line = self._broadcaster.find(event.room_id), event.line
        if feed is None:
            return
        payload = {"locale": line["locale"], "items": [line]}
        if not line["final"]:
            feed.tell_latest("caption:lines", payload, line["id"])
            return
        feed.publish("caption:lines", payload)
        targets = feed.locales - {line["locale"]}
        if line["text"] and targets:
            around = Circumstances(event.room_id)
            told = partial(self._translated, feed, event)
            self._translator.submit(line["text"], line["locale"], targets, told, around)

    def _translated(self, feed: Feed, event: CaptionHeard, found: Translated) -> None:
        line = {**event.line, "text": found.text, "source_locale": event.line["locale"], "locale": found.target_locale}
        feed.publish(
            "caption:lines", {"locale": found.target_locale, "items": [line]}, Audience(locale=found.target_locale)
        )
        self._bus.publish(CaptionTranslated(event.room_id, event.line["id"], found.target_locale, found.text))
