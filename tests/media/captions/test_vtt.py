"""WebVTT as its specification wants it, and segments that belong to those of the picture."""

from livehub.media.captions.model import Line
from livehub.media.captions.vtt import document, passage, segment

STARTED_MS = 1_700_000_000_000


def test_cues_cannot_be_broken_out_of() -> None:
    text = document([(0, 1, "a --> b <b>bold</b> & more\n\nNOTE x"), (3661.5, 3661.6, "late"), (5, 6, "  ")])
    assert text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na --&gt; b &lt;b&gt;bold&lt;/b&gt; &amp;\nmore NOTE x\n"
        "\n01:01:01.500 --> 01:01:02.200\nlate\n"
    )


def test_long_lines_are_rows() -> None:
    rows = document([(0, 1, "one two three four five six seven eight nine ten eleven twelve")]).split("\n")[3:]
    assert all(len(row) <= 42 for row in rows)
    assert " ".join(rows).strip() == "one two three four five six seven eight nine ten eleven twelve"


def test_a_segment_has_what_was_said_in_it_on_the_runs_clock() -> None:
    lines = [
        Line("a", STARTED_MS - 5_000, STARTED_MS - 4_000, "en", "of the run before"),
        Line("b", STARTED_MS + 1_500, STARTED_MS + 2_500, "en", "over the edge", {"th": "ข้ามขอบ"}),
        Line("c", STARTED_MS + 4_500, STARTED_MS + 5_000, "en", "later"),
    ]

    def of(start_s: float, end_s: float, locale: str = "en") -> str:
        start_ms, end_ms = STARTED_MS + round(start_s * 1000), STARTED_MS + round(end_s * 1000)
        return segment(lines, locale, started_ms=STARTED_MS, start_ms=start_ms, end_ms=end_ms)

    head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:2700000,LOCAL:00:00:00.000\n"
    cue = "\n00:00:01.500 --> 00:00:02.500\nover the edge\n"
    assert of(0, 2) == head + cue
    assert of(2, 4) == head + cue
    assert of(0, 2, "th") == head + cue.replace("over the edge", "ข้ามขอบ")
    assert "later" in of(4, 6)
    assert of(6, 8) == head


def test_a_passage_of_a_replay_stands_on_its_stretchs_clock() -> None:
    cues = [
        (58.0, 61.0, "over the edge"),
        (70.0, 71.5, "in it"),
        (119.9, 120.0, "short, and shown longer"),
        (130.0, 131.0, "x"),
    ]

    def of(start_s: float, end_s: float, *, zero_s: float, clock_s: float = 30.0) -> str:
        return passage(cues, start_s=start_s, end_s=end_s, zero_s=zero_s, clock_s=clock_s)

    head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:2700000,LOCAL:00:00:00.000\n"
    edge = "\n00:00:58.000 --> 00:01:01.000\nover the edge\n"
    assert of(0, 60, zero_s=0) == head + edge
    assert of(60, 120, zero_s=0).startswith(head + edge + "\n00:01:10.000 --> 00:01:11.500\nin it\n")
    # another stretch begins at 60 s: its clock, and times from there
    assert of(60, 72, zero_s=60, clock_s=12.5) == (
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:1125000,LOCAL:00:00:00.000\n"
        "\n00:00:00.000 --> 00:00:01.000\nover the edge\n\n00:00:10.000 --> 00:00:11.500\nin it\n"
    )
    assert "short" in of(120, 125, zero_s=0)
    assert of(140, 150, zero_s=0, clock_s=2**33 / 90_000 + 1) == head.replace("2700000", "90000")
