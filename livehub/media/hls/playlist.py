"""Playlists of low-latency HLS, made from the packager's events (RFC 8216bis). Pure text and numbers.

A :class:`MediaPlaylist` follows one rendition of one run; :func:`multivariant` names the renditions. docs/hls.md maps
each requirement of the specification to its test.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from livehub.clock import iso
from livehub.media.hls.events import HlsEraBegan, HlsPartWritten, HlsSegmentWritten, HlsStarted

#: in target durations: how far back parts are named (4.4.4.9), what a delta update may leave out (4.4.3.8), and the
#: distance that players without low latency keep
PARTS_BACK, SKIP_BACK, HOLD_BACK = 3, 6, 3
#: in part targets: distance of low-latency players; at least two, three are recommended (4.4.3.8). The fourth is for
#: the half second that nginx may hold back what somebody else has asked for first
PART_HOLD_BACK = 4
#: before anything was measured: what a publisher is told to send at most for a picture of so many pixels, and the
#: sound; smaller pictures take more bits for each pixel
_FIRST_BANDWIDTH_BPS, _FIRST_PIXELS, _SOUND_BPS = 2_700_000, 1280 * 720, 200_000
#: what a larger picture is taken to cost at least, to the next smaller one
_LARGER_COSTS = 1.5
_SMALLER_COST = 0.75


class PositionTooFar(ValueError):
    """A client asks for what will not come next (6.2.5.2): it is on another playlist."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Media sequence number, and part in that segment."""

    msn: int
    part: int


@dataclass(slots=True)
class _Segment:
    msn: int
    era: int
    at_ms: int
    uri: str = ""
    duration_s: float = 0.0
    size: int = 0
    complete: bool = False
    #: it is there in the leading rendition alone
    gap: bool = False
    parts: list[HlsPartWritten] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """Where another rendition is (4.4.5.4). ``uri`` relative to the playlist that names it."""

    uri: str
    last: Position


class MediaPlaylist:
    """Events in; text, and what is there yet, out. ``revision`` changes with every change of the text."""

    def __init__(self, started: HlsStarted) -> None:
        self.started = started
        self.revision = 0
        self.ended = False
        self.size: tuple[int, int] = (0, 0)
        self.codecs = ""
        self._maps: dict[int, str] = {}
        self._segments: deque[_Segment] = deque()
        self._first_of_era: dict[int, int] = {}  # media sequence numbers, where another era was before
        self._peak_bps = 0.0
        self._bits = self._seconds = 0.0

    # --- events

    def era_began(self, event: HlsEraBegan) -> None:
        self._maps[event.era] = _name(event.path)
        self.size, self.codecs = (event.width, event.height), event.codecs
        self.revision += 1

    def part_written(self, event: HlsPartWritten) -> None:
        self._segment(event.msn, event.era, event.at_ms).parts.append(event)
        self.revision += 1

    def segment_written(self, event: HlsSegmentWritten) -> None:
        segment = self._segment(event.msn, event.era, event.at_ms)
        segment.uri, segment.duration_s, segment.size = _name(event.path), event.duration_s, event.size
        segment.complete = True
        self._bits += event.size * 8
        self._seconds += event.duration_s
        # A segment of a blink of an eye says nothing of what a player needs; 4.1 leaves short ones out as well.
        if event.duration_s >= 0.5 * self.started.target_duration_s or not self._peak_bps:
            self._peak_bps = max(self._peak_bps, event.size * 8 / event.duration_s)
        self._forget()
        self.revision += 1

    def join(self, msn: int, leading: "MediaPlaylist") -> None:
        """Begin with segment ``msn``, and with a gap where the leading rendition has segments before it (4.4.4.7).

        Players lay renditions over each other by what they have in common. One that begins with this rendition takes
        its first segment for the beginning of all time: hls.js has no place for what others have before it.
        """
        before = [segment for segment in leading._segments if segment.msn < msn and segment.complete]
        if self._segments or not before or before[-1].msn != msn - 1:
            return
        for each in before:
            self._segments.append(
                _Segment(each.msn, each.era, each.at_ms, each.uri, each.duration_s, complete=True, gap=True)
            )
        self._first_of_era = dict(leading._first_of_era)

    def end(self) -> None:
        """Nothing more comes: EXT-X-ENDLIST. A segment that was not finished is not part of it."""
        if not self.ended:
            self.ended = True
            if self._segments and not self._segments[-1].complete:
                self._segments.pop()
            self.revision += 1

    def _segment(self, msn: int, era: int, at_ms: int) -> _Segment:
        if not self._segments or self._segments[-1].msn != msn:
            # A rendition that joins in the middle of an era has no discontinuity there: players that go to it from
            # another one put equal discontinuities at the same moment (6.2.4).
            if self._segments and self._segments[-1].era != era:
                self._first_of_era[era] = msn
            self._segments.append(_Segment(msn, era, at_ms))
        return self._segments[-1]

    def _forget(self) -> None:
        """Segments behind the window go, and parts that are far from the end."""
        length = math.fsum(segment.duration_s for segment in self._segments)
        least = self.started.window_s
        while length - self._segments[0].duration_s > least:
            length -= self._segments.popleft().duration_s
        kept_eras = {segment.era for segment in self._segments}
        self._maps = {era: uri for era, uri in self._maps.items() if era in kept_eras or era > max(kept_eras)}
        self._first_of_era = {era: msn for era, msn in self._first_of_era.items() if era in kept_eras}
        behind = 0.0
        for segment in reversed(self._segments):
            if behind > PARTS_BACK * self.started.target_duration_s:
                segment.parts = []
            behind += segment.duration_s

    # --- what is there

    @property
    def last(self) -> Position | None:
        """The newest part, or whole segment; None while there is nothing."""
        if not self._segments:
            return None
        segment = self._segments[-1]
        return Position(segment.msn, len(segment.parts) - 1)

    @property
    def is_playable(self) -> bool:
        """Whether there are whole segments, as hls.js wants, for the distance that players keep."""
        return self._seconds >= PART_HOLD_BACK * self.started.part_target_s

    @property
    def next_part(self) -> Position:
        """What the preload hint names."""
        if not self._segments:
            return Position(0, 0)
        segment = self._segments[-1]
        return Position(segment.msn + 1, 0) if segment.complete else Position(segment.msn, len(segment.parts))

    @property
    def advance_part_limit(self) -> int:
        """Parts that a request may be ahead (6.2.5.2)."""
        target_s = self.started.part_target_s
        return math.ceil(3 / target_s) if target_s < 1 else 3

    @property
    def bandwidth_bps(self) -> tuple[int, int]:
        """Peak and average bit rate of segments (4.4.6.2)."""
        if not self._seconds:
            share = min(1.0, (self.size[0] * self.size[1] or _FIRST_PIXELS) / _FIRST_PIXELS) ** _SMALLER_COST
            first = round((_FIRST_BANDWIDTH_BPS - _SOUND_BPS) * share) + _SOUND_BPS
            return first, first
        average = round(self._bits / self._seconds)
        return max(round(self._peak_bps), average), average

    def has(self, msn: int, part: int | None) -> bool:
        """Whether a request for this position may be answered now (6.2.5.2).

        Raises:
            PositionTooFar: it is further ahead than anything that is announced.
        """
        if self.ended:
            return True
        following = self.next_part
        newest = self._segments[-1].msn if self._segments else -1
        if msn > newest + 2:
            raise PositionTooFar(f"segment {msn} is far ahead of {newest}")
        if part is None:
            return msn < following.msn
        if msn == following.msn and part >= following.part + self.advance_part_limit:
            raise PositionTooFar(f"part {part} is far ahead of {following.part}")
        # A part beyond the last of a whole segment means the first of the next one.
        if msn == following.msn - 1 and self._is_beyond(msn, part):
            return False
        return Position(msn, part) < following

    def _is_beyond(self, msn: int, part: int) -> bool:
        segment = self._segments[-1] if self._segments else None
        return segment is not None and segment.msn == msn and segment.complete and part >= len(segment.parts)

    # --- text

    def render(self, *, skip: bool = False, reports: Sequence[Report] = ()) -> str:
        """The playlist, as a delta update with ``skip`` where there is enough to leave out (6.2.5.1)."""
        started, target = self.started, self.started.target_duration_s
        skipped = self._skippable() if skip and not self.ended else 0
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            f"#EXT-X-TARGETDURATION:{target}",
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES"
            f",PART-HOLD-BACK={PART_HOLD_BACK * started.part_target_s:.3f}"
            f",HOLD-BACK={HOLD_BACK * target:.1f},CAN-SKIP-UNTIL={SKIP_BACK * target:.1f}",
            f"#EXT-X-PART-INF:PART-TARGET={started.part_target_s:.3f}",
            f"#EXT-X-MEDIA-SEQUENCE:{self._segments[0].msn if self._segments else 0}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self._discontinuities_before()}",
        ]
        if skipped:
            lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")
        lines += self._body(skipped)
        lines += self._tail(reports)
        return "\n".join(lines) + "\n"

    def subtitles(self, until_ms: int) -> str:
        """Beside this playlist, what was said: ``{msn}.vtt`` for each segment that had ended at ``until_ms``.

        Lines come seconds after the sound, and a segment that players have read is not read again (RFC 8216 section
        6.2.1): whatever is named here has all its lines.
        """
        settled = [item for item in self._segments if item.complete and item.at_ms + item.duration_s * 1000 <= until_ms]
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:6",
            f"#EXT-X-TARGETDURATION:{self.started.target_duration_s}",
            f"#EXT-X-MEDIA-SEQUENCE:{self._segments[0].msn if self._segments else 0}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self._discontinuities_before()}",
        ]
        before: _Segment | None = None
        for segment in settled:
            if self._begins_era(segment, before):
                lines.append("#EXT-X-DISCONTINUITY")
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{iso(segment.at_ms)}")
            lines += [f"#EXTINF:{segment.duration_s:.5f},", f"{segment.msn}.vtt"]
            before = segment
        if self.ended and len(settled) == len(self._segments):
            lines.append("#EXT-X-ENDLIST")
        return "\n".join(lines) + "\n"

    def times_of(self, msn: int) -> tuple[int, int] | None:
        """When a whole segment begins and ends, in ms since 1970; None for one that is not there."""
        for segment in self._segments:
            if segment.msn == msn and segment.complete:
                return segment.at_ms, segment.at_ms + round(segment.duration_s * 1000)
        return None

    def _discontinuities_before(self) -> int:
        """Eras are counted by their discontinuities; that of the first segment's own era stands in the list."""
        if not self._segments:
            return 0
        first = self._segments[0]
        return first.era - self._begins_era(first, None)

    def _begins_era(self, segment: _Segment, before: _Segment | None) -> bool:
        if before is not None:
            return before.era != segment.era
        return segment.msn == self._first_of_era.get(segment.era)

    def _skippable(self) -> int:
        """Segments further from the end than the skip boundary."""
        behind, count = 0.0, len(self._segments)
        boundary = SKIP_BACK * self.started.target_duration_s
        for segment in reversed(self._segments):
            if behind > boundary:
                break
            behind += segment.duration_s or math.fsum(part.duration_s for part in segment.parts)
            count -= 1
        return count

    def _body(self, skipped: int) -> Iterable[str]:
        before: _Segment | None = None
        mapped = -1
        for index, segment in enumerate(self._segments):
            if index >= skipped:
                if self._begins_era(segment, before):
                    yield "#EXT-X-DISCONTINUITY"
                if mapped != segment.era and not segment.gap:
                    yield f'#EXT-X-MAP:URI="{self._maps[segment.era]}"'
                if segment.gap:
                    yield "#EXT-X-GAP"
                yield f"#EXT-X-PROGRAM-DATE-TIME:{iso(segment.at_ms)}"
                for part in segment.parts:
                    independent = ",INDEPENDENT=YES" if part.independent else ""
                    yield f'#EXT-X-PART:DURATION={part.duration_s:.5f},URI="{_name(part.path)}"{independent}'
                if segment.complete:
                    yield f"#EXTINF:{segment.duration_s:.5f},"
                    yield segment.uri
            before = segment
            mapped = mapped if segment.gap else segment.era

    def _tail(self, reports: Sequence[Report]) -> Iterable[str]:
        if self.ended:
            yield "#EXT-X-ENDLIST"
            return
        following = self.next_part
        yield f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{following.msn}.{following.part}.m4s"'
        for report in reports:
            yield f'#EXT-X-RENDITION-REPORT:URI="{report.uri}",LAST-MSN={report.last.msn},LAST-PART={report.last.part}'


def _name(path: str) -> str:
    return path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Subtitles:
    """A rendition of what is said (4.4.6.1), named in its own language. ``spoken``: it is no translation."""

    uri: str
    language: str
    name: str
    spoken: bool


def subtitle_lines(subtitles: Sequence[Subtitles]) -> list[str]:
    """The group ``captions`` of a multivariant playlist."""
    spoken = ',CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog"'
    return [
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="{each.name}",LANGUAGE="{each.language}",DEFAULT=NO,'
        f'AUTOSELECT=YES,FORCED=NO{spoken if each.spoken else ""},URI="{each.uri}"'
        for each in subtitles
    ]


def multivariant(renditions: Sequence[tuple[str, MediaPlaylist]], subtitles: Sequence[Subtitles] = ()) -> str:
    """The multivariant playlist of (URI, playlist), best first. Sound is in each of them."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:9", *subtitle_lines(subtitles)]
    declared = _declared([playlist for _, playlist in renditions])
    for (uri, playlist), (peak, average) in zip(renditions, declared, strict=True):
        line = f"#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average}"
        if playlist.codecs:
            line += f',CODECS="{playlist.codecs}"'
        width, height = playlist.size
        if width:
            line += f",RESOLUTION={width}x{height}"
        line += ',SUBTITLES="captions"' if subtitles else ""
        lines += [line + ",CLOSED-CAPTIONS=NONE", uri]
    return "\n".join(lines) + "\n"


def _declared(playlists: Sequence[MediaPlaylist]) -> list[tuple[int, int]]:
    """Peak and average rates, of which a larger picture has more than a smaller one.

    A camera's largest layer begins with a fraction of its rate. Players read this once: one that believes the largest
    to be the cheapest goes to it when its network becomes slow, and stays.
    """
    by_size = sorted(range(len(playlists)), key=lambda at: _pixels(playlists[at]))
    rates = [playlist.bandwidth_bps for playlist in playlists]
    for smaller, larger in pairwise(by_size):
        if _pixels(playlists[larger]) > _pixels(playlists[smaller]):
            least_peak, least = (round(_LARGER_COSTS * rate) for rate in rates[smaller])
            rates[larger] = max(rates[larger][0], least_peak), max(rates[larger][1], least)
    return rates


def _pixels(playlist: MediaPlaylist) -> int:
    width, height = playlist.size
    return width * height
