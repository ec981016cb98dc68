"""Nothing of a pause is kept, and time breaks where something is left out."""

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.recording.intake import Decision, Intake
from livehub.media.recording.journal import Piece

KEEP, SKIP, JOIN = Decision.KEEP, Decision.SKIP, Decision.JOIN
PARTS = 3


def segment(number: int, *, breaks: bool = False) -> list[Piece]:
    parts = [Piece("v", number, "", 0, 0.5, 1, part, breaks) for part in range(PARTS)]
    return [*parts, Piece("v", number, "", 0, 0.5 * PARTS, PARTS, -1, breaks)]


def run(intake: Intake, pieces: list[Piece], recording: str) -> list[tuple[Decision, bool]]:
    """``recording``: a letter for each piece, + when recording."""
    offered = [intake.offer(piece, recording=mark == "+") for piece, mark in zip(pieces, recording, strict=True)]
    return [(decision, piece.breaks) for decision, piece in offered]


def test_all_is_kept_while_recording() -> None:
    assert run(Intake(), segment(0) + segment(1), "++++++++") == [(KEEP, False)] * 8


def test_a_break_is_told_with_the_first_part_and_the_whole() -> None:
    assert run(Intake(), segment(4, breaks=True), "++++") == [(KEEP, True), (KEEP, False), (KEEP, False), (KEEP, True)]


def test_a_pause_keeps_the_parts_before_it_and_goes_on_with_a_segment() -> None:
    intake = Intake()
    found = run(intake, segment(0) + segment(1) + segment(2), "+-++" + "--++" + "++++")
    assert [decision for decision, _ in found] == [KEEP, SKIP, SKIP, JOIN] + [SKIP] * 4 + [KEEP] * 4
    assert found[8] == (KEEP, True)
    assert found[11] == (KEEP, True)
    _, joined = Intake(), None
    intake = Intake()
    for each, mark in zip(segment(7), "++-+", strict=True):
        decision, joined = intake.offer(each, recording=mark == "+")
    assert (decision, joined.duration_s if joined else 0) == (JOIN, 1.0)


def test_what_began_before_is_not_taken_up() -> None:
    intake = Intake()
    assert run(intake, segment(0)[1:] + segment(1), "+++" + "++++") == [(SKIP, False)] * 3 + [
        (KEEP, True),
        (KEEP, False),
        (KEEP, False),
        (KEEP, True),
    ]


def test_made_in_another_way_no_segment_goes_on() -> None:
    intake = Intake()
    run(intake, segment(0)[:2], "++")
    intake.interrupt()
    assert run(intake, segment(0)[2:] + segment(1)[:1], "+++") == [(SKIP, False), (SKIP, False), (KEEP, True)]


@given(st.lists(st.booleans(), min_size=4 * 6, max_size=4 * 6))
def test_kept_time_is_recorded_time_and_never_of_a_pause(recording: list[bool]) -> None:
    intake, kept_s, parts = Intake(), 0.0, dict.fromkeys(range(6), 0)
    marks = iter(recording)
    for number in range(6):
        taken = []
        for piece in segment(number):
            active = next(marks)
            decision, kept = intake.offer(piece, recording=active)
            taken.append(active)
            if piece.part >= 0:
                assert (decision is KEEP) == all(taken)
                parts[number] += decision is KEEP
            elif decision in {KEEP, JOIN}:
                assert (decision is KEEP) == all(taken)
                assert kept.duration_s == 0.5 * parts[number]
                kept_s += kept.duration_s
            else:
                assert parts[number] == 0
    assert kept_s == 0.5 * sum(parts.values())
