"""Who gets what in one room."""

from collections.abc import Mapping, Sequence
from typing import Any

from livehub.media.publisher import Publisher
from livehub.media.rtp.codecs import Codec
from livehub.media.slot import Slot
from livehub.media.subscriber import Subscriber
from livehub.media.track import Track


class RoomRouter:
    """The stage of a room and its audience. Tracks keep their slots; free slots take tracks in order of coming."""

    def __init__(self, room_id: str) -> None:
        self.room_id = room_id
        self.publishers: dict[str, Publisher] = {}
        self.subscribers: set[Subscriber] = set()

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

    def describe(self) -> tuple[Mapping[str, Any], ...]:
        """The tracks as clients are told of them."""
        return tuple(
            {
                "publisher": publisher.identity,
                "display_name": publisher.display_name,
                "kind": track.kind,
                "codec": str(track.codec),
            }
            for publisher in self.publishers.values()
            for track in publisher.tracks.values()
        )

    def last_keyframe(self, now_s: float, max_age_s: float) -> tuple[Codec, Sequence[bytes]] | None:
        """Codec and payloads of a keyframe on air, for a still."""
        for track in self.tracks("video"):
            payloads = track.last_keyframe(now_s, max_age_s)
            if payloads:
                return track.codec, payloads
        return None

    def undecodable(self, formats: Mapping[str, frozenset[Codec]]) -> frozenset[Codec]:
        """Codecs on air, if a viewer with ``formats`` (kind → codecs) can decode none of the room's video."""
        on_air = frozenset(track.codec for track in self.tracks("video"))
        understood = formats.get("video", frozenset())
        return on_air if on_air and understood and not on_air & understood else frozenset()

    def assign_all(self) -> None:
        tracks = {kind: self.tracks(kind) for kind in ("video", "audio")}
        for subscriber in self.subscribers:
            self._assign(subscriber, tracks)

    def assign(self, subscriber: Subscriber) -> None:
        self._assign(subscriber, {kind: self.tracks(kind) for kind in ("video", "audio")})

    def _assign(self, subscriber: Subscriber, tracks: Mapping[str, Sequence[Track]]) -> None:
        if not subscriber.peer.is_connected:
            return
        for kind, candidates in tracks.items():
            slots = [slot for slot in subscriber.slots if slot.kind == kind]
            for slot, track in zip(slots, assign(slots, candidates), strict=True):
                slot.show(track)


def assign(slots: Sequence[Slot], tracks: Sequence[Track]) -> list[Track | None]:
    """A track for each slot: what is shown stays while it is there; the others fill the free slots in their order.

    A slot takes only what its viewer can decode.
    """
    present = set(tracks)
    shown = [slot.next_track or slot.track for slot in slots]
    chosen: list[Track | None] = [track if track in present else None for track in shown]
    waiting = [track for track in tracks if track not in chosen]
    for index, slot in enumerate(slots):
        if chosen[index] is None:
            fitting = next((track for track in waiting if track.codec in slot.formats), None)
            if fitting is not None:
                chosen[index] = fitting
                waiting.remove(fitting)
    return chosen
