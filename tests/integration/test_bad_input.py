"""Everything that people and programs get wrong, sent to one running server.

Each gets a problem with a stable code and a sentence that helps, and the server goes on serving.
"""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import socketio

from tests.e2e.api import Api
from tests.e2e.server import Server

pytestmark = pytest.mark.timeout(120)
SECRET = "a secret of these tests, long enough"


@dataclass
class Scene:
    server: Server
    merchant: Api
    store: str
    product: str
    room: str
    offer: str


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    server = Server(tmp_path_factory.mktemp("bad-input"), {"LIVEHUB_SECRET": SECRET})
    server.start()
    merchant = Api.account(server.url, "careful@example.org", "Careful")
    room = merchant.live_show("Bad input")
    store = merchant.call("GET", "/stores")["items"][0]["id"]
    product = merchant.call("GET", f"/stores/{store}/products")["items"][0]["id"]
    offer = merchant.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
    yield Scene(server, merchant, store, product, room, offer)
    assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()


def refused(scene: Scene, method: str, path: str, body: bytes, content_type: str, **headers: str) -> dict[str, Any]:
    """The problem document of a request that has to be refused; afterwards the server still answers."""
    own = scene.merchant._headers
    all_headers = {**own, "Content-Type": content_type, **headers}
    request = urllib.request.Request(f"{scene.server.url}/api/v1{path}", body, all_headers, method=method)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=20)
    with caught.value as answer:
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        problem: dict[str, Any] = json.loads(answer.read())
    assert problem["status"] == caught.value.code
    assert len(problem["detail"]) > 10
    assert scene.merchant.call("GET", f"/rooms/{scene.room}")["state"] == "live"
    return problem


def posted(scene: Scene, path: str, body: Any, method: str = "POST", **headers: str) -> dict[str, Any]:
    return refused(scene, method, path, json.dumps(body).encode(), "application/json", **headers)


@pytest.mark.parametrize("way", ["whip", "whep"])
@pytest.mark.parametrize(
    "offer", [b"", b"v=0", b"\xff\xfe\x00", b"v=0\r\n" + b"m=video 9 X 1\r\n" * 500, b"a" * 60_000]
)
def test_malformed_sdp(scene: Scene, way: str, offer: bytes) -> None:
    problem = refused(scene, "POST", f"/rooms/{scene.room}/{way}", offer, "application/sdp")
    assert problem["status"] in {400, 422}
    assert problem["code"] in {"malformed_sdp", "offer_not_acceptable"}


def test_wrong_media_type(scene: Scene) -> None:
    problem = refused(scene, "POST", f"/rooms/{scene.room}/whip", b"v=0", "text/plain")
    assert (problem["status"], problem["code"]) == (415, "unsupported_media_type")
    problem = refused(scene, "POST", "/stores", b"title=x", "application/x-www-form-urlencoded")
    assert (problem["status"], problem["code"]) == (415, "unsupported_media_type")


def test_unknown_room(scene: Scene) -> None:
    problem = refused(scene, "POST", "/rooms/room_00000000000000000000/whep", b"v=0", "application/sdp")
    assert (problem["status"], problem["code"]) == (404, "room_not_found")


def test_expired_token(scene: Scene) -> None:
    token = scene.merchant.join_token(scene.room, "late", "viewer")
    claims = jwt.decode(token, options={"verify_signature": False})
    claims["exp"] = int(time.time()) - 60
    key = _signing_key(token, scene)
    expired = jwt.encode(claims, key, algorithm="HS256")
    problem = refused(scene, "GET", "/me", b"", "application/json", Authorization=f"Bearer {expired}", Cookie="")
    assert (problem["status"], problem["code"]) == (401, "token_expired")
    forged = jwt.encode(claims, "somebody else's secret, also long enough", algorithm="HS256")
    problem = refused(scene, "GET", "/me", b"", "application/json", Authorization=f"Bearer {forged}", Cookie="")
    assert (problem["status"], problem["code"]) == (401, "token_invalid")


def _signing_key(token: str, scene: Scene) -> bytes | str:
    """The key that livehub signs join tokens with, found out by what verifies the token."""
    from livehub.accounts.tokens import TokenSigner
    from livehub.clock import SystemClock

    signer = TokenSigner(SECRET, SystemClock())
    keys = [value for value in vars(signer).values() if isinstance(value, bytes | str)]
    for key in keys:
        try:
            jwt.decode(token, key, algorithms=["HS256"], options={"verify_aud": False})
        except jwt.InvalidSignatureError:
            continue
        return key
    raise AssertionError("no key of the signer verifies its token")


def test_oversize_body(scene: Scene) -> None:
    problem = refused(scene, "POST", "/stores", b'{"title": "' + b"x" * 10_000_000 + b'"}', "application/json")
    assert (problem["status"], problem["code"]) == (413, "payload_too_large")
    problem = refused(scene, "POST", f"/rooms/{scene.room}/whip", b"v" * 10_000_000, "application/sdp")
    assert (problem["status"], problem["code"]) == (413, "payload_too_large")
    problem = refused(scene, "PUT", f"/products/{scene.product}/picture", b"\xff" * 10_000_000, "image/jpeg")
    assert (problem["status"], problem["code"]) == (413, "payload_too_large")


async def test_ten_megabyte_chat_line(scene: Scene) -> None:
    loud, calm = socketio.AsyncClient(reconnection=False), socketio.AsyncClient(reconnection=False)
    for client, name in ((loud, "Loud"), (calm, "Calm")):
        token = Api(scene.server.url).call("POST", "/guests", {"display_name": name, "locale": "en"})["token"]
        await client.connect(scene.server.url, auth={"token": token}, transports=["websocket"])
        assert (await client.call("room:join", {"room": scene.room, "locale": "en"}, timeout=10))["ok"]
    answer = await loud.call("chat:send", {"text": "x" * 5000, "client_id": "long"}, timeout=10)
    assert (answer["ok"], answer["error"]["code"]) == (False, "message_too_long")
    gone = asyncio.Event()
    loud.on("disconnect", lambda *_: gone.set())
    await loud.emit("chat:send", {"text": "x" * 10_000_000, "client_id": "longer"})
    await asyncio.wait_for(gone.wait(), 10)
    answer = await calm.call("chat:send", {"text": "still here", "client_id": "calm"}, timeout=10)
    assert answer["ok"], answer
    await calm.disconnect()


@pytest.mark.parametrize("quantity", [-1, 0, 10**12, 1.5, "two"])
def test_a_quantity_that_is_none(scene: Scene, quantity: object) -> None:
    body = {
        "room": scene.room,
        "lines": [{"offer": scene.offer, "quantity": quantity}],
        "delivery": {"method": "pickup"},
        "contact": {"name": "Ana", "email": "ana@example.org"},
        "payment_provider": "sandbox",
    }
    problem = posted(scene, "/orders", body, **{"Idempotency-Key": f"bad-{quantity}"})
    assert (problem["status"], problem["code"]) == (422, "invalid_input")
    assert "quantity" in problem["field"]


def test_unknown_currency(scene: Scene) -> None:
    problem = posted(scene, "/stores", {"title": "Moon", "currency": "XXQ"})
    assert (problem["status"], problem["code"]) == (422, "currency_unknown")


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a nothing", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff" * 100]
)
def test_a_picture_that_is_none(scene: Scene, data: bytes) -> None:
    problem = refused(scene, "PUT", f"/products/{scene.product}/picture", data, "image/jpeg")
    assert problem["status"] in {415, 422}
    assert problem["code"] == "picture_unreadable"


def test_not_json(scene: Scene) -> None:
    for body in (b"{", b"\xff", b""):
        problem = refused(scene, "POST", "/rooms", body, "application/json")
        assert (problem["status"], problem["code"]) == (400, "malformed_request")
    problem = refused(scene, "POST", "/rooms", b"[" * 20_000, "application/json")
    assert problem["code"] in {"malformed_request", "invalid_input"}
