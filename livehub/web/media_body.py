"""Bodies and header fields that WHIP, WHEP and their sessions have in common."""

from typing import Final

from aiohttp import web

from livehub.errors import UnsupportedMedia
from livehub.media.errors import MalformedSdp
from livehub.web.body import read_bytes

SDP_TYPE: Final = "application/sdp"
FRAGMENT_TYPE: Final = "application/trickle-ice-sdpfrag"


async def read_description(request: web.Request, content_type: str, limit: int) -> str:
    """
    Raises:
        UnsupportedMedia: the body is something else than ``content_type``.
        PayloadTooLarge: over ``limit`` bytes.
        RequestTimeout: it came too slowly.
        MalformedSdp: not UTF-8.
    """
    if request.content_type != content_type:
        raise UnsupportedMedia(f"Send the body as {content_type}")
    try:
        return (await read_bytes(request, limit)).decode()
    except UnicodeDecodeError:
        raise MalformedSdp("The description is not UTF-8 text.") from None
