"""Rooms in real worker processes: carried, spread, killed, ended in order."""

import asyncio
import contextlib
import gc
import os
import signal
from functools import partial
from pathlib import Path

import pytest

from livehub.accounts.permissions import Action
from livehub.bench.light import LightClient
from livehub.errors import LivehubError
from livehub.events import EventBus, MemberAppointed, RoomEnded, StageChanged
from livehub.media.cluster.link import WorkerLink
from livehub.media.cluster.proxy import MediaCluster
from livehub.media.errors import MalformedSdp, MediaSessionNotFound, NobodyPublishes, PlaneClosed, PlaneDraining
from livehub.media.events import MediaLost
from livehub.media.limits import ClusterLimits
from livehub.media.stage import StageOrders
from tests.media.cluster.conftest import Clients, MakeCluster
from tests.media.conftest import send_frames
from tests.media.conftest import until as _until

#: the machine may be busy
until = partial(_until, timeout_s=40.0)
pytestmark = pytest.mark.timeout(180)


def worker_of(session_id: str) -> int:
    return int(session_id[1 : session_id.index("-")])


def pid_of(cluster: MediaCluster, worker: int) -> int:
    pid: int = cluster.stats()["workers"][worker]["pid"]
    return pid


async def test_a_room_in_a_worker_is_as_in_process(make_cluster: MakeCluster, clients: Clients, bus: EventBus) -> None:
    stages: list[StageChanged] = []
    bus.subscribe(StageChanged, stages.append)
    cluster = await make_cluster(1)
    host, published = await clients.publisher(cluster, "r")
    viewer, playing = await clients.viewer(cluster, "r", "v")
    await send_frames(host, 10)
    await until(lambda: len(viewer.video()) == 10)
    await until(lambda: cluster.tracks("r"))
    assert stages[0].tracks[0]["publisher"] == "host"
    found = await cluster.find(playing.id)
    assert (found.room_id, found.identity, found.kind, found.is_connected) == ("r", "v", "play", True)
    await until(lambda: cluster.stats()["connected"] == 2)
    await cluster.direct("r", StageOrders(muted_video=frozenset({"host"})))
    await until(lambda: cluster.tracks("r")[0]["muted"])
    await cluster.close_session(published.id)
    await until(host.closed.is_set)
    await until(lambda: not cluster.tracks("r"))
    with pytest.raises(MediaSessionNotFound):
        await cluster.find(published.id)


async def test_errors_come_through_as_they_are(make_cluster: MakeCluster) -> None:
    cluster = await make_cluster(1)
    with pytest.raises(MalformedSdp) as caught:
        await cluster.play("r", "v", "no sdp at all", 1)
    assert (caught.value.status, caught.value.error_code) == (400, "malformed_sdp")
    with pytest.raises(LivehubError) as full:
        await cluster.play("r", "v", "x" * 70_000, 1)
    assert "bytes" in full.value.detail


async def test_statistics_come_from_the_workers(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster = await make_cluster(1)
    with pytest.raises(NobodyPublishes) as early:
        await cluster.play("r", "v", clients.client("recvonly").offer, wait=False)
    assert (early.value.status, early.value.retry_after_s) == (409, 5.0)
    host, published = await clients.publisher(cluster, "r")
    viewer, playing = await clients.viewer(cluster, "r", "v")
    await send_frames(host, 10)
    await until(lambda: len(viewer.video()) == 10)
    stats = await cluster.session_stats(published.id)
    assert (stats.kind, stats.tracks[0].codec, stats.tracks[0].packets) == ("publish", "H264", 10)
    listed = await cluster.room_stats("r")
    assert [item.id for item in listed] == sorted([published.id, playing.id])
    behind = await cluster.room_stats("r", after=listed[0].id, limit=1)
    assert [item.id for item in behind] == [listed[1].id]
    await until(lambda: cluster.stats()["feedback"]["viewers_joined"] == 1)
    await until(lambda: cluster.tracks("r"))
    assert (await cluster.play("r", "w", clients.client("recvonly").offer, wait=False)).kind == "play"


async def test_rooms_are_spread(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster = await make_cluster(2)
    for room in ("a", "b"):
        host, session = await clients.publisher(cluster, room)
        viewer, playing = await clients.viewer(cluster, room, "v")
        assert worker_of(session.id) == worker_of(playing.id)
        await send_frames(host, 5)
        await until(partial(_has_packets, viewer, 5))
    await until(lambda: [item["sessions"] for item in cluster.stats()["workers"]] == [2, 2])
    assert cluster.stats()["publishers"] == 2


def _has_packets(viewer: LightClient, packets: int) -> bool:
    return len(viewer.video()) == packets


async def test_what_happens_elsewhere_reaches_the_workers(
    make_cluster: MakeCluster, clients: Clients, bus: EventBus
) -> None:
    cluster = await make_cluster(2)
    host, _ = await clients.publisher(cluster, "r")
    viewer, _ = await clients.viewer(cluster, "r", "v")
    bus.publish(MemberAppointed("r", "host", "viewer", frozenset({Action.WATCH})))
    await until(host.closed.is_set)
    assert not viewer.closed.is_set()
    bus.publish(RoomEnded("r"))
    await until(viewer.closed.is_set)


async def test_a_killed_worker_is_started_again_and_its_rooms_live_on(
    make_cluster: MakeCluster, clients: Clients, bus: EventBus
) -> None:
    lost: list[MediaLost] = []
    bus.subscribe(MediaLost, lost.append)
    cluster = await make_cluster(1)
    host, session = await clients.publisher(cluster, "r")
    await send_frames(host, 2)
    await until(lambda: cluster.tracks("r"))
    await until(lambda: cluster.stats()["workers"][0]["pid"])
    began = asyncio.get_running_loop().time()
    os.kill(pid_of(cluster, 0), signal.SIGKILL)
    await until(lambda: lost)
    assert lost == [MediaLost("r", "w0-1-")]
    assert session.id.startswith("w0-1-")
    assert not cluster.tracks("r")
    with pytest.raises(MediaSessionNotFound):
        await cluster.close_session(session.id)
    host, session = await clients.publisher(cluster, "r")  # waits for the new process
    viewer, _ = await clients.viewer(cluster, "r", "v")
    await send_frames(host, 3)
    await until(lambda: len(viewer.video()) == 3)
    print(f"on air again after {asyncio.get_running_loop().time() - began:.2f} s")
    assert session.id.startswith("w0-2-")
    assert cluster.stats()["workers"][0]["restarts"] == 1
    await cluster.check()


async def test_orders_of_a_stage_outlive_the_worker(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster = await make_cluster(1)
    await clients.publisher(cluster, "r")
    await cluster.direct("r", StageOrders(muted_video=frozenset({"host"})))
    os.kill(pid_of(cluster, 0), signal.SIGKILL)
    await until(lambda: cluster.stats()["workers"][0]["restarts"])
    host, _ = await clients.publisher(cluster, "r")
    await send_frames(host, 2)
    await until(lambda: cluster.tracks("r"))
    assert cluster.tracks("r")[0]["muted"]


async def test_calls_under_way_when_a_worker_dies_are_refused(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster = await make_cluster(1)
    await clients.publisher(cluster, "r")
    os.kill(pid_of(cluster, 0), signal.SIGSTOP)
    asking: asyncio.Future[object] = asyncio.ensure_future(cluster.keyframe("r"))
    await asyncio.sleep(0)
    os.kill(pid_of(cluster, 0), signal.SIGKILL)
    with pytest.raises(LivehubError) as caught:
        await asking
    assert caught.value.error_code == "media_worker_lost"


async def test_who_comes_while_all_workers_die_one_by_one_is_let_in(
    make_cluster: MakeCluster, clients: Clients, bus: EventBus
) -> None:
    lost: list[MediaLost] = []
    bus.subscribe(MediaLost, lost.append)
    cluster = await make_cluster(2)
    pids = [pid_of(cluster, worker) for worker in (0, 1)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)  # asked, it does not answer
    coming = asyncio.ensure_future(clients.publisher(cluster, "r"))
    await asyncio.sleep(0)
    for worker, pid in enumerate(pids):
        os.kill(pid, signal.SIGKILL)
        await until(lambda worker=worker: len(lost) > worker)  # type: ignore[misc]
    assert lost == [MediaLost("r", "w0-1-"), MediaLost("r", "w1-1-")], "each had been asked"
    _, session = await coming
    assert session.id.startswith(("w0-2-", "w1-2-"))


async def test_who_comes_when_all_workers_are_going_and_nobody_knows_yet_is_let_in(
    make_cluster: MakeCluster, clients: Clients
) -> None:
    """A write has failed, and the end of the socket is not read yet: asked again and again, the same worker fails."""
    cluster = await make_cluster(2)
    offer = clients.client("sendonly").offer
    for supervisor in cluster._supervisors:
        channel = supervisor.link._channel if supervisor.link else None
        assert channel is not None
        assert channel._transport is not None
        channel._transport.abort()
    session = await cluster.publish("r", "host", "Host", offer)
    assert session.id.startswith(("w0-2-", "w1-2-"))


async def test_a_worker_that_hangs_is_killed(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster = await make_cluster(1, silence_s=0.6)
    os.kill(pid_of(cluster, 0), signal.SIGSTOP)
    await until(lambda: cluster.stats()["workers"][0]["restarts"] == 1)
    await clients.publisher(cluster, "r")


async def test_one_that_keeps_dying_is_given_up_and_the_other_works_on(
    make_cluster: MakeCluster, clients: Clients
) -> None:
    cluster = await make_cluster(2, max_restarts=0)
    os.kill(pid_of(cluster, 0), signal.SIGKILL)
    await until(lambda: not cluster.stats()["workers"][0]["up"])
    await cluster.check()
    _, session = await clients.publisher(cluster, "r")
    assert worker_of(session.id) == 1
    os.kill(pid_of(cluster, 1), signal.SIGKILL)
    await until(lambda: not cluster.stats()["workers"][1]["up"])
    with pytest.raises(PlaneClosed):
        await cluster.check()
    with pytest.raises(PlaneClosed):
        await cluster.play("r", "v", "offer", 1)


async def test_draining_takes_nobody_in_and_workers_end_in_order(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster = await make_cluster(2)
    host, _ = await clients.publisher(cluster, "r")
    viewer, _ = await clients.viewer(cluster, "r", "v")
    await cluster.drain()
    with pytest.raises(PlaneDraining) as caught:
        await clients.viewer(cluster, "r", "late")
    assert (caught.value.status, caught.value.retry_after_s) == (503, 5.0)
    await send_frames(host, 2)
    await until(lambda: len(viewer.video()) == 2)
    processes = [pid_of(cluster, index) for index in (0, 1)]
    await cluster.close()
    await until(lambda: host.closed.is_set() and viewer.closed.is_set())
    for pid in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_spare_process_takes_the_place_of_the_dead_one(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster = await make_cluster(1, spares=1, spare_pause_s=0.0)
    await until(lambda: cluster._spares._waiting)
    (spare,) = cluster._spares._waiting
    os.kill(pid_of(cluster, 0), signal.SIGKILL)
    await clients.publisher(cluster, "r")
    assert pid_of(cluster, 0) == spare.pid
    await until(lambda: cluster._spares._waiting and cluster._spares._waiting[0].pid != spare.pid)


async def test_a_spare_that_died_is_passed_over(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster = await make_cluster(1, spares=1, spare_pause_s=0.0)
    await until(lambda: cluster._spares._waiting)
    (spare,) = cluster._spares._waiting
    spare.kill()
    await until(lambda: spare.is_gone)
    os.kill(pid_of(cluster, 0), signal.SIGKILL)
    await clients.publisher(cluster, "r")
    assert pid_of(cluster, 0) != spare.pid


@pytest.mark.parametrize("steps", range(12))
async def test_a_launch_that_is_cancelled_leaves_no_process(steps: int) -> None:
    before = children(os.getpid())
    link = WorkerLink(ClusterLimits())
    launching = asyncio.get_running_loop().create_task(link.launch())
    for _ in range(steps):
        await asyncio.sleep(0)
    launching.cancel()
    with contextlib.suppress(asyncio.CancelledError):  # with many steps it may have been through
        await launching
        await link.stop(5.0)
    assert children(os.getpid()) == before
    gc.collect()  # an unclosed transport complains, and complaints fail tests


def children(pid: int) -> set[int]:
    while True:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        # A thread that has ended since it was listed: its children are another thread's now.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            return {int(child) for task in tasks for child in (task / "children").read_text().split()}
