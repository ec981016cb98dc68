"""Packets of somebody who is on stage and silent: passed over before they are decrypted.

In a room of three hundred nearly all packets that come are silence of people who are not heard. Their loudness stands
in the header, which SRTP authenticates and does not encrypt. A packet that claims to be quiet, of a track that nobody
gets, changes nothing whoever made it; so it is counted and dropped. One that claims to be loud is decrypted and thereby
authenticated before it is believed. One of many is decrypted in any case: it keeps the session alive, the roll-over
counter of SRTP near, and the reports true.
"""

from typing import Final

from livehub.media.rtp.audio_level import level_at
from livehub.media.sieve import QUIET
from livehub.media.track import Track

#: one packet of so many is looked at, loud or not: with 50 a second one in 0.64 s
LOOKED_AT: Final = 32


class QuietAudio:
    """For one track. ``level_id``: the id of the level's extension in its session."""

    __slots__ = ("_count", "_level_id", "_track", "level_at")

    def __init__(self, track: Track, level_id: int) -> None:
        self._track = track
        self._level_id = level_id
        self._count = 0
        #: where the level of the last packet stood that was passed over
        self.level_at = 0

    def passes_over(self, data: memoryview, size: int) -> bool:
        """Whether an encrypted packet of this track, ``size`` bytes of ``data``, needs no more work. Never raises."""
        track = self._track
        if track.slots or track.taps or not data[0] & 0x10:
            return False
        start = 12 + 4 * (data[0] & 15)
        if start + 4 > size or start + 4 + 4 * (data[start + 2] << 8 | data[start + 3]) > size:
            return False
        at = level_at(data, start, self._level_id)
        if not at or data[at] & 0x7F <= QUIET or not self.pass_one():
            return False
        self.level_at = at
        return True

    def pass_one(self) -> bool:
        """Whether one more packet that claims to be quiet needs no work; then it is counted."""
        track = self._track
        if track.slots or track.taps:
            return False
        self._count += 1
        if self._count % LOOKED_AT == 0:
            return False
        statistics = track.statistics
        statistics.packets += 1
        statistics.passed_over += 1
        return True
