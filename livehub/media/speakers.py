"""Who is heard in a room: the loudest few, by what their packets say of themselves. Pure: time comes as an argument.

Loudness is 127 minus the level of RFC 6464, smoothed: up within three packets, down over a second, so that the pauses
between words do not count as silence. A voice is taken in as soon as it speaks and somebody in its place does not, or
is clearly quieter; who has just come in stays for a moment, so that nobody flaps. Those who are heard and silent keep
their place until somebody needs it.
"""

from collections.abc import Sequence
from typing import Final

from livehub.media.rtp.audio_level import SILENCE

#: share of the way to a new level that one packet goes (20 ms): up fast, down slowly
ATTACK: Final = 0.5
RELEASE: Final = 0.02
#: loudness from which somebody speaks: -50 dBov, above rooms and fans
SPEAKING: Final = 77.0
#: a voice must be this much louder than one that speaks to take its place
MARGIN: Final = 6.0
#: time that a voice which speaks is safe in its place; before the new loudest of all it is safe only for the second
MIN_HEARD_S: Final = 1.0
MIN_HEARD_BEFORE_LOUDEST_S: Final = 0.3
#: a sender that stops sending (DTX) is taken to fall silent after this
_PACKET_S: Final = 0.02
_STALE_S: Final = 0.1
#: payload from which a packet without a level is taken for speech, and its level; Opus' DTX frames have 1 to 3 bytes
UNTOLD_BYTES: Final = 10
UNTOLD_LEVEL: Final = 45
#: checks in a row that a voice must speak before its picture comes to the front, and how long the front one stays
FRONT_CHECKS: Final = 2
MIN_FRONT_S: Final = 1.5


class Voice:
    """One audio track. ``rank``: who speaks with a higher one is heard before all with a lower."""

    __slots__ = ("entered_s", "identity", "is_heard", "loudness", "rank", "speaking_checks", "updated_s")

    def __init__(self, identity: str, rank: int = 0) -> None:
        self.identity = identity
        self.rank = rank
        self.loudness = 0.0
        self.updated_s = float("-inf")
        self.entered_s = float("-inf")
        self.is_heard = False
        self.speaking_checks = 0

    def at(self, now_s: float) -> float:
        """Loudness now: of one who sends no more it falls by the time that passed."""
        gap_s = now_s - self.updated_s
        if gap_s < _STALE_S:
            return self.loudness
        packets = (gap_s - _STALE_S) / _PACKET_S
        return float(self.loudness * (1 - RELEASE) ** min(packets, 1000.0))

    def speaks(self, now_s: float) -> bool:
        return self.at(now_s) >= SPEAKING


class Speakers:
    """The voices of one room, of which at most ``most`` are heard."""

    def __init__(self, most: int = 3) -> None:
        self._most = most
        self._voices: dict[Voice, None] = {}
        self._heard: list[Voice] = []
        self._recent: list[str] = []
        self._front_s = float("-inf")

    def __len__(self) -> int:
        return len(self._voices)

    @property
    def heard(self) -> Sequence[Voice]:
        return self._heard

    @property
    def voices(self) -> Sequence[Voice]:
        """All, in order of coming."""
        return tuple(self._voices)

    @property
    def recent(self) -> Sequence[str]:
        """Identities that have spoken, the one who speaks or spoke last first."""
        return self._recent

    def add(self, voice: Voice, now_s: float) -> bool:
        """Whether it is heard at once: while there are places everybody is."""
        self._voices[voice] = None
        if len(self._heard) < self._most:
            self._take_in(voice, now_s)
        return voice.is_heard

    def remove(self, voice: Voice, now_s: float) -> bool:
        """Whether it was heard; then the loudest of the others has taken its place."""
        self._voices.pop(voice, None)
        if all(other.identity != voice.identity for other in self._voices) and voice.identity in self._recent:
            self._recent.remove(voice.identity)
        if not voice.is_heard:
            return False
        self._leave(voice)
        waiting = [other for other in self._voices if not other.is_heard]
        if waiting:
            self._take_in(max(waiting, key=lambda other: (_standing(other, other.at(now_s)), other.at(now_s))), now_s)
        return True

    def hear(self, voice: Voice, level: int, now_s: float) -> bool:
        """A packet of ``level`` (-dBov). Whether those who are heard have changed."""
        loudness = SILENCE - level
        before = voice.loudness if now_s - voice.updated_s < _STALE_S else voice.at(now_s)
        after = voice.loudness = before + (loudness - before) * (ATTACK if loudness > before else RELEASE)
        voice.updated_s = now_s
        if voice.is_heard or after < SPEAKING:
            return False
        return self._challenge(voice, now_s)

    def _challenge(self, voice: Voice, now_s: float) -> bool:
        if voice not in self._voices:
            return False
        loudness = {other: other.at(now_s) for other in self._heard}
        weakest = min(self._heard, key=lambda other: (_standing(other, loudness[other]), loudness[other]))
        if not self._gives_way(weakest, voice, loudness, now_s):
            return False
        self._leave(weakest)
        self._take_in(voice, now_s)
        return True

    @staticmethod
    def _gives_way(weakest: Voice, voice: Voice, loudness: dict[Voice, float], now_s: float) -> bool:
        standing = _standing(weakest, loudness[weakest])
        if standing != voice.rank:  # silent, or of another rank
            return standing < voice.rank
        heard_s = now_s - weakest.entered_s
        if voice.loudness < loudness[weakest] + MARGIN or heard_s < MIN_HEARD_BEFORE_LOUDEST_S:
            return False
        return heard_s >= MIN_HEARD_S or voice.loudness > max(loudness.values())

    def _take_in(self, voice: Voice, now_s: float) -> None:
        voice.is_heard, voice.entered_s = True, now_s
        self._heard.append(voice)

    def _leave(self, voice: Voice) -> None:
        voice.is_heard = False
        voice.speaking_checks = 0
        self._heard.remove(voice)

    def check(self, now_s: float) -> bool:
        """To be called a few times a second: whether :attr:`recent` has changed."""
        for voice in self._heard:
            voice.speaking_checks = voice.speaking_checks + 1 if voice.speaks(now_s) else 0
        if now_s - self._front_s < MIN_FRONT_S:
            return False
        lasting = [voice for voice in self._heard if voice.speaking_checks >= FRONT_CHECKS]
        if not lasting:
            return False
        front = self._recent[:1]
        new = [voice for voice in lasting if voice.identity not in self._recent]
        if not new and front and any(voice.identity == front[0] for voice in lasting):
            return False  # whoever is in front still speaks
        chosen = max(new or lasting, key=lambda voice: (voice.rank, voice.at(now_s)))
        if chosen.identity in self._recent:
            self._recent.remove(chosen.identity)
        self._recent.insert(0, chosen.identity)
        self._front_s = now_s
        return True

    def speaking(self, now_s: float) -> tuple[str, ...]:
        """Who is heard and speaks, the loudest first."""
        loud = [voice for voice in self._heard if voice.speaks(now_s)]
        return tuple(dict.fromkeys(voice.identity for voice in sorted(loud, key=lambda v: -v.at(now_s))))


def _standing(voice: Voice, loudness: float) -> int:
    """Rank of one who speaks; below all ranks for one who does not."""
    return voice.rank if loudness >= SPEAKING else -1
