"""RFC 9725, requirement by requirement, over real HTTP. docs/whip-whep.md says which test holds which."""

import re

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.accounts.permissions import Role
from livehub.media.limits import MediaLimits
from livehub.media.plane import MediaPlane
from tests.media.conftest import send_frames, until
from tests.web.on_air import SDP, Stage

FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "PROPFIND")


@pytest.fixture
async def host(stage: Stage) -> dict[str, str]:
    """A cohost's credentials in a live room."""
    await stage.start()
    return stage.token("c", Role.COHOST)


async def published(stage: Stage, host: dict[str, str]) -> tuple[str, str]:
    """Location and ETag of a session that is connected."""
    client = stage.client("sendonly")
    status, headers, answer = await stage.post("whip", client.offer, host)
    assert status == 201, answer
    await client.use_answer(answer)
    return headers["Location"], headers["ETag"]


def endpoint(stage: Stage) -> str:
    return f"/api/v1/rooms/{stage.room}/whip"


# --- 4.1 HTTP usage


async def test_get_and_head_of_endpoint_and_session_succeed_without_content(stage: Stage, host: dict[str, str]) -> None:
    location, _ = await published(stage, host)
    for path in (endpoint(stage), location):
        for method in ("GET", "HEAD"):
            answer = await stage.http.request(method, path, headers=host)
            assert answer.status == 204
            assert await answer.read() == b""


async def test_get_of_an_endpoint_tells_nobody_whether_the_room_exists(stage: Stage) -> None:
    for room in (stage.room, "room_nowhere"):
        assert (await stage.http.get(f"/api/v1/rooms/{room}/whip")).status == 204


async def test_errors_are_problem_documents_with_a_stable_code(stage: Stage, host: dict[str, str]) -> None:
    answer = await stage.http.post(endpoint(stage), data="nothing", headers=SDP | host)
    assert answer.content_type == "application/problem+json"
    document = await answer.json(content_type=None)
    assert document["code"] == "malformed_sdp"
    assert document["detail"]


# --- 4.2 Ingest session set up


async def test_an_offer_makes_a_session(stage: Stage, host: dict[str, str]) -> None:
    client = stage.client("sendonly")
    answer = await stage.http.post(endpoint(stage), data=client.offer, headers=SDP | host)
    assert answer.status == 201
    assert answer.content_type == "application/sdp"
    assert answer.headers["Location"].startswith("/api/v1/media/")
    assert answer.headers["Accept-Patch"] == "application/trickle-ice-sdpfrag"
    await client.use_answer(await answer.text())
    await send_frames(client, 3)
    await until(lambda: stage.plane.tracks(stage.room))


async def test_other_content_types_are_415(stage: Stage, host: dict[str, str]) -> None:
    offer = stage.client("sendonly").offer
    for kind in ("text/plain", "application/json", "application/trickle-ice-sdpfrag"):
        assert await stage.code("whip", offer, host | {"Content-Type": kind}) == (415, "unsupported_media_type")
    assert (await stage.post("whip", offer, host | {"Content-Type": "Application/SDP; charset=utf-8"}))[0] == 201


async def test_malformed_offers_are_400_and_long_ones_413(stage: Stage, host: dict[str, str]) -> None:
    good = stage.client("sendonly").offer
    for bad in ("", "v=0", "hello", good.replace("m=audio 9", "m=audio x"), good.replace("a=mid:1", "a=mid:0")):
        assert await stage.code("whip", bad, host) == (400, "malformed_sdp")
    assert await stage.code("whip", good + "a=x\r\n" * 20_000, host) == (413, "payload_too_large")


async def test_the_answer_is_recvonly_also_to_sendrecv(stage: Stage, host: dict[str, str]) -> None:
    offer = stage.client("sendonly").offer
    for given in (offer, offer.replace("a=sendonly", "a=sendrecv")):
        _, _, answer = await stage.post("whip", given, host)
        assert answer.count("a=recvonly") == 2
        assert not re.search("a=(sendonly|sendrecv|inactive)", answer)


@pytest.mark.parametrize("direction", ["recvonly", "inactive"])
async def test_sections_that_send_nothing_end_the_whole_offer(
    stage: Stage, host: dict[str, str], direction: str
) -> None:
    offer = stage.client("sendonly").offer
    one = direction.join(offer.rsplit("sendonly", 1))
    assert await stage.code("whip", one, host) == (422, "offer_not_acceptable")
    assert stage.plane.stats()["sessions"] == 0


async def test_delete_ends_ice_and_dtls_and_ignores_entity_tags(stage: Stage, host: dict[str, str]) -> None:
    client = stage.client("sendonly")
    _, headers, answer = await stage.post("whip", client.offer, host)
    await client.use_answer(answer)
    ended = await stage.http.delete(headers["Location"], headers=host | {"If-Match": '"of long ago"'})
    assert ended.status == 200
    await until(client.closed.is_set)  # DTLS close_notify; RFC 7675 section 5.2: consent ends at once
    assert stage.plane.stats()["sessions"] == 0
    for method in ("DELETE", "PATCH", "GET"):
        answer_to = await stage.http.request(method, headers["Location"], headers=host | FRAGMENT, data=b"")
        assert answer_to.status == 404


async def test_options_say_what_may_be_posted(stage: Stage, host: dict[str, str]) -> None:
    answer = await stage.http.options(endpoint(stage))
    assert answer.status == 200
    assert answer.headers["Accept-Post"] == "application/sdp"
    location, _ = await published(stage, host)
    answer = await stage.http.options(location)
    assert answer.status == 200
    assert answer.headers["Accept-Patch"] == "application/trickle-ice-sdpfrag"


async def test_other_methods_are_405_and_the_answer_lists_those_allowed(stage: Stage, host: dict[str, str]) -> None:
    location, _ = await published(stage, host)
    for path, allowed in (
        (endpoint(stage), {"GET", "HEAD", "OPTIONS", "POST"}),
        (location, {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH"}),
    ):
        for method in set(METHODS) - allowed:
            answer = await stage.http.request(method, path, headers=host)
            assert answer.status == 405
            assert set(answer.headers["Allow"].split(", ")) == allowed


# --- CORS (Fetch standard)

ELSEWHERE = {"Origin": "https://player.example", "Sec-Fetch-Site": "cross-site"}


async def test_preflight_needs_no_token_and_tells_no_servers(stage: Stage, host: dict[str, str]) -> None:
    location, _ = await published(stage, host)
    for path, method in ((endpoint(stage), "POST"), (location, "PATCH"), (location, "DELETE")):
        asked = ELSEWHERE | {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type,if-match",
        }
        answer = await stage.http.options(path, headers=asked)
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
        allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert {"authorization", "content-type", "if-match"} <= set(allowed)
        assert "Link" not in answer.headers
        assert await answer.read() == b""


async def test_pages_of_other_origins_publish_with_a_token_and_read_what_they_need(
    stage: Stage, host: dict[str, str]
) -> None:
    answer = await stage.http.post(endpoint(stage), data=stage.client("sendonly").offer, headers=SDP | host | ELSEWHERE)
    assert answer.status == 201
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"Location", "ETag", "Link", "Accept-Patch", "Retry-After"} <= exposed


async def test_refusals_can_be_read_from_other_origins(stage: Stage, host: dict[str, str]) -> None:
    answer = await stage.http.post(endpoint(stage), data="x", headers=SDP | host | ELSEWHERE)
    assert answer.status == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_cookies_are_worth_nothing_from_other_origins(stage: Stage, host: dict[str, str]) -> None:
    cookie = {"Cookie": f"livehub_guest={host['Authorization'].split()[1]}"}
    answer = await stage.http.post(endpoint(stage), data="x", headers=SDP | cookie | ELSEWHERE)
    assert answer.status == 403
    assert "cross_site_request" in await answer.text()


async def test_other_routes_of_the_api_stay_with_their_own_origin(stage: Stage, host: dict[str, str]) -> None:
    answer = await stage.http.get(f"/api/v1/rooms/{stage.room}/still", headers=host | ELSEWHERE)
    assert "Access-Control-Allow-Origin" not in answer.headers


# --- 4.3 ICE


async def test_the_answer_has_all_candidates(stage: Stage, host: dict[str, str]) -> None:
    _, _, answer = await stage.post("whip", stage.client("sendonly").offer, host)
    assert "a=ice-lite\r\n" in answer
    assert answer.count(f"127.0.0.1 {stage.plane.port} typ host") == 2
    assert answer.count("a=end-of-candidates") == 2


async def test_patch_of_other_content_types_is_415(stage: Stage, host: dict[str, str]) -> None:
    location, tag = await published(stage, host)
    for kind in ("application/sdp", "text/plain"):
        headers = host | {"Content-Type": kind, "If-Match": tag}
        assert (await stage.http.patch(location, data="a=end-of-candidates\r\n", headers=headers)).status == 415


@pytest.mark.parametrize(
    "bad", ["", "hello", "a=ice-ufrag:abcd\r\n", "a=ice-ufrag:!\r\na=ice-pwd:x\r\n", "v=0\r\n", "{}"]
)
async def test_malformed_fragments_are_400_whatever_the_entity_tag(
    stage: Stage, host: dict[str, str], bad: str
) -> None:
    location, tag = await published(stage, host)
    for given in (tag, '"old"'):
        answer = await stage.http.patch(location, data=bad, headers=host | FRAGMENT | {"If-Match": given})
        assert answer.status == 400
        assert "malformed_sdp" in await answer.text()


async def test_fragments_are_bounded(stage: Stage, host: dict[str, str]) -> None:
    location, tag = await published(stage, host)
    long = "a=end-of-candidates\r\n" * 1_000
    assert (await stage.http.patch(location, data=long, headers=host | FRAGMENT | {"If-Match": tag})).status == 413


async def test_the_entity_tag_is_strong_and_names_the_ice_session(stage: Stage, host: dict[str, str]) -> None:
    tags = [(await published(stage, host))[1] for _ in range(2)]
    assert all(re.fullmatch(r'"[0-9a-f]{16}"', tag) for tag in tags)
    assert tags[0] != tags[1]


TRICKLED = (
    "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n{credentials}"
    "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host generation 0\r\n"
    "a=candidate:2 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\n"
    "a=candidate:3 1 udp 2122260223 {name} 61764 typ host\r\na=end-of-candidates\r\n"
)


async def test_candidates_are_204_without_an_entity_tag_and_strange_ones_are_passed_over(
    stage: Stage, host: dict[str, str]
) -> None:
    client = stage.client("sendonly")
    _, headers, answer_sdp = await stage.post("whip", client.offer, host)
    await client.use_answer(answer_sdp)
    own = f"a=ice-ufrag:{client.ufrag}\r\na=ice-pwd:{client.password}\r\n"
    for credentials in ("", own):
        body = TRICKLED.format(credentials=credentials, name="9b2f.local")
        answer = await stage.http.patch(
            headers["Location"], data=body, headers=host | FRAGMENT | {"If-Match": headers["ETag"]}
        )
        assert answer.status == 204
        assert await answer.read() == b""
        assert "ETag" not in answer.headers
    assert stage.plane.stats()["connected"] == 1


async def test_patch_without_if_match_is_428_and_with_another_tag_412(stage: Stage, host: dict[str, str]) -> None:
    location, tag = await published(stage, host)
    body = "a=end-of-candidates\r\n"
    answer = await stage.http.patch(location, data=body, headers=host | FRAGMENT)
    assert answer.status == 428
    for given, status in (('"old"', 412), (f"W/{tag}", 412), (f'"old", {tag}', 204), ("*", 204)):
        answer = await stage.http.patch(location, data=body, headers=host | FRAGMENT | {"If-Match": given})
        assert answer.status == status, given


RESTART = "a=ice-options:trickle ice2\r\na=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"


async def test_a_restart_is_200_with_new_credentials_and_a_new_tag(stage: Stage, host: dict[str, str]) -> None:
    client = stage.client("sendonly")
    _, headers, answer_sdp = await stage.post("whip", client.offer, host)
    await client.use_answer(answer_sdp)
    location = headers["Location"]
    answer = await stage.http.patch(location, data=RESTART, headers=host | FRAGMENT | {"If-Match": "*"})
    assert answer.status == 200
    assert answer.content_type == "application/trickle-ice-sdpfrag"
    assert answer.headers["ETag"] != headers["ETag"]
    text = await answer.text()
    lines = text.split("\r\n")
    assert lines[:2] == ["a=ice-lite", "a=group:BUNDLE 0 1"]
    assert re.fullmatch(r"m=audio 9 UDP/TLS/RTP/SAVPF [\d ]+", lines[2])
    assert lines[3] == "a=mid:0"
    ufrag, password = (re.search(rf"a=ice-{name}:(\S+)", text) for name in ("ufrag", "pwd"))
    assert ufrag
    assert password
    assert ufrag[1] not in answer_sdp
    assert password[1] not in answer_sdp
    assert f"127.0.0.1 {stage.plane.port} typ host" in text
    # the earlier session's tag is over, the new one holds
    for tag, status in ((headers["ETag"], 412), (answer.headers["ETag"], 204)):
        late = await stage.http.patch(
            location, data="a=end-of-candidates\r\n", headers=host | FRAGMENT | {"If-Match": tag}
        )
        assert late.status == status
    # and the media goes on over a check with the new credentials
    client.ufrag, client.remote_ufrag, client.remote_password = "ysXw", ufrag[1], password[1]
    client.migrate()
    await until(lambda: stage.plane.stats()["ice"]["migrations"] == 1)
    await send_frames(client, 3)
    await until(lambda: stage.plane.tracks(stage.room))


async def test_a_late_candidate_of_an_earlier_ice_session_restarts_nothing(stage: Stage, host: dict[str, str]) -> None:
    client = stage.client("sendonly")
    _, headers, answer_sdp = await stage.post("whip", client.offer, host)
    await client.use_answer(answer_sdp)
    location = headers["Location"]
    restarted = await stage.http.patch(location, data=RESTART, headers=host | FRAGMENT | {"If-Match": "*"})
    old = f"a=ice-ufrag:{client.ufrag}\r\na=ice-pwd:{client.password}\r\na=end-of-candidates\r\n"
    late = await stage.http.patch(location, data=old, headers=host | FRAGMENT | {"If-Match": headers["ETag"]})
    assert late.status == 412
    still = await stage.http.patch(
        location, data="a=end-of-candidates\r\n", headers=host | FRAGMENT | {"If-Match": restarted.headers["ETag"]}
    )
    assert still.status == 204


async def test_a_failed_restart_leaves_the_session_alone(stage: Stage, host: dict[str, str]) -> None:
    location, tag = await published(stage, host)
    bad = await stage.http.patch(location, data="a=ice-ufrag:ysXw\r\n", headers=host | FRAGMENT | {"If-Match": "*"})
    assert bad.status == 400
    assert stage.plane.stats()["connected"] == 1
    same = await stage.http.patch(location, data="a=end-of-candidates\r\n", headers=host | FRAGMENT | {"If-Match": tag})
    assert same.status == 204


# --- 4.4 WebRTC constraints


async def test_all_media_share_one_bundled_transport_with_rtcp_mux_only(stage: Stage, host: dict[str, str]) -> None:
    offer = stage.client("sendonly").offer
    _, _, answer = await stage.post("whip", offer, host)
    assert "a=group:BUNDLE 0 1" in answer
    assert answer.count("a=rtcp-mux\r\n") == answer.count("a=rtcp-mux-only\r\n") == 2
    for bad in (
        offer.replace("a=rtcp-mux\r\n", "", 1),
        offer.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"),
        offer.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0\r\na=group:BUNDLE 1"),
    ):
        assert await stage.code("whip", bad, host) == (422, "offer_not_acceptable")


async def test_bundle_only_sections_with_port_0_are_taken(stage: Stage, host: dict[str, str]) -> None:
    offer = (
        stage.client("sendonly").offer.replace("m=video 9", "m=video 0").replace("a=mid:1", "a=bundle-only\r\na=mid:1")
    )
    status, _, answer = await stage.post("whip", offer, host)
    assert status == 201
    assert f"m=video {stage.plane.port} " in answer


async def test_one_track_of_a_kind_and_one_media_stream(stage: Stage, host: dict[str, str]) -> None:
    offer = stage.client("sendonly").offer
    sections = offer.split("m=")
    second = sections[2].replace("a=mid:1", "a=mid:2").replace("a=ssrc:1002 ", "a=ssrc:1003 ")
    two = offer.replace("BUNDLE 0 1", "BUNDLE 0 1 2") + "m=" + second
    assert await stage.code("whip", two, host) == (422, "offer_not_acceptable")
    streams = offer.replace("a=mid:0", "a=msid:one a0\r\na=mid:0").replace("a=mid:1", "a=msid:two v0\r\na=mid:1")
    assert await stage.code("whip", streams, host) == (422, "offer_not_acceptable")
    assert (await stage.post("whip", streams.replace("msid:two", "msid:one"), host))[0] == 201


async def test_an_offer_is_taken_as_a_whole_or_not_at_all(stage: Stage, host: dict[str, str]) -> None:
    offer = stage.client("sendonly").offer
    no_common_codec = offer.replace("H264/90000", "AV1/90000")
    assert await stage.code("whip", no_common_codec, host) == (422, "codec_not_supported")
    channel = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sctp-port:5000\r\n"
    with_data = offer.replace("BUNDLE 0 1", "BUNDLE 0 1 2") + channel
    assert (await stage.post("whip", with_data, host))[0] == 422
    assert stage.plane.stats()["sessions"] == 0


@pytest.mark.parametrize(("setup", "answered"), [("actpass", "passive"), ("active", "passive"), ("passive", "active")])
async def test_dtls_roles(stage: Stage, host: dict[str, str], setup: str, answered: str) -> None:
    offer = stage.client("sendonly").offer.replace("a=setup:actpass", f"a=setup:{setup}")
    _, _, answer = await stage.post("whip", offer, host)
    assert answer.count(f"a=setup:{answered}\r\n") == 2
    unknown = offer.replace(f"a=setup:{setup}", "a=setup:holdconn")
    assert await stage.code("whip", unknown, host) == (422, "offer_not_acceptable")


# --- 4.5 Load balancing and redirections


async def test_a_room_that_another_server_carries_is_redirected_with_307(stage: Stage, host: dict[str, str]) -> None:
    got: list[str] = []

    async def other_server(request: web.Request) -> web.Response:
        got.append(await request.text())
        return web.Response(status=201, text="answer", headers={"Location": "/api/v1/media/there"})

    app = web.Application()
    app.add_routes([web.post("/api/v1/rooms/{room}/whip", other_server)])
    offer = stage.client("sendonly").offer
    async with TestServer(app) as other:
        stage.elsewhere[stage.room] = str(other.make_url("")).rstrip("/")
        answer = await stage.http.post(
            f"{endpoint(stage)}?source=screen", data=offer, headers=SDP | host, allow_redirects=False
        )
        assert answer.status == 307
        assert answer.headers["Location"] == f"{stage.elsewhere[stage.room]}{endpoint(stage)}?source=screen"
        followed = await stage.http.post(endpoint(stage), data=offer, headers=SDP | host)
        assert followed.status == 201
        assert got == [offer]


async def test_only_those_who_may_enter_are_redirected(stage: Stage) -> None:
    stage.elsewhere[stage.room] = "https://other.example"
    answer = await stage.http.post(endpoint(stage), data="x", headers=SDP, allow_redirects=False)
    assert answer.status == 401


async def test_overload_is_503_with_retry_after(stage: Stage, host: dict[str, str], plane: MediaPlane) -> None:
    plane._admission._limits = MediaLimits(max_joining=2)
    connected = stage.client("sendonly")
    await connected.use_answer((await stage.post("whip", connected.offer, host))[2])
    for name in ("d", "e"):
        offer = stage.client("sendonly").offer
        assert (await stage.post("whip", offer, stage.token(name, Role.COHOST)))[0] == 201
    status, headers, text = await stage.post("whip", stage.client("sendonly").offer, stage.token("f", Role.COHOST))
    assert (status, headers["Retry-After"]) == (503, "2")
    assert "too_many_joining" in text


# --- 4.6 STUN and TURN servers


async def test_ice_servers_come_as_links_with_the_answer(stage: Stage, host: dict[str, str]) -> None:
    answer = await stage.http.post(endpoint(stage), data=stage.client("sendonly").offer, headers=SDP | host)
    links = answer.headers.getall("Link")
    assert '<stun:stun.example:3478>; rel="ice-server"' in links
    assert any(
        link.startswith('<turn:turn.example?transport=udp>; rel="ice-server"; username="')
        and link.endswith('; credential-type="password"')
        for link in links
    )


async def test_options_tell_no_ice_servers_even_to_those_signed_in(stage: Stage, host: dict[str, str]) -> None:
    assert "Link" not in (await stage.http.options(endpoint(stage), headers=host)).headers


# --- 4.7 Authentication


async def test_a_bearer_token_is_needed_for_all_but_options(stage: Stage, host: dict[str, str]) -> None:
    location, tag = await published(stage, host)
    offer = stage.client("sendonly").offer
    for method, path, more in (
        ("POST", endpoint(stage), SDP),
        ("PATCH", location, FRAGMENT | {"If-Match": tag}),
        ("DELETE", location, {}),
        ("GET", location, {}),
    ):
        for authorization in ({}, {"Authorization": "Bearer wrong"}):
            answer = await stage.http.request(method, path, data=offer, headers=more | authorization)
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert (await stage.http.options(path)).status == 200


async def test_sessions_of_others_do_not_exist(stage: Stage, host: dict[str, str]) -> None:
    location, tag = await published(stage, host)
    other = stage.token("other", Role.COHOST)
    for method in ("PATCH", "DELETE", "GET"):
        answer = await stage.http.request(
            method, location, data="a=end-of-candidates\r\n", headers=other | FRAGMENT | {"If-Match": tag}
        )
        assert answer.status == 404
    assert stage.plane.stats()["connected"] == 1


# --- 5 Security


async def test_addresses_of_sessions_cannot_be_guessed(stage: Stage, host: dict[str, str]) -> None:
    made = {(await published(stage, host))[0] for _ in range(3)}
    assert len(made) == 3
    for location in made:
        assert re.fullmatch(r"/api/v1/media/[\w-]{32,}", location)  # 24 random bytes at least


@pytest.fixture
def behind_proxy() -> dict[str, str]:
    """The tests' own connection is this machine's, which is not counted by address."""
    return {"X-Forwarded-For": "198.51.100.7"}


async def test_offers_are_limited_by_member_and_by_address(
    stage: Stage, host: dict[str, str], behind_proxy: dict[str, str]
) -> None:
    limits = stage.plane.limits
    for _ in range(limits.offers_per_member):
        assert (await stage.post("whip", "x", host))[0] == 400
    status, headers, text = await stage.post("whip", "x", host)
    assert (status, headers["Retry-After"]) == (429, "2")
    assert "rate_limited" in text
    other = stage.token("d", Role.COHOST)
    assert (await stage.post("whip", "x", other))[0] == 400  # somebody else's bucket is full
    statuses = [(await stage.post("whip", "x", other | behind_proxy))[0] for _ in range(limits.offers_per_address + 1)]
    assert statuses[-1] == 429
    nobody = {"X-Forwarded-For": behind_proxy["X-Forwarded-For"]}
    assert (await stage.post("whip", "x", nobody))[0] == 429  # before anything is looked up
    stage.clock.advance(2.0)
    assert (await stage.post("whip", "x", host))[0] == 400


async def test_patch_and_delete_are_limited_by_member(stage: Stage, host: dict[str, str]) -> None:
    location, tag = await published(stage, host)
    for _ in range(stage.plane.limits.changes_per_member):
        answer = await stage.http.patch(
            location, data="a=end-of-candidates\r\n", headers=host | FRAGMENT | {"If-Match": tag}
        )
        assert answer.status == 204
    for method in ("PATCH", "DELETE"):
        answer = await stage.http.request(
            method, location, data="a=end-of-candidates\r\n", headers=host | FRAGMENT | {"If-Match": tag}
        )
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "1"
