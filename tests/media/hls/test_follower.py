"""A follower's segments are those of the leading rendition, whatever its own pictures do."""

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.hls.boxes import VIDEO_RATE, VideoFormat
from livehub.media.hls.follower import FIRST, SNAP, Follower
from livehub.media.hls.segmenter import GRID, Part, Segmenter, Targets

FORMAT, OTHER = VideoFormat(320, 180, None), VideoFormat(160, 90, None)
START = 100 * VIDEO_RATE


class Pair:
    """A leading rendition of 25 pictures a second with sound, and a follower."""

    def __init__(self) -> None:
        self.leading: list[Part] = []
        self.parts: list[Part] = []
        self.formats: list[tuple[int, VideoFormat | None]] = []
        self.asked = 0
        self.follower = Follower(lambda *era: self.formats.append(era), self.parts.append, self._ask)
        self.segmenter = Segmenter(Targets(), self._lead)
        self.segmenter.begin(START, with_video=True)
        self._sound = self.segmenter.wants_sound_from

    def _lead(self, part: Part) -> None:
        self.leading.append(part)
        self.follower.add_part(part)

    def _ask(self) -> None:
        self.asked += 1

    def lead(self, index: int, *, new_era: bool = False) -> None:
        time = START + 3600 * index
        self.segmenter.add_picture(time, keyframe=index % 50 == 0 or new_era, data=b"big", new_era=new_era)
        frames = (time - self._sound) // GRID
        if frames > 0:
            self.segmenter.add_sound(self._sound, [b"aac"] * frames)
            self._sound += frames * GRID

    def follow(self, index: int, *, offset: int = 0, key: bool | None = None, format_: VideoFormat = FORMAT) -> None:
        keyframe = index % 50 == 0 if key is None else key
        time = START + 3600 * index + offset
        self.follower.add_picture(time, keyframe=keyframe, data=b"small%d" % index, format_=format_)

    def check(self) -> None:
        """Its parts are a row of the leading ones, from a segment's first on."""
        first = self.leading.index(next(part for part in self.leading if _where(part) == _where(self.parts[0])))
        assert self.parts[0].index == 0
        assert [_where(part) for part in self.parts] == [
            _where(part) for part in self.leading[first : first + len(self.parts)]
        ]
        assert all(own.sounds == part.sounds for own, part in zip(self.parts, self.leading[first:], strict=False))
        eras = [era for era, _ in self.formats]
        assert eras == sorted(set(eras))
        assert {part.era for part in self.parts} == set(eras)


def _where(part: Part) -> tuple[int, int, int, int, int, bool]:
    return part.era, part.msn, part.index, part.start, part.duration, part.last


@given(
    st.lists(st.tuples(st.integers(0, 8000), st.booleans()), min_size=20, max_size=250),
    st.integers(-60_000, 60_000),
    st.sets(st.integers(0, 250)),
    st.sets(st.integers(1, 250), max_size=3),
)
def test_whatever_comes_its_cuts_are_the_leading_ones(
    own: list[tuple[int, bool]], delay: int, lost: set[int], new_eras: set[int]
) -> None:
    pair = Pair()
    for index, (jitter, key) in enumerate(own):
        pair.lead(index, new_era=index in new_eras)
        if index not in lost:
            pair.follow(index, offset=delay + jitter, key=key or None, format_=OTHER if jitter > 7000 else FORMAT)
    pair.segmenter.end()
    pair.follower.end()
    if pair.parts:
        pair.check()
        assert pair.parts[-1] is not None
        assert _where(pair.parts[-1]) == _where(pair.leading[-1]), "and it ends with it"


@given(st.integers(-SNAP + 3700, SNAP - 3700), st.integers(0, 2000))
def test_a_keyframe_near_the_cut_begins_the_segment(offset: int, jitter: int) -> None:
    pair = Pair()
    for index in range(201):
        pair.lead(index)
        pair.follow(index, offset=offset + (jitter if index % 2 else 0))
    pair.follower.end()
    pair.check()
    firsts = [part for part in pair.parts if part.index == 0]
    assert len(firsts) >= 4
    assert all(part.begins_independent for part in firsts)


def test_pictures_of_another_format_are_left_out_until_another_era() -> None:
    pair = Pair()
    for index in range(160):
        pair.lead(index, new_era=index == 90)
        pair.follow(index, key=index % 50 == 0 or index in {70, 90}, format_=FORMAT if index < 70 else OTHER)
    pair.follower.end()
    pair.check()
    assert pair.asked == 1
    assert pair.formats == [(0, FORMAT), (1, OTHER)]
    written = b"".join(part.data for part in pair.parts)
    assert b"small69" in written
    assert b"small71" not in written
    assert b"small91" in written


def test_a_layer_that_says_nothing_holds_nobody_up() -> None:
    pair = Pair()
    for index in range(100):
        pair.lead(index)
        if index < 60:
            pair.follow(index)
    behind = len(pair.leading) - len(pair.parts)
    assert behind <= FIRST
    pair.check()


def test_it_begins_with_its_first_keyframe_and_not_before() -> None:
    pair = Pair()
    for index in range(101):
        pair.lead(index)
        if index >= 3:
            pair.follow(index, key=index == 3)
    pair.follower.end()
    pair.check()
    assert pair.parts[0].msn == 0, "a moment without a picture is better than a segment less"
    assert b"small3" in pair.parts[0].data
