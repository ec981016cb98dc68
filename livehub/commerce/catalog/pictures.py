"""Product pictures: whatever people send becomes two clean WebP files, or is refused.

The bytes are decoded and encoded anew, so nothing of the original survives but its pixels: no metadata (a phone writes
where the picture was taken), no trailing payload, no animation. Files are named after their content and never change.
"""

import asyncio
import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageCms, ImageOps

from livehub.clock import Clock
from livehub.commerce.catalog.reception import Reception
from livehub.commerce.errors import PictureUnreadable
from livehub.ratelimit import TokenBuckets

MAX_BYTES: Final = 8 * 1024 * 1024
#: more is refused before it is decoded: a small file can hold a picture that fills the memory
MAX_PIXELS: Final = 50_000_000
SIDE_PX: Final = 1600
THUMB_PX: Final = 320
FORMATS: Final = ("JPEG", "PNG", "WEBP")
#: modes whose pixels can be mixed; indexes into a palette cannot
_SCALED_AS_THEY_ARE: Final = frozenset({"RGB", "RGBA", "L", "CMYK"})
_AT_ONCE: Final = 2
#: pictures of one person: a whole catalogue at once, then a few a minute, for each stays on the disk
PICTURES_BURST: Final = 500
PICTURES_PER_S: Final = 1 / 10


@dataclass(frozen=True, slots=True)
class Rendered:
    """``name`` without ending: ``<32 hex digits>-<width>x<height>``."""

    name: str
    picture: bytes
    thumb: bytes


def render(data: bytes) -> Rendered:
    """Decode, turn upright, strip, shrink. Takes some hundred milliseconds: not for the event loop.

    Raises:
        PictureUnreadable: no JPEG, PNG or WebP, broken, or with more than MAX_PIXELS.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _require_size(opened)
            opened.draft("RGB", (SIDE_PX, SIDE_PX))  # JPEG decodes straight to a smaller size
            if opened.mode in _SCALED_AS_THEY_ARE and "transparency" not in opened.info:
                # Before anything else: whatever follows makes copies, and fifty million pixels are 200 MB each time.
                opened.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
            picture = _clean(opened)
    except PictureUnreadable:
        raise
    except Exception as error:  # hostile bytes: decoders fail in many ways, and all of them mean the same
        raise PictureUnreadable(f"The picture cannot be read ({type(error).__name__})") from None
    picture.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    thumb = picture.copy()
    thumb.thumbnail((THUMB_PX, THUMB_PX), Image.Resampling.LANCZOS)
    encoded = _webp(picture)
    digest = hashlib.sha256(encoded).hexdigest()[:32]
    return Rendered(f"{digest}-{picture.width}x{picture.height}", encoded, _webp(thumb))


def _require_size(opened: Image.Image) -> None:
    if opened.width * opened.height > MAX_PIXELS:
        raise PictureUnreadable(f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels")


def _clean(opened: Image.Image) -> Image.Image:
    """Upright pixels in sRGB, with nothing attached."""
    profile = opened.info.get("icc_profile")
    opened.load()
    upright = ImageOps.exif_transpose(opened)
    transparent = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    picture = upright.convert("RGBA" if transparent else "RGB")
    if profile and opened.mode in {"RGB", "RGBA"}:
        picture = _to_srgb(picture, profile)
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    return clean


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Phones take pictures in wider colour spaces; without their profile those would look pale."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=picture.mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture  # a broken profile only costs exact colours
    return converted or picture


def _webp(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


class PictureStore:
    """Files under ``folder``; at most two pictures are worked on at a time, and few wait for that."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._slots = asyncio.Semaphore(_AT_ONCE)
        rate = TokenBuckets(clock, PICTURES_PER_S, PICTURES_BURST)
        self.uploads = Reception(clock, rate)
        #: places of their own: who answers slowly where pictures are fetched from keeps nobody from uploading
        self.fetches = Reception(clock, rate)

    @property
    def waiting(self) -> int:
        """Pictures that are being received or fetched, worked on, or wait for that."""
        return self.uploads.waiting + self.fetches.waiting

    async def save(self, data: bytes) -> str:
        """The stored picture's name. Raises: PictureUnreadable."""
        async with self._slots:
            return await asyncio.to_thread(self._save, data)

    def _save(self, data: bytes) -> str:
        rendered = render(data)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write(f"{rendered.name}.thumb.webp", rendered.thumb)
        self._write(f"{rendered.name}.webp", rendered.picture)
        return rendered.name

    def _write(self, name: str, content: bytes) -> None:
        """All of the file or none of it, whoever reads meanwhile."""
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.folder / name)
