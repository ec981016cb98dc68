"""/healthz: the process answers. /readyz: what it needs works. /metrics: for Prometheus."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from livehub.web.body import answer
from livehub.web.problem import Handler

log = logging.getLogger(__name__)
CHECK_TIMEOUT_S = 2.0
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

#: name → raises when that part does not work
Checks = Mapping[str, Callable[[], Awaitable[object]]]
CHECKS: web.AppKey[Checks] = web.AppKey("readiness_checks")
#: set while the server ends what is under way before it stops
DRAINING: web.AppKey[asyncio.Event] = web.AppKey("draining", asyncio.Event)


class Metrics:
    """A registry of its own, so that two servers in one process (as in tests) do not meet.

    Gauges that are read when asked: ``metrics.gauge("livehub_rooms_live", "…", lambda: 3)``.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "livehub_http_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "livehub_http_request_seconds", "Time to answer", ("route",), buckets=_SECONDS, registry=self.registry
        )

    def gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        Gauge(name, meaning, registry=self.registry).set_function(read)

    def count(self, request: web.Request, status: int, seconds: float) -> None:
        # The route's pattern, never the path: what anybody can type must not become a label.
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "none"
        method = request.method if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} else "other"
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)


@web.middleware
async def metrics_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Counts; the outermost middleware, so that it sees the final status."""
    clock = asyncio.get_running_loop().time
    began = clock()
    status = 500
    try:
        response = await handler(request)
    except web.HTTPException as error:
        status = error.status
        raise
    else:
        status = response.status
        return response
    finally:
        request.app[METRICS].count(request, status, clock() - began)


async def healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n", headers={"Cache-Control": "no-store"})


async def readyz(request: web.Request) -> web.Response:
    """200 when every part works, else 503; ``checks`` says which does not (not why: that is in the log).

    503 with ``draining`` when the server is about to stop: whoever spreads visitors sends no more of them here.
    """
    checks = request.app[CHECKS]
    works = await asyncio.gather(*(_works(name, check) for name, check in checks.items()))
    results = {name: "ok" if ok else "failing" for name, ok in zip(checks, works, strict=True)}
    draining = DRAINING in request.app and request.app[DRAINING].is_set()
    ready = all(works) and not draining
    return answer(
        {"ready": ready, "draining": draining, "checks": results}, 200 if ready else 503, {"Cache-Control": "no-store"}
    )


async def _works(name: str, check: Callable[[], Awaitable[object]]) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check()
    except Exception:
        log.exception("%s is not ready", name)
        return False
    return True


async def metrics(request: web.Request) -> web.Response:
    body = generate_latest(request.app[METRICS].registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})


def routes() -> list[web.RouteDef]:
    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]
