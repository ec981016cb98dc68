"""A room larger than a worker: one is its owner, the others help."""

import asyncio
import itertools
import os
import signal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.accounts.origin import Origin
from livehub.bench.light import AUDIO_SSRC, H264_PT, VIDEO_SSRC, LightClient, OfferOptions
from livehub.events import EventBus, MemberSanctioned, RoomEnded, StageChanged
from livehub.media.cluster.protocol import ProtocolError
from livehub.media.cluster.proxy import MediaCluster
from livehub.media.cluster.relay import Kind, Opened, Records, keyframe_record, opened_record, read_opened, record
from livehub.media.rtp import rtcp
from livehub.media.stage import INTERPRETATION, ChannelOrder, StageOrders
from tests.media.cluster.conftest import Clients, MakeCluster
from tests.media.conftest import DELTA, KEYFRAME, send_frames
from tests.media.conftest import until as _until

pytestmark = pytest.mark.timeout(180)
#: the machine may be busy
until = partial(_until, timeout_s=40.0)
OPENED = Opened("host", "Host", "v=0\r\n", "camera", True)


def worker_of(session_id: str) -> int:
    return int(session_id[1 : session_id.index("-")])


async def spanning(
    make_cluster: MakeCluster, clients: Clients
) -> tuple[MediaCluster, LightClient, list[LightClient], list[LightClient]]:
    """A room of four viewers over two workers, in its own first worker and in the other."""
    cluster = await make_cluster(2, viewers_per_worker=2)
    host, _ = await clients.publisher(cluster, "r")
    await send_frames(host, 3)
    places: dict[int, list[LightClient]] = {0: [], 1: []}
    for number in range(4):
        viewer, session = await clients.viewer(cluster, "r", f"v{number}")
        places[worker_of(session.id)].append(viewer)
    assert [len(viewers) for viewers in places.values()] == [2, 2]
    return cluster, host, places[0], places[1]


def keyframes_asked(host: LightClient) -> int:
    packets = [packet for compound in host.rtcp for packet in rtcp.parse_compound(compound)]
    return sum(isinstance(packet, rtcp.KeyframeRequest) for packet in packets)


async def test_viewers_on_both_workers_get_every_packet(make_cluster: MakeCluster, clients: Clients) -> None:
    _, host, here, there = await spanning(make_cluster, clients)
    before = [len(viewer.video()) for viewer in (*here, *there)]
    await send_frames(host, 200, first_timestamp=900_000)
    everybody = [*here, *there]
    await until(lambda: all(len(v.video()) - n >= 200 for v, n in zip(everybody, before, strict=True)))
    for viewer in everybody:
        payloads = [payload for _, payload in viewer.video()[-200:]]
        assert payloads == [KEYFRAME] + [DELTA] * 199
        numbers = [header.sequence_number for header, _ in viewer.video()[-200:]]
        assert all((after - one) & 0xFFFF == 1 for one, after in itertools.pairwise(numbers))


async def test_a_viewer_of_the_branch_gets_the_publisher_to_make_a_keyframe(
    make_cluster: MakeCluster, clients: Clients
) -> None:
    _, host, _, there = await spanning(make_cluster, clients)
    # Its arrival fulfils whatever was asked for before, so it has to be there before somebody asks.
    fresh = KEYFRAME + b"fresh"
    host.send_rtp(VIDEO_SSRC, H264_PT, 900_000, fresh, marker=True)
    await until(lambda: all(fresh in [payload for _, payload in viewer.video()] for viewer in there))
    asked = keyframes_asked(host)
    ssrc = there[0].video()[-1][0].ssrc
    there[0].request_keyframe(ssrc)
    await until(lambda: keyframes_asked(host) > asked)


async def test_the_stage_is_told_once_and_orders_hold_on_both(
    make_cluster: MakeCluster, clients: Clients, bus: EventBus
) -> None:
    stages: list[StageChanged] = []
    bus.subscribe(StageChanged, stages.append)
    cluster, host, here, there = await spanning(make_cluster, clients)
    await until(lambda: cluster.tracks("r"))
    assert len(stages) == 1
    await cluster.direct("r", StageOrders(muted_video=frozenset({"host"})))
    await until(lambda: len(stages) == 2)
    counts = [len(viewer.video()) for viewer in (*here, *there)]
    await send_frames(host, 20, first_timestamp=1_800_000)
    await cluster.direct("r", StageOrders())
    await send_frames(host, 5, first_timestamp=2_700_000)
    everybody = [*here, *there]
    await until(lambda: all(len(v.video()) > n for v, n in zip(everybody, counts, strict=True)))
    assert len(stages) == 3
    assert cluster.stats()["publishers"] == 1
    # A pulse that crosses an admission counts it twice, until the next one.
    await until(lambda: cluster.viewers("r") == 4)


async def test_listeners_on_both_workers_hear_the_interpreters_one_after_the_other(
    make_cluster: MakeCluster, clients: Clients
) -> None:
    cluster = await make_cluster(2, viewers_per_worker=1)
    both = frozenset({"ann", "ben"})
    await cluster.direct("r", StageOrders(channels=(ChannelOrder("th", "ann", both),)))
    speakers: dict[str, LightClient] = {}
    for name, source in (("host", "camera"), ("ann", INTERPRETATION), ("ben", INTERPRETATION)):
        speakers[name] = clients.client(OfferOptions("sendonly", video=0, level=True))
        session = await cluster.publish("r", name, name.title(), speakers[name].offer, source=source)
        await speakers[name].use_answer(session.answer_sdp)
    listeners: dict[int, LightClient] = {}
    for who in ("one", "other"):
        listener = clients.client(OfferOptions("recvonly", audio=3, video=0))
        session = await cluster.play("r", who, listener.offer)
        await listener.use_answer(session.answer_sdp)
        listeners[worker_of(session.id)] = listener
        await cluster.listen(session.id, who, "th")
    assert set(listeners) == {0, 1}

    async def both_hear(name: str) -> None:
        """Everybody says their name, fifty times a second, until then."""
        async with asyncio.timeout(40):
            while not all(any(said.startswith(name.encode()) for _, said in one.audio()) for one in listeners.values()):
                for said, client in speakers.items():
                    client.send_audio(960 * client.sequence[AUDIO_SSRC], said.encode() + bytes(40), 30)
                await asyncio.sleep(0.02)

    await both_hear("ann")
    await both_hear("host")
    assert not any(said.startswith(b"ben") for one in listeners.values() for _, said in one.audio())
    await cluster.direct("r", StageOrders(channels=(ChannelOrder("th", "ben", both),)))
    await both_hear("ben")


async def test_when_the_owner_dies_viewers_of_the_branch_stay(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster, host, _, there = await spanning(make_cluster, clients)
    await until(lambda: cluster.stats()["workers"][0]["pid"])
    os.kill(cluster.stats()["workers"][0]["pid"], signal.SIGKILL)
    await until(lambda: not cluster.tracks("r"))
    host.close()
    host, session = await clients.publisher(cluster, "r")
    assert worker_of(session.id) == 1  # where its viewers are
    await send_frames(host, 5, first_timestamp=900_000)
    counts = [len(viewer.video()) for viewer in there]
    await send_frames(host, 20, first_timestamp=1_800_000)
    await until(lambda: all(len(v.video()) >= n + 20 for v, n in zip(there, counts, strict=True)))
    assert not any(viewer.closed.is_set() for viewer in there)


async def test_a_branch_without_viewers_is_fed_no_more(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster = await make_cluster(2, viewers_per_worker=1, branch_kept_s=0.2)
    await clients.publisher(cluster, "r")
    await clients.viewer(cluster, "r", "a")
    viewer, session = await clients.viewer(cluster, "r", "b")
    assert worker_of(session.id) == 1
    await cluster.close_session(session.id)
    await until(lambda: not cluster._placement.branches("r"))
    viewer, session = await clients.viewer(cluster, "r", "c")
    assert worker_of(session.id) == 1
    assert not viewer.closed.is_set()


async def test_the_end_of_the_room_reaches_both(make_cluster: MakeCluster, clients: Clients, bus: EventBus) -> None:
    cluster, host, here, there = await spanning(make_cluster, clients)
    bus.publish(RoomEnded("r"))
    await until(lambda: all(client.closed.is_set() for client in (host, *here, *there)))
    await until(lambda: not cluster.stats()["sessions"])


async def test_ban_of_a_network_ends_what_goes_there_on_both(
    make_cluster: MakeCluster, clients: Clients, bus: EventBus
) -> None:
    cluster, _, here, there = await spanning(make_cluster, clients)
    for name, address in (("near", "203.0.113.7"), ("far", "198.51.100.7")):
        for index in range(2):
            client = clients.client("recvonly")
            session = await cluster.play("r", f"{name}{index}", client.offer, 1, origin=Origin(address))
            await client.use_answer(session.answer_sdp)
            (here if name == "far" else there).append(client)
    banned = there[2:]
    assert await cluster.room_stats("r", limit=50)
    bus.publish(MemberSanctioned("r", "", "ban", networks=("203.0.113.0/24",)))
    await until(lambda: all(client.closed.is_set() for client in banned))
    left = {stats.identity for stats in await cluster.room_stats("r", limit=50)}
    assert left == {"host", "v0", "v1", "v2", "v3", "far0", "far1"}
    assert not any(client.closed.is_set() for client in (*here, *there[:2]))


async def test_who_leaves_the_stage_leaves_it_on_both(make_cluster: MakeCluster, clients: Clients) -> None:
    cluster, host, _, there = await spanning(make_cluster, clients)
    host.close()
    await until(lambda: not cluster.tracks("r"))
    second, _ = await clients.publisher(cluster, "r", "second")
    await send_frames(second, 5, first_timestamp=900_000)
    counts = [len(viewer.video()) for viewer in there]
    await send_frames(second, 20, first_timestamp=1_800_000)
    await until(lambda: all(len(v.video()) >= n + 20 for v, n in zip(there, counts, strict=True)))


# --- the bytes between


@given(st.lists(st.integers(1, 60)))
def test_records_come_out_as_they_went_in_however_they_are_cut(cuts: list[int]) -> None:
    made = [
        record(Kind.ROOM, 0, b"r"),
        opened_record(1, OPENED),
        record(Kind.RTP, 1, bytes(range(200))),
        record(Kind.CLOSED, 65_535),
        keyframe_record(2, 0xFFFFFFFF),
    ]
    stream, found, records = b"".join(made), [], Records()
    for size in [*cuts, len(stream)]:
        found += [(kind, number, bytes(body)) for kind, number, body in records.feed(stream[:size])]
        stream = stream[size:]
    assert [record(*item) for item in found] == made
    assert read_opened(memoryview(found[1][2])) == OPENED


@given(st.binary(max_size=100))
def test_other_bytes_are_refused(data: bytes) -> None:
    try:
        for kind, _, body in Records().feed(data):
            if kind is Kind.OPENED:
                read_opened(body)
    except ProtocolError:
        return
