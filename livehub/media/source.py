"""What one publisher shows or says in one place: a camera, a screen, a microphone.

A camera sent as simulcast (RFC 8853) is one source with up to three layers: the same picture in several sizes, each a
:class:`livehub.media.track.Track` of its own. Everything else is a source with one layer. The router puts sources into
slots; which layer a viewer gets is another matter.
"""

from collections.abc import Sequence

from livehub.media.rtp.codecs import Codec
from livehub.media.stage import CAMERA
from livehub.media.track import Track


class Source:
    """Exists while it has a layer. ``publisher`` is the identity of whoever sends it, ``source`` camera or screen."""

    def __init__(self, publisher: str, codec: Codec, source: str = CAMERA) -> None:
        self.publisher = publisher
        self.source = source
        self.codec = codec
        self.kind = codec.kind
        self.muted = False
        self._layers: dict[str, Track] = {}

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
        """The largest layer; None when the source is gone."""
        return max(self._layers.values(), key=_size, default=None)

    def put(self, rid: str, track: Track) -> Track | None:
        """A layer has come. Gives the one of the same name that it takes the place of."""
        before = self._layers.get(rid)
        self._layers[rid] = track
        track.mute(self.muted)
        return before

    def layer(self, rid: str) -> Track | None:
        return self._layers.get(rid)

    def remove(self, track: Track) -> None:
        for rid, layer in list(self._layers.items()):
            if layer is track:
                del self._layers[rid]

    def mute(self, muted: bool) -> None:
        """As :meth:`livehub.media.track.Track.mute`, for all layers, also those to come."""
        self.muted = muted
        for track in self._layers.values():
            track.mute(muted)


def _size(track: Track) -> tuple[int, int]:
    return track.width * track.height, track.statistics.octets
