"""Which lines are worth an engine's time: those that still have words without links, mentions, tags and symbols."""

import re
from typing import Final

_NO_WORDS: Final = re.compile(
    r"https?://\S+"
    r"|\bwww\.\S+"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"  # mail addresses
    r"|[@#][\w.-]+"  # mentions, hashtags
    r"|:[a-z0-9_+-]+:"  # emoji by name
    r"|\b(?:[A-Z]+[-/])*[A-Z]*\d[A-Z\d]*(?:[-/][A-Z\d]+)*\b"  # numbers, and codes of products such as XL-42 or B07
    r"|\b[xX]\d+\b"
)
_LETTER: Final = re.compile(r"[^\W\d_]")


def has_words(text: str) -> bool:
    """False for lines of only links, addresses, mentions, emoji, numbers, codes and punctuation."""
    return _LETTER.search(_NO_WORDS.sub(" ", text)) is not None
