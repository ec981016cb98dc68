"""What every response says to browsers about what its page may do, and the access log."""

import base64
import hashlib
import json
import logging
from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from livehub.web.auth import SECURE_COOKIES
from livehub.web.problem import loggable_path

#: the policy of HTML pages; anything else gets :data:`INERT`
PAGE_POLICY: web.AppKey[str] = web.AppKey("page_policy", str)
#: for what is no page: even if a browser were made to show it, nothing in it would run or load
INERT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=()",
}
#: resources that other sites may show too: pictures of products, the icon
_SHARED = ("/pictures/", "/static/")


def page_policy(public_url: str, import_map: str, media_origins: Iterable[str] = ()) -> str:
    """The Content-Security-Policy of the pages (CSP 3): our own modules and styles, and no inline script but the map.

    ``import_map`` is the exact text between the script tags; its hash lets it in. ``media_origins``: other servers that
    WHIP and WHEP send pages on to.
    """
    parts = urlsplit(public_url)
    sockets = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    digest = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{digest}'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            " ".join(("connect-src 'self'", sockets, *sorted(set(media_origins)))),
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self' blob:",
            "frame-ancestors 'self'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For ``app.on_response_prepare``. What a handler has set itself stays."""
    response.headers["Server"] = "livehub"
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith(_SHARED):
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    policy = request.app[PAGE_POLICY] if response.content_type == "text/html" else INERT
    response.headers.setdefault("Content-Security-Policy", policy)
    if request.app[SECURE_COOKIES]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")


class AccessLog(AbstractAccessLogger):
    """One JSON object a line: no query, no header, no body, so no token, cookie or password can be in it."""

    @property
    def enabled(self) -> bool:
        return self.logger.isEnabledFor(logging.INFO)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        entry = {
            "method": request.method,
            "path": loggable_path(request.path)[:200],
            "status": response.status,
            "bytes": response.body_length,
            "ms": round(time * 1000, 1),
            "client": request.remote,
        }
        self.logger.info("%s", json.dumps(entry, ensure_ascii=True))
