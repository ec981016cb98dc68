"""What is in a recording, as lines of a journal beside its files: it grows by appending and survives any crash. Pure.

A recording has tracks (a picture, a sound, or both in one), each a series of segments of fragmented MP4. While one
is being made it exists as parts; when it is whole it takes their place. A journal that ends in the middle of a line
ended with the process: that line is left out, and everything before it counts.
"""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec


class Format(msgspec.Struct, frozen=True, tag="format"):
    """``track`` is coded like this from here on. ``init`` is the file with its initialisation section.

    ``kind``: ``video``, ``audio`` or ``av`` (both in one). ``codecs`` as in RFC 6381; ``width`` 0 without a picture.
    """

    track: str
    kind: str
    init: str
    codecs: str
    bitrate_bps: int = 0
    width: int = 0
    height: int = 0


class Piece(msgspec.Struct, frozen=True, tag="piece"):
    """A segment, or a part of one (``part`` ≥ 0) that its whole segment replaces.

    ``number`` of the segment grows within a track. ``at_ms`` is when its first picture was taken, since the epoch.
    ``breaks``: time does not go on where the one before ended.
    """

    track: str
    number: int
    name: str
    at_ms: int
    duration_s: float
    size_bytes: int
    part: int = -1
    breaks: bool = False


class Mark(msgspec.Struct, frozen=True, tag="mark"):
    """Something that began at ``at_ms`` and has a name: a chapter. ``offer`` is the id of what was pinned."""

    at_ms: int
    title: str
    offer: str = ""


Line = Format | Piece | Mark
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Format | Piece | Mark)


@dataclass(slots=True)
class Track:
    """Segments in order, each under the format that held when it came."""

    name: str
    segments: list[tuple[Format, Piece]] = field(default_factory=list)

    @property
    def duration_s(self) -> float:
        return sum(piece.duration_s for _, piece in self.segments)

    @property
    def size_bytes(self) -> int:
        return sum(piece.size_bytes for _, piece in self.segments)


@dataclass(slots=True)
class Contents:
    """``parts``: of segments that were never finished, by track and number, in their order."""

    tracks: dict[str, Track] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    parts: dict[tuple[str, int], list[tuple[Format, Piece]]] = field(default_factory=dict)

    def add(self, coded: Format, piece: Piece) -> None:
        """A whole segment takes the place of its parts."""
        place = (piece.track, piece.number)
        if piece.part >= 0:
            self.parts.setdefault(place, []).append((coded, piece))
            return
        self.parts.pop(place, None)
        segments = self.tracks.setdefault(piece.track, Track(piece.track)).segments
        # Parts that were left behind become a segment late, and belong where they came.
        bisect.insort(segments, (coded, piece), key=lambda item: item[1].number)

    @property
    def duration_s(self) -> float:
        """Of the longest track."""
        return max((track.duration_s for track in self.tracks.values()), default=0.0)

    @property
    def size_bytes(self) -> int:
        return sum(track.size_bytes for track in self.tracks.values())


def encode(line: Line) -> bytes:
    return msgspec.json.encode(line) + b"\n"


def parse(data: bytes) -> list[Line]:
    """The lines of a journal. What follows the last newline or cannot be read was cut off by a crash: left out."""
    lines: list[Line] = []
    for raw in data.split(b"\n")[:-1]:
        try:
            lines.append(_decoder.decode(raw))
        except msgspec.DecodeError:
            continue
    return lines


def contents(lines: Iterable[Line]) -> Contents:
    """What a journal says is there."""
    found = Contents()
    formats: dict[str, Format] = {}
    for line in lines:
        if isinstance(line, Format):
            formats[line.track] = line
        elif isinstance(line, Mark):
            found.marks.append(line)
        elif line.track in formats:  # a piece without its format could not be played
            found.add(formats[line.track], line)
    return found


def joined(parts: Sequence[Piece], name: str) -> Piece:
    """The segment that consecutive parts make when their files are put together under ``name``."""
    first = parts[0]
    return Piece(
        track=first.track,
        number=first.number,
        name=name,
        at_ms=first.at_ms,
        duration_s=sum(part.duration_s for part in parts),
        size_bytes=sum(part.size_bytes for part in parts),
        breaks=first.breaks,
    )


def final(found: Contents) -> list[Line]:
    """The shortest journal with the same contents, for a recording to which nothing will be added."""
    lines: list[Line] = list(found.marks)
    for track in found.tracks.values():
        coded: Format | None = None
        for each, piece in track.segments:
            if each != coded:
                lines.append(each)
                coded = each
            lines.append(piece)
    return lines
