"""A long text in pieces that engines take whole, and their translations as one text again. Pure.

Engines lose line breaks; models on the machine read no more than their first 512 pieces of words, and the service sends
no line of more than some thousands of characters. So each line is a piece, and a long one several, cut where sentences
end, else between words.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_PIECE_CHARS: Final = 500
#: languages that put no space between sentences
_CLOSE: Final = frozenset({"ja", "zh"})
_END: Final = re.compile("[.!?…؟]+[\"'”’»)]*(?=\\s)|[。！？]+[」』”’）]*")
_SPACE: Final = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Piece:
    """``before``: the white space between it and the piece before it."""

    before: str
    text: str


def split(text: str) -> list[Piece]:
    """Without white space at the ends of the pieces; put together they are the text again, but for that at its end."""
    pieces: list[Piece] = []
    before = ""
    for number, line in enumerate(text.split("\n")):
        before += "\n" if number else ""
        for part in _cut(line):
            words = part.strip()
            if not words:
                before += part
                continue
            pieces.append(Piece(before + part[: len(part) - len(part.lstrip())], words))
            before = part[len(part.rstrip()) :]
    return pieces


def join(pieces: Sequence[Piece], texts: Sequence[str], locale: str) -> str:
    """``texts``: of each piece what stands for it in the language ``locale``."""
    return "".join(
        _between(piece.before, locale, first=not at) + text
        for at, (piece, text) in enumerate(zip(pieces, texts, strict=True))
    )


def _between(before: str, locale: str, *, first: bool) -> str:
    if first or "\n" in before:
        return before
    return "" if locale in _CLOSE else before or " "


def _cut(line: str) -> list[str]:
    if len(line) <= MAX_PIECE_CHARS:
        return [line]
    ends = [end.end() for end in _END.finditer(line)]
    spaces = [space.end() for space in _SPACE.finditer(line)]
    cuts, at = [], 0
    while len(line) - at > MAX_PIECE_CHARS:
        most = at + MAX_PIECE_CHARS
        cut = _last(ends, most)
        if cut <= at:
            cut = _last(spaces, most)
        if cut <= at:
            cut = most
        cuts.append(line[at:cut])
        at = cut
    return [*cuts, line[at:]]


def _last(places: Sequence[int], most: int) -> int:
    """The last of the places that is not after ``most``; 0: there is none."""
    found = bisect_right(places, most)
    return places[found - 1] if found else 0
