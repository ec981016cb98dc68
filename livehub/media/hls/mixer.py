"""The sound of a room as one AAC stream without a hole: Opus decoded, everybody who speaks added up, silence between.

Browsers' HLS players take AAC everywhere and Opus not. This is the one place where sound is decoded and encoded. It
costs milliseconds for each second of sound, so :class:`Mixer` is called in a thread (:mod:`livehub.media.hls.sound`);
it knows no loop and no locks.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, cast

import av
import av.error
import numpy as np
import numpy.typing as npt

from livehub.media.hls.boxes import AUDIO_RATE, AudioFormat

#: samples of an AAC frame
FRAME: Final = 1_024
#: bit rate of the AAC stream: transparent for speech, good for music
BITRATE_BPS: Final = 96_000
#: sound further ahead than this is of a broken clock and left out
MAX_AHEAD: Final = 20 * AUDIO_RATE
#: sources beyond it are not heard; a stage has three audible speakers
MAX_SOURCES: Final = 16
#: gap in samples up to which a packet is joined to the one before: clocks are read to a millisecond or so
JOIN: Final = AUDIO_RATE // 50
#: AudioSpecificConfig: AAC-LC, 48 kHz, stereo (14496-3 section 1.6.2.1)
CONFIG: Final = AudioFormat(b"\x11\x90")

Pcm = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sound:
    """One Opus packet of ``source`` that begins at ``position``, in samples since the run's epoch."""

    source: Hashable
    position: int
    data: bytes


class _Source:
    def __init__(self) -> None:
        # FFmpeg's own decoder: a third cheaper than libopus, and it conceals nothing, which silence does here.
        self._decoder = av.CodecContext.create("opus", "r")
        self.end: int | None = None  # where the last packet's sound ended
        self.used = 0

    def decode(self, data: bytes) -> Pcm:
        """(samples, 2) at 48 kHz; empty for what cannot be decoded."""
        if not data:  # to the decoder it would mean the end
            return np.zeros((0, 2), np.float32)
        try:
            frames = self._decoder.decode(av.Packet(data))
        except (av.error.FFmpegError, ValueError):
            return np.zeros((0, 2), np.float32)
        planes = [cast("Pcm", frame.to_ndarray()) for frame in frames]
        if not planes:
            return np.zeros((0, 2), np.float32)
        return np.concatenate([plane[:2].T if len(plane) > 1 else np.repeat(plane.T, 2, axis=1) for plane in planes])


class Mixer:
    """Sound goes in by :meth:`add` in any order of sources, and comes out by :meth:`drain` as AAC frames in a row."""

    def __init__(self) -> None:
        self._sources: dict[Hashable, _Source] = {}
        self._rounds = 0
        self.undecodable = 0
        self._fed = 0  # what lies before it is with the encoder, which holds back a frame or two
        self._mix = np.zeros((4 * AUDIO_RATE, 2), np.float32)  # from there on
        self.begin(0)

    def begin(self, position: int) -> None:
        """Let the stream begin anew at ``position``, a multiple of :data:`FRAME`; sound from there on is kept."""
        old, shift = self._mix, position - self._fed
        self._mix = np.zeros((4 * AUDIO_RATE, 2), np.float32)
        self.position = self._fed = position  # where the next AAC frame begins
        if 0 <= shift < len(old):
            self._place(position, old[shift:])
        self._encoder = av.CodecContext.create("aac", "w")
        self._encoder.sample_rate, self._encoder.layout, self._encoder.format = AUDIO_RATE, "stereo", "fltp"
        self._encoder.bit_rate, self._encoder.time_base = BITRATE_BPS, Fraction(1, AUDIO_RATE)
        # The default search costs half as much again, and the tools that are off a little more, for a difference that
        # speech does not show. What both channels share is coded once ("auto" is the encoder's default for aac_ms):
        # one who speaks is the same in both, and with half of the bits a recogniser misheard one sentence in ten.
        self._encoder.options = {"aac_coder": "fast", "aac_is": "0", "aac_pns": "0", "aac_tns": "0"}
        self._origin = position

    def add(self, sounds: Sequence[Sound]) -> None:
        for sound in sounds:
            source = self._sources.get(sound.source)
            if source is None:
                source = self._make_room_for(sound.source)
            source.used = self._rounds
            pcm = source.decode(sound.data)
            if not len(pcm):
                self.undecodable += 1
                continue
            start = sound.position
            if source.end is not None and abs(start - source.end) < JOIN:
                start = source.end
            source.end = start + len(pcm)
            self._place(start, pcm)

    def drain(self, until: int) -> list[bytes]:
        """AAC frames from :attr:`position` on, of all sound before ``until`` that the encoder gives out already."""
        self._rounds += 1
        frames = []
        count = max(0, (until - self._fed) // FRAME)
        for index in range(count):
            frames += self._encode(self._mix[index * FRAME : (index + 1) * FRAME])
        used = min(count * FRAME, len(self._mix))
        self._mix = np.concatenate([self._mix[used:], np.zeros((used, 2), np.float32)])
        self.position += FRAME * len(frames)
        return frames

    def _make_room_for(self, key: Hashable) -> _Source:
        if len(self._sources) >= MAX_SOURCES:
            del self._sources[min(self._sources, key=lambda item: self._sources[item].used)]
        source = self._sources[key] = _Source()
        return source

    def _place(self, start: int, pcm: Pcm) -> None:
        at = start - self._fed
        if at < 0:  # what is on its way already cannot be changed
            pcm, at = pcm[-at:], 0
        if not len(pcm) or at > MAX_AHEAD:
            return
        if at + len(pcm) > len(self._mix):
            grown = np.zeros((at + len(pcm) + AUDIO_RATE, 2), np.float32)
            grown[: len(self._mix)] = self._mix
            self._mix = grown
        self._mix[at : at + len(pcm)] += pcm

    def _encode(self, pcm: Pcm) -> list[bytes]:
        if len(pcm) < FRAME:  # a long time without any sound was asked for
            pcm = np.concatenate([pcm, np.zeros((FRAME - len(pcm), 2), np.float32)])
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(np.clip(pcm, -1, 1).T), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = AUDIO_RATE, self._fed - self._origin
        self._fed += FRAME
        # The first packet lies before the beginning and only primes the decoder.
        return [bytes(packet) for packet in self._encoder.encode(frame) if (packet.pts or 0) >= 0]
