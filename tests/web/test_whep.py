"""draft-ietf-wish-whep, requirement by requirement, over real HTTP. docs/whip-whep.md says which test holds which."""

import re

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.accounts.permissions import Role
from livehub.bench.light import LightClient, OfferOptions
from livehub.media.limits import MediaLimits
from tests.media.conftest import send_frames, until
from tests.web.on_air import SDP, Stage

FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
CHANNEL = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sctp-port:5000\r\n"


@pytest.fixture
async def host(stage: Stage) -> LightClient:
    """Publishes H.264 and Opus in a live room."""
    await stage.start()
    client = stage.client("sendonly")
    await client.use_answer((await stage.post("whip", client.offer, stage.token("c", Role.COHOST)))[2])
    await send_frames(client, 1)
    await until(lambda: stage.plane.tracks(stage.room))
    return client


def endpoint(stage: Stage) -> str:
    return f"/api/v1/rooms/{stage.room}/whep"


async def watching(stage: Stage, name: str = "v") -> tuple[LightClient, str, str]:
    """A connected viewer with its session's Location and ETag."""
    client = stage.client("recvonly")
    status, headers, answer = await stage.post("whep", client.offer, stage.token(name))
    assert status == 201, answer
    await client.use_answer(answer)
    return client, headers["Location"], headers["ETag"]


# --- 4.1 HTTP usage


async def test_get_and_head_of_endpoint_and_session_succeed_without_content(stage: Stage, host: LightClient) -> None:
    _, location, _ = await watching(stage)
    for path in (endpoint(stage), location):
        for method in ("GET", "HEAD"):
            answer = await stage.http.request(method, path, headers=stage.token("v"))
            assert answer.status == 204
            assert await answer.read() == b""


# --- 4.2 Playback session set up


async def test_an_offer_makes_a_session_and_media_flows(stage: Stage, host: LightClient) -> None:
    client = stage.client("recvonly")
    answer = await stage.http.post(endpoint(stage), data=client.offer, headers=SDP | stage.token("v"))
    assert answer.status == 201
    assert answer.content_type == "application/sdp"
    assert re.fullmatch(r"/api/v1/media/[\w-]{32,}", answer.headers["Location"])
    assert re.fullmatch(r'"[0-9a-f]{16}"', answer.headers["ETag"])
    assert answer.headers["Accept-Patch"] == "application/trickle-ice-sdpfrag"
    await client.use_answer(await answer.text())
    await send_frames(host, 5, first_timestamp=90_000)
    await until(lambda: len(client.video()) >= 5)


async def test_other_content_types_and_malformed_offers_are_4xx(stage: Stage, host: LightClient) -> None:
    viewer, offer = stage.token("v"), stage.client("recvonly").offer
    assert await stage.code("whep", offer, viewer | {"Content-Type": "text/plain"}) == (415, "unsupported_media_type")
    assert await stage.code("whep", "v=0", viewer) == (400, "malformed_sdp")
    assert await stage.code("whep", offer + "a=x\r\n" * 20_000, viewer) == (413, "payload_too_large")


async def test_the_answer_is_sendonly_also_to_sendrecv(stage: Stage, host: LightClient) -> None:
    offer = stage.client("recvonly").offer
    for given in (offer, offer.replace("a=recvonly", "a=sendrecv")):
        _, _, answer = await stage.post("whep", given, stage.token("v"))
        assert answer.count("a=sendonly") == 2
        assert not re.search("a=(recvonly|sendrecv|inactive)", answer)


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
async def test_sections_that_receive_nothing_end_the_whole_offer(
    stage: Stage, host: LightClient, direction: str
) -> None:
    offer = direction.join(stage.client("recvonly").offer.rsplit("recvonly", 1))
    assert await stage.code("whep", offer, stage.token("v")) == (422, "offer_not_acceptable")
    assert stage.plane.viewers(stage.room) == 0


async def test_without_a_publisher_409_says_when_to_ask_again(stage: Stage) -> None:
    await stage.start()
    offer = stage.client("recvonly").offer
    status, headers, text = await stage.post("whep", offer, stage.token("v"))
    assert (status, headers["Retry-After"]) == (409, "5")
    assert "nobody_publishes" in text
    assert stage.plane.viewers(stage.room) == 0


async def test_before_the_start_409_says_when_to_ask_again(stage: Stage) -> None:
    status, headers, text = await stage.post("whep", stage.client("recvonly").offer, stage.token("v"))
    assert (status, headers["Retry-After"]) == (409, "10")
    assert "room_not_live" in text


async def test_who_asks_to_wait_is_connected_before_somebody_publishes(stage: Stage) -> None:
    await stage.start()
    viewer, host = stage.client("recvonly"), stage.client("sendonly")
    status, _, answer = await stage.post("whep?wait=1", viewer.offer, stage.token("v"))
    assert status == 201
    await viewer.use_answer(answer)
    await host.use_answer((await stage.post("whip", host.offer, stage.token("c", Role.COHOST)))[2])
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)
    assert await stage.code("whep?wait=perhaps", viewer.offer, stage.token("v")) == (422, "invalid_input")


# --- 4.3 Playback session termination


async def test_delete_ends_ice_and_dtls_and_ignores_entity_tags(stage: Stage, host: LightClient) -> None:
    client, location, _ = await watching(stage)
    ended = await stage.http.delete(location, headers=stage.token("v") | {"If-Match": '"of long ago"'})
    assert ended.status == 200
    await until(client.closed.is_set)  # DTLS close_notify; RFC 7675 section 5.2
    assert stage.plane.viewers(stage.room) == 0
    assert (await stage.http.delete(location, headers=stage.token("v"))).status == 404


async def test_options_answer_preflights_without_a_token_and_say_what_may_be_posted(
    stage: Stage, host: LightClient
) -> None:
    asked = {"Origin": "https://player.example", "Access-Control-Request-Method": "POST"}
    answer = await stage.http.options(endpoint(stage), headers=asked)
    assert answer.status == 200
    assert answer.headers["Accept-Post"] == "application/sdp"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Link" not in answer.headers


async def test_pages_of_other_origins_watch_with_a_token(stage: Stage, host: LightClient) -> None:
    elsewhere = {"Origin": "https://player.example", "Sec-Fetch-Site": "cross-site"}
    offer = stage.client("recvonly").offer
    answer = await stage.http.post(endpoint(stage), data=offer, headers=SDP | stage.token("v") | elsewhere)
    assert answer.status == 201
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"Location", "ETag", "Link", "Retry-After"} <= exposed
    refused = await stage.http.post(endpoint(stage), data=offer, headers=SDP | elsewhere)
    assert refused.status == 403


# --- 4.4 ICE


async def test_candidates_and_restart(stage: Stage, host: LightClient) -> None:
    client, location, tag = await watching(stage)
    headers = stage.token("v") | FRAGMENT
    body = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=candidate:1 1 udp 1 x.local 9 typ host\r\n"
    assert (await stage.http.patch(location, data=body, headers=headers)).status == 428
    assert (await stage.http.patch(location, data=body, headers=headers | {"If-Match": '"old"'})).status == 412
    trickled = await stage.http.patch(location, data=body, headers=headers | {"If-Match": tag})
    assert trickled.status == 204
    assert "ETag" not in trickled.headers
    for wrong, status in ((headers | {"Content-Type": "application/sdp"}, 415), (headers, 400)):
        assert (await stage.http.patch(location, data="{}", headers=wrong | {"If-Match": tag})).status == status
    fresh = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"
    restarted = await stage.http.patch(location, data=fresh, headers=headers | {"If-Match": "*"})
    assert restarted.status == 200
    assert restarted.headers["ETag"] != tag
    text = await restarted.text()
    ufrag, password = (re.search(rf"a=ice-{name}:(\S+)", text) for name in ("ufrag", "pwd"))
    assert ufrag
    assert password
    client.ufrag, client.remote_ufrag, client.remote_password = "ysXw", ufrag[1], password[1]
    client.migrate()
    await until(lambda: stage.plane.stats()["ice"]["migrations"] == 1)
    await send_frames(host, 5, first_timestamp=90_000)
    await until(lambda: len(client.video()) >= 5)


async def test_the_answer_has_all_candidates(stage: Stage, host: LightClient) -> None:
    _, _, answer = await stage.post("whep", stage.client("recvonly").offer, stage.token("v"))
    assert answer.count("a=end-of-candidates") == 2
    assert answer.count(f"127.0.0.1 {stage.plane.port} typ host") == 2


# --- 4.5 WebRTC constraints


async def test_bundle_rtcp_mux_only_and_one_media_stream(stage: Stage, host: LightClient) -> None:
    _, _, answer = await stage.post("whep", stage.client("recvonly").offer, stage.token("v"))
    assert "a=group:BUNDLE 0 1" in answer
    assert answer.count("a=rtcp-mux\r\n") == answer.count("a=rtcp-mux-only\r\n") == 2
    streams = re.findall(r"a=msid:(\S+) (\S+)", answer)
    assert len(streams) == 2
    assert len({stream for stream, _ in streams}) == 1
    assert len({track for _, track in streams}) == 2


async def test_more_slots_only_for_who_asks(stage: Stage, host: LightClient) -> None:
    """One audio and one video track are the draft's; more are an extension, asked for by ?video= and media sections."""
    client = LightClient(stage.certificate, OfferOptions("recvonly", video=2))
    stage.clients.append(client)
    _, _, answer = await stage.post("whep", client.offer, stage.token("v"))
    assert re.findall(r"m=video (\d+)", answer) == [str(stage.plane.port), "0"]
    _, _, answer = await stage.post("whep?video=2", client.offer, stage.token("v"))
    assert "m=video 0" not in answer


async def test_a_data_channel_is_turned_down_and_the_rest_taken(stage: Stage, host: LightClient) -> None:
    offer = stage.client("recvonly").offer.replace("BUNDLE 0 1", "BUNDLE 0 1 2") + CHANNEL
    status, _, answer = await stage.post("whep", offer, stage.token("v"))
    assert status == 201
    assert "m=application 0 UDP/DTLS/SCTP" in answer
    assert "a=group:BUNDLE 0 1\r\n" in answer


# --- 4.6 Load balancing and redirections


async def test_a_room_that_another_server_carries_is_redirected_with_307(stage: Stage, host: LightClient) -> None:
    async def other_server(request: web.Request) -> web.Response:
        return web.Response(status=201, text=f"{request.query_string}|{await request.text()}")

    app = web.Application()
    app.add_routes([web.post("/api/v1/rooms/{room}/whep", other_server)])
    async with TestServer(app) as other:
        stage.elsewhere[stage.room] = str(other.make_url("")).rstrip("/")
        path, headers = f"{endpoint(stage)}?video=3", SDP | stage.token("v")
        assert (await stage.http.post(path, data="offer", headers=headers, allow_redirects=False)).status == 307
        assert await (await stage.http.post(path, data="offer", headers=headers)).text() == "video=3|offer"


async def test_a_full_audience_is_503_with_retry_after(stage: Stage, host: LightClient) -> None:
    stage.plane._admission._limits = MediaLimits(max_subscribers_per_room=1)
    await watching(stage)
    status, headers, text = await stage.post("whep", stage.client("recvonly").offer, stage.token("w"))
    assert (status, headers["Retry-After"]) == (503, "10")
    assert "audience_full" in text


# --- 4.7 and 4.8 ICE servers, authentication, security


async def test_ice_servers_come_as_links_with_the_answer(stage: Stage, host: LightClient) -> None:
    answer = await stage.http.post(endpoint(stage), data=stage.client("recvonly").offer, headers=SDP | stage.token("v"))
    assert '<stun:stun.example:3478>; rel="ice-server"' in answer.headers.getall("Link")


async def test_a_bearer_token_is_needed_for_all_but_options(stage: Stage, host: LightClient) -> None:
    _, location, _ = await watching(stage)
    for method, path in (("POST", endpoint(stage)), ("PATCH", location), ("DELETE", location), ("GET", location)):
        answer = await stage.http.request(method, path, data="x", headers=SDP)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_offers_are_limited_by_member(stage: Stage, host: LightClient) -> None:
    for _ in range(stage.plane.limits.offers_per_member):
        assert (await stage.post("whep", "x", stage.token("v")))[0] == 400
    status, headers, _ = await stage.post("whep", "x", stage.token("v"))
    assert (status, headers["Retry-After"]) == (429, "2")
    assert (await stage.post("whep", "x", stage.token("w")))[0] == 400
