"""How large the pictures of a stream are, read from the packet in which a keyframe begins. Nothing is decoded."""

from livehub.media.rtp import h264
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.errors import RtpError

_SPS, _STAP_A = 7, 24
#: no parameter set is longer; what follows is not looked at
_MAX_SPS_BYTES = 256
_START_CODE = b"\x9d\x01\x2a"


def picture_size(codec: Codec, payload: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None where the payload does not tell. Never raises.

    H.264: the sequence parameter set, alone or in a STAP-A (RFC 6184 section 5.7.1). VP8: the uncompressed part of a
    keyframe's header (RFC 6386 section 9.1) after the payload descriptor (RFC 7741 section 4.2).
    """
    if codec is Codec.H264:
        sps = _sequence_parameters(payload)
        try:
            return h264.picture_size(sps) if sps else None
        except RtpError:
            return None  # cut off, or nonsense: the size stays unknown
    return _vp8(payload) if codec is Codec.VP8 else None


def _sequence_parameters(payload: bytes) -> bytes | None:
    if not payload or payload[0] & 31 != _STAP_A:
        return payload[:_MAX_SPS_BYTES] if payload and payload[0] & 31 == _SPS else None
    position = 1
    while position + 2 < len(payload):
        start = position + 2
        position = start + (payload[position] << 8 | payload[position + 1])
        if payload[start] & 31 == _SPS:
            return payload[start : min(position, start + _MAX_SPS_BYTES)]
    return None


def _vp8(payload: bytes) -> tuple[int, int] | None:
    start = payload.find(_START_CODE, 4, 12)  # a descriptor has one to six bytes, and the tag before the code three
    if start < 0 or len(payload) < start + 7:
        return None
    size = payload[start + 3 : start + 7]
    width, height = (size[0] | size[1] << 8) & 0x3FFF, (size[2] | size[3] << 8) & 0x3FFF
    return (width, height) if width and height else None
