"""A text as the letters that a reader makes out of it, whatever it was written with. Pure, one pass.

``1d10t``, ``i.d.i.o.t``, ``ＩＤＩＯＴ``, ``iiidiot``, ``і d i o t`` with a Cyrillic і and an ``id iot`` with something
invisible in it are read alike: compatibility forms and case are folded (NFKD, casefold), invisible characters dropped,
marks kept beside their letter, runs of one letter counted, and whatever may stand for another letter carries all that
it looks like.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: what else a character may be read as. Its first letter is the class that it is looked up by
_LOOKS: Final = {
    "0": "o", "1": "il", "!": "il", "¡": "i", "|": "il", "ı": "i", "і": "i", "ι": "i", "ӏ": "li", "2": "z", "3": "eз",
    "€": "e", "е": "e", "ε": "e", "є": "e", "4": "aч", "@": "a", "а": "a", "α": "a", "5": "s", "$": "s", "ѕ": "s",
    "§": "s", "6": "gб", "9": "g", "7": "t", "+": "t", "т": "t", "τ": "t", "8": "bв", "в": "b", "β": "b", "с": "c",
    "¢": "c", "к": "k", "κ": "k", "н": "h", "о": "o", "ο": "o", "р": "p", "ρ": "p", "х": "x", "×": "x", "у": "y",
    "¥": "y", "м": "m",
}  # fmt: skip
#: letters of one class are told apart when a word is compared, not when it is looked up
_CLASS: Final = {"l": "i", "з": "e", "ч": "a", "б": "g"}
#: stand for letters inside a word and for themselves outside of one
_SYMBOLS: Final = frozenset("!¡|€@$§+¢×¥")
#: end a sentence more often than they stand for a letter there
_FINAL: Final = frozenset("!¡|")
#: combining marks that dress a letter: Latin, Cyrillic, Greek, Arabic. Those of Thai and kana are letters here
_MARKS: Final = ((0x300, 0x36F), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6ED), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF),
                 (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F))  # fmt: skip
#: scripts that put no spaces between words: Thai, kana, Han
_SPACELESS: Final = (
    (0xE00, 0xE7F),
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_TATWEEL: Final = "\u0640"
_ASCII_WORD: Final = re.compile("[a-z0-9]+")
_LETTER, _MARK, _SPACE, _INVISIBLE, _OTHER = range(5)
#: whose properties are remembered: more than any language writes with in one room
_CHARACTERS: Final = 8192


@dataclass(slots=True)
class Letter:
    """One letter, or a run of one. ``key`` is its class, ``looks`` all that it may be read as, ``count`` how often
    it stands.

    ``piece`` numbers the stretches between gaps, ``spaced`` says that the gap before its piece has a space in it.
    ``opens``, ``closes``: a word may begin before it, end after it.
    """

    key: str
    plain: str
    looks: frozenset[str]
    marks: str
    piece: int
    spaced: bool
    count: int = 1
    opens: bool = False
    closes: bool = False


def read(text: str, *, symbols: bool) -> list[Letter]:
    """The letters of ``text``. ``symbols``: ``@`` and the like stand for letters, else they are punctuation."""
    letters: list[Letter] = []
    for piece, spaced in _pieces(text, symbols):
        _join(letters, piece, spaced)
    for index, letter in enumerate(letters):
        before = letters[index - 1] if index else None
        apart = before is None or before.piece != letter.piece or _spaceless(letter.plain) or _spaceless(before.plain)
        letter.opens = apart
        if before is not None:
            before.closes = apart
    if letters:
        letters[-1].closes = True
    return letters


def keys(text: str) -> Sequence[str]:
    """The keys of ``read(text, symbols=False)``. Words that were read before are remembered: most of a room's are."""
    if not text.isascii():
        return [letter.key for letter in read(text, symbols=False)]
    found: list[str] = []
    alone = ""
    for word in _ASCII_WORD.findall(text.casefold()):
        of_word = _keys_of(word)
        if len(of_word) > 1:
            alone = ""
        elif of_word[0] == alone:  # letters that each stand alone, of one kind: whether they are a run only read tells
            return [letter.key for letter in read(text, symbols=False)]
        else:
            alone = of_word[0]
        found += of_word
    return found


@lru_cache(_CHARACTERS)
def _keys_of(word: str) -> tuple[str, ...]:
    return tuple(letter.key for letter in read(word, symbols=False))


def has_symbols(text: str) -> bool:
    return not _SYMBOLS.isdisjoint(text)


def _pieces(text: str, symbols: bool) -> Iterator[tuple[list[tuple[str, str]], bool]]:
    """Stretches of (character, its marks), each with whether a space is in the gap before it."""
    piece: list[tuple[str, str]] = []
    spaced = after_space = False
    for character in unicodedata.normalize("NFKD", text.casefold()):
        kind = _kind(character)
        if kind == _INVISIBLE:
            continue
        if kind == _MARK:
            if piece:
                piece[-1] = (piece[-1][0], piece[-1][1] + character)
            continue
        if kind == _LETTER or (symbols and character in _SYMBOLS):
            piece.append((_hiragana(character), ""))
            continue
        if piece:
            yield from _closed(piece, spaced)
            piece, after_space = [], False
        after_space = spaced = after_space or kind == _SPACE
    if piece:
        yield from _closed(piece, spaced)


def _closed(piece: list[tuple[str, str]], spaced: bool) -> Iterator[tuple[list[tuple[str, str]], bool]]:
    while len(piece) > 1 and piece[-1][0] in _FINAL:
        piece.pop()
    yield piece, spaced


def _join(letters: list[Letter], piece: list[tuple[str, str]], spaced: bool) -> None:
    number = letters[-1].piece + 1 if letters else 0
    run: list[Letter] = []
    for plain, marks in piece:
        made = _letter(plain, marks, number, spaced)
        if not (run and _merge(run[-1], made)):
            run.append(made)
    # "f u u c k": letters that each stand alone are a run as well
    alone = len(run) == 1 and bool(letters) and (len(letters) < 2 or letters[-2].piece != letters[-1].piece)
    if not (alone and _merge(letters[-1], run[0])):
        letters += run


def _letter(plain: str, marks: str, piece: int, spaced: bool) -> Letter:
    key, looks = _read_as(plain)
    return Letter(key, plain, looks, marks, piece, spaced)


@lru_cache(_CHARACTERS)
def _read_as(plain: str) -> tuple[str, frozenset[str]]:
    looks = _LOOKS.get(plain, "")
    first = looks[0] if looks else plain
    return _CLASS.get(first, first), frozenset((plain, *looks))


@lru_cache(_CHARACTERS)
def _kind(character: str) -> int:
    category = unicodedata.category(character)
    if category == "Cf" or character == _TATWEEL:
        return _INVISIBLE
    if _within(character, _MARKS):
        return _MARK
    if category[0] in "LNM":
        return _LETTER
    return _SPACE if category[0] == "Z" or character.isspace() else _OTHER


def _merge(before: Letter, letter: Letter) -> bool:
    if before.plain == letter.plain and before.marks == letter.marks:
        before.count += letter.count
        return True
    if before.key != letter.key:
        return False
    shared = before.looks & letter.looks
    # "1l" may be "il" as well as "ll": only what can be but one letter runs together with another character
    unsure = max(len(before.looks), len(letter.looks)) > 2
    if not shared or unsure or before.marks != letter.marks:
        return False
    before.looks = shared
    before.count += letter.count
    if before.plain not in shared:
        before.plain = letter.plain if letter.plain in shared else min(shared)
    return True


def _hiragana(character: str) -> str:
    return chr(ord(character) - 0x60) if "\u30a1" <= character <= "\u30f6" else character


@lru_cache(_CHARACTERS)
def _spaceless(character: str) -> bool:
    return _within(character, _SPACELESS)


def _within(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    point = ord(character)
    return point >= 0x300 and any(first <= point <= last for first, last in ranges)
