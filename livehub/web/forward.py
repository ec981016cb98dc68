"""Routes that another process answers: each request goes on to it, and its answer comes back as it is.

nginx sends these paths there directly (docs/operations.md); this is for whoever reaches a process by another way, so
that every process answers everything.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

import aiohttp
from aiohttp import web

from livehub.errors import Unavailable
from livehub.web.application import RouteModule
from livehub.web.body import read_bytes
from livehub.web.problem import loggable_path

log = logging.getLogger(__name__)
#: of requests: SDP and JSON; the routes themselves have narrower bounds
MAX_BODY_BYTES: Final = 1024 * 1024
#: HLS players wait for a part, and a recording may take long to be sent
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=5, sock_read=60)
#: of one hop (RFC 9110 section 7.6.1), and what each server writes itself
_HOP_BY_HOP: Final = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "date", "server")
)


class Forwarder:
    """``target``: origin of the process that answers; it raises Unavailable while there is none."""

    def __init__(self, target: Callable[[], str]) -> None:
        self._target: Final = target
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        """On the running loop."""
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def instead_of(self, module: RouteModule) -> "Forwarded":
        return Forwarded(module, self)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Raises: Unavailable, PayloadTooLarge."""
        if self._session is None:
            raise Unavailable("The server is starting", retry_after_s=1)
        body = await read_bytes(request, MAX_BODY_BYTES)
        try:
            async with self._session.request(
                request.method,
                self._target() + request.path_qs,
                headers=_onward(request),
                data=body or None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            ) as answer:
                return await _copied(request, answer)
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            log.warning("the process that answers %s is not reached: %s", loggable_path(request.path), error)
            raise Unavailable("The media process is not reached", retry_after_s=1, code="media_unavailable") from error


class Forwarded:
    """The same routes and their description, answered elsewhere."""

    def __init__(self, module: RouteModule, forwarder: Forwarder) -> None:
        self._module: Final = module
        self._forwarder: Final = forwarder
        self.OPERATIONS: Final[Sequence[Any]] = getattr(module, "OPERATIONS", [])

    def routes(self) -> list[web.RouteDef]:
        return [
            web.RouteDef(route.method, route.path, self._forwarder.handle, route.kwargs)
            for route in self._module.routes()
        ]


def _onward(request: web.Request) -> list[tuple[str, str]]:
    """The client's headers, its address added as a proxy does."""
    skipped = _HOP_BY_HOP | {"content-length", "x-forwarded-for"}
    headers = [(name, value) for name, value in request.headers.items() if name.lower() not in skipped]
    forwarded = request.headers.getall("X-Forwarded-For", [])
    # What this machine's proxy said stands; else the peer is the client.
    if request.remote and (not forwarded or request.remote not in {"127.0.0.1", "::1"}):
        forwarded = [*forwarded, request.remote]
    return [*headers, *(("X-Forwarded-For", line) for line in forwarded)]


async def _copied(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    for name, value in answer.headers.items():
        if name.lower() not in _HOP_BY_HOP:
            response.headers.add(name, value)
    await response.prepare(request)
    async for chunk in answer.content.iter_chunked(64 * 1024):
        await response.write(chunk)
    await response.write_eof()
    return response
