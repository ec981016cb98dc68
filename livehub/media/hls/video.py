"""Which picture of a stage is packaged, which of its layers make renditions, and how large they are. Pure."""

from collections.abc import Sequence

from livehub.media.frames import Frame
from livehub.media.hls.boxes import VideoFormat
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.h264 import picture_size
from livehub.media.source import Source
from livehub.media.track import Track


def choose_video(sources: Sequence[Source], current: Source | None) -> Source | None:
    """The one that is shown, while it is there; else the first in H.264, which every player knows; else the first."""
    videos = [source for source in sources if source.kind == "video"]
    if current in videos:
        return current
    return next((source for source in videos if source.codec is Codec.H264), videos[0] if videos else None)


def layer_below(source: Source, steps: int) -> Track | None:
    """The layer so many steps below the largest; where that is not to be had the next smaller one, or the smallest that
    is. None when the source is gone.

    A source of fewer layers is shown by several renditions, so that all of them go on when another camera comes.
    """
    layers = source.layers
    if not layers or not source.tracks:
        return None
    wanted = layers[: max(1, len(layers) - steps)]
    usable = [track for track in wanted if track in source.tracks]
    return usable[-1] if usable else source.tracks[0]


def format_of(keyframe: Frame) -> VideoFormat | None:
    """None for a keyframe that does not say how large it is."""
    if keyframe.codec is Codec.H264 and keyframe.parameter_sets is not None:
        try:
            return VideoFormat(*picture_size(keyframe.parameter_sets.sps), keyframe.parameter_sets)
        except RtpError:
            return None
    data = keyframe.data
    if keyframe.codec is Codec.VP8 and len(data) >= 10 and data[3:6] == b"\x9d\x01\x2a":  # RFC 6386 section 9.1
        return VideoFormat((data[6] | data[7] << 8) & 0x3FFF, (data[8] | data[9] << 8) & 0x3FFF, None)
    return None
