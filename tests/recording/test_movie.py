"""What was kept as segments, as one file: every picture and sound of it, in time, the index in front."""

from pathlib import Path

import av
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from livehub.media.recording.journal import Contents, Format, Piece
from livehub.media.recording.movie import choose, make_movie, parameter_sets, sections
from tests.recording.fragments import Made, audio, boxes, video, write


def _add(contents: Contents, directory: Path, track: str, made: Made, first: int, *, breaks: bool = False) -> None:
    kind = "video" if track == "v" else "audio"
    init = f"{track}-init-{first}.mp4"
    write(directory, init, made.init)
    for index, (data, seconds) in enumerate(made.fragments):
        name = f"{track}-{first + index}.m4s"
        write(directory, name, data)
        piece = Piece(track, first + index, name, 0, seconds, len(data), breaks=breaks and index == 0)
        contents.add(Format(track, kind, init, ""), piece)


def _read(path: Path) -> dict[str, list[float]]:
    """The times of all pictures and sounds that can be decoded, by kind."""
    times: dict[str, list[float]] = {"video": [], "audio": []}
    with av.open(str(path)) as container:
        for frame in container.decode():
            kind = "video" if isinstance(frame, av.VideoFrame) else "audio"
            assert frame.time is not None
            times[kind].append(frame.time)
    return times


def _make(directory: Path, contents: Contents) -> Path:
    told: list[float] = []
    target = directory / "film.mp4"
    make_movie(directory, contents, target, told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1, abs=0.05)
    assert [path.name for path in directory.glob("*.draft")] == []
    return target


def test_both_streams_are_there_with_the_index_in_front(tmp_path: Path) -> None:
    contents = Contents()
    _add(contents, tmp_path, "v", video(3), 0)
    _add(contents, tmp_path, "a", audio(3), 0)
    target = _make(tmp_path, contents)
    kinds = [kind for kind, _ in boxes(target.read_bytes())]
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    times = _read(target)
    assert len(times["video"]) == 90
    assert times["video"][-1] == pytest.approx(89 / 30, abs=0.01)
    assert times["audio"][-1] == pytest.approx(3, abs=0.1)


def test_time_goes_on_over_a_break_and_another_size_can_be_decoded(tmp_path: Path) -> None:
    contents = Contents()
    _add(contents, tmp_path, "v", video(2, start_s=1000), 0)
    _add(contents, tmp_path, "a", audio(2, start_s=1000), 0)
    _add(contents, tmp_path, "v", video(2, width=320, height=192, start_s=5000), 10, breaks=True)
    _add(contents, tmp_path, "a", audio(2, start_s=5000), 10, breaks=True)
    times = _read(_make(tmp_path, contents))
    assert len(times["video"]) == 120
    steps = [later - before for before, later in zip(times["video"], times["video"][1:], strict=False)]
    assert max(steps) < 0.12
    assert min(steps) > 0
    assert times["audio"][-1] == pytest.approx(times["video"][-1], abs=0.15)


def test_sound_alone_is_a_file_and_nothing_is_none(tmp_path: Path) -> None:
    contents = Contents()
    _add(contents, tmp_path, "a", audio(2), 0)
    assert _read(_make(tmp_path, contents))["audio"]
    with pytest.raises(ValueError, match="nothing"):
        make_movie(tmp_path, Contents(), tmp_path / "none.mp4", lambda _: None)


def test_giving_up_leaves_nothing_behind(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def stop(_share: float) -> None:
        raise Enough

    contents = Contents()
    _add(contents, tmp_path, "v", video(1), 0)
    with pytest.raises(Enough):
        make_movie(tmp_path, contents, tmp_path / "film.mp4", stop)
    assert not list(tmp_path.glob("film*"))


def test_what_is_no_segment_is_an_error(tmp_path: Path) -> None:
    contents = Contents()
    write(tmp_path, "v-0.m4s", b"nothing of the kind")
    write(tmp_path, "init.mp4", b"\0\0\0\1")
    contents.add(Format("v", "video", "init.mp4", ""), Piece("v", 0, "v-0.m4s", 0, 1, 10))
    with pytest.raises(av.error.FFmpegError):
        make_movie(tmp_path, contents, tmp_path / "film.mp4", lambda _: None)


def test_sections_part_at_breaks_and_runs_where_the_coding_changes() -> None:
    contents = Contents()
    first, second = Format("v", "video", "1", ""), Format("v", "video", "2", "")
    for coded, piece in [
        (first, Piece("v", 1, "a", 0, 1, 1)),
        (second, Piece("v", 2, "b", 0, 1, 1)),
        (second, Piece("v", 9, "c", 0, 1, 1, breaks=True)),
    ]:
        contents.add(coded, piece)
    found = sections(contents, ["v"])
    assert [[run.names for run in section["v"]] for section in found] == [[["a"], ["b"]], [["c"]]]


@pytest.mark.parametrize("avcc", [b"", b"\2", b"\1\x42\xe0\x1f\xff\xe1\0\x20abc", b"\1\x42\xe0\x1f\xff\xe1\0\1a"])
def test_what_is_no_configuration(avcc: bytes) -> None:
    with pytest.raises(ValueError, match="AVC"):
        parameter_sets(avcc)


def test_parameter_sets_stand_behind_their_lengths() -> None:
    assert parameter_sets(b"\1\x42\xe0\x1f\xff\xe1\0\2ab\1\0\1c") == b"\0\0\0\2ab\0\0\0\1c"


def test_a_stretch_of_sound_alone_is_sound_in_the_film_too(tmp_path: Path) -> None:
    """The one track has both, then its camera goes, then it comes back."""
    contents = Contents()
    _add(contents, tmp_path, "v", video(2), 0)
    (picture, _), *_ = contents.tracks["v"].segments
    made = audio(2)
    write(tmp_path, "sound.mp4", made.init)
    for index, (data, seconds) in enumerate(made.fragments[:2]):
        write(tmp_path, f"s-{index}.m4s", data)
        piece = Piece("v", 10 + index, f"s-{index}.m4s", 0, seconds, len(data), breaks=index == 0)
        contents.add(Format("v", "audio", "sound.mp4", ""), piece)
    for number in (0, 1):
        contents.add(picture, Piece("v", 20 + number, f"v-{number}.m4s", 0, 1.0, 1, breaks=number == 0))
    assert choose(contents) == ["v"]
    times = _read(_make(tmp_path, contents))
    assert len(times["video"]) == 120
    assert times["video"][60] == pytest.approx(4, abs=0.2)
    assert times["audio"][0] == pytest.approx(2, abs=0.1)


def test_the_best_picture_is_taken(tmp_path: Path) -> None:
    contents = Contents()
    for name, width in (("low", 160), ("high", 640), ("mid", 320)):
        contents.add(Format(name, "video", "i", "", 0, width, 90), Piece(name, 0, "a", 0, 1, 1))
    contents.add(Format("sound", "audio", "i", ""), Piece("sound", 0, "a", 0, 1, 1))
    assert choose(contents) == ["high", "sound"]


@given(st.binary(max_size=80))
@example(b"\0\6")  # six picture parameter sets, and nothing of them
def test_any_bytes_are_a_configuration_or_none(data: bytes) -> None:
    for avcc in (data, b"\1\x42\xe0\x1f\xff" + data):
        try:
            sets = parameter_sets(avcc)
        except ValueError:
            continue
        assert len(sets) <= 3 * len(avcc)
