"""A push service that a Firefox of this machine subscribes at and a livehub sends to, as strict as the real ones.

To the browser it speaks Mozilla's WebSocket protocol (https://mozilla-push-service.readthedocs.io/en/latest/design/);
to application servers RFC 8030, letting none in but the one whose key the browser subscribed under (RFC 8292, section
4.2). What is sent it hands on unread: only the browser can read it.
"""

import asyncio
import json
import threading
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

import jwt
from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.asymmetric import ec

from livehub.followers.webpush import decode_key

MAX_BODY_BYTES = 4096
#: what a token's life may be (RFC 8292, section 2), and how long a push waits for its browser here
DAY_S, MAX_WAIT_S = 24 * 3600, 30.0


@dataclass
class Channel:
    """A subscription: the browser's name for it, and the key of the application server that it is for."""

    id: str
    key: bytes


@dataclass
class PushService:
    """``told``: (token, status) of every push, in order. ``refusals``: why those that were refused were."""

    channels: dict[str, Channel] = field(default_factory=dict)
    told: "Queue[tuple[str, int]]" = field(default_factory=Queue)
    refusals: list[str] = field(default_factory=list)
    acknowledged: "Queue[str]" = field(default_factory=Queue)
    subscribed: "Queue[str]" = field(default_factory=Queue)
    unsubscribed: "Queue[str]" = field(default_factory=Queue)
    url: str = ""
    _uaid: str = ""
    _browser: web.WebSocketResponse | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    def forget(self) -> None:
        """All subscriptions, and the browser that has them: it will be a new one when it comes back."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._forget(), self._loop).result(MAX_WAIT_S)

    async def _forget(self) -> None:
        self.channels.clear()
        self._uaid = ""
        assert self._browser is not None
        await self._browser.close()

    async def meet(self, request: web.Request) -> web.WebSocketResponse:
        """The browser's side."""
        socket = web.WebSocketResponse(protocols=["push-notification"])
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                for answer in self._answers(json.loads(message.data), socket):
                    await socket.send_json(answer)
        return socket

    def _answers(self, said: dict[str, Any], socket: web.WebSocketResponse) -> Iterator[dict[str, Any]]:
        kind, channel = said.get("messageType"), said.get("channelID", "")
        if not said:
            yield {}  # a ping
        elif kind == "hello":
            if not self._uaid or said.get("uaid") != self._uaid:
                self._uaid = uuid.uuid4().hex
            self._browser = socket
            yield {"messageType": "hello", "status": 200, "uaid": self._uaid, "use_webpush": True, "broadcasts": {}}
        elif kind == "register":
            key = decode_key(said["key"])
            assert key is not None
            token = uuid.uuid4().hex
            self.channels[token] = Channel(channel, key)
            self.subscribed.put(token)
            endpoint = f"{self.url}/send/{token}"
            yield {"messageType": "register", "channelID": channel, "status": 200, "pushEndpoint": endpoint}
        elif kind == "unregister":
            for token in [token for token, known in self.channels.items() if known.id == channel]:
                del self.channels[token]
                self.unsubscribed.put(token)
            yield {"messageType": "unregister", "channelID": channel, "status": 200}
        elif kind == "ack":
            for update in said["updates"]:
                self.acknowledged.put(f"{update['code']}")

    async def take(self, request: web.Request) -> web.Response:
        """The application server's side (RFC 8030, section 5)."""
        token, body = request.match_info["token"], await request.read()
        status, why = self._judge(request, token, body)
        if why:
            self.refusals.append(why)
        else:
            assert self._browser is not None
            await self._browser.send_json(
                {
                    "messageType": "notification",
                    "channelID": self.channels[token].id,
                    "version": uuid.uuid4().hex,
                    "ttl": int(request.headers["TTL"]),
                    "data": urlsafe_b64encode(body).decode().rstrip("="),
                    "headers": {"encoding": request.headers["Content-Encoding"]},
                }
            )
        self.told.put((token, status))
        return web.Response(status=status, headers={"Location": f"{self.url}/message"} if status == 201 else {})

    def _judge(self, request: web.Request, token: str, body: bytes) -> tuple[int, str]:
        if token not in self.channels:
            return 410, "nobody subscribes here any more"
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        named = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme != "vapid" or decode_key(named.get("k", "")) != self.channels[token].key:
            return 403, "another key than the browser subscribed under"
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.channels[token].key)
        try:
            required = {"require": ["aud", "exp", "sub"]}
            claims = jwt.decode(named["t"], public, ["ES256"], audience=self.url, options=required)  # type: ignore[arg-type]
        except jwt.InvalidTokenError as error:
            return 403, f"the token: {error}"
        if claims["exp"] > time.time() + DAY_S or not claims["sub"].startswith(("mailto:", "https:")):
            return 403, "a token for longer than a day, or from nobody"
        if not request.headers.get("TTL", "").isdigit() or request.headers.get("Content-Encoding") != "aes128gcm":
            return 400, "without a TTL, or of another encoding"
        return (413, "too large") if len(body) > MAX_BODY_BYTES else (201, "")


@contextmanager
def running() -> Iterator[PushService]:
    """In a thread with a loop of its own; ended when left."""
    service, loop = PushService(), asyncio.new_event_loop()
    service._loop = loop
    app = web.Application()
    app.router.add_get("/", service.meet)
    app.router.add_post("/send/{token}", service.take)
    runner = web.AppRunner(app, shutdown_timeout=1)

    async def start() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(start(), loop).result(MAX_WAIT_S)
        yield service
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(MAX_WAIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
