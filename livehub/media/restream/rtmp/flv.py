"""Bodies of audio, video and data messages: FLV tags without headers (Adobe's FLV specification 10.1, annex E)."""

from livehub import __version__
from livehub.media.hls.mixer import BITRATE_BPS, CONFIG
from livehub.media.restream.rtmp import amf
from livehub.media.rtp.h264 import ParameterSets

_AVC, _KEY, _INTER = 7, 0x10, 0x20
#: AAC, and three fields that AAC ignores and that have to say 44 kHz, 16 bits, stereo
_AAC = 0xAF


def video_header(sets: ParameterSets) -> bytes:
    """Sent before the first picture, and whenever the parameter sets change."""
    return bytes((_KEY | _AVC, 0, 0, 0, 0)) + sets.configuration


def picture(data: bytes, *, keyframe: bool) -> bytes:
    """``data``: NAL units with 4-byte lengths. WebRTC has no pictures out of order: the composition time is 0."""
    return bytes(((_KEY if keyframe else _INTER) | _AVC, 1, 0, 0, 0)) + data


def sound_header() -> bytes:
    return bytes((_AAC, 0)) + CONFIG.config


def sound(data: bytes) -> bytes:
    """One raw AAC frame."""
    return bytes((_AAC, 1)) + data


def metadata(size: tuple[int, int] | None) -> bytes:
    """``@setDataFrame onMetaData``: what players may want to know beforehand."""
    values: dict[str, amf.Value] = {
        "audiocodecid": 10,
        "audiosamplerate": CONFIG.rate,
        "audiosamplesize": 16,
        "audiodatarate": BITRATE_BPS / 1000,
        "stereo": True,
        "encoder": f"livehub {__version__}",
    }
    if size is not None:
        values |= {"videocodecid": _AVC, "width": size[0], "height": size[1]}
    return amf.encode("@setDataFrame", "onMetaData") + amf.encode_ecma_array(values)
