"""What a forwarder must know of payloads: does a keyframe begin here? Nothing is decoded."""

import enum


class Codec(enum.StrEnum):
    H264 = "H264"
    VP8 = "VP8"
    OPUS = "opus"

    @property
    def kind(self) -> str:
        return "audio" if self is Codec.OPUS else "video"

    @property
    def clock_rate(self) -> int:
        return 48_000 if self is Codec.OPUS else 90_000


_SPS = 7
_STAP_A = 24


def begins_keyframe(codec: Codec, payload: bytes) -> bool:
    """Whether a viewer who has nothing can begin to decode with this packet. Never raises.

    H.264: a sequence parameter set, alone or in an aggregate (RFC 6184 sections 5.6 and 5.7.1): encoders for WebRTC
    send it before every IDR picture, and without it an IDR picture is of no use to a newcomer.
    VP8: first partition of a frame whose header says that it is a keyframe (RFC 7741 sections 4.2 and 4.3).
    """
    if codec is Codec.H264:
        return _h264(payload)
    if codec is Codec.VP8:
        return _vp8(payload)
    return True


def _h264(payload: bytes) -> bool:
    if not payload:
        return False
    unit = payload[0] & 31
    if unit != _STAP_A:
        return unit == _SPS
    position, size = 1, len(payload)
    while position + 2 < size:
        if payload[position + 2] & 31 == _SPS:
            return True
        position += 2 + (payload[position] << 8 | payload[position + 1])
    return False


def _vp8(payload: bytes) -> bool:
    size = len(payload)
    if not size:
        return False
    first = payload[0]
    if not first & 0x10 or first & 7:  # not the start of partition 0
        return False
    position = 1
    if first & 0x80:
        if size < 2:
            return False
        extension = payload[1]
        position = 2
        if extension & 0x80:
            if size < 3:
                return False
            position += 2 if payload[2] & 0x80 else 1
        position += bool(extension & 0x40)
        position += bool(extension & 0x30)
    return position < size and not payload[position] & 1
