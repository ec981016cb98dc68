"""HLS runs of workers that died."""

from livehub.media.cluster.runs import Runs
from livehub.media.hls.events import HlsEnded, HlsRemoved, HlsStarted, SetApart


def started(room: str, run: str) -> HlsStarted:
    return HlsStarted(room, run, ("video",), 0, 2, 0.3, 120.0)


def test_runs_of_a_dead_worker_end_and_go_when_another_begins() -> None:
    runs = Runs()
    assert runs.told(0, started("r", "one")) == []
    assert runs.told(1, started("other", "x")) == []
    assert runs.told(0, SetApart(started("r", "alone"))) == []
    assert runs.lost(0) == [HlsEnded("r", "one", "lost"), SetApart(HlsEnded("r", "alone", "lost"))]
    assert runs.lost(0) == []
    assert runs.told(1, started("r", "two")) == [HlsRemoved("r", "one")]
    assert runs.room_ended("r") == [SetApart(HlsRemoved("r", "alone"))]
    assert runs.room_ended("r") == []


def test_what_ended_by_itself_is_not_spoken_for() -> None:
    runs = Runs()
    runs.told(0, started("r", "one"))
    runs.told(0, HlsEnded("r", "one", "stopped"))
    assert runs.lost(0) == []
