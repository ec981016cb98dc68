"""What must go on in one outgoing stream while its source changes: numbers, timestamps, and the picture ids of VP8."""

from typing import Final

from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.rewrite import OutgoingNumbers
from livehub.media.rtp.vp8 import OutgoingPictures
from livehub.media.track import Track

#: sender reports of one publisher agree better than this, and the layers of a camera are not longer apart
CLOCKS_APART_S: Final = 2.0


class Continuity:
    """The offsets of one slot, from the packets with which it joins and leaves tracks."""

    def __init__(self, clock_rate: int) -> None:
        self.numbers = OutgoingNumbers(clock_rate)
        self.pictures = OutgoingPictures()
        #: the moment of the last picture that was sent, by its publisher's clock, and whose it was
        self._left: tuple[str, float] | None = None

    def join(self, track: Track, extended: int, timestamp: int, payload: bytes, now_s: float) -> None:
        """Go on from the last that was sent; between layers of one camera by the camera's own clock."""
        elapsed_s = None
        moment = track.clock.unix_at(timestamp)
        if moment is not None and self._left is not None and self._left[0] == track.publisher:
            elapsed_s = moment - self._left[1]
            if not -CLOCKS_APART_S < elapsed_s < CLOCKS_APART_S:
                elapsed_s = None  # shown again after a while: arrivals tell it well enough
        self.numbers.join(extended, timestamp, now_s, elapsed_s)
        if track.codec is Codec.VP8:
            self.pictures.join(payload)

    def leave(self, track: Track, extended: int, timestamp: int, payload: bytes, at_s: float) -> None:
        """These were the last numbers that were sent of ``track``, and they came at ``at_s``."""
        self.numbers.leave(extended, timestamp, at_s)
        moment = track.clock.unix_at(timestamp)
        self._left = (track.publisher, moment) if moment is not None else None
        if track.codec is Codec.VP8:
            self.pictures.leave(payload)

    def payload(self, track: Track | None, payload: bytes) -> bytes:
        """With the picture ids that the viewer counts by."""
        return self.pictures.shift(payload) if track is not None and track.codec is Codec.VP8 else payload
