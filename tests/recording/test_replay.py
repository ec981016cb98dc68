"""Playlists that a player can seek in, and chapters at the places where their moments are."""

import re

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.hls.playlist import Subtitles
from livehub.media.recording.journal import Contents, Format, Mark, Piece
from livehub.media.recording.replay import Chapter, Replay, Stretch, Take, webvtt

AV = Format("video", "av", "video-1.mp4", "avc1.42e01f,mp4a.40.2", 0, 640, 360)
OTHER = Format("video", "av", "video-2.mp4", "avc1.42e01f,mp4a.40.2", 0, 320, 180)


def take(name: str, starts: list[int], *, breaks: tuple[int, ...] = (), marks: tuple[Mark, ...] = ()) -> Take:
    """Two-second segments that begin at these seconds."""
    contents = Contents(marks=list(marks))
    for number, start in enumerate(starts):
        piece = Piece("video", number, f"video-{number}.m4s", start * 1000, 2.0, 250_000, -1, number in breaks)
        contents.add(AV, piece)
    return Take(name, contents)


def test_a_replay_is_whole_and_ends() -> None:
    replay = Replay([take("rec_1", [100, 102]), take("rec_2", [200])])
    assert replay.duration_s == 6
    playlist = replay.media("video")
    assert playlist is not None
    assert playlist.splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        '#EXT-X-MAP:URI="rec_1/video-1.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:40.000Z",
        "#EXTINF:2.00000,",
        "rec_1/video-0.m4s",
        "#EXTINF:2.00000,",
        "rec_1/video-1.m4s",
        "#EXT-X-DISCONTINUITY",
        '#EXT-X-MAP:URI="rec_2/video-1.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:20.000Z",
        "#EXTINF:2.00000,",
        "rec_2/video-0.m4s",
        "#EXT-X-ENDLIST",
    ]
    assert replay.media("other") is None


def test_another_format_is_mapped_and_another_time_is_a_discontinuity() -> None:
    contents = Contents()
    contents.add(AV, Piece("video", 0, "video-0.m4s", 0, 2.0, 1))
    contents.add(OTHER, Piece("video", 1, "video-1.m4s", 2000, 2.0, 1))
    contents.add(OTHER, Piece("video", 9, "video-9.m4s", 9000, 3.6, 1, -1, True))
    playlist = Replay([Take("rec_1", contents)]).media("video") or ""
    assert playlist.count("#EXT-X-MAP") == 2
    assert playlist.count("#EXT-X-DISCONTINUITY") == 1
    assert "#EXT-X-TARGETDURATION:4" in playlist


def test_variants_say_what_they_are() -> None:
    lines = Replay([take("rec_1", [0, 2])]).multivariant().splitlines()
    assert lines[-2:] == [
        '#EXT-X-STREAM-INF:BANDWIDTH=1000000,CODECS="avc1.42e01f,mp4a.40.2",RESOLUTION=640x360',
        "video.m3u8",
    ]
    contents = Contents()
    contents.add(Format("hi", "video", "hi-1.mp4", "avc1.42e01f", 0, 640, 360), Piece("hi", 0, "hi-0.m4s", 0, 1, 1000))
    contents.add(Format("sound", "audio", "s-1.mp4", "mp4a.40.2", 96_000), Piece("sound", 0, "s-0.m4s", 0, 1, 100))
    both = Replay([Take("rec_1", contents)])
    assert both.tracks == ["hi", "sound"]
    text = both.multivariant()
    assert 'TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,URI="sound.m3u8"' in text
    assert 'BANDWIDTH=104000,CODECS="avc1.42e01f,mp4a.40.2",RESOLUTION=640x360,AUDIO="sound"' in text


def test_moments_are_found_over_pauses_and_recordings() -> None:
    replay = Replay([take("rec_1", [100, 102, 150], breaks=(2,)), take("rec_2", [200])])
    assert replay.position_s(50_000) == 0
    assert replay.position_s(101_500) == 1.5
    assert replay.position_s(120_000) == 4
    assert replay.position_s(151_000) == 5
    assert replay.position_s(201_000) == 7
    assert replay.position_s(202_000) is None


def interpreted(made: Take, starts: list[float], duration_s: float = 2.0) -> Take:
    """With an interpreter's segments that begin at these seconds."""
    thai = Format("interpreter-th", "audio", "th-1.mp4", "mp4a.40.2")
    for number, start in enumerate(starts):
        breaks = number > 0 and starts[number - 1] + duration_s != start
        name = f"th-{number}.m4s"
        made.contents.add(thai, Piece("interpreter-th", number, name, round(start * 1000), duration_s, 1, -1, breaks))
    return made


def test_an_interpreter_is_heard_where_they_spoke_and_nowhere_else() -> None:
    replay = Replay([interpreted(take("rec_1", [100, 102, 104, 106]), [101.5, 103.5])])
    assert replay.channels == ["th"]
    assert replay.stretches("th") == [Stretch(1.5, 0, 4)]
    assert replay.stretches("es") == []
    assert replay.duration_s == 8, "positions are told by the programme"


def test_what_an_interpreter_said_is_found_over_pauses_and_recordings() -> None:
    first = interpreted(take("rec_1", [100, 102, 150], breaks=(2,)), [100.5, 103, 150])
    second = interpreted(take("rec_2", [200]), [199, 201])
    # 103 to 105: a second of it was said in the pause; 199 to 201: a second of it before the second recording.
    assert Replay([first, second]).stretches("th") == [
        Stretch(0.5, 0, 2),
        Stretch(3, 2, 1),
        Stretch(4, 4, 2),
        Stretch(6, 7, 2),
    ]


def test_sound_that_is_some_milliseconds_off_stays_one_stretch_and_does_not_run_away() -> None:
    near = interpreted(take("rec_1", list(range(100, 200, 2))), [100.003, 102.001, 104.004, 105.99])
    assert [round(each.duration_s, 1) for each in Replay([near]).stretches("th")] == [8.0]
    slow = interpreted(take("rec_1", list(range(100, 200, 2))), [100 + n * 2.01 for n in range(20)])
    found = Replay([slow]).stretches("th")
    assert len(found) > 1
    for each in found:
        said_s = 100 + each.at_s / 2.0 * 2.01
        assert abs(said_s - (100 + each.start_s)) < 0.06


def test_chapters_end_where_the_next_begins() -> None:
    marks = (
        Mark(99_000, "Bowl", "ofr_1"),
        Mark(99_500, "Vase", "ofr_2"),
        Mark(101_000, "", ""),
        Mark(103_000, "Cup & <b>saucer</b>", "ofr_3"),
        Mark(500_000, "Later", "ofr_4"),
    )
    chapters = Replay([take("rec_1", [100, 102], marks=marks)]).chapters()
    assert chapters == [Chapter("Vase", "ofr_2", 0, 1), Chapter("Cup & <b>saucer</b>", "ofr_3", 3, 4)]
    assert webvtt(chapters) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nVase\n\n"
        "00:00:03.000 --> 00:00:04.000\nCup &amp; &lt;b&gt;saucer&lt;/b&gt;\n"
    )
    assert Replay([]).chapters() == []
    assert webvtt([]) == "WEBVTT\n"


@given(st.lists(st.tuples(st.integers(0, 100), st.text(max_size=20)), max_size=12))
def test_any_titles_make_valid_cues_in_order(marks: list[tuple[int, str]]) -> None:
    made = tuple(Mark(at * 500, title, "o") for at, title in marks)
    chapters = Replay([take("rec_1", [10, 12, 20, 30], marks=made)]).chapters()
    assert [chapter.start_s for chapter in chapters] == sorted({chapter.start_s for chapter in chapters})
    assert all(chapter.start_s < chapter.end_s <= 8 for chapter in chapters)
    text = webvtt(chapters)
    assert len(re.findall(r"^\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}$", text, re.MULTILINE)) == len(chapters)


@given(st.floats(0, 9, allow_nan=False))
def test_a_position_is_found_again_by_its_moment(position_s: float) -> None:
    replay = Replay([take("rec_1", [100, 102, 150], breaks=(2,)), take("rec_2", [200])])
    found = replay.position_s(replay.moment_ms(position_s))
    # Moments are whole milliseconds; what is after the end is at the end, which is no place in the replay.
    assert (position_s >= 7.9994) if found is None else abs(found - position_s) < 0.0006
    assert Replay([]).moment_ms(position_s) == 0


def _pieces(playlist: str) -> list[tuple[float, str]]:
    return [(float(seconds), uri) for seconds, uri in re.findall(r"#EXTINF:([\d.]+),\n(\S+)", playlist)]


def test_subtitles_break_where_the_picture_does_and_are_as_long() -> None:
    starts = [*range(100, 250, 2), *range(400, 410, 2)]
    replay = Replay([take("rec_1", starts, breaks=(75,)), take("rec_2", [1000, 1002])])
    subtitles, picture = replay.subtitles(), replay.media("video") or ""
    assert subtitles.startswith("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:60\n#EXT-X-MEDIA-SEQUENCE:0\n")
    assert "#EXT-X-PLAYLIST-TYPE:VOD\n" in subtitles
    assert subtitles.endswith("#EXT-X-ENDLIST\n")
    assert "#EXT-X-MAP" not in subtitles
    pieces = _pieces(subtitles)
    assert [uri for _, uri in pieces] == [f"{number}.vtt" for number in range(5)]
    assert [seconds for seconds, _ in pieces] == [60, 60, 30, 10, 4]
    # As long as the picture from each discontinuity to the next, and dated alike there.
    parts = [
        [sum(s for s, _ in _pieces(part)) for part in text.split("#EXT-X-DISCONTINUITY")]
        for text in (subtitles, picture)
    ]
    assert parts == [[150, 10, 4]] * 2
    dates = [re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", text) for text in (subtitles, picture)]
    assert dates[0] == dates[1]
    passages = replay.passages()
    assert [(passage.start_s, passage.stretch_s) for passage in passages] == [
        (0, 0), (60, 0), (120, 0), (150, 150), (160, 160),
    ]  # fmt: skip
    assert [(passage.recording_id, passage.first.name) for passage in passages][2:] == [
        ("rec_1", "video-0.m4s"), ("rec_1", "video-75.m4s"), ("rec_2", "video-0.m4s"),
    ]  # fmt: skip


@given(
    st.lists(st.tuples(st.floats(0.2, 90, allow_nan=False), st.booleans()), min_size=1, max_size=40),
)
def test_no_piece_of_subtitles_is_longer_than_is_said(segments: list[tuple[float, bool]]) -> None:
    contents, at_ms = Contents(), 0
    for number, (seconds, breaks) in enumerate(segments):
        contents.add(AV, Piece("video", number, f"video-{number}.m4s", at_ms, seconds, 1, -1, breaks))
        at_ms += round(seconds * 1000) + (5000 if breaks else 0)
    text = Replay([Take("rec_1", contents)]).subtitles()
    target = int(re.findall(r"#EXT-X-TARGETDURATION:(\d+)", text)[0])
    # RFC 8216 section 4.3.3.1: rounded to the nearest integer.
    assert all(int(seconds + 0.5) <= target for seconds, _ in _pieces(text))
    assert abs(sum(seconds for seconds, _ in _pieces(text)) - sum(seconds for seconds, _ in segments)) < 0.001
    assert text.count("#EXT-X-DISCONTINUITY") == sum(breaks for _, breaks in segments[1:])


def test_subtitles_are_a_group_that_every_variant_names() -> None:
    said = [
        Subtitles("captions-en/index.m3u8", "en", "English", True),
        Subtitles("captions-th/index.m3u8", "th", "ไทย", False),
    ]
    text = Replay([take("rec_1", [0, 2])]).multivariant(said)
    assert (
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="ไทย",LANGUAGE="th",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,'
        'URI="captions-th/index.m3u8"\n' in text
    )
    assert text.count("transcribes-spoken-dialog") == 1
    variants = re.findall(r"#EXT-X-STREAM-INF:(.*)", text)
    assert variants
    assert all(variant.endswith(',SUBTITLES="captions"') for variant in variants)
    assert "SUBTITLES" not in Replay([take("rec_1", [0, 2])]).multivariant()
