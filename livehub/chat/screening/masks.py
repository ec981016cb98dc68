"""Words with letters struck out: ``f*ck``, ``sh#t``, ``s__t``. Pure.

Each sign stands for one letter that may be any. So that little is read into little, a word has four letters or more,
its first is shown, and no more are struck out than are shown; at most :data:`MAX_MASKED` words of a line are looked at.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from livehub.chat.screening.letters import Letter, read

MAX_MASKED: Final = 8
_SHORTEST: Final = 4
_SIGNS: Final = frozenset("*#_＊＃＿")
#: words begin where none was before: a long one is not read again from each of its letters
_MASKED: Final = re.compile(r"(?<![^\W_])[^\W_]+(?:[*#_]+[^\W_]+)+")
_PARTS: Final = re.compile(r"[*#_]|[^*#_]+")


@dataclass(frozen=True, slots=True)
class Shape:
    """A word letter by letter; None is one that is struck out."""

    letters: tuple[Letter | None, ...]


def has_masks(text: str) -> bool:
    return not _SIGNS.isdisjoint(text)


def spelt_out(letters: Sequence[Letter]) -> tuple[Letter, ...]:
    """A run of one letter as so many letters."""
    return tuple(letter for letter in letters for _ in range(letter.count))


def masked(text: str) -> list[Shape]:
    """The words of ``text`` in which letters are struck out, and few enough of them."""
    found = islice(_MASKED.finditer(unicodedata.normalize("NFKC", text)), MAX_MASKED)
    shapes = [Shape(tuple(_shape(match[0]))) for match in found]
    return [shape for shape in shapes if 2 * shape.letters.count(None) <= len(shape.letters)]


def _shape(word: str) -> list[Letter | None]:
    shown: list[Letter | None] = []
    for part in _PARTS.findall(word):
        shown += [None] if part in _SIGNS else spelt_out(read(part, symbols=False))
    return shown


def fits(asked: Sequence[Letter], shape: Shape, *, opens: bool, closes: bool, with_marks: bool) -> bool:
    """Whether the word may be ``asked``, or that with more before it (``opens``) or after it (``closes``)."""
    spare = len(shape.letters) - len(asked)
    if len(asked) < _SHORTEST or spare < 0 or (spare and not (opens or closes)):
        return False
    starts = range(spare + 1) if opens and closes else (spare,) if opens else (0,)
    return any(_alike(asked, shape.letters[start : start + len(asked)], with_marks) for start in starts)


def _alike(asked: Sequence[Letter], shown: Sequence[Letter | None], with_marks: bool) -> bool:
    struck = shown.count(None)
    if not struck or shown[0] is None or 2 * struck > len(shown):
        return False
    if not any(letter is not None and letter.plain.isalpha() for letter in shown):
        return False  # digits alone are a sum
    return all(
        letter is None or (bool(letter.looks & wanted.looks) and (not with_marks or letter.marks == wanted.marks))
        for wanted, letter in zip(asked, shown, strict=True)
    )
