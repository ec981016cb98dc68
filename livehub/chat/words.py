"""How lines are found again: text folded so that what looks or sounds the same is the same, and what is looked for.

Substrings of folded text, not words: Chinese, Japanese and Thai put no spaces between words, and any two characters of
theirs may be what somebody remembers. Pure.
"""

import re
import unicodedata
from typing import Final

from livehub.errors import InvalidInput

MAX_QUERY_CHARS: Final = 100
MAX_TERMS: Final = 8

# Accents (above, below, attached, cedilla, horn: canonical combining classes 230, 220, 214, 202, 216) and Arabic vowel
# marks (27 to 35). Not: Thai vowels and tones (0, 103, 107) and Japanese voicing (8), which make other words.
_MARKS: Final = frozenset({202, 214, 216, 220, 230, *range(27, 36)})
_DOTLESS: Final = str.maketrans({"ı": "i", "ـ": None, "đ": "d", "ø": "o", "ł": "l"})
_SPACE: Final = re.compile(r"\s+")
_TERM: Final = re.compile(r'"([^"]*)"|(\S+)')


def fold(text: str) -> str:
    """Without case, accents, width and marks that nobody types; the same for all that may be meant by one query."""
    if text.isascii():
        return _SPACE.sub(" ", text.lower()).strip()
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(
        char for char in spread if unicodedata.combining(char) not in _MARKS and unicodedata.category(char) != "Cf"
    )
    return _SPACE.sub(" ", unicodedata.normalize("NFC", kept.translate(_DOTLESS))).strip()


def terms(query: str) -> tuple[str, ...]:
    """What has to be in a line, folded: words, and phrases between double quotes.

    Raises:
        InvalidInput: nothing to look for, or too much of it.
    """
    if len(query) > MAX_QUERY_CHARS:
        raise InvalidInput(f"Look for at most {MAX_QUERY_CHARS} characters", field="q")
    if "\x00" in query or any("\ud800" <= char <= "\udfff" for char in query):
        raise InvalidInput("Look for text", field="q")
    straight = query.replace("“", '"').replace("”", '"')
    found = dict.fromkeys(fold(phrase or word) for phrase, word in _TERM.findall(straight))
    wanted = tuple(term for term in found if term)
    if not wanted:
        raise InvalidInput("Say what to look for", field="q")
    if len(wanted) > MAX_TERMS:
        raise InvalidInput(f"Look for at most {MAX_TERMS} words at once", field="q")
    return wanted


def like(term: str) -> str:
    r"""A pattern for ``LIKE … ESCAPE '\'`` that finds ``term`` anywhere and means nothing else."""
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
