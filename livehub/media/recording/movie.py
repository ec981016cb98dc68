"""A recording as one MP4 with its index in front: what was received is packed anew, nothing is decoded or encoded.

Everything here blocks; run it on a thread.
"""

import heapq
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from livehub.media.recording.journal import Contents, Format, Piece
from livehub.media.recording.replay import INTERPRETED

#: told from 0 to 1 as it goes; may raise to give up
Progress = Callable[[float], None]


@dataclass(slots=True)
class _Run:
    """Segments of one track under one initialisation section, without a break between them."""

    coded: Format
    names: list[str]


#: track → its runs, between two breaks of time
_Section = dict[str, list[_Run]]


def sections(contents: Contents, tracks: Sequence[str]) -> list[_Section]:
    """What goes on in time stands together."""
    found: list[_Section] = []
    for track in tracks:
        index = -1
        for coded, piece in contents.tracks[track].segments:
            if piece.breaks or index < 0:
                index += 1
                if index == len(found):
                    found.append({})
            _extend(found[index].setdefault(track, []), coded, piece)
    return [{track: runs for track, runs in section.items() if runs} for section in found]


def _extend(runs: list[_Run], coded: Format, piece: Piece) -> None:
    if not runs or runs[-1].coded != coded:
        runs.append(_Run(coded, []))
    runs[-1].names.append(piece.name)


def choose(contents: Contents) -> list[str]:
    """The best picture, and the sound; both may be in one track."""
    # A track that began with sound alone may have got its picture later.
    formats = {
        name: max((coded for coded, _ in track.segments), key=_quality)
        for name, track in contents.tracks.items()
        if track.size_bytes and not name.startswith(INTERPRETED)
    }
    pictures = [name for name, coded in formats.items() if coded.kind != "audio"]
    sounds = [name for name, coded in formats.items() if coded.kind == "audio"]
    best = max(
        pictures, key=lambda name: (formats[name].width * formats[name].height, formats[name].bitrate_bps), default=""
    )
    return ([best] if best else []) + ([] if best and formats[best].kind == "av" else sounds[:1])


def _quality(coded: Format) -> tuple[bool, int, int]:
    return (coded.kind != "audio", coded.width * coded.height, coded.bitrate_bps)


def make_movie(directory: Path, contents: Contents, target: Path, progress: Progress) -> None:
    """Write ``target``, which appears when it is whole.

    Raises:
        OSError: the disk.
        av.error.FFmpegError: segments that cannot be read.
        ValueError: there is nothing to write.
    """
    tracks = choose(contents)
    if not tracks:
        raise ValueError("nothing was recorded")
    total = sum(contents.tracks[track].size_bytes for track in tracks) or 1
    reading = _Reading(directory, lambda count: progress(min(1.0, count / total)))
    draft = target.with_suffix(".draft")
    try:
        with av.open(str(draft), "w", format="mp4", options={"movflags": "faststart"}) as out:
            _Muxer(out, reading).write(sections(contents, tracks))
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)


def begins_s(directory: Path, coded: Format, piece: Piece) -> float:
    """Where a segment begins on its own clock, in seconds: the least time of what is in it.

    Raises:
        OSError: the disk.
        ValueError: it cannot be read, or nothing is in it.
    """
    joined = _Joined([coded.init, piece.name], _Reading(directory, lambda _: None))
    try:
        with av.open(joined, "r", format="mp4") as source:
            times = [
                float(packet.time_base * packet.pts)
                for packet in source.demux()
                if packet.pts is not None and packet.time_base is not None
            ]
    except av.error.FFmpegError as error:
        raise ValueError("the segment cannot be read") from error
    if not times:
        raise ValueError("the segment is empty")
    return min(times)


@dataclass(slots=True)
class _Reading:
    directory: Path
    told: Callable[[int], None]
    count: int = 0

    def read(self, size: int) -> None:
        self.count += size
        self.told(self.count)


class _Joined(io.RawIOBase):
    """Several files as one stream that only goes forward."""

    def __init__(self, names: Sequence[str], reading: _Reading) -> None:
        self._names = iter(names)
        self._reading = reading
        self._file: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while True:
            if self._file is None:
                name = next(self._names, None)
                if name is None:
                    return 0
                self._file = (self._reading.directory / name).open("rb")
            data = self._file.read(len(memoryview(buffer)))
            if data:
                memoryview(buffer)[: len(data)] = data
                self._reading.read(len(data))
                return len(data)
            self._file.close()
            self._file = None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()


class _Muxer:
    def __init__(self, out: OutputContainer, reading: _Reading) -> None:
        self._out = out
        self._reading = reading
        #: video, audio → where it goes, and the configuration that the file's header tells. Not by index: a section of
        #: sound alone has its only stream where others have the picture.
        self._streams: dict[str, tuple[Stream, bytes]] = {}
        #: where in the film the section begins, and how far each stream has come, in seconds
        self._begins = Fraction(0)
        self._ends: dict[int, Fraction] = {}

    def write(self, found: Sequence[_Section]) -> None:
        # The header of the file comes before its first packet: all streams have to be known by then.
        for section in found:
            for runs in section.values():
                self._introduce(runs[0])
        for section in found:
            self._section(section)

    def _introduce(self, run: _Run) -> None:
        with av.open(
            _Joined([run.coded.init, run.names[0]], _Reading(self._reading.directory, lambda _: None)), format="mp4"
        ) as source:
            for stream in source.streams:
                if stream.type in {"video", "audio"} and stream.type not in self._streams:
                    made = self._out.add_stream_from_template(stream)
                    self._streams[stream.type] = (made, stream.codec_context.extradata or b"")

    def _section(self, section: _Section) -> None:
        merged = heapq.merge(*(self._packets(runs) for runs in section.values()), key=lambda item: item[0])
        shift: Fraction | None = None
        for time_s, stream, packet in merged:
            if shift is None:
                shift = self._begins - time_s
            self._put(time_s + shift, shift, stream, packet)
        self._begins = max(self._ends.values(), default=self._begins)

    def _packets(self, runs: Sequence[_Run]) -> "Iterator[tuple[Fraction, Stream, Packet[Stream]]]":
        for run in runs:
            with av.open(_Joined([run.coded.init, *run.names], self._reading), "r", format="mp4") as source:
                for packet in source.demux():
                    known = self._streams.get(packet.stream.type)
                    dts, base = packet.dts, packet.time_base
                    if known is None or dts is None or base is None:
                        continue
                    stream, told = known
                    own = packet.stream.codec_context.extradata or b""
                    if own != told and packet.is_keyframe and packet.stream.type == "video":
                        packet = _with_parameter_sets(packet, own)
                    yield base * dts, stream, packet

    def _put(self, at_s: Fraction, shift: Fraction, stream: Stream, packet: "Packet[Stream]") -> None:
        base = packet.time_base or Fraction(1)
        if at_s < self._ends.get(stream.index, Fraction(0)):
            return  # overlaps what is there already
        offset = round(shift / base)
        packet.dts = cast(int, packet.dts) + offset
        packet.pts = cast(int, packet.pts) + offset
        packet.stream = stream
        self._ends[stream.index] = at_s + base * max(packet.duration or 0, 1)
        self._out.mux(packet)


def _with_parameter_sets(packet: "Packet[Stream]", avcc: bytes) -> "Packet[Stream]":
    """The picture with its parameter sets before it: the file's header tells those of another coding."""
    made: Packet[Stream] = Packet(parameter_sets(avcc) + bytes(packet))
    made.pts, made.dts, made.time_base, made.duration = packet.pts, packet.dts, packet.time_base, packet.duration
    made.is_keyframe = True
    return made


_AVCC_HEAD: Final = 5


def parameter_sets(avcc: bytes) -> bytes:
    """The sets of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1), each after 4 bytes of length.

    Raises: ValueError for what is none.
    """
    sets, position = bytearray(), _AVCC_HEAD
    try:
        if avcc[0] != 1:
            raise ValueError("not an AVC configuration")
        for mask in (0x1F, 0xFF):  # sequence parameter sets, then picture parameter sets
            count = avcc[position] & mask
            position += 1
            for _ in range(count):
                size = avcc[position] << 8 | avcc[position + 1]
                unit = avcc[position + 2 : position + 2 + size]
                if len(unit) != size:
                    raise ValueError("an AVC configuration that is cut off")
                sets += size.to_bytes(4, "big") + unit
                position += 2 + size
    except IndexError:
        raise ValueError("an AVC configuration that is cut off") from None
    return bytes(sets)
