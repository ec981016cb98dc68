"""Bytes with an entity tag: sent once, then revalidated (RFC 9110 section 13.1.2)."""

import hashlib
from dataclasses import dataclass

from aiohttp import ETag, web

REVALIDATE = "no-cache"
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Representation:
    body: bytes
    content_type: str
    tag: str

    @classmethod
    def of(cls, body: bytes, content_type: str) -> "Representation":
        return cls(body, content_type, hashlib.sha256(body).hexdigest()[:24])


def answer_cached(
    request: web.Request, representation: Representation, *, cache_control: str = REVALIDATE
) -> web.Response:
    """200 with the bytes, or 304 when the client has them."""
    known = request.if_none_match or ()
    fresh = any(tag.value in {representation.tag, "*"} for tag in known)
    response = (
        web.Response(status=304)
        if fresh
        else web.Response(body=representation.body, content_type=representation.content_type)
    )
    if not fresh and representation.content_type.startswith(("text/", "application/json", "image/svg")):
        response.charset = "utf-8"
    response.etag = ETag(representation.tag)
    response.headers["Cache-Control"] = cache_control
    return response
