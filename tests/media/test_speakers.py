"""Speaker detection on made-up talk: quick to hear, slow to flap, and never more than there are places."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.speakers import MIN_HEARD_BEFORE_LOUDEST_S, Speakers, Voice

PACKET_S = 0.02
TALK, LOUD, QUIET = 35, 20, 90


class Room:
    """Voices that all send 50 packets a second; ``level_of(index, packet)`` tells how loud."""

    def __init__(self, count: int, ranks: dict[int, int] | None = None) -> None:
        self.now_s = 100.0
        self.speakers = Speakers(3)
        self.voices = [Voice(f"p{index}", (ranks or {}).get(index, 0)) for index in range(count)]
        for voice in self.voices:
            self.speakers.add(voice, self.now_s)
        self.entered: list[tuple[float, str]] = []

    def run(self, seconds: float, level_of: Callable[[int, int], int | None]) -> None:
        for packet in range(round(seconds / PACKET_S)):
            for index, voice in enumerate(self.voices):
                level = level_of(index, packet)
                if level is not None and self.speakers.hear(voice, level, self.now_s):
                    self.entered.append((self.now_s, voice.identity))
            if packet % 12 == 0:
                self.speakers.check(self.now_s)
            self.now_s += PACKET_S

    def heard(self) -> set[str]:
        return {voice.identity for voice in self.speakers.heard}


def steady(**levels: int) -> Callable[[int, int], int]:
    return lambda index, _packet: levels.get(f"p{index}", QUIET)


def test_everybody_is_heard_while_there_are_places() -> None:
    room = Room(3)
    assert room.heard() == {"p0", "p1", "p2"}


def test_one_who_begins_to_speak_is_heard_within_150_ms() -> None:
    room = Room(300)
    room.run(2, steady())
    before = room.now_s
    room.run(0.3, steady(p250=TALK))
    assert "p250" in room.heard()
    assert room.entered[-1][0] - before < 0.15


@given(loudest=st.integers(10, 29), talkers=st.lists(st.integers(38, 49), min_size=3, max_size=6))
def test_a_new_loudest_is_heard_within_150_ms_though_others_talk(loudest: int, talkers: list[int]) -> None:
    room = Room(20)
    room.run(3, steady(**{f"p{index}": level for index, level in enumerate(talkers)}))
    before, entered = room.now_s, len(room.entered)
    room.run(0.3, steady(**{f"p{index}": level for index, level in enumerate(talkers)}, p19=loudest))
    assert [name for _, name in room.entered[entered:]] == ["p19"]
    assert room.entered[-1][0] - before < 0.15


@given(st.lists(st.integers(20, 49), min_size=4, max_size=12))
def test_steady_talk_settles_on_the_loudest_and_stays(levels: list[int]) -> None:
    room = Room(len(levels))
    talk = steady(**{f"p{index}": level for index, level in enumerate(levels)})
    room.run(4, talk)
    settled = room.heard()
    room.entered.clear()
    room.run(5, talk)
    assert room.entered == []
    assert room.heard() == settled
    softest_heard = max(levels[int(name[1:])] for name in settled)
    loudest_waiting = min(level for index, level in enumerate(levels) if f"p{index}" not in settled)
    assert loudest_waiting > softest_heard - 7  # nobody waits who is louder by the margin


@given(st.data())
def test_noise_never_makes_a_speaking_voice_flap(data: st.DataObject) -> None:
    """Whatever levels come: at most three are heard, and who came in and speaks stays for the promised moment."""
    count = data.draw(st.integers(4, 8))
    levels = data.draw(
        st.lists(st.lists(st.integers(0, 127), min_size=count, max_size=count), min_size=20, max_size=60)
    )
    room = Room(count)
    since: dict[str, float] = {}
    for row in levels:
        before = {voice.identity: voice for voice in room.speakers.heard}
        speaking = {name for name, voice in before.items() if voice.speaks(room.now_s)}
        room.run(PACKET_S, lambda index, _packet, row=row: row[index])  # type: ignore[misc]
        after = room.heard()
        assert len(after) == 3
        for name in speaking - after:
            voice = before[name]
            if voice.speaks(room.now_s):
                assert room.now_s - since.get(name, 0.0) > MIN_HEARD_BEFORE_LOUDEST_S - 0.001
        for name in after - set(before):
            since[name] = room.now_s - PACKET_S


def test_pauses_between_words_keep_the_place() -> None:
    room = Room(8)
    words: Callable[[int, int], int] = lambda index, packet: (  # noqa: E731
        QUIET if index > 2 or packet % 25 > 18 else TALK + index
    )
    room.run(2, words)
    room.entered.clear()
    room.run(5, lambda index, packet: TALK + 4 if index == 5 else words(index, packet))
    assert room.entered == []  # somebody as loud as they waits until one of them is done


def test_the_host_is_heard_before_louder_others() -> None:
    room = Room(10, ranks={9: 2})
    room.run(2, steady(p0=LOUD, p1=LOUD, p2=LOUD))
    room.run(0.2, steady(p0=LOUD, p1=LOUD, p2=LOUD, p9=45))
    assert "p9" in room.heard()
    room.run(3, steady(p0=LOUD, p1=LOUD, p2=LOUD, p3=5, p9=45))
    assert {"p9", "p3"} <= room.heard()


def test_a_sender_that_goes_silent_without_packets_gives_way() -> None:
    room = Room(5)
    room.run(2, steady(p0=LOUD, p1=LOUD, p2=LOUD))
    room.run(3, lambda index, _packet: None if index == 1 else {0: LOUD, 2: LOUD, 4: 48}.get(index, QUIET))
    assert "p4" in room.heard()
    assert "p1" not in room.heard()


def test_who_leaves_is_followed_by_the_loudest_of_the_others() -> None:
    room = Room(6)
    room.run(2, steady(p0=LOUD, p1=LOUD, p2=LOUD, p4=LOUD + 2))
    assert room.speakers.remove(room.voices[1], room.now_s)
    assert room.heard() == {"p0", "p2", "p4"}
    assert not room.speakers.remove(room.voices[5], room.now_s)


def test_the_front_is_whoever_speaks_and_does_not_jump() -> None:
    room = Room(6)
    room.run(2, steady(p3=TALK))
    assert room.speakers.recent[0] == "p3"
    room.run(3, steady(p3=TALK, p4=LOUD))
    assert set(room.speakers.recent) == {"p3", "p4"}
    front = room.speakers.recent[0]
    room.run(3, steady(p3=TALK, p4=TALK))
    assert room.speakers.recent[0] == front  # both speak: no going to and fro
    other = "p3" if front == "p4" else "p4"
    room.run(3, steady(**{other: TALK}))
    assert room.speakers.recent[0] == other
    assert room.speakers.speaking(room.now_s) == (other,)


def test_a_cough_does_not_come_to_the_front() -> None:
    room = Room(6)
    room.run(2, steady(p3=TALK))
    room.run(0.12, steady(p3=TALK, p4=LOUD))
    room.run(2, steady(p3=TALK))
    assert room.speakers.recent[0] == "p3"
