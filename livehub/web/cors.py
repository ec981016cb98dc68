"""What pages of other origins may read: WHIP, WHEP and their sessions, for those who bring a token (Fetch standard).

Any origin, and never with cookies: ``*`` shuts those out. A request that changes something and carries no Authorization
header is refused by :func:`livehub.web.auth.same_origin_middleware`, so cookies are worth nothing from elsewhere.
"""

import re

from aiohttp import web

from livehub.web.openapi import API

_SHARED = re.compile(rf"{API}/(rooms/[^/]+/(whip|whep)|media/[^/]+(/stats)?)")
_READABLE = "Accept-Patch, Accept-Post, Allow, ETag, Link, Location, Retry-After, WWW-Authenticate"
_SENDABLE = "Accept, Authorization, Content-Type, If-Match"
#: how long a browser may keep the answer to a preflight; Chromium's own bound
_PREFLIGHT_S = 7200


async def add_cors_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For ``app.on_response_prepare``: also on refusals, so that a page can read why and when to ask again."""
    if not _SHARED.fullmatch(request.path):
        return
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = _READABLE
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "OPTIONS")
        response.headers["Access-Control-Allow-Headers"] = _SENDABLE
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_S)
