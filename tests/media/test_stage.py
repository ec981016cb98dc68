"""The policy of a stage: whose picture comes first, and that slots keep what they have."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.stage import Pin, StageOrders, fill, order_video


@dataclass(frozen=True)
class Seen:
    publisher: str
    source: str = "camera"


def names(tracks: list[Seen]) -> list[str]:
    return [track.publisher + ("*" if track.source == "screen" else "") for track in tracks]


def test_order_of_the_room() -> None:
    tracks = [Seen(name) for name in "abcdh"] + [Seen("b", "screen"), Seen("h", "screen"), Seen("c", "screen")]
    order = order_video(
        tracks, hosts=frozenset("h"), pins=(Pin("d"), Pin("b", "screen")), recent_speakers=["c", "x", "b"]
    )
    assert names(order) == ["h*", "h", "d", "b*", "c*", "c", "b", "a"]


def test_orders_mute_by_kind() -> None:
    orders = StageOrders(muted_audio=frozenset("a"), muted_video=frozenset("b"))
    assert orders.mutes("a", "audio")
    assert not orders.mutes("a", "video")
    assert orders.mutes("b", "video")


def everything(_slot: int, _item: str) -> bool:
    return True


def test_slots_fill_in_order_and_keep_what_they_have() -> None:
    assert fill("abcd", [None] * 3, chosen=[None] * 3, takes=everything) == ["a", "b", "c"]
    assert fill("dabc", ["a", "b", "c"], chosen=[None] * 3, takes=everything) == ["a", "b", "d"]
    assert fill("ab", ["c", "b", None], chosen=[None] * 3, takes=everything) == ["a", "b", None]


def test_a_choice_takes_its_slot_and_is_shown_once() -> None:
    assert fill("abcd", ["a", "b", "c"], chosen=["d", None, None], takes=everything) == ["d", "b", "a"]
    assert fill("abcd", ["a", "b", "c"], chosen=["c", None, None], takes=everything) == ["c", "b", "a"]


def test_own_and_undecodable_are_left_out() -> None:
    assert fill("abcd", [None] * 3, chosen=["a", None, None], takes=lambda _slot, item: item != "a") == ["b", "c", "d"]
    # a slot that decodes less than the others stays empty rather than show what it cannot
    assert fill("ab", [None, None], chosen=[None] * 2, takes=lambda slot, item: not (slot == 1 and item == "b")) == [
        "a",
        None,
    ]


def once(items: list[int | None]) -> list[int | None]:
    """No item twice."""
    return [item if item not in items[:index] else None for index, item in enumerate(items)]


def test_filling_costs_as_much_as_there_are_slots_not_publishers() -> None:
    asked = 0

    def takes(_slot: int, item: int) -> bool:
        nonlocal asked
        asked += 1
        return item != 3

    slots = 9
    assert fill(range(10_000), [None] * slots, chosen=[None] * slots, takes=takes) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert asked <= 3 * slots


ITEMS = st.lists(st.integers(0, 30), unique=True, max_size=20)


@given(
    order=ITEMS,
    state=st.lists(st.tuples(st.none() | st.integers(0, 30), st.none() | st.integers(0, 30)), min_size=1, max_size=9),
    own=st.integers(0, 30),
)
def test_filling_holds_its_promises(order: list[int], state: list[tuple[int | None, int | None]], own: int) -> None:
    shown = once([item for item, _ in state])
    chosen = [item if item in order else None for item in once([item for _, item in state])]

    def takes(_slot: int, item: int) -> bool:
        return item != own

    result = fill(order, shown, chosen=chosen, takes=takes)
    present = [item for item in result if item is not None]
    assert len(present) == len(set(present))
    assert own not in present
    assert set(present) <= set(order)
    assert all(choice is None or choice == own or result[slot] == choice for slot, choice in enumerate(chosen))
    # as many as can be are shown, and nobody waits who comes before one that is shown without having been chosen
    free = [slot for slot, choice in enumerate(chosen) if choice is None or choice == own]
    candidates = [item for item in order if item != own and item not in {c for c in chosen if c is not None}]
    assert {result[slot] for slot in free} - {None} == set(candidates[: len(free)])
    # what stays shown stays in its place
    for slot in free:
        if shown[slot] in {result[other] for other in free} and shown[slot] is not None:
            assert result[slot] == shown[slot]
    # and doing it again changes nothing
    assert fill(order, result, chosen=chosen, takes=takes) == result
