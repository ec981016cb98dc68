"""Whether something can be the translation of a line, by its length, its marks, its links and its script.

For engines that write freely, and may write something else than a translation. Says no only to what is odd: a right
answer that looks odd costs a translation, a wrong one that does not is no worse than a bad engine. Pure, microseconds.
"""

import re
import unicodedata
from collections import Counter
from typing import Final

from livehub.translation.locale import LOCALES

_MARK: Final = re.compile(r"\{\d{1,3}\}")
#: names begin where none was before: a long one is not read again from each of its letters
_LINK: Final = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.-])[\w.-]+\.(?:com|net|org|io|ru|cn|me|ly|app|xyz)\b", re.IGNORECASE
)
#: of one kind of letters: a brand may stand within a line that has no spaces
_WORD: Final = re.compile(r"[A-Za-z]+|[^\W\d_A-Za-z]+")
#: how much longer a line may get; Chinese and Japanese say the same in few characters
_LONGER: Final = 3.0
_FROM_DENSE: Final = 8.0
_ALWAYS_CHARS: Final = 40
_DENSE: Final = frozenset({"zh", "ja"})
#: letters of a script from which on it has to be seen in a line of so many
_LETTERS: Final = 8

# By the names of characters in Unicode: the beginnings that stand for the scripts of the eleven.
_NAMES: Final = {
    "Arab": ("ARABIC",),
    "Hans": ("CJK", "IDEOGRAPHIC"),
    "Jpan": ("HIRAGANA", "KATAKANA", "CJK", "IDEOGRAPHIC", "HALFWIDTH KATAKANA"),
    "Cyrl": ("CYRILLIC",),
    "Thai": ("THAI",),
    "Latn": ("LATIN", "FULLWIDTH LATIN"),
}


def is_likely(text: str, translation: str, source: str, target: str) -> bool:
    """``translation`` may be what ``text`` says in ``target``."""
    ratio = _FROM_DENSE if source in _DENSE and target not in _DENSE else _LONGER
    if len(translation) > _ALWAYS_CHARS + ratio * len(text):
        return False
    if Counter(_MARK.findall(text)) != Counter(_MARK.findall(translation)):
        return False
    # A line without a link does not get one by being translated.
    if _links(translation) - _links(text):
        return False
    # Names and brands stay as they were, whatever the script.
    same = set(_WORD.findall(text.casefold()))
    return _in_script(" ".join(word for word in _WORD.findall(translation.casefold()) if word not in same), target)


def _links(text: str) -> set[str]:
    return {found.lstrip(".-") for found in _LINK.findall(text)}


def _in_script(text: str, target: str) -> bool:
    """Enough letters of the target's script: some may be Latin ones in any language."""
    wanted = _NAMES[LOCALES[target].script]
    names = [unicodedata.name(char, "") for char in text if char.isalpha()]
    if len(names) < _LETTERS:
        return True
    inside = sum(name.startswith(wanted) for name in names)
    foreign = sum(not name.startswith((*wanted, "LATIN")) for name in names)
    if LOCALES[target].script == "Latn":
        return inside >= len(names) / 2
    return inside >= len(names) / 4 and foreign <= len(names) / 2
