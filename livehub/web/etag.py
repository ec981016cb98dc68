"""Bytes with an entity tag: sent once, compressed where that helps, then revalidated (RFC 9110 section 13.1.2)."""

import gzip
import hashlib
from dataclasses import dataclass

from aiohttp import ETag, web

REVALIDATE = "no-cache"
FOREVER = "public, max-age=31536000, immutable"
_TEXT = ("text/", "application/json", "application/openapi+json", "application/manifest+json", "image/svg+xml")
_WORTH_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Representation:
    """``gzipped`` is None where compression would not pay."""

    body: bytes
    content_type: str
    tag: str
    gzipped: bytes | None = None

    @classmethod
    def of(cls, body: bytes, content_type: str) -> "Representation":
        text = content_type.startswith(_TEXT) and len(body) >= _WORTH_BYTES
        tag = hashlib.sha256(body).hexdigest()[:24]
        return cls(body, content_type, tag, gzip.compress(body, mtime=0) if text else None)


def answer_cached(
    request: web.Request, representation: Representation, *, cache_control: str = REVALIDATE
) -> web.Response:
    """200 with the bytes, or 304 when the client has them."""
    squeezed = representation.gzipped if "gzip" in request.headers.get("Accept-Encoding", "") else None
    tag = representation.tag + ("-gz" if squeezed else "")
    headers = {"Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if any(known.value in {tag, "*"} for known in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        body = representation.body if squeezed is None else squeezed
        response = web.Response(body=body, content_type=representation.content_type, headers=headers)
        if squeezed:
            response.headers["Content-Encoding"] = "gzip"
        if representation.content_type.startswith(_TEXT):
            response.charset = "utf-8"
    response.etag = ETag(tag)
    return response
