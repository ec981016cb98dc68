"""Who may publish and watch over HTTP, and what ends it: real rooms, tokens and bans, real DTLS behind the answers."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub.accounts.permissions import Role
from livehub.chat.moderation import Target
from tests.media.conftest import send_frames, until
from tests.web.on_air import HOST, SDP, Stage


async def test_publish_and_watch_over_http(stage: Stage) -> None:
    await stage.start()
    host, viewer = stage.client("sendonly"), stage.client("recvonly")
    status, headers, answer = await stage.post("whip", host.offer, stage.token("c", Role.COHOST))
    assert status == 201
    assert headers["Content-Type"].startswith("application/sdp")
    assert re.fullmatch(r"/api/v1/media/[\w-]{20,}", headers["Location"])
    assert re.fullmatch(r'"\w+"', headers["ETag"])
    assert headers["Link"] == '<stun:stun.example:3478>; rel="ice-server"'
    await host.use_answer(answer)
    status, _, answer = await stage.post("whep?video=1", viewer.offer, stage.token("v"))
    assert status == 201
    await viewer.use_answer(answer)
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)


async def test_session_is_its_owners_to_see_and_to_end(stage: Stage) -> None:
    await stage.start()
    viewer = stage.client("recvonly")
    _, headers, answer = await stage.post("whep?wait=1", viewer.offer, stage.token("v"))
    await viewer.use_answer(answer)
    location = headers["Location"]
    shown = await stage.http.get(f"{location}/stats", headers=stage.token("v"))
    stats = await shown.json()
    assert (stats["room"], stats["kind"], stats["connected"]) == (stage.room, "play", True)
    assert (stats["undecodable"], stats["tracks"]) == ([], [])
    assert [slot["publisher"] for slot in stats["slots"]] == ["", ""]
    assert (await stage.http.delete(location, headers=stage.token("other"))).status == 404
    assert (await stage.http.delete(location)).status == 401
    assert (await stage.http.delete(location, headers=stage.token("v"))).status == 200
    await until(viewer.closed.is_set)
    assert (await stage.http.delete(location, headers=stage.token("v"))).status == 404


async def test_who_may_not_is_told_why(stage: Stage) -> None:
    offer, listen = stage.client("sendonly").offer, stage.client("recvonly").offer
    assert await stage.code("whep", listen, stage.token("v")) == (409, "room_not_live")
    assert await stage.code("whip", offer, stage.token("s", Role.SPEAKER)) == (403, "forbidden")
    assert (await stage.post("whip", offer, stage.token("c", Role.COHOST)))[0] == 201  # rehearses
    assert (await stage.post("whep", listen, stage.token("c", Role.COHOST)))[0] == 201
    await stage.start()
    assert await stage.code("whip", offer, stage.token("v")) == (403, "forbidden")
    assert await stage.code("whep", listen, {}) == (401, "unauthenticated")
    answer = await stage.http.post("/api/v1/rooms/nowhere/whep", data=listen, headers=SDP)
    assert answer.status == 404
    await stage.moderation.ban(stage.access, Target(stage.identity("v"), Role.VIEWER))
    assert await stage.code("whep", listen, stage.token("v")) == (403, "banned")
    await stage.rooms.end(stage.access)
    assert await stage.code("whep", listen, stage.token("w")) == (410, "room_ended")
    assert await stage.code("whip", offer, stage.token("c", Role.COHOST)) == (410, "room_ended")


async def test_end_of_the_room_and_a_ban_end_the_media(stage: Stage) -> None:
    await stage.start()
    banned, other = stage.client("recvonly"), stage.client("recvonly")
    for client, name in ((banned, "b"), (other, "o")):
        await client.use_answer((await stage.post("whep?wait=1", client.offer, stage.token(name)))[2])
    await stage.moderation.ban(stage.access, Target(stage.identity("b"), Role.VIEWER))
    await until(banned.closed.is_set)
    assert not other.closed.is_set()
    await stage.rooms.end(stage.access)
    await until(other.closed.is_set)


async def test_bad_offers_get_a_problem_document(stage: Stage) -> None:
    await stage.start()
    token, good = stage.token("v"), stage.client("recvonly").offer
    assert await stage.code("whep", "no sdp at all", token) == (400, "malformed_sdp")
    assert await stage.code("whep", b"\xff\xfe", token) == (400, "malformed_sdp")
    assert await stage.code("whep", "v=0\r\n" + "a=x\r\n" * 20_000, token) == (413, "payload_too_large")
    assert await stage.code("whep", good, token | {"Content-Type": "text/plain"}) == (415, "unsupported_media_type")
    assert await stage.code("whep?video=-1", good, token) == (422, "invalid_input")
    assert await stage.code("whep?video=99", good, token) == (422, "invalid_input")
    without_dtls = re.sub(r"a=fingerprint.*\r\n", "", good)
    assert await stage.code("whep", without_dtls, token) == (422, "offer_not_acceptable")
    no_codec = stage.client("recvonly", h264=False).offer.replace("opus", "speex")
    assert await stage.code("whep", no_codec, token) == (422, "codec_not_supported")


async def test_viewer_without_the_codec_on_air_gets_422(stage: Stage) -> None:
    await stage.start()
    host = stage.client("sendonly")
    await host.use_answer((await stage.post("whip", host.offer, stage.token("c", Role.COHOST)))[2])
    await send_frames(host, 1)
    await until(lambda: stage.plane.tracks(stage.room))
    only_vp8 = stage.client("recvonly", h264=False, vp8=True)
    assert await stage.code("whep", only_vp8.offer, stage.token("v")) == (422, "codec_not_supported")


async def test_a_screen_stands_beside_the_camera(stage: Stage) -> None:
    await stage.start()
    owner, places = stage.token("c", Role.COHOST), {}
    for path in ("whip", "whip?source=screen", "whip?source=screen"):
        client = stage.client("sendonly")
        status, headers, answer = await stage.post(path, client.offer, owner)
        assert status == 201
        await client.use_answer(answer)
        places[headers["Location"]] = path
    shown = [(await stage.http.get(f"{place}/stats", headers=owner)) for place in places]
    assert [answer.status for answer in shown] == [200, 404, 200]
    assert (await shown[2].json())["source"] == "screen"
    assert await stage.code("whip?source=desk", stage.client("sendonly").offer, owner) == (422, "invalid_input")


async def test_own_media_come_back_only_when_asked_for(stage: Stage) -> None:
    await stage.start()
    host = stage.client("sendonly")
    await host.use_answer((await stage.post("whip", host.offer, stage.token("c", Role.COHOST)))[2])
    await send_frames(host, 1)
    places = []
    for path in ("whep", "whep?own=1"):
        viewer = stage.client("recvonly")
        _, headers, answer = await stage.post(path, viewer.offer, stage.token("c", Role.COHOST))
        await viewer.use_answer(answer)
        places.append(headers["Location"])
    await send_frames(host, 2, first_timestamp=9000)
    await until(lambda: len(stage.clients[-1].video()) >= 2)
    seen = [
        (await (await stage.http.get(f"{place}/stats", headers=stage.token("c", Role.COHOST))).json())["slots"]
        for place in places
    ]
    identity = stage.identity("c")
    assert [slot["publisher"] for slot in seen[0]] == ["", ""]
    assert [(slot["mid"], slot["publisher"], slot["source"]) for slot in seen[1]] == [
        ("0", "", ""),
        ("1", identity, "camera"),
    ]


async def test_who_was_sent_off_does_not_come_back_by_himself(stage: Stage) -> None:
    await stage.start()
    speaker = stage.token("s", Role.SPEAKER)
    assert (await stage.post("whip", stage.client("sendonly").offer, speaker))[0] == 201
    stage.desk.send_off(stage.room, stage.identity("s"))
    assert await stage.code("whip", stage.client("sendonly").offer, speaker) == (403, "off_stage")
    stage.desk.let_back(stage.room, stage.identity("s"))
    assert (await stage.post("whip", stage.client("sendonly").offer, speaker))[0] == 201


async def slowly(offer: str, begun: asyncio.Event, go_on: asyncio.Event) -> AsyncIterator[bytes]:
    yield offer[:20].encode()
    begun.set()
    await go_on.wait()
    yield offer[20:].encode()


@pytest.mark.parametrize(
    ("path", "direction", "role"), [("whep?wait=1", "recvonly", Role.VIEWER), ("whip", "sendonly", Role.COHOST)]
)
@pytest.mark.parametrize(("act", "refusal"), [("ban", "banned"), ("end", "room_ended")])
async def test_an_offer_that_takes_long_is_judged_by_what_holds_once_it_is_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, path: str, direction: str, role: Role, act: str, refusal: str
) -> None:
    """Else whoever keeps one waiting comes back after they were put out, or is on air after the end."""
    await stage.start()
    admitted, begun, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    check = stage.moderation.check_may_enter

    async def checked(*args: Any) -> None:
        await check(*args)
        admitted.set()

    monkeypatch.setattr(stage.moderation, "check_may_enter", checked)
    body = slowly(stage.client(direction).offer, begun, go_on)
    headers = SDP | stage.token("v", role)
    asking = asyncio.create_task(stage.http.post(f"/api/v1/rooms/{stage.room}/{path}", data=body, headers=headers))
    await asyncio.wait_for(asyncio.gather(begun.wait(), admitted.wait()), 10)
    if act == "ban":
        await stage.moderation.ban(stage.access, Target(stage.identity("v"), role))
    else:
        await stage.rooms.end(await stage.rooms.access(stage.room, HOST))
    go_on.set()
    answer = await asking
    assert (answer.status >= 400, (await answer.json(content_type=None))["code"]) == (True, refusal)
    assert not stage.plane.tracks(stage.room)
    assert stage.plane.viewers(stage.room) == 0
