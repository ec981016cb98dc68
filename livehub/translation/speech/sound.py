"""What a speaker gives, held to what browsers play and the server passes on. Pure."""

from dataclasses import dataclass
from typing import Final

from livehub.translation.speech.errors import SpeechMalformed

#: half a minute of uncompressed speech; everything else is far smaller
MAX_SOUND_BYTES: Final = 2 << 20
#: less is a header without sound
MIN_SOUND_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Sound:
    """``content_type`` as its bytes say, whatever the speaker called it. ``speaker``: who made it."""

    data: bytes
    content_type: str
    locale: str
    speaker: str


def content_type(data: bytes) -> str:
    """
    Raises:
        SpeechMalformed: none of those that are taken, none at all, or too much.
    """
    if not MIN_SOUND_BYTES <= len(data) <= MAX_SOUND_BYTES:
        raise SpeechMalformed(f"{len(data)} bytes are no sound: {MIN_SOUND_BYTES} to {MAX_SOUND_BYTES} are taken")
    head = data[:16]
    if head.startswith(b"ID3") or _is_mpeg(head, layers=(1,)):
        return "audio/mpeg"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "audio/webm"
    if _is_mpeg(head, layers=(0,)):
        return "audio/aac"
    raise SpeechMalformed("the answer is no sound that browsers play")


def _is_mpeg(head: bytes, *, layers: tuple[int, ...]) -> bool:
    """Eleven set bits, then a version and a layer (ISO/IEC 11172-3 section 2.4.2.3; ADTS has layer 0)."""
    return head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and (head[1] >> 3) & 3 != 1 and (head[1] >> 1) & 3 in layers
