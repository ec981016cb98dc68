"""Playlists against RFC 8216bis, line by line, and against a reader of their own under random histories."""

import re
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.hls.events import HlsEraBegan, HlsPartWritten, HlsSegmentWritten, HlsStarted
from livehub.media.hls.playlist import MediaPlaylist, Position, PositionTooFar, Report, multivariant

STARTED = HlsStarted("r", "run_1", ("video",), 1_700_000_000_000, 4, 0.35, 60.0)
PART_S = 16 * 1024 / 48_000


class Room:
    """A playlist and what was told to it."""

    def __init__(self, started: HlsStarted = STARTED) -> None:
        self.playlist = MediaPlaylist(started)
        self.msn, self.part, self.era = 0, 0, 0
        self.at_ms = float(started.started_ms)
        self.segment_ms = self.at_ms
        self.length_s = 0.0
        self.sizes = 0
        self.new_era(0)

    def new_era(self, era: int, width: int = 640) -> None:
        self.era = era
        path = f"r/run_1/video/init-{era}.mp4"
        self.playlist.era_began(HlsEraBegan("r", "run_1", "video", era, path, "avc1.42e01f,mp4a.40.2", width, 360))

    def add_part(self, *, key: bool = False, duration_s: float = PART_S, size: int = 40_000) -> None:
        path = f"r/run_1/video/{self.msn}.{self.part}.m4s"
        self.playlist.part_written(
            HlsPartWritten(
                "r", "run_1", "video", self.era, self.msn, self.part, path, round(self.at_ms), duration_s, size, key
            )
        )
        self.part += 1
        self.at_ms += duration_s * 1000
        self.length_s += duration_s
        self.sizes += size

    def close_segment(self) -> None:
        path = f"r/run_1/video/{self.msn}.m4s"
        self.playlist.segment_written(
            HlsSegmentWritten(
                "r", "run_1", "video", self.era, self.msn, self.part, path, round(self.segment_ms), self.length_s,
                self.sizes, True,
            )
        )  # fmt: skip
        self.msn, self.part, self.length_s, self.sizes = self.msn + 1, 0, 0.0, 0
        self.segment_ms = self.at_ms

    def segments(self, count: int, parts: int = 6) -> "Room":
        for _ in range(count):
            for index in range(parts):
                self.add_part(key=index == 0)
            self.close_segment()
        return self

    def lines(self, *, skip: bool = False) -> list[str]:
        return self.playlist.render(skip=skip).splitlines()


def tagged(lines: list[str], tag: str) -> list[str]:
    return [line.removeprefix(f"#{tag}:") for line in lines if line.startswith(f"#{tag}:")]


def attributes(text: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', text)}


# --- section 4.1, 4.4.1, 4.4.3: the head


def test_the_head_comes_first_and_says_what_the_server_can() -> None:
    lines = Room().segments(3).lines()
    assert lines[0] == "#EXTM3U"
    assert tagged(lines, "EXT-X-VERSION") == ["9"]  # section 8: EXT-X-SKIP needs version 9
    assert tagged(lines, "EXT-X-TARGETDURATION") == ["4"]
    assert tagged(lines, "EXT-X-PART-INF") == ["PART-TARGET=0.350"]
    control = attributes(tagged(lines, "EXT-X-SERVER-CONTROL")[0])
    assert control["CAN-BLOCK-RELOAD"] == "YES"
    assert float(control["PART-HOLD-BACK"]) >= 3 * 0.35
    assert float(control["HOLD-BACK"]) >= 3 * 4
    assert float(control["CAN-SKIP-UNTIL"]) >= 6 * 4
    for once in ("EXT-X-TARGETDURATION", "EXT-X-SERVER-CONTROL", "EXT-X-PART-INF", "EXT-X-MEDIA-SEQUENCE"):
        assert len(tagged(lines, once)) == 1
    first_segment = next(index for index, line in enumerate(lines) if line.startswith("#EXTINF"))
    assert all(
        index < first_segment
        for index, line in enumerate(lines)
        if line.startswith(("#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE"))
    )


def test_lines_are_plain_text_with_one_line_feed_each() -> None:
    text = Room().segments(2).playlist.render()
    assert text.endswith("\n")
    assert "\r" not in text
    assert "\n\n" not in text
    assert not text.startswith("\ufeff")


# --- section 4.4.4: segments and parts


def test_each_segment_has_its_duration_time_and_map() -> None:
    lines = Room().segments(3).lines()
    assert [line for line in lines if not line.startswith("#")] == ["0.m4s", "1.m4s", "2.m4s"]
    assert all(round(float(text.rstrip(","))) <= 4 for text in tagged(lines, "EXTINF"))
    assert tagged(lines, "EXT-X-PROGRAM-DATE-TIME")[0] == "2023-11-14T22:13:20.000Z"
    assert tagged(lines, "EXT-X-MAP") == ['URI="init-0.mp4"']
    assert lines.index('#EXT-X-MAP:URI="init-0.mp4"') < lines.index("0.m4s")


def test_parts_stand_before_their_segment_and_do_not_exceed_the_target() -> None:
    room = Room().segments(2)
    room.add_part(key=True)
    room.add_part()
    lines = room.lines()
    parts = [attributes(text) for text in tagged(lines, "EXT-X-PART")]
    assert [part["URI"] for part in parts] == [
        *(f"{msn}.{part}.m4s" for msn in (0, 1) for part in range(6)), "2.0.m4s", "2.1.m4s",
    ]  # fmt: skip
    assert all(0.85 * 0.35 <= float(part["DURATION"]) <= 0.35 for part in parts)
    assert [part["URI"] for part in parts if part.get("INDEPENDENT") == "YES"] == ["0.0.m4s", "1.0.m4s", "2.0.m4s"]
    last_of_first = next(index for index, line in enumerate(lines) if '"0.5.m4s"' in line)
    assert last_of_first < lines.index("0.m4s") < next(i for i, line in enumerate(lines) if '"1.0.m4s"' in line)


def test_parts_are_named_for_three_target_durations_only() -> None:
    lines = Room().segments(12).lines()
    named = {int(attributes(text)["URI"].split(".")[0]) for text in tagged(lines, "EXT-X-PART")}
    assert named == set(range(6, 12))  # segments of 2.048 s that end within twelve seconds of the end


def test_the_preload_hint_names_the_next_part() -> None:
    room = Room().segments(1)
    assert tagged(room.lines(), "EXT-X-PRELOAD-HINT") == ['TYPE=PART,URI="1.0.m4s"']
    room.add_part(key=True)
    assert tagged(room.lines(), "EXT-X-PRELOAD-HINT") == ['TYPE=PART,URI="1.1.m4s"']


def test_reports_of_other_renditions_tell_their_last_position() -> None:
    text = Room().segments(1).playlist.render(reports=[Report("../low/index.m3u8", Position(7, 3))])
    assert tagged(text.splitlines(), "EXT-X-RENDITION-REPORT") == ['URI="../low/index.m3u8",LAST-MSN=7,LAST-PART=3']


def test_an_ended_playlist_says_so_and_names_no_unfinished_segment() -> None:
    room = Room().segments(2)
    room.add_part(key=True)
    room.playlist.end()
    lines = room.lines()
    assert lines[-1] == "#EXT-X-ENDLIST"
    assert tagged(lines, "EXT-X-PRELOAD-HINT") == []
    assert not any("2.0.m4s" in line for line in lines)
    revision = room.playlist.revision
    room.playlist.end()
    assert room.playlist.revision == revision


# --- section 6.2.2: a live window, discontinuities


def test_the_window_moves_and_the_media_sequence_with_it() -> None:
    room = Room().segments(60)
    lines = room.lines()
    first = int(tagged(lines, "EXT-X-MEDIA-SEQUENCE")[0])
    uris = [line for line in lines if not line.startswith("#")]
    assert uris == [f"{msn}.m4s" for msn in range(first, 60)]
    length_s = sum(float(text.rstrip(",")) for text in tagged(lines, "EXTINF"))
    assert 60 <= length_s < 60 + 2.1
    assert lines.index('#EXT-X-MAP:URI="init-0.mp4"') < lines.index(uris[0])


def test_discontinuities_are_tagged_mapped_and_counted_when_they_leave() -> None:
    room = Room().segments(3)
    room.new_era(1, 320)
    room.segments(2)
    lines = room.lines()
    assert lines.count("#EXT-X-DISCONTINUITY") == 1
    assert lines.index("2.m4s") < lines.index("#EXT-X-DISCONTINUITY") < lines.index('#EXT-X-MAP:URI="init-1.mp4"')
    assert tagged(lines, "EXT-X-DISCONTINUITY-SEQUENCE") == ["0"]
    seen = set()
    for _ in range(40):
        room.segments(1)
        lines = room.lines()
        first = int(tagged(lines, "EXT-X-MEDIA-SEQUENCE")[0])
        sequence = int(tagged(lines, "EXT-X-DISCONTINUITY-SEQUENCE")[0])
        # The number that a player gives to segment 5, whatever has left meanwhile.
        assert sequence + lines.count("#EXT-X-DISCONTINUITY") == 1
        seen.add((first >= 3, first > 3, sequence))
    assert (True, True, 1) in seen
    assert (True, False, 0) in seen


# --- section 6.2.5.1: delta updates


def test_a_delta_update_leaves_out_what_is_behind_the_skip_boundary() -> None:
    room = Room().segments(25)
    full, delta = room.lines(), room.lines(skip=True)
    skipped = int(attributes(tagged(delta, "EXT-X-SKIP")[0])["SKIPPED-SEGMENTS"])
    first = int(tagged(delta, "EXT-X-MEDIA-SEQUENCE")[0])
    assert tagged(full, "EXT-X-MEDIA-SEQUENCE") == [str(first)]
    kept = [line for line in delta if not line.startswith("#")]
    assert kept == [f"{msn}.m4s" for msn in range(first + skipped, 25)]
    assert sum(float(text.rstrip(",")) for text in tagged(delta, "EXTINF")) >= 24
    tail = full[full.index(kept[0]) :]
    assert delta[-len(tail) :] == tail
    assert len(delta) < len(full)


def test_a_short_playlist_is_given_whole() -> None:
    room = Room().segments(3)
    assert room.lines(skip=True) == room.lines()
    assert tagged(room.lines(skip=True), "EXT-X-SKIP") == []


# --- section 6.2.5.2: what a blocking request waits for


def test_positions_are_there_or_to_come_or_nonsense() -> None:
    room = Room().segments(2)
    room.add_part(key=True)
    room.add_part()
    has = room.playlist.has
    assert has(1, None)
    assert has(1, 5)
    assert has(1, 6)  # beyond the last of segment 1: the first of segment 2, which is there
    assert has(2, 1)
    assert not has(2, 2)
    assert not has(2, None)
    assert not has(3, 0)
    assert not has(4, None)
    for msn, part in ((5, None), (5, 0), (2, 2 + 9), (10**9, None)):
        with pytest.raises(PositionTooFar):
            has(msn, part)
    room.close_segment()
    assert has(2, None)
    assert not has(2, 2)  # segment 2 is over without a third part: the first of segment 3
    room.add_part(key=True)
    assert has(2, 2)
    room.playlist.end()
    assert has(10**9, 3)


def test_an_empty_playlist_waits_for_its_first_part() -> None:
    room = Room()
    assert not room.playlist.has(0, 0)
    assert room.playlist.next_part == Position(0, 0)
    assert room.playlist.last is None
    assert "#EXT-X-MEDIA-SEQUENCE:0" in room.lines()


# --- section 4.4.6.2: the multivariant playlist


def test_the_multivariant_playlist_names_rates_codecs_and_size() -> None:
    room = Room().segments(4)
    lines = multivariant([("run_1/video/index.m3u8", room.playlist)]).splitlines()
    found = attributes(tagged(lines, "EXT-X-STREAM-INF")[0])
    assert found["CODECS"] == "avc1.42e01f,mp4a.40.2"
    assert found["RESOLUTION"] == "640x360"
    assert int(found["BANDWIDTH"]) == pytest.approx(40_000 * 8 / PART_S, rel=0.01)
    assert int(found["AVERAGE-BANDWIDTH"]) <= int(found["BANDWIDTH"])
    assert lines[-1] == "run_1/video/index.m3u8"


def test_a_larger_picture_is_never_declared_to_cost_less_than_a_smaller_one() -> None:
    """A camera's largest layer begins with a fraction of its rate, and players read this playlist once."""
    small, large = Room(), Room()
    small.playlist.size, large.playlist.size = (320, 180), (1280, 720)
    small.segments(4)
    large.segments(4)
    large.playlist._bits //= 4
    large.playlist._peak_bps /= 4
    lines = multivariant([("large.m3u8", large.playlist), ("small.m3u8", small.playlist)]).splitlines()
    first, second = (attributes(each) for each in tagged(lines, "EXT-X-STREAM-INF"))
    assert (first["RESOLUTION"], second["RESOLUTION"]) == ("1280x720", "320x180")
    for name in ("BANDWIDTH", "AVERAGE-BANDWIDTH"):
        assert int(first[name]) == round(1.5 * int(second[name]))
    assert int(second["BANDWIDTH"]) == small.playlist.bandwidth_bps[0]


# --- any history


@dataclass
class Reader:
    """A player's memory: what it knows of segments must never change (section 6.2.1)."""

    uris: dict[int, str] = field(default_factory=dict)
    discontinuities: dict[int, int] = field(default_factory=dict)
    maps: dict[int, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    gaps: set[int] = field(default_factory=set)
    may_have_gaps: bool = False

    def read(self, lines: list[str]) -> None:
        msn = int(tagged(lines, "EXT-X-MEDIA-SEQUENCE")[0])
        discontinuity = int(tagged(lines, "EXT-X-DISCONTINUITY-SEQUENCE")[0])
        current = None
        is_gap = False
        for line in lines:
            if line.startswith("#EXT-X-SKIP"):
                skipped = int(line.rpartition("=")[2])
                for known in range(msn, msn + skipped):
                    assert known in self.uris
                discontinuity = self.discontinuities[msn + skipped - 1]
                msn += skipped
                current = self.maps[msn - 1]
            elif line == "#EXT-X-DISCONTINUITY":
                discontinuity += 1
                current = None
            elif line.startswith("#EXT-X-MAP"):
                current = line
            elif line == "#EXT-X-GAP":
                assert self.may_have_gaps
                is_gap = True
            elif line.startswith("#EXT-X-PART:"):
                found = attributes(line.partition(":")[2])
                assert self.parts.setdefault(found["URI"], line) == line
            elif not line.startswith("#"):
                assert self.uris.setdefault(msn, line) == line == f"{msn}.m4s"
                assert self.discontinuities.setdefault(msn, discontinuity) == discontinuity
                if is_gap:
                    self.gaps.add(msn)
                else:
                    assert current is not None
                    assert self.maps.setdefault(msn, current) == current
                msn, is_gap = msn + 1, False


@given(st.lists(st.sampled_from(["part", "part", "part", "close", "close", "era", "read"]), max_size=300))
def test_whatever_happens_no_player_is_told_two_stories(history: list[str]) -> None:
    room = Room(HlsStarted("r", "run_1", ("video",), 0, 4, 0.35, 30.0))
    full, delta = Reader(), Reader()
    full.read(room.lines())
    for step in history:
        match step:
            case "part":
                room.add_part()
            case "close" if room.part:
                room.close_segment()
                delta.read(room.lines(skip=bool(delta.uris)))
            case "era" if not room.part:
                room.new_era(room.era + 1)
            case "read":
                full.read(room.lines())
    full.read(room.lines())
    following = room.playlist.next_part
    assert room.playlist.last is None or room.playlist.has(room.playlist.last.msn, room.playlist.last.part)
    assert not room.playlist.has(following.msn, following.part)


# --- sections 4.4.4.7 and 6.2.4: renditions beside each other


def beside(*, gap: bool) -> tuple[Room, Room]:
    """A leading rendition of two eras, and one that joins in the second one, four segments before the end."""
    leading, joined = Room().segments(3), Room()
    leading.new_era(1, 320)
    leading.segments(2)
    joined.msn, joined.at_ms, joined.segment_ms = leading.msn, leading.at_ms, leading.segment_ms
    joined.new_era(1, 160)
    if gap:
        joined.playlist.join(joined.msn, leading.playlist)
    leading.segments(4)
    joined.segments(4)
    return leading, joined


def told(room: Room) -> Reader:
    reader = Reader(may_have_gaps=True)
    reader.read(room.lines())
    return reader


@pytest.mark.parametrize("gap", [True, False])
def test_a_rendition_that_joins_counts_its_discontinuities_as_the_leading_one(gap: bool) -> None:
    """Where a player finds the same discontinuity in both, it takes it for the same moment."""
    leading, joined = (told(room).discontinuities for room in beside(gap=gap))
    assert set(joined) <= set(leading)
    assert joined == {msn: leading[msn] for msn in joined}
    first = tagged(beside(gap=gap)[1].lines(), "EXT-X-DISCONTINUITY-SEQUENCE")
    assert first == (["0"] if gap else ["1"])
    assert beside(gap=gap)[1].lines().count("#EXT-X-DISCONTINUITY") == (1 if gap else 0)


def test_a_rendition_that_joins_begins_where_the_leading_one_does_with_a_gap() -> None:
    leading, joined = beside(gap=True)
    lines = joined.lines()
    for tag in ("EXT-X-MEDIA-SEQUENCE", "EXT-X-PROGRAM-DATE-TIME", "EXTINF"):
        assert tagged(lines, tag) == tagged(leading.lines(), tag)
    assert told(joined).gaps == {0, 1, 2, 3, 4}
    assert lines.index("4.m4s") < lines.index('#EXT-X-MAP:URI="init-1.mp4"') < lines.index("5.m4s")
    assert not any('"4.' in line for line in lines), "what is not there has no parts"
    joined.segments(60)
    leading.segments(60)
    assert "#EXT-X-GAP" not in joined.lines()
    assert tagged(joined.lines(), "EXT-X-MEDIA-SEQUENCE") == tagged(leading.lines(), "EXT-X-MEDIA-SEQUENCE")


def test_what_is_not_whole_yet_in_the_leading_rendition_makes_no_gap() -> None:
    leading, joined = Room().segments(2), Room()
    leading.add_part(key=True)
    joined.msn = 3
    joined.playlist.join(3, leading.playlist)
    joined.segments(1)
    assert tagged(joined.lines(), "EXT-X-MEDIA-SEQUENCE") == ["3"]


def test_a_rendition_can_be_played_when_it_has_the_distance_that_players_keep() -> None:
    leading, joined = Room().segments(2), Room()
    joined.msn = 2
    joined.playlist.join(2, leading.playlist)
    joined.add_part(key=True)
    joined.close_segment()
    assert not joined.playlist.is_playable
    joined.segments(1)
    assert joined.playlist.is_playable
