"""What can be watched again of a room: its recordings one after the other, as playlists and as chapters. Pure.

Playlists follow RFC 8216: ``EXT-X-PLAYLIST-TYPE:VOD``, each segment under its initialisation section, a discontinuity
where time does not go on.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from livehub.clock import iso
from livehub.media.hls.playlist import Subtitles, subtitle_lines
from livehub.media.recording.journal import Contents, Format, Mark, Piece

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
#: EXT-X-MAP without EXT-X-I-FRAMES-ONLY (RFC 8216 section 7)
VERSION: Final = 7
#: tracks of language channels: ``interpreter-th``
INTERPRETED: Final = "interpreter-"
#: times of two tracks that differ by less go on together: segments of sound are whole frames of 21 ms
_IN_STEP_S: Final = 0.05
#: one file of subtitles goes with about so much of the replay
PASSAGE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Chapter:
    """From ``start_s`` to ``end_s`` of the replay; ``offer`` is what was pinned then, "" for none."""

    title: str
    offer: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Take:
    """One recording's part of the replay."""

    recording_id: str
    contents: Contents


@dataclass(frozen=True, slots=True)
class Passage:
    """Segments of the leading track that one file of subtitles goes with.

    ``first`` is the first segment of its stretch, in which time goes on without a break from ``stretch_s`` of the
    replay on; players know the stretch's clock from that segment. ``breaks``: it begins a stretch.
    """

    start_s: float
    end_s: float
    stretch_s: float
    recording_id: str
    coded: Format
    first: Piece
    breaks: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something of another track, without a break: from ``start_s`` of the replay on, from ``at_s`` of the track's own
    playlist on, ``duration_s`` long."""

    start_s: float
    at_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class _Entry:
    recording_id: str
    coded: Format
    piece: Piece
    breaks: bool


class Replay:
    """The recordings of a room that are ready, in the order of their making."""

    def __init__(self, takes: Sequence[Take]) -> None:
        self._takes = takes
        names = dict.fromkeys(name for take in takes for name in take.contents.tracks)
        self._entries = {name: list(self._entries_of(name)) for name in names}

    @property
    def tracks(self) -> Sequence[str]:
        return list(self._entries)

    @property
    def duration_s(self) -> float:
        return sum(entry.piece.duration_s for entry in self._leading())

    @property
    def _programme(self) -> dict[str, list[_Entry]]:
        """Without what interpreters say, which has playlists of its own."""
        return {name: entries for name, entries in self._entries.items() if not name.startswith(INTERPRETED)}

    def _entries_of(self, track: str) -> Iterator[_Entry]:
        for take in self._takes:
            found = take.contents.tracks.get(track)
            for index, (coded, piece) in enumerate(found.segments if found else ()):
                yield _Entry(take.recording_id, coded, piece, piece.breaks or index == 0)

    def _leading(self) -> Sequence[_Entry]:
        """The track that positions are told by: the picture, where there is one, else the longest."""

        def rank(entries: Sequence[_Entry]) -> tuple[bool, float]:
            return (any(entry.coded.kind != "audio" for entry in entries), sum(e.piece.duration_s for e in entries))

        return max(self._programme.values(), key=rank, default=[])

    # --- playlists

    def multivariant(self, subtitles: Sequence[Subtitles] = ()) -> str:
        """``/hls/{room}/replay/index.m3u8``: one variant for each picture, sound and subtitles as its renditions."""
        formats = {name: max((e.coded for e in entries), key=_quality) for name, entries in self._programme.items()}
        sounds = [name for name, coded in formats.items() if coded.kind == "audio"]
        pictures = [name for name, coded in formats.items() if coded.kind != "audio"]
        lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
        grouped = bool(sounds and pictures)
        if grouped:
            lines += [
                f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="{name}",DEFAULT={"YES" if index == 0 else "NO"},'
                f'AUTOSELECT=YES,URI="{name}.m3u8"'
                for index, name in enumerate(sounds)
            ]
        lines += subtitle_lines(subtitles)
        for name in pictures or sounds:
            coded = formats[name]
            beside = [formats[sound] for sound in sounds] if grouped else []
            attributes = _attributes(coded, beside, self._peak_bps(name)) + (
                ',SUBTITLES="captions"' if subtitles else ""
            )
            lines.append(f"#EXT-X-STREAM-INF:{attributes}")
            lines.append(f"{name}.m3u8")
        return "\n".join([*lines, ""])

    def _peak_bps(self, track: str) -> int:
        """The greatest of the segments' bit rates (RFC 8216 section 4.3.4.2)."""
        rates = [
            entry.piece.size_bytes * 8 / entry.piece.duration_s
            for entry in self._entries[track]
            if entry.piece.duration_s > 0
        ]
        return math.ceil(max(rates, default=1.0)) or 1

    def media(self, track: str) -> str | None:
        """``/hls/{room}/replay/{track}.m3u8``; None for a track that is not there."""
        entries = self._entries.get(track)
        if not entries:
            return None
        longest = max(entry.piece.duration_s for entry in entries)
        lines = [
            "#EXTM3U",
            f"#EXT-X-VERSION:{VERSION}",
            # Durations rounded to the nearest integer must not be above it.
            f"#EXT-X-TARGETDURATION:{max(1, math.floor(longest + 0.5))}",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:VOD",
        ]
        shown: tuple[str, str] | None = None
        for index, entry in enumerate(entries):
            if entry.breaks and index:
                lines.append("#EXT-X-DISCONTINUITY")
            init = (entry.recording_id, entry.coded.init)
            if init != shown:
                lines.append(f'#EXT-X-MAP:URI="{entry.recording_id}/{entry.coded.init}"')
                shown = init
            if entry.breaks:
                lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{iso(entry.piece.at_ms)}")
            lines.append(f"#EXTINF:{entry.piece.duration_s:.5f},")
            lines.append(f"{entry.recording_id}/{entry.piece.name}")
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])

    def passages(self) -> Sequence[Passage]:
        """The leading track in pieces of about a minute, which begin and end where its segments do."""
        found: list[Passage] = []
        at_s = 0.0
        for entry in self._leading():
            end_s = at_s + entry.piece.duration_s
            last = found[-1] if found else None
            if last is None or entry.breaks:
                found.append(Passage(at_s, end_s, at_s, entry.recording_id, entry.coded, entry.piece, True))
            elif end_s - last.start_s > PASSAGE_S:
                found.append(replace(last, start_s=at_s, end_s=end_s, breaks=False))
            else:
                found[-1] = replace(last, end_s=end_s)
            at_s = end_s
        return found

    def subtitles(self) -> str:
        """``/hls/{room}/replay/captions-{locale}/index.m3u8``: ``{number}.vtt`` for each passage.

        Its target duration is its own, as that of subtitles may be where nothing is added any more (RFC 8216 section
        6.2.4); discontinuities are where the picture has them, so that players count both alike.
        """
        passages = self.passages()
        longest = max((passage.end_s - passage.start_s for passage in passages), default=0.0)
        lines = [
            "#EXTM3U",
            f"#EXT-X-VERSION:{VERSION}",
            f"#EXT-X-TARGETDURATION:{max(1, math.floor(longest + 0.5))}",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:VOD",
        ]
        for number, passage in enumerate(passages):
            if passage.breaks:
                lines += ["#EXT-X-DISCONTINUITY"] * (number > 0)
                lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{iso(passage.first.at_ms)}")
            lines += [f"#EXTINF:{passage.end_s - passage.start_s:.5f},", f"{number}.vtt"]
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])

    # --- interpreters

    @property
    def channels(self) -> Sequence[str]:
        """Languages into which somebody interpreted."""
        return [name.removeprefix(INTERPRETED) for name in self._entries if name.startswith(INTERPRETED)]

    def stretches(self, locale: str) -> Sequence[Stretch]:
        """Where in the replay an interpreter is heard; what was said while the programme was not kept is in none."""
        shown = [(entry.piece.at_ms, entry.piece.duration_s) for entry in self._leading()]
        starts = list(accumulate((duration_s for _, duration_s in shown), initial=0.0))
        ends = [at_ms + duration_s * 1000 for at_ms, duration_s in shown]
        found: list[Stretch] = []
        at_s = 0.0
        for entry in self._entries.get(f"{INTERPRETED}{locale}", ()):
            begins, ended = entry.piece.at_ms, entry.piece.at_ms + entry.piece.duration_s * 1000
            for index in range(bisect_right(ends, begins), len(shown)):
                from_ms, until_ms = max(begins, shown[index][0]), min(ended, ends[index])
                if shown[index][0] >= ended:
                    break
                start_s = starts[index] + (from_ms - shown[index][0]) / 1000
                _extend(found, Stretch(start_s, at_s + (from_ms - begins) / 1000, (until_ms - from_ms) / 1000))
            at_s += entry.piece.duration_s
        return found

    # --- chapters

    def position_s(self, at_ms: int) -> float | None:
        """Where in the replay a moment is; what was not kept begins where it goes on; None after the end."""
        passed_s = 0.0
        for entry in self._leading():
            if at_ms < entry.piece.at_ms + entry.piece.duration_s * 1000:
                return passed_s + max(0, at_ms - entry.piece.at_ms) / 1000
            passed_s += entry.piece.duration_s
        return None

    def moment_ms(self, position_s: float) -> int:
        """When what is shown at ``position_s`` happened; the end's moment for what is after it."""
        passed_s, moment = 0.0, 0.0
        for entry in self._leading():
            moment = entry.piece.at_ms + max(0.0, min(position_s - passed_s, entry.piece.duration_s)) * 1000
            passed_s += entry.piece.duration_s
            if position_s < passed_s:
                break
        return round(moment)

    def chapters(self) -> list[Chapter]:
        """In their order; of several that begin at once the last counts, and each ends where the next begins."""
        starts: dict[float, Mark] = {}
        marks = sorted((mark for take in self._takes for mark in take.contents.marks), key=lambda mark: mark.at_ms)
        for mark in marks:
            start_s = self.position_s(mark.at_ms)
            if start_s is not None:
                starts[round(start_s, 3)] = mark
        ordered = sorted(starts.items())
        ends = [start for start, _ in ordered[1:]] + [round(self.duration_s, 3)]
        return [
            Chapter(mark.title, mark.offer, start_s, end_s)
            for (start_s, mark), end_s in zip(ordered, ends, strict=False)
            if mark.title
        ]


def _extend(stretches: list[Stretch], more: Stretch) -> None:
    """By what follows the last one in both times; by a stretch of its own otherwise."""
    if stretches:
        last = stretches[-1]
        in_replay, in_track = more.start_s - last.start_s, more.at_s - last.at_s
        if abs(in_replay - in_track) < _IN_STEP_S and in_track - last.duration_s < _IN_STEP_S:
            stretches[-1] = replace(last, duration_s=in_track + more.duration_s)
            return
    stretches.append(more)


def webvtt(chapters: Sequence[Chapter]) -> str:
    """Chapters as WebVTT cues (w3.org/TR/webvtt1, section 6)."""
    cues = [
        f"{_vtt_time(chapter.start_s)} --> {_vtt_time(max(chapter.end_s, chapter.start_s + 0.001))}\n"
        f"{_vtt_text(chapter.title)}\n"
        for chapter in chapters
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _vtt_time(seconds: float) -> str:
    millis = round(seconds * 1000)
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}.{millis % 1000:03}"


def _vtt_text(text: str) -> str:
    """One line, with nothing in it that WebVTT would read as its own."""
    plain = " ".join(text.split())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quality(coded: Format) -> tuple[int, int]:
    return (coded.width * coded.height, coded.bitrate_bps)


def _attributes(coded: Format, sounds: Sequence[Format], peak_bps: int) -> str:
    bandwidth = peak_bps + max((sound.bitrate_bps for sound in sounds), default=0)
    codecs = ",".join(dict.fromkeys([coded.codecs, *(sound.codecs for sound in sounds)]))
    attributes = [f"BANDWIDTH={bandwidth}", f'CODECS="{codecs}"']
    if coded.width and coded.height:
        attributes.append(f"RESOLUTION={coded.width}x{coded.height}")
    if sounds:
        attributes.append('AUDIO="sound"')
    return ",".join(attributes)
