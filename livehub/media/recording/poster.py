"""A picture of a recording, for the cards of replays."""

import io
from pathlib import Path
from typing import Final

import av
from PIL import Image

from livehub.media.recording.journal import Contents
from livehub.media.recording.movie import choose

HEIGHT: Final = 540
#: pictures larger than this are not decoded: their size comes from outside
MAX_PIXELS: Final = 4096 * 2304


def make_poster(directory: Path, contents: Contents, target: Path) -> bool:
    """The keyframe a third of the way in, when people have found their places, as WebP. False: there is no picture.

    Raises: OSError.
    """
    segments = [
        (coded, piece)
        for track in choose(contents)
        for coded, piece in contents.tracks[track].segments
        if coded.kind != "audio"
    ]
    if not segments:
        return False
    coded, piece = segments[len(segments) // 3]
    data = (directory / coded.init).read_bytes() + (directory / piece.name).read_bytes()
    image = _first_picture(data)
    if image is None:
        return False
    height = min(HEIGHT, image.height)
    draft = target.with_suffix(".new")
    image.resize((max(1, round(image.width * height / image.height)), height)).save(draft, "WEBP", quality=78)
    draft.rename(target)
    return True


def _first_picture(data: bytes) -> Image.Image | None:
    try:
        with av.open(io.BytesIO(data), "r", format="mp4") as container:
            stream = container.streams.best("video")
            if stream is None:
                return None
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            for frame in container.decode(stream):
                if isinstance(frame, av.VideoFrame):
                    return Image.fromarray(frame.to_ndarray(format="rgb24"))
    except av.error.FFmpegError:
        return None
    return None
