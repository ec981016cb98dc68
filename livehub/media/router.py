"""Who gets what in one room: the policy of :mod:`livehub.media.stage` joined to sources, voices and slots."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from livehub.events import EventBus, SlotsShown, SpeakersChanged, StageChanged
from livehub.media.events import CodecUndecodable, HeardChanged, InterpretationChanged, LayersChanged
from livehub.media.publisher import Publisher
from livehub.media.rtp.codecs import Codec
from livehub.media.slot import Slot
from livehub.media.source import Source
from livehub.media.speakers import Speakers, Voice
from livehub.media.stage import INTERPRETATION, NO_ORDERS, SlotWish, StageOrders, fill, order_video
from livehub.media.subscriber import Subscriber
from livehub.media.timers import Timers
from livehub.media.track import Track

#: how often it is looked who speaks, for the order of pictures and for clients' marks
CHECK_S = 0.25
#: what slots show is told this long after the first change, viewers together, so many with one event
TELL_SLOTS_S = 0.05
SESSIONS_IN_ONE_EVENT = 200
#: in a large room (viewers x tracks) changes of the stage gather: three hundred people come within seconds
LARGE = 5_000
GATHER_S = 0.1
#: sources of sound that are all mixed for those who take no slots; of more only those who are heard
MIXED_WHOLE = 8
#: viewers whose pictures are put in another order in one turn of the loop: packets go on between, or all would wait for
#: as long as it takes for three hundred
REORDERED_AT_ONCE = 32
#: ranks of voices
_HOST, _PINNED, _OTHER = 2, 1, 0


class RoomRouter:
    """The stage of a room and its audience. The room's order is made once for all viewers, when it changes.

    ``heard``: sources of sound that are forwarded at a time.
    """

    def __init__(self, room_id: str, *, timers: Timers, bus: EventBus, heard: int) -> None:
        self.room_id = room_id
        #: by identity and source: a member may show a camera and a screen
        self.publishers: dict[tuple[str, str], Publisher] = {}
        self.subscribers: set[Subscriber] = set()
        self.orders = NO_ORDERS
        self._timers = timers
        self._bus = bus
        self._heard = heard
        self._speakers = Speakers(heard)
        self._voices: dict[Source, Voice] = {}
        self._video: list[Source] = []
        self._audio: list[Source] = []
        self._told: tuple[Mapping[str, Any], ...] = ()
        self._said: dict[str, Source | None] = {}
        self._layers: tuple[tuple[Track, ...], ...] = ()
        self._speaking: tuple[str, ...] = ()
        self._changed_slots: dict[Subscriber, None] = {}
        self._to_reorder: dict[Subscriber, None] = {}
        self._updated_s = float("-inf")
        self._update_armed = self._tell_armed = self._check_armed = False

    @property
    def is_empty(self) -> bool:
        return not self.publishers and not self.subscribers

    @property
    def _floor(self) -> list[Publisher]:
        """All but interpreters, who are heard in their channels alone."""
        return [publisher for (_, source), publisher in self.publishers.items() if source != INTERPRETATION]

    def sources(self, kind: str | None = None) -> list[Source]:
        return [
            source for publisher in self._floor for source in publisher.sources if kind is None or source.kind == kind
        ]

    def interpretation(self, locale: str | None) -> Source | None:
        """What is said in a language channel now."""
        on = self.orders.heard_in(locale) if locale else ""
        publisher = self.publishers.get((on, INTERPRETATION)) if on else None
        sources = publisher.sources if publisher else ()
        return next((source for source in sources if source.kind == "audio" and not source.is_gone), None)

    def interpretations(self) -> dict[str, Source | None]:
        """By language."""
        return {channel.locale: self.interpretation(channel.locale) for channel in self.orders.channels}

    def on_air(self) -> list[Source]:
        """What is seen and heard, for those who take no slots: pictures in the room's order, all sound, or that of
        those who are heard where there are many: :class:`livehub.media.events.HeardChanged` tells of others, and
        :class:`livehub.media.events.LayersChanged` of other layers."""
        sound = [source for source in self.sources("audio") if not source.muted]
        if len(sound) > MIXED_WHOLE:
            sound = [source for source in self._audio if source in sound]
        return [source for source in (*self._video, *sound) if not source.is_gone]

    def describe(self) -> tuple[Mapping[str, Any], ...]:
        """The sources as clients are told of them."""
        return tuple(
            {
                "publisher": publisher.identity,
                "display_name": publisher.display_name,
                "source": publisher.source,
                "kind": source.kind,
                "codec": str(source.codec),
                "muted": source.muted,
            }
            for publisher in self._floor
            for source in publisher.sources
        )

    def programme(self) -> tuple[Track | None, Track | None, tuple[Track, ...]]:
        """What a viewer with one slot of each kind gets, the first picture of the order and the voice that spoke last;
        and all voices that are heard."""
        voices = {source.publisher: source for source in reversed(self._audio)}
        speaker = next((voices[name] for name in self._speakers.recent if name in voices), None)
        video, audio = next(iter(self._video), None), speaker or next(iter(self._audio), None)
        heard = tuple(track for source in self._audio if (track := source.top) is not None)
        return video.top if video else None, audio.top if audio else None, heard

    def last_keyframe(self, now_s: float, max_age_s: float) -> tuple[Codec, Sequence[bytes]] | None:
        """Codec and payloads of a keyframe on air, for a still."""
        for source in self._video:
            living = [track for track in source.tracks if track.is_alive]  # a paused layer shows what was long ago
            track = living[-1] if living else source.top
            payloads = track.last_keyframe(now_s, max_age_s) if track else ()
            if payloads:
                return source.codec, payloads
        return None

    def undecodable(self, formats: Mapping[str, frozenset[Codec]]) -> frozenset[Codec]:
        """Codecs on air, if a viewer with ``formats`` (kind → codecs) can decode none of the room's video."""
        return _undecodable(self._video_codecs(), formats)

    def _video_codecs(self) -> frozenset[Codec]:
        return frozenset(source.codec for source in self.sources("video"))

    # --- the stage changes

    def direct(self, orders: StageOrders) -> None:
        """Pins and mutes, at once."""
        self.orders = orders
        self._update()

    def tracks_changed(self) -> None:
        """Tracks came or went. In a large room what follows from it gathers for a moment."""
        if self.orders.muted_audio or self.orders.muted_video:  # who comes back muted is muted at once
            for source in self.sources():
                source.mute(self.orders.mutes(source.publisher, source.kind))
        now_s = self._timers.monotonic()
        is_large = len(self.subscribers) * len(self.publishers) > LARGE
        if not is_large or now_s - self._updated_s >= GATHER_S:
            self._update()
        elif not self._update_armed:
            self._update_armed = True
            self._timers.call_later(GATHER_S, self._update)

    def _update(self) -> None:
        self._update_armed, self._updated_s = False, self._timers.monotonic()
        self._listen()
        self._order()
        self.assign_all()
        on_air = self._video_codecs()
        for subscriber in self.subscribers:
            self._check_decodable(subscriber, on_air)
        told = self.describe()
        if told != self._told:
            self._told = told
            self._bus.publish(StageChanged(self.room_id, told))
        said = self.interpretations()
        if said != self._said:
            self._said = said
            self._bus.publish(InterpretationChanged(self.room_id))
        layers = tuple(source.tracks for source in self._video)
        if layers != self._layers:
            self._layers = layers
            self._bus.publish(LayersChanged(self.room_id))

    def _listen(self) -> None:
        """A voice for each source of sound that may be heard."""
        now_s = self._timers.monotonic()
        sources = self.sources()
        for source in sources:
            source.mute(self.orders.mutes(source.publisher, source.kind))
        present = {source: None for source in sources if source.kind == "audio" and not source.muted}
        for source in [source for source in self._voices if source not in present]:
            self._speakers.remove(self._voices.pop(source), now_s)
        hosts = self._hosts()
        for source in present:
            voice = self._voices.get(source)
            if voice is None:
                voice = self._voices[source] = Voice(source.publisher)
                self._speakers.add(voice, now_s)
            voice.rank = self._rank(source, hosts)
        self._arm_check()

    def _rank(self, source: Source, hosts: frozenset[str]) -> int:
        if source.publisher in hosts:
            return _HOST
        pinned = any(pin.names(source.publisher, source.source) for pin in self.orders.pins)
        return _PINNED if pinned else _OTHER

    def _hosts(self) -> frozenset[str]:
        return frozenset(publisher.identity for publisher in self._floor if publisher.is_host)

    def _order(self) -> None:
        seen = [source for source in self.sources("video") if not source.muted]
        recent = self._speakers.recent
        self._video = order_video(seen, hosts=self._hosts(), pins=self.orders.pins, recent_speakers=recent)
        self._order_audio()

    def _order_audio(self) -> None:
        voices = self._speakers.heard
        if len(self._speakers) == self._heard + 1:  # each of them hears all others
            voices = self._speakers.voices
        sources = {voice: source for source, voice in self._voices.items()}
        self._audio = [sources[voice] for voice in voices]

    def _check_decodable(self, subscriber: Subscriber, on_air: frozenset[Codec]) -> None:
        undecodable = _undecodable(on_air, subscriber.formats)
        if undecodable and undecodable != subscriber.undecodable:
            codecs = tuple(sorted(str(codec) for codec in undecodable))
            self._bus.publish(CodecUndecodable(self.room_id, subscriber.identity, subscriber.session_id, codecs))
        subscriber.undecodable = undecodable

    # --- who speaks

    def hear(self, source: Source, level: int, now_s: float) -> None:
        """Every audio packet: its loudness."""
        voice = self._voices.get(source)
        if voice is not None and self._speakers.hear(voice, level, now_s):
            self._order_audio()
            for subscriber in self.subscribers:
                self._assign_audio(subscriber)
            if len(self._voices) > MIXED_WHOLE:
                self._bus.publish(HeardChanged(self.room_id))

    def _arm_check(self) -> None:
        if self._voices and not self._check_armed:
            self._check_armed = True
            self._timers.call_later(CHECK_S, self._check)

    def _check(self) -> None:
        self._check_armed = False
        now_s = self._timers.monotonic()
        if self._speakers.check(now_s):
            self._order()
            is_running = bool(self._to_reorder)
            self._to_reorder = dict.fromkeys(self.subscribers)
            if not is_running:
                self._reorder_some()
        speaking = self._speakers.speaking(now_s)
        if speaking != self._speaking:
            self._speaking = speaking
            self._bus.publish(SpeakersChanged(self.room_id, speaking))
        self._arm_check()

    def _reorder_some(self) -> None:
        for subscriber in list(islice(self._to_reorder, REORDERED_AT_ONCE)):
            del self._to_reorder[subscriber]
            if subscriber in self.subscribers:
                self._assign_video(subscriber)
        if self._to_reorder:
            self._timers.call_later(0.0, self._reorder_some)

    # --- slots

    def choose(self, subscriber: Subscriber, wishes: Sequence[SlotWish]) -> None:
        """The viewer's own choice for some of its slots; the others stay as they were."""
        for wish in wishes:
            subscriber.wish(wish)
        self._assign_video(subscriber)

    def listen(self, subscriber: Subscriber, locale: str | None) -> None:
        """The viewer hears a language channel besides the floor; None: the floor alone."""
        subscriber.channel = locale
        self._assign_audio(subscriber)

    def assign_all(self) -> None:
        for subscriber in self.subscribers:
            self.assign(subscriber)

    def assign(self, subscriber: Subscriber) -> None:
        self._assign_audio(subscriber)
        self._assign_video(subscriber)

    def _assign_audio(self, subscriber: Subscriber) -> None:
        slots = subscriber.audio_slots
        chosen: list[Source | None] = [None] * len(slots)
        if subscriber.channel is not None and slots:
            # in the last slot, so that the loudest voices of the floor stay in theirs
            chosen[-1] = self.interpretation(subscriber.channel)
        self._assign(subscriber, slots, self._audio, chosen)

    def _assign_video(self, subscriber: Subscriber) -> None:
        slots = subscriber.video_slots
        chosen = [self._chosen(subscriber.wishes.get(slot.index)) for slot in slots] if subscriber.wishes else ()
        self._assign(subscriber, slots, self._video, chosen or (None,) * len(slots))
        if subscriber.peer.is_connected:
            subscriber.adaptation.adapt()

    def _chosen(self, wish: SlotWish | None) -> Source | None:
        publisher = self.publishers.get((wish.publisher, wish.source)) if wish and wish.publisher else None
        sources = publisher.sources if publisher else ()
        return next((source for source in sources if source.kind == "video" and not source.muted), None)

    def _assign(
        self, subscriber: Subscriber, slots: Sequence[Slot], order: Sequence[Source], chosen: Sequence[Source | None]
    ) -> None:
        if not slots or not subscriber.peer.is_connected:
            return
        excluded = subscriber.excluded

        def takes(slot: int, source: Source) -> bool:
            return source.publisher != excluded and source.codec in slots[slot].formats

        filled: list[Source | None] = fill(order, [slot.source for slot in slots], chosen=chosen, takes=takes)
        for slot, source in zip(slots, filled, strict=True):
            slot.show(source)

    # --- what slots show is told

    def slots_changed(self, subscriber: Subscriber) -> None:
        self._changed_slots[subscriber] = None
        if not self._tell_armed:
            self._tell_armed = True
            self._timers.call_later(TELL_SLOTS_S, self._tell_slots)

    def _tell_slots(self) -> None:
        self._tell_armed = False
        told: list[tuple[str, str, tuple[Mapping[str, Any], ...]]] = []
        while self._changed_slots and len(told) < SESSIONS_IN_ONE_EVENT:
            subscriber, _ = self._changed_slots.popitem()
            shown = subscriber.describe()
            if subscriber in self.subscribers and shown != subscriber.told:
                subscriber.told = shown
                told.append((subscriber.identity, subscriber.session_id, shown))
        if told:
            self._bus.publish(SlotsShown(self.room_id, tuple(told)))
        if self._changed_slots:
            self._tell_armed = True
            self._timers.call_later(TELL_SLOTS_S, self._tell_slots)


def _undecodable(on_air: frozenset[Codec], formats: Mapping[str, frozenset[Codec]]) -> frozenset[Codec]:
    understood = formats.get("video", frozenset())
    return on_air if on_air and understood and not on_air & understood else frozenset()
