"""Fragmented MP4 by hand: an initialisation segment, and fragments of one or two tracks (ISO/IEC 14496-12, CMAF).

A fragment costs tens of microseconds this way; a muxer of FFmpeg wants its packets wrapped, times rescaled and its
output caught. Nothing here is decoded, and all sizes are known, so there is nothing to seek back for.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livehub.media.rtp.h264 import ParameterSets

VIDEO_TRACK: Final = 1
AUDIO_TRACK: Final = 2
VIDEO_RATE: Final = 90_000
AUDIO_RATE: Final = 48_000
_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
#: sample flags (14496-12 section 8.8.3.1): depends on no other; depends on others and is no sync sample
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """``parameter_sets`` for H.264; None for VP8."""

    width: int
    height: int
    parameter_sets: ParameterSets | None

    @property
    def codec_string(self) -> str:
        """RFC 6381."""
        return self.parameter_sets.codec_string if self.parameter_sets else "vp08.00.41.08"


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """AAC-LC. ``config`` is its AudioSpecificConfig (14496-3 section 1.6.2.1)."""

    config: bytes
    channels: int = 2
    rate: int = AUDIO_RATE

    codec_string = "mp4a.40.2"


@dataclass(frozen=True, slots=True)
class Sample:
    """``duration`` in units of the track's rate."""

    duration: int
    sync: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of one track that follow one another from ``decode_time`` on, in units of the track's rate."""

    track: int
    decode_time: int
    samples: Sequence[Sample]


def _box(kind: bytes, *content: bytes) -> bytes:
    size = 8 + sum(map(len, content))
    return b"".join((size.to_bytes(4, "big"), kind, *content))


def _full(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return _box(kind, (version << 24 | flags).to_bytes(4, "big"), *content)


# --- the initialisation segment


def init_segment(video: VideoFormat | None, audio: AudioFormat | None) -> bytes:
    """``ftyp`` and ``moov`` (CMAF header) for the tracks that are given."""
    tracks, extends = [], []
    if video is not None:
        tracks.append(_video_track(video))
        extends.append(_full(b"trex", 0, 0, struct.pack(">5I", VIDEO_TRACK, 1, 0, 0, 0)))
    if audio is not None:
        tracks.append(_audio_track(audio))
        extends.append(_full(b"trex", 0, 0, struct.pack(">5I", AUDIO_TRACK, 1, 0, 0, 0)))
    movie = struct.pack(">4I", 0, 0, 1000, 0) + struct.pack(">IH10x", 0x10000, 0x0100) + _MATRIX + bytes(24)
    header = _full(b"mvhd", 0, 0, movie, (AUDIO_TRACK + 1).to_bytes(4, "big"))
    kinds = _box(b"ftyp", b"iso6", (0).to_bytes(4, "big"), b"iso6cmfcmp41")
    return kinds + _box(b"moov", header, *tracks, _box(b"mvex", *extends))


def _video_track(video: VideoFormat) -> bytes:
    size = struct.pack(">HH", video.width, video.height)
    entry = b"".join((bytes(6), b"\x00\x01", bytes(16), size, struct.pack(">IIIH", 0x480000, 0x480000, 0, 1)))
    entry += bytes(32) + struct.pack(">Hh", 24, -1)
    if video.parameter_sets is None:
        # profile 0, level 4.1, 8 bits, 4:2:0 with co-located chroma, BT.709 (VP Codec ISO Media File Format Binding)
        config = _full(b"vpcC", 1, 0, bytes((0, 41, 8 << 4 | 1 << 1, 1, 1, 1, 0, 0)))
        sample = _box(b"vp08", entry, config)
    else:
        sample = _box(b"avc1", entry, _box(b"avcC", video.parameter_sets.configuration))
    header = _full(b"vmhd", 0, 1, bytes(8))
    return _track(VIDEO_TRACK, VIDEO_RATE, b"vide", header, sample, (video.width, video.height))


def _audio_track(audio: AudioFormat) -> bytes:
    entry = bytes(6) + b"\x00\x01" + bytes(8)
    entry += struct.pack(">HHHHI", audio.channels, 16, 0, 0, audio.rate << 16)
    sample = _box(b"mp4a", entry, _full(b"esds", 0, 0, _elementary_stream(audio)))
    return _track(AUDIO_TRACK, audio.rate, b"soun", _full(b"smhd", 0, 0, bytes(4)), sample, (0, 0))


def _elementary_stream(audio: AudioFormat) -> bytes:
    """ES_Descriptor (14496-1 section 7.2.6.5); every length is below 128 and so one byte."""
    specific = b"\x05" + bytes((len(audio.config),)) + audio.config
    decoder = struct.pack(">BB3xII", 0x40, 0x15, 0, 0) + specific
    decoder = b"\x04" + bytes((len(decoder),)) + decoder
    stream = b"\x00\x01\x00" + decoder + b"\x06\x01\x02"
    return b"\x03" + bytes((len(stream),)) + stream


def _track(
    identifier: int, rate: int, handler: bytes, media_header: bytes, sample_entry: bytes, size: tuple[int, int]
) -> bytes:
    width, height = size
    volume = 0x0100 if handler == b"soun" else 0
    header = struct.pack(">IIIII8xHHHH", 0, 0, identifier, 0, 0, 0, 0, volume, 0) + _MATRIX
    header += struct.pack(">II", width << 16, height << 16)
    empty = b"".join(
        (
            _full(b"stts", 0, 0, bytes(4)),
            _full(b"stsc", 0, 0, bytes(4)),
            _full(b"stsz", 0, 0, bytes(8)),
            _full(b"stco", 0, 0, bytes(4)),
        )
    )
    table = _box(b"stbl", _full(b"stsd", 0, 0, (1).to_bytes(4, "big"), sample_entry), empty)
    reference = _full(b"dref", 0, 0, (1).to_bytes(4, "big"), _full(b"url ", 0, 1))
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, rate, 0, 0x55C4, 0)),  # language: und
        _full(b"hdlr", 0, 0, bytes(4), handler, bytes(12), b"livehub\x00"),
        _box(b"minf", media_header, _box(b"dinf", reference), table),
    )
    return _box(b"trak", _full(b"tkhd", 0, 3, header), media)


# --- fragments


def fragment(sequence_number: int, runs: Sequence[Run]) -> bytes:
    """``moof`` and ``mdat`` (one CMAF chunk) of the runs that are not empty."""
    runs = [run for run in runs if run.samples]
    offsets = [0] * len(runs)
    size = len(_movie_fragment(sequence_number, runs, offsets)) + 8
    for index, run in enumerate(runs):
        offsets[index] = size
        size += sum(len(sample.data) for sample in run.samples)
    data = [sample.data for run in runs for sample in run.samples]
    return _movie_fragment(sequence_number, runs, offsets) + _box(b"mdat", *data)


def _movie_fragment(sequence_number: int, runs: Sequence[Run], offsets: Sequence[int]) -> bytes:
    header = _full(b"mfhd", 0, 0, sequence_number.to_bytes(4, "big"))
    return _box(b"moof", header, *(_fragment_of(run, offset) for run, offset in zip(runs, offsets, strict=True)))


def _fragment_of(run: Run, offset: int) -> bytes:
    table = [struct.pack(">II", len(run.samples), offset)]
    entry = struct.Struct(">III")
    table += (entry.pack(item.duration, len(item.data), _SYNC if item.sync else _NOT_SYNC) for item in run.samples)
    return _box(
        b"traf",
        _full(b"tfhd", 0, 0x020000, run.track.to_bytes(4, "big")),  # default-base-is-moof
        _full(b"tfdt", 1, 0, run.decode_time.to_bytes(8, "big")),
        _full(b"trun", 0, 0x000701, *table),  # data offset; duration, size and flags of each
    )
