"""What one publisher shows or says in one place: a camera, a screen, a microphone.

A camera sent as simulcast (RFC 8853) is one source with up to three layers: the same picture in several sizes, each a
:class:`livehub.media.track.Track` of its own. Everything else is a source with one layer. The router puts sources into
slots; which layer a viewer gets is its own choice (:mod:`livehub.media.adaptation`).

Layers come and go: browsers stop one when they lack bandwidth or processor, without a word. And one that nobody watches
is asked to pause, to be asked back as soon as somebody wants it.
"""

from collections.abc import Callable, Sequence

from livehub.media.limits import MediaLimits
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.layers import Layer
from livehub.media.stage import CAMERA
from livehub.media.track import Track

#: what layers are taken to cost until it was measured, by how many there are
ASSUMED_BPS = {1: (1_000_000.0,), 2: (250_000.0, 1_500_000.0), 3: (150_000.0, 500_000.0, 2_000_000.0)}
#: of a new measurement in the running mean
_WEIGHT = 0.25
#: a measurement of less is a layer that begins or ends
_LEAST_BPS = 10_000.0


def nobody_asks(rids: tuple[str, ...]) -> None:
    """Nobody is told which layers are wanted."""


class Source:
    """Exists while it has a layer. ``publisher`` is the identity of whoever sends it, ``source`` camera or screen.

    ``on_wanted`` is called with the RIDs of the layers that somebody wants, when they have changed.
    """

    def __init__(
        self,
        publisher: str,
        codec: Codec,
        source: str = CAMERA,
        *,
        limits: MediaLimits | None = None,
        on_wanted: Callable[[tuple[str, ...]], None] = nobody_asks,
    ) -> None:
        self.publisher = publisher
        self.source = source
        self.codec = codec
        self.kind = codec.kind
        self.muted = False
        #: layers that can be had, from the smallest on, and what they are like
        self.tracks: tuple[Track, ...] = ()
        self.offered: tuple[Layer, ...] = ()
        self._limits = limits or MediaLimits()
        self.on_wanted = on_wanted
        self._layers: dict[str, Track] = {}
        self._rates: dict[Track, float] = {}
        self._octets: dict[Track, int] = {}
        self._checked_s: float | None = None
        self._told: tuple[Track, ...] = ()
        self._watched_s: dict[str, float] = {}
        self._paused: set[str] = set()
        self._woken_s: dict[str, float] = {}

    @property
    def layers(self) -> Sequence[Track]:
        """From the smallest to the largest."""
        return sorted(self._layers.values(), key=_size)

    @property
    def named_layers(self) -> Sequence[tuple[str, Track]]:
        """With their RIDs; a source that is no simulcast has one without a name."""
        return sorted(self._layers.items(), key=lambda item: _size(item[1]))

    def name_of(self, track: Track) -> str:
        """The RID of one of its layers; empty for a track that is none of them any more."""
        return next((rid for rid, layer in self._layers.items() if layer is track), "")

    @property
    def is_gone(self) -> bool:
        return not self._layers

    @property
    def top(self) -> Track | None:
        """The largest layer that can be had; None when the source is gone."""
        return self.tracks[-1] if self.tracks else None

    def put(self, rid: str, track: Track, now_s: float) -> Track | None:
        """A layer has come. Gives the one of the same name that it takes the place of."""
        before = self._layers.get(rid)
        self._layers[rid] = track
        self._watched_s[rid] = now_s
        self._paused.discard(rid)
        track.mute(self.muted)
        track.on_resized = lambda: self._offer(track.newest_s)
        self._offer(now_s)
        return before

    def layer(self, rid: str) -> Track | None:
        return self._layers.get(rid)

    def remove(self, track: Track, now_s: float) -> None:
        for rid, layer in list(self._layers.items()):
            if layer is track:
                del self._layers[rid]
        self._rates.pop(track, None)
        self._octets.pop(track, None)
        self._offer(now_s)

    def mute(self, muted: bool) -> None:
        """As :meth:`livehub.media.track.Track.mute`, for all layers, also those to come."""
        self.muted = muted
        for track in self._layers.values():
            track.mute(muted)

    # --- layers that come and go

    def check(self, now_s: float, *, all_watched: bool = False) -> bool:
        """To be called every half second: what layers cost, which can be had, and which nobody wants.

        ``all_watched``: there may be viewers of any layer that are not known here.

        True: it is not what it was before.
        """
        self._measure(now_s)
        self._pause(now_s, all_watched=all_watched)
        for rid, track in self._layers.items():
            if track.is_alive and self._woken_s.pop(rid, None) is not None and track.is_awaited:
                track.request_keyframe()  # it begins with one, but that may have been lost
        self._offer(now_s)
        before, self._told = self._told, self.tracks
        return self.tracks != before

    def wake(self, track: Track, now_s: float) -> None:
        """Somebody wants this layer: if it was asked to pause, ask for it again at once."""
        for rid in [rid for rid in self._paused if self._layers.get(rid) is track]:
            self._paused.discard(rid)
            self._watched_s[rid] = self._woken_s[rid] = now_s
            self._tell()

    def _measure(self, now_s: float) -> None:
        passed_s = now_s - self._checked_s if self._checked_s is not None else 0.0
        self._checked_s = now_s
        for track in self._layers.values():
            octets = track.statistics.octets
            rate = (octets - self._octets.get(track, octets)) * 8 / passed_s if passed_s else 0.0
            self._octets[track] = octets
            if rate > _LEAST_BPS:
                known = self._rates.get(track, rate)
                self._rates[track] = known + (rate - known) * _WEIGHT

    def _pause(self, now_s: float, *, all_watched: bool) -> None:
        smallest = self.layers[0] if self._layers else None
        before = set(self._paused)
        for rid, track in self._layers.items():
            if all_watched or track.is_watched or track is smallest:
                self._watched_s[rid] = now_s
            if now_s - self._watched_s[rid] >= self._limits.pause_layer_s:
                self._paused.add(rid)
                self._woken_s.pop(rid, None)
            elif rid in self._paused:
                self._paused.discard(rid)
                self._woken_s[rid] = now_s
        if self._paused != before:
            self._tell()

    def _tell(self) -> None:
        self.on_wanted(tuple(rid for rid in self._layers if rid not in self._paused))

    def _offer(self, now_s: float) -> None:
        usable = {
            track
            for rid, track in self._layers.items()
            if track.is_alive
            or rid in self._paused
            or now_s - self._woken_s.get(rid, float("-inf")) < self._limits.layer_wakes_s
        }
        tracks = self.layers
        self.tracks = tuple(track for track in tracks if track in usable) or tuple(tracks)
        assumed = ASSUMED_BPS.get(len(tracks), ASSUMED_BPS[3])
        costs = {track: self._rates.get(track, assumed[index % 3]) for index, track in enumerate(tracks)}
        self.offered = tuple(Layer(costs[track], track.width) for track in self.tracks)


def _size(track: Track) -> tuple[int, int]:
    return track.width * track.height, track.statistics.octets
