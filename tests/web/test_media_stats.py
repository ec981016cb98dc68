"""How sessions fare: for their owners, for the host of the room, and for Prometheus."""

import hashlib
import re
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from livehub.accounts.model import ApiKey
from livehub.accounts.permissions import Role
from livehub.bench.light import VIDEO_SSRC, VP8_PT, LightClient, OfferOptions
from livehub.media.rtp import rtcp
from livehub.storage.accounts import SqlAccounts
from livehub.storage.database import Database
from livehub.web.media_metrics import MediaCollector
from tests.media.conftest import DELTA, KEYFRAME, send_frames, until
from tests.media.test_simulcast import vp8_keyframe
from tests.web.on_air import Stage

FRAMES = 30


@pytest.fixture
async def host(stage: Stage, database: Database) -> dict[str, str]:
    """The room's owner, by an API key."""
    key = "lhk_" + "k" * 40
    made = ApiKey("key_1", "acc_host", hashlib.sha256(key.encode()).hexdigest(), "tests", 0)
    await SqlAccounts(database).add_api_key(made, 10)
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
async def on_air(stage: Stage) -> tuple[tuple[LightClient, str], tuple[LightClient, str]]:
    """A publisher and a viewer, each with its session's address, after :data:`FRAMES` frames."""
    await stage.start()
    publisher, viewer = stage.client("sendonly"), stage.client("recvonly")
    _, headers, answer = await stage.post("whip", publisher.offer, stage.token("c", Role.COHOST))
    await publisher.use_answer(answer)
    _, watching, answer = await stage.post("whep?wait=1", viewer.offer, stage.token("v"))
    await viewer.use_answer(answer)
    await send_frames(publisher, FRAMES)
    await until(lambda: len(viewer.video()) == FRAMES)
    return (publisher, headers["Location"]), (viewer, watching["Location"])


async def shown(stage: Stage, location: str, who: dict[str, str]) -> dict[str, Any]:
    answer = await stage.http.get(f"{location}/stats", headers=who)
    assert answer.status == 200
    found: dict[str, Any] = await answer.json()
    return found


async def test_a_publisher_sees_what_came(stage: Stage, on_air: Any) -> None:
    (publisher, location), _ = on_air
    stats = await shown(stage, location, stage.token("c", Role.COHOST))
    assert stats["kind"] == "publish"
    assert stats["source"] == "camera"
    assert stats["connected"] is True
    assert stats["address_family"] == "ipv4"
    assert stats["limit_bps"] == stage.plane.limits.max_video_bitrate_bps
    (track,) = stats["tracks"]
    assert (track["kind"], track["codec"], track["layer"]) == ("video", "H264", "")
    assert (track["packets"], track["lost"], track["receivers"]) == (FRAMES, 0, 1)
    assert track["octets"] == len(KEYFRAME) + (FRAMES - 1) * len(DELTA)
    assert track["bitrate_bps"] > 0
    assert stats["slots"] == []
    # three packets do not come, and are asked for
    publisher.sequence[VIDEO_SSRC] += 3
    await send_frames(publisher, 3, first_timestamp=90_000, keyframe_first=False)
    await until(lambda: stage.plane.stats()["feedback"]["nacks_sent"])
    stats = await shown(stage, location, stage.token("c", Role.COHOST))
    assert stats["tracks"][0]["lost"] == 3
    assert stats["tracks"][0]["nacks"] == stats["nacks"] >= 1


async def test_a_viewer_sees_what_was_sent_and_what_arrived(stage: Stage, on_air: Any) -> None:
    _, (viewer, location) = on_air
    audio, video = (await shown(stage, location, stage.token("v")))["slots"]
    assert (video["mid"], video["codec"], video["publisher"]) == ("1", "H264", stage.identity("c"))
    assert video["packets"] == FRAMES
    assert video["octets"] == sum(header.payload_start + len(payload) for header, payload in viewer.video())
    assert video["bitrate_bps"] > 0
    assert (audio["codec"], audio["packets"]) == ("", 0)
    # what the viewer's browser tells: loss, jitter, how much it can take, what it misses
    header, _ = viewer.video()[-1]
    report = rtcp.ReceptionReport(header.ssrc, 64, 7, header.sequence_number, 900, 0, 0)
    viewer.send_rtcp(rtcp.pack_receiver_report(1, [report]) + rtcp.pack_remb(1, 400_000, [header.ssrc]))
    viewer.send_rtcp(rtcp.pack_nack(1, header.ssrc, [(header.sequence_number, 0)]))
    viewer.request_keyframe(header.ssrc)
    await until(lambda: stage.plane.stats()["feedback"]["keyframe_requests_received"])
    stats = await shown(stage, location, stage.token("v"))
    video = stats["slots"][1]
    assert (video["lost"], video["lost_share"], video["jitter_ms"]) == (7, 0.25, 10.0)
    assert stats["limit_bps"] == pytest.approx(400_000, rel=0.01)
    assert (stats["nacks"], video["resends"], video["keyframe_requests"]) == (1, 1, 1)


async def test_what_a_slot_was_sent_outlives_a_change_of_what_it_shows(stage: Stage, on_air: Any) -> None:
    (_, first), (viewer, location) = on_air
    await stage.http.delete(first, headers=stage.token("c", Role.COHOST))
    other = stage.client("sendonly")
    await other.use_answer((await stage.post("whip", other.offer, stage.token("d", Role.COHOST)))[2])
    await send_frames(other, 5)
    await until(lambda: len(viewer.video()) == FRAMES + 5)
    video = (await shown(stage, location, stage.token("v")))["slots"][1]
    assert video["packets"] == FRAMES + 5
    assert video["publisher"] == stage.identity("d")
    assert video["switches"] == 2


async def test_layers_of_simulcast_have_their_names(stage: Stage) -> None:
    await stage.start()
    rids, sizes = ("q", "f"), ((320, 180), (1280, 720))
    publisher = LightClient(stage.certificate, OfferOptions("sendonly", h264=False, vp8=True, rids=rids))
    viewer = stage.client("recvonly", h264=False, vp8=True)
    stage.clients.append(publisher)
    _, headers, answer = await stage.post("whip", publisher.offer, stage.token("c", Role.COHOST))
    await publisher.use_answer(answer)
    _, watching, answer = await stage.post("whep", viewer.offer, stage.token("v"))
    await viewer.use_answer(answer)
    for layer, (width, height) in enumerate(sizes):
        publisher.send_layer(layer, VP8_PT, 3000, vp8_keyframe(width, height), marker=True)
    await until(lambda: viewer.video())
    stats = await shown(stage, headers["Location"], stage.token("c", Role.COHOST))
    assert [(track["layer"], track["width"], track["height"]) for track in stats["tracks"]] == [
        ("q", 320, 180),
        ("f", 1280, 720),
    ]
    video = (await shown(stage, watching["Location"], stage.token("v")))["slots"][1]
    assert video["layer"] in rids
    assert (video["width"], video["height"]) == dict(zip(rids, sizes, strict=True))[video["layer"]]


async def test_only_the_owner_and_the_host_see_a_session(stage: Stage, on_air: Any, host: dict[str, str]) -> None:
    (_, published), (_, watched) = on_air
    for location in (published, watched):
        assert (await stage.http.get(f"{location}/stats")).status == 401
        assert (await stage.http.get(f"{location}/stats", headers=stage.token("other"))).status == 404
        assert (await shown(stage, location, host))["room"] == stage.room
    assert (await stage.http.get(f"{watched}/stats", headers=stage.token("c", Role.COHOST))).status == 404


async def test_the_host_lists_all_sessions_page_by_page(stage: Stage, on_air: Any, host: dict[str, str]) -> None:
    path = f"/api/v1/rooms/{stage.room}/media"
    pages, after = [], ""
    while True:
        answer = await stage.http.get(f"{path}?limit=1&after={after}", headers=host)
        assert answer.status == 200
        assert "127.0.0.1" not in await answer.text()
        page = await answer.json()
        pages += page["items"]
        if page["next"] is None:
            break
        after = page["next"]
    assert {item["kind"] for item in pages} == {"publish", "play"}
    assert {item["identity"] for item in pages} == {stage.identity("c"), stage.identity("v")}
    assert len(pages) == 2
    for who, status in ((stage.token("v"), 403), (stage.token("c", Role.COHOST), 403), ({}, 401)):
        assert (await stage.http.get(path, headers=who)).status == status


async def test_counters_for_prometheus(stage: Stage, on_air: Any) -> None:
    registry = CollectorRegistry()
    registry.register(MediaCollector(stage.plane))
    text = generate_latest(registry).decode()
    for line in ('joins_total{kind="publish"} 1.0', 'joins_total{kind="play"} 1.0', "resends_total 0.0"):
        assert f"livehub_media_{line}\n" in text
    sent = re.search(r'livehub_media_packets_total\{direction="out"\} (\S+)', text)
    octets = re.search(r'livehub_media_bytes_total\{direction="out"\} (\S+)', text)
    assert sent
    assert octets
    assert float(sent[1]) >= FRAMES
    assert float(octets[1]) > FRAMES * 200
