"""What a chat line may contain: normalised, visible, of bounded length, unable to disturb the lines around it."""

import re
import unicodedata
from typing import Final

from livehub.chat.errors import MessageEmpty, MessageTooLong

MAX_CHARS: Final = 500
#: marks on one letter; Thai and Arabic use up to three, towers of dozens reach into the neighbours' lines
MAX_MARKS: Final = 4

# Removed: controls, lone surrogates, bidirectional embeddings, overrides and isolates (Unicode TR 36 section 2.8; the
# plain marks U+200E and U+200F stay, Arabic needs them), interlinear annotation, byte order marks, private use.
_REMOVED: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff"
    "\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
_SPACE: Final = re.compile(r"\s+")


def clean(text: str, max_chars: int = MAX_CHARS) -> str:
    """The line as it is kept: NFC, one line, without what :data:`_REMOVED` names. Length is in code points.

    Raises:
        MessageEmpty: nothing that can be seen is left.
        MessageTooLong: more than ``max_chars`` after normalisation.
    """
    # NFC may shrink a line to a quarter at most; what is longer is not worth normalising.
    if len(text) > 4 * max_chars:
        raise MessageTooLong(f"At most {max_chars} characters fit into one message", limit=max_chars)
    text = _SPACE.sub(" ", _REMOVED.sub("", unicodedata.normalize("NFC", text))).strip()
    text = _without_towers(text)
    if not any(_visible(character) for character in text):
        raise MessageEmpty
    if len(text) > max_chars:
        raise MessageTooLong(f"At most {max_chars} characters fit into one message", limit=max_chars)
    return text


def _without_towers(text: str) -> str:
    if text.isascii():
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in {"Cf", "Cn", "Mn", "Me", "Zs"}
