"""Who gets what in one room: the policy of :mod:`livehub.media.stage` joined to tracks, voices and slots."""

from collections.abc import Mapping, Sequence
from typing import Any

from livehub.events import EventBus, SlotsShown, SpeakersChanged, StageChanged
from livehub.media.events import CodecUndecodable
from livehub.media.publisher import Publisher
from livehub.media.rtp.codecs import Codec
from livehub.media.slot import Slot
from livehub.media.speakers import Speakers, Voice
from livehub.media.stage import NO_ORDERS, SlotWish, StageOrders, fill, order_video
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
#: ranks of voices
_HOST, _PINNED, _OTHER = 2, 1, 0


class RoomRouter:
    """The stage of a room and its audience. The room's order is made once for all viewers, when it changes.

    ``heard``: audio tracks that are forwarded at a time.
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
        self._voices: dict[Track, Voice] = {}
        self._video: list[Track] = []
        self._audio: list[Track] = []
        self._told: tuple[Mapping[str, Any], ...] = ()
        self._speaking: tuple[str, ...] = ()
        self._changed_slots: dict[Subscriber, None] = {}
        self._updated_s = float("-inf")
        self._update_armed = self._tell_armed = self._check_armed = False

    @property
    def is_empty(self) -> bool:
        return not self.publishers and not self.subscribers

    def tracks(self, kind: str | None = None) -> list[Track]:
        return [
            track
            for publisher in self.publishers.values()
            for track in publisher.tracks.values()
            if kind is None or track.kind == kind
        ]

    def on_air(self) -> list[Track]:
        """What is seen and heard, for those who take no slots: pictures in the room's order, all sound."""
        return [*self._video, *(track for track in self.tracks("audio") if not track.muted)]

    def describe(self) -> tuple[Mapping[str, Any], ...]:
        """The tracks as clients are told of them."""
        return tuple(
            {
                "publisher": publisher.identity,
                "display_name": publisher.display_name,
                "source": publisher.source,
                "kind": track.kind,
                "codec": str(track.codec),
                "muted": track.muted,
            }
            for publisher in self.publishers.values()
            for track in publisher.tracks.values()
        )

    def programme(self) -> tuple[Track | None, Track | None]:
        """What a viewer with one slot of each kind gets: the first picture of the order, the voice that spoke last."""
        voices = {track.publisher: track for track in reversed(self._audio)}
        speaker = next((voices[name] for name in self._speakers.recent if name in voices), None)
        return next(iter(self._video), None), speaker or next(iter(self._audio), None)

    def last_keyframe(self, now_s: float, max_age_s: float) -> tuple[Codec, Sequence[bytes]] | None:
        """Codec and payloads of a keyframe on air, for a still."""
        for track in self._video:
            payloads = track.last_keyframe(now_s, max_age_s)
            if payloads:
                return track.codec, payloads
        return None

    def undecodable(self, formats: Mapping[str, frozenset[Codec]]) -> frozenset[Codec]:
        """Codecs on air, if a viewer with ``formats`` (kind → codecs) can decode none of the room's video."""
        on_air = frozenset(track.codec for track in self.tracks("video"))
        understood = formats.get("video", frozenset())
        return on_air if on_air and understood and not on_air & understood else frozenset()

    # --- the stage changes

    def direct(self, orders: StageOrders) -> None:
        """Pins and mutes, at once."""
        self.orders = orders
        self._update()

    def tracks_changed(self) -> None:
        """Tracks came or went. In a large room what follows from it gathers for a moment."""
        for track in self.tracks():
            track.mute(self.orders.mutes(track.publisher, track.kind))
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
        for subscriber in self.subscribers:
            self._check_decodable(subscriber)
        told = self.describe()
        if told != self._told:
            self._told = told
            self._bus.publish(StageChanged(self.room_id, told))

    def _listen(self) -> None:
        """A voice for each audio track that may be heard."""
        now_s = self._timers.monotonic()
        tracks = self.tracks()
        for track in tracks:
            track.mute(self.orders.mutes(track.publisher, track.kind))
        present = {track: None for track in tracks if track.kind == "audio" and not track.muted}
        for track in [track for track in self._voices if track not in present]:
            self._speakers.remove(self._voices.pop(track), now_s)
        for track in present:
            voice = self._voices.get(track)
            if voice is None:
                voice = self._voices[track] = Voice(track.publisher)
                self._speakers.add(voice, now_s)
            voice.rank = self._rank(track)
        self._arm_check()

    def _rank(self, track: Track) -> int:
        if track.publisher in self._hosts():
            return _HOST
        pinned = any(pin.names(track.publisher, track.source) for pin in self.orders.pins)
        return _PINNED if pinned else _OTHER

    def _hosts(self) -> frozenset[str]:
        return frozenset(publisher.identity for publisher in self.publishers.values() if publisher.is_host)

    def _order(self) -> None:
        seen = [track for track in self.tracks("video") if not track.muted]
        recent = self._speakers.recent
        self._video = order_video(seen, hosts=self._hosts(), pins=self.orders.pins, recent_speakers=recent)
        self._order_audio()

    def _order_audio(self) -> None:
        voices = self._speakers.heard
        if len(self._speakers) == self._heard + 1:  # each of them hears all others
            voices = self._speakers.voices
        tracks = {voice: track for track, voice in self._voices.items()}
        self._audio = [tracks[voice] for voice in voices]

    def _check_decodable(self, subscriber: Subscriber) -> None:
        undecodable = self.undecodable(subscriber.formats)
        if undecodable and undecodable != subscriber.undecodable:
            codecs = tuple(sorted(str(codec) for codec in undecodable))
            self._bus.publish(CodecUndecodable(self.room_id, subscriber.identity, subscriber.session_id, codecs))
        subscriber.undecodable = undecodable

    # --- who speaks

    def hear(self, track: Track, level: int, now_s: float) -> None:
        """Every audio packet: its loudness."""
        voice = self._voices.get(track)
        if voice is not None and self._speakers.hear(voice, level, now_s):
            self._order_audio()
            for subscriber in self.subscribers:
                self._assign_audio(subscriber)

    def _arm_check(self) -> None:
        if self._voices and not self._check_armed:
            self._check_armed = True
            self._timers.call_later(CHECK_S, self._check)

    def _check(self) -> None:
        self._check_armed = False
        now_s = self._timers.monotonic()
        if self._speakers.check(now_s):
            self._order()
            for subscriber in self.subscribers:
                self._assign_video(subscriber)
        speaking = self._speakers.speaking(now_s)
        if speaking != self._speaking:
            self._speaking = speaking
            self._bus.publish(SpeakersChanged(self.room_id, speaking))
        self._arm_check()

    # --- slots

    def choose(self, subscriber: Subscriber, wishes: Sequence[SlotWish]) -> None:
        """The viewer's own choice for some of its slots; the others stay as they were."""
        for wish in wishes:
            subscriber.wish(wish)
        self._assign_video(subscriber)

    def assign_all(self) -> None:
        for subscriber in self.subscribers:
            self.assign(subscriber)

    def assign(self, subscriber: Subscriber) -> None:
        self._assign_audio(subscriber)
        self._assign_video(subscriber)

    def _assign_audio(self, subscriber: Subscriber) -> None:
        self._assign(subscriber, subscriber.audio_slots, self._audio, (None,) * len(subscriber.audio_slots))

    def _assign_video(self, subscriber: Subscriber) -> None:
        slots = subscriber.video_slots
        chosen = [self._chosen(subscriber.wishes.get(slot.index)) for slot in slots] if subscriber.wishes else ()
        self._assign(subscriber, slots, self._video, chosen or (None,) * len(slots))

    def _chosen(self, wish: SlotWish | None) -> Track | None:
        publisher = self.publishers.get((wish.publisher, wish.source)) if wish and wish.publisher else None
        tracks = publisher.tracks.values() if publisher else ()
        return next((track for track in tracks if track.kind == "video" and not track.muted), None)

    def _assign(
        self, subscriber: Subscriber, slots: Sequence[Slot], order: Sequence[Track], chosen: Sequence[Track | None]
    ) -> None:
        if not slots or not subscriber.peer.is_connected:
            return
        excluded = subscriber.excluded

        def takes(slot: int, track: Track) -> bool:
            return track.publisher != excluded and track.codec in slots[slot].formats

        shown = [slot.next_track or slot.track for slot in slots]
        filled: list[Track | None] = fill(order, shown, chosen=chosen, takes=takes)
        for slot, track in zip(slots, filled, strict=True):
            slot.show(track)

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
