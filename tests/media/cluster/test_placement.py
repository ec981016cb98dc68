"""Where rooms go, without a process."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.cluster.briefing import Briefings
from livehub.media.cluster.placement import NoWorker, Placement
from livehub.media.cluster.restarts import Restarts
from livehub.media.limits import ClusterLimits


def up(workers: int, viewers_per_worker: int = 100) -> Placement:
    placement = Placement(workers, viewers_per_worker=viewers_per_worker)
    for index in range(workers):
        placement.came_up(index)
    return placement


def admit(placement: Placement, room: str, viewers: int) -> list[int]:
    taken = []
    for _ in range(viewers):
        worker = placement.for_viewer(room)
        placement.expect(worker)
        placement.expected(worker, room, viewers=1)
        taken.append(worker)
    return taken


def test_rooms_go_to_the_idlest_worker_and_stay() -> None:
    placement = up(3)
    assert [placement.owner(room) for room in "abc"] == [0, 1, 2]
    admit(placement, "a", 10)
    admit(placement, "b", 5)
    assert placement.owner("d") == 2
    placement.counted(2, {"d": (1, 50)})
    assert placement.owner("e") == 1
    assert [placement.owner(room) for room in "abcde"] == [0, 1, 2, 2, 1]


def test_a_publisher_weighs_more_than_a_viewer() -> None:
    placement = up(2)
    placement.counted(0, {"a": (1, 0)})
    placement.counted(1, {"b": (0, 3)})
    assert placement.owner("c") == 1


def test_a_room_that_outgrows_its_worker_gets_branches() -> None:
    placement = up(3, viewers_per_worker=10)
    taken = admit(placement, "a", 35)
    assert [taken.count(worker) for worker in range(3)] == [12, 12, 11]
    assert taken[:10] == [0] * 10
    assert placement.branches("a") == {1, 2}
    assert placement.viewers("a") == 35
    assert placement.owner("a") == 0


def test_a_crowd_under_way_counts() -> None:
    placement = up(2, viewers_per_worker=2)
    workers = []
    for _ in range(4):  # nobody has been answered yet
        worker = placement.for_viewer("a")
        placement.expect(worker)
        workers.append(worker)
    assert sorted(workers) == [0, 0, 1, 1]


def test_when_the_owner_dies_the_room_goes_where_its_viewers_are() -> None:
    placement = up(3, viewers_per_worker=10)
    admit(placement, "a", 15)
    branch = next(iter(placement.branches("a")))
    assert placement.went_down(0) == {"a"}
    assert placement.owner("a") == branch
    assert placement.branches("a") == frozenset()


def test_when_a_branch_dies_the_owner_stays() -> None:
    placement = up(2, viewers_per_worker=10)
    admit(placement, "a", 15)
    assert placement.went_down(1) == {"a"}
    assert placement.owner("a") == 0
    assert placement.branches("a") == frozenset()
    assert placement.for_viewer("a") == 0


def test_a_branch_without_viewers_is_not_needed() -> None:
    placement = up(2, viewers_per_worker=1)
    admit(placement, "a", 2)
    assert placement.counted(1, {"a": (1, 1)}) == frozenset()
    assert placement.counted(1, {"a": (1, 0)}) == {"a"}
    placement.branch_ended("a", 1)
    assert placement.branches("a") == frozenset()


def test_without_a_worker_nothing_is_placed() -> None:
    placement = up(1)
    placement.went_down(0)
    with pytest.raises(NoWorker):
        placement.for_viewer("a")
    placement.came_up(0)
    assert placement.for_viewer("a") == 0


def test_an_ended_room_is_forgotten() -> None:
    placement = up(2, viewers_per_worker=1)
    admit(placement, "a", 2)
    assert placement.ended("a") == {0, 1}
    assert placement.known_owner("a") is None
    assert placement.ended("a") == frozenset()


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["view", "owner", "kill", "end"]), st.integers(0, 2)))
)
def test_whatever_happens_a_room_is_on_workers_that_are_up(
    happenings: list[tuple[str, str, int]],
) -> None:
    placement = up(3, viewers_per_worker=2)
    for room, what, worker in happenings:
        if what == "kill":
            placement.went_down(worker)
            placement.came_up(worker)
        elif what == "end":
            placement.ended(room)
        elif what == "owner":
            assert placement.owner(room) == placement.known_owner(room)
        else:
            (chosen,) = admit(placement, room, 1)
            assert chosen in placement.branches(room) | {placement.known_owner(room)}
        for each in "abcd":
            assert placement.known_owner(each) not in placement.branches(each)


# --- starting again


def test_a_worker_is_started_at_once_then_slower_and_at_last_not_at_all() -> None:
    restarts = Restarts(ClusterLimits(max_restarts=4, restart_pause_s=0.5, max_restart_pause_s=1.5))
    assert [restarts.died(now) for now in (0, 1, 2, 3, 4)] == [0.0, 0.5, 1.0, 1.5, None]
    assert restarts.count == 4


def test_deaths_long_ago_are_forgiven() -> None:
    restarts = Restarts(ClusterLimits(max_restarts=1, restarts_window_s=10))
    assert [restarts.died(now) for now in (0, 11, 22, 23)] == [0.0, 0.0, 0.0, None]


# --- what holds in a room


def test_who_takes_a_room_up_is_told_once_what_holds() -> None:
    briefings = Briefings()
    briefings.ordered("direct", "r", {"orders": "first"})
    briefings.ordered("direct", "r", {"orders": "second"})
    briefings.ordered("package", "r", {"reason": "hls"})
    briefings.ordered("package", "r", {"reason": "recording"})
    briefings.ordered("stop_packaging", "r", {"reason": "hls"})
    assert briefings.due("r", 1, is_owner=False) == [("direct", {"orders": "second"})]
    assert briefings.due("r", 1, is_owner=False) == []
    everything = [("direct", {"orders": "second"}), ("package", {"reason": "recording"})]
    assert briefings.due("r", 0, is_owner=True) == everything
    assert briefings.due("r", 1, is_owner=True) == everything  # a branch became the owner
    assert briefings.due("r", 0, is_owner=True) == []
    briefings.forget_worker(0)
    assert briefings.due("r", 0, is_owner=True) == everything
    briefings.ended("r")
    briefings.forget_worker(0)
    assert briefings.due("r", 0, is_owner=True) == []
