"""A journal says what is there, wherever it is cut off."""

from hypothesis import given, settings
from hypothesis import strategies as st

from livehub.media.recording.journal import Contents, Format, Line, Mark, Piece, contents, encode, final, parse

V1 = Format("v", "av", "v-1.mp4", "avc1.42e01f,mp4a.40.2", 0, 640, 360)
V2 = Format("v", "av", "v-2.mp4", "avc1.42e01f,mp4a.40.2", 0, 320, 180)


def piece(number: int, *, part: int = -1, breaks: bool = False) -> Piece:
    suffix = f".{part}" if part >= 0 else ""
    return Piece("v", number, f"v-{number}{suffix}.m4s", 1000 * number, 1.0, 10, part, breaks)


def names(found: Contents) -> list[str]:
    return [each.name for _, each in found.tracks["v"].segments] if found.tracks else []


LINES: list[Line] = [V1, piece(0, part=0), piece(0, part=1), piece(0), Mark(5, "Bowl", "ofr_1"), V2, piece(1, part=0)]


def test_a_segment_takes_the_place_of_its_parts() -> None:
    found = contents(LINES)
    assert names(found) == ["v-0.m4s"]
    assert list(found.parts) == [("v", 1)]
    assert found.marks == [Mark(5, "Bowl", "ofr_1")]
    assert (found.duration_s, found.size_bytes) == (1.0, 10)


def test_segments_stand_by_their_numbers_under_their_formats() -> None:
    found = contents([V1, piece(3), V2, piece(2), piece(5)])
    assert [(coded.init, each.number) for coded, each in found.tracks["v"].segments] == [
        ("v-2.mp4", 2),
        ("v-1.mp4", 3),
        ("v-2.mp4", 5),
    ]
    assert contents([piece(1)]).tracks == {}


@given(st.integers(0, 2_000))
def test_cut_off_anywhere_it_says_what_was_whole(cut: int) -> None:
    data = b"".join(map(encode, LINES))
    whole = data[:cut].count(b"\n")
    assert parse(data[:cut]) == LINES[: min(whole, len(LINES))]


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_anything_at_all_is_read(data: bytes) -> None:
    contents(parse(data))
    assert contents(parse(encode(V1) + encode(piece(0)) + data)).tracks["v"].segments[0][1].number <= 0


formats = st.sampled_from([V1, V2])
pieces = st.builds(piece, st.integers(0, 9), part=st.integers(-1, 2), breaks=st.booleans())


@given(st.lists(st.one_of(formats, pieces, st.builds(Mark, st.integers(0, 9), st.text(max_size=3))), max_size=30))
def test_the_final_journal_says_the_same(lines: list[Line]) -> None:
    found = contents([V1, *lines])
    again = contents(parse(b"".join(map(encode, final(found)))))
    assert again.tracks == found.tracks
    assert again.marks == found.marks
    assert again.parts == {}
