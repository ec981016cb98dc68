"""Recognising a phrase in a chat line however it is typed: case, punctuation, width, spacing, accents, Arabic signs.

Text is folded to a bare form in which such differences are gone, with the place in the original that each character
came from, so that what stands in a slot is taken from the original untouched.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: longer lines are not phrases; also bounds the time a pattern may take
MAX_LINE_CHARS: Final = 200

# Letters that are commonly typed for one another and that decomposition does not bring together.
_SAME_LETTER: Final = {
    "ى": "ي",
    "ة": "ه",
    "ٱ": "ا",
    "ی": "ي",
    "ک": "ك",
    "ı": "i",
    "đ": "d",
    "œ": "oe",
    "æ": "ae",
    "～": "ー",
}
# Combining marks that people leave out: Latin, Cyrillic and Greek accents, Arabic vowel signs and tatweel. Thai vowels
# and the Japanese voicing marks are combining as well, but change the word.
_OMITTED: Final = re.compile("[\u0300-\u036f\u064b-\u065f\u0670\u06d6-\u06ed\u0640]")
_VOICING: Final = ("\u3099", "\u309a")
_KEPT_SYMBOLS: Final = ("Sc",)
_APOSTROPHES: Final = "'’‘ʼ`´＇"


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` is the bare form; ``places[i]`` the index in the original of its i-th character."""

    text: str
    places: tuple[int, ...]


def fold(original: str, *, spaced: bool) -> Folded:
    """The bare form of a line. ``spaced``: the language writes spaces between words (not zh, ja, th)."""
    chars: list[str] = []
    places: list[int] = []
    gap = False
    for place, char in enumerate(original):
        for bare in _bare(char):
            if bare in _VOICING and chars:
                chars[-1] = unicodedata.normalize("NFC", chars[-1] + bare)[:1]
            elif not _is_kept(bare) and not _is_decimal_mark(original, place):
                gap = gap or bare not in _APOSTROPHES
            else:
                # Between two digits a space stays in every language: "2 3" is not 23.
                if gap and chars and (spaced or (chars[-1].isdigit() and bare.isdigit())):
                    chars.append(" ")
                    places.append(place)
                gap = False
                chars.append(bare)
                places.append(place)
    return Folded("".join(chars), tuple(places))


@lru_cache(maxsize=4096)
def _bare(char: str) -> str:
    """One character without case, width, accents; digits of any script as ASCII. "" for invisible ones."""
    if unicodedata.category(char) == "Cf":
        return ""
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    decomposed = _OMITTED.sub("", unicodedata.normalize("NFKD", char))
    folded = unicodedata.normalize("NFC", decomposed).casefold()
    # Turkish İ casefolds to i and a combining dot.
    return "".join(_SAME_LETTER.get(each, each) for each in _OMITTED.sub("", folded))


@lru_cache(maxsize=4096)
def _is_kept(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "LN" or category in _KEPT_SYMBOLS or char == "%" or (category[0] == "M" and char != "\ufe0f")


def _is_decimal_mark(text: str, place: int) -> bool:
    """A mark inside a number: "1.5" must not become "15"."""
    if text[place] not in ".,٫٬:/-":
        return False
    around = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    return len(around) == 2 and around.isdecimal()


# ---- phrases as patterns ----

_SLOT: Final = re.compile(r"\{(\w+)\}")
# A price is a number with a currency at either side, and nothing more: "20 but shipping is 5" is not one.
_CURRENCY_SIGN: Final = "[$¢£¤¥฿₩₪₫€₱₹₺₽₴₸%]"
_AMOUNT: Final = r"[0-9](?:[0-9.,٫٬ /-]*[0-9])?"
_BEFORE: Final = rf"(?:(?:[^\W\d_]{{1,4}}|{_CURRENCY_SIGN}) ?){{0,2}}"
_AFTER_SPACED: Final = rf"(?: ?(?:{_CURRENCY_SIGN}|us dollars|[^\W\d_]{{1,8}}|[^\W\d_]{{1,3}} [^\W\d_]{{1,3}}))?"
# Without spaces any words could follow, so only those that are money.
_AFTER_UNSPACED: Final = (
    rf"(?:{_CURRENCY_SIGN}|[a-z]{{1,7}}|[万千百]?(?:元|块钱|塊錢|块|塊|人民币|美元|美金|欧元|日元|港币|円|ドル|ユーロ|人民元)"
    r"|บาท|ดอลลาร์|ยูโร|หยวน|เยน)?"
)


def _slot_patterns(spaced: bool) -> Mapping[str, str]:
    after = _AFTER_SPACED if spaced else _AFTER_UNSPACED
    # A name in Latin letters is long in any script; many Thai or Chinese characters are a sentence.
    name = r".{1,60}?" if spaced else r"(?:.{1,16}?|[a-z0-9]{1,60}?)"
    return {
        "number": r"(?P<number>[0-9]{1,9}(?:[.,٫][0-9]{1,2})?)",
        "price": rf"(?P<price>{_BEFORE}{_AMOUNT}{after})",
        "name": rf"(?P<name>{name})",
    }


#: names are short; a longer rest is another sentence
_MAX_NAME_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Recognised:
    """``slots``: the values as typed, numbers with ASCII digits."""

    phrase_id: str
    slots: Mapping[str, str]


class _Pattern:
    """A wording with slots. Of hundreds few are ever typed: compiled for the first line that has its longest literal.

    ``fixed``: how many characters it fixes.
    """

    __slots__ = ("_compiled", "_longest", "_source", "fixed", "phrase_id")

    def __init__(self, phrase_id: str, source: str, literals: Sequence[str]) -> None:
        self.phrase_id: Final = phrase_id
        self.fixed: Final = sum(map(len, literals))
        self._source: Final = source
        self._longest: Final = max(literals, key=len)
        self._compiled: re.Pattern[str] | None = None

    def match(self, text: str) -> re.Match[str] | None:
        if self._longest not in text:
            return None
        if self._compiled is None:
            self._compiled = re.compile(self._source)
        return self._compiled.fullmatch(text)


class Recogniser:
    """The phrases of one language. Lines come in folded with the same ``spaced``.

    Args:
        wordings: (phrase id, text with ``{slots}``), every wording that means the phrase.
        spaced: whether the language writes spaces between words.
        fillers: polite words and forms of address that may stand at either end, or not: "please", "ครับ", "kak".

    Raises:
        ValueError: a wording stands for two phrases.
    """

    def __init__(self, wordings: Iterable[tuple[str, str]], *, spaced: bool, fillers: Iterable[str] = ()) -> None:
        self._spaced: Final = spaced
        folded = sorted({fold(filler, spaced=spaced).text for filler in fillers}, key=len, reverse=True)
        edge = " " if spaced else ""
        self._leading: Final = tuple(filler + edge for filler in folded)
        self._trailing: Final = tuple(edge + filler for filler in folded)
        self.exact: Final[dict[str, str]] = {}
        patterns: list[_Pattern] = []
        for phrase_id, wording in wordings:
            if _SLOT.search(wording):
                patterns.append(self._pattern(phrase_id, wording))
                continue
            for key in {each.text for each in self._readings(fold(wording, spaced=spaced))}:
                if self.exact.setdefault(key, phrase_id) != phrase_id:
                    raise ValueError(f"{wording!r} stands for {self.exact[key]} and for {phrase_id}")
        # The wording that says most goes first: "ship over to {name}" before "ship {name}".
        self._patterns: Final = sorted(patterns, key=lambda pattern: -pattern.fixed)

    def recognise(self, line: str, folded: Folded) -> Recognised | None:
        """The phrase that ``line`` is, with what stands in its slots."""
        *_, bare = readings = self._readings(folded)
        for reading in readings:
            if reading.text in self.exact:
                return Recognised(self.exact[reading.text], {})
        for pattern in self._patterns:
            match = pattern.match(bare.text)
            slots = _slot_values(match, bare, line) if match else None
            if slots is not None:
                return Recognised(pattern.phrase_id, slots)
        return None

    def _pattern(self, phrase_id: str, wording: str) -> "_Pattern":
        slots = _slot_patterns(self._spaced)
        space = " " if self._spaced else ""
        # split() with one group gives literal, slot, literal, slot, … literal
        parts = _SLOT.split(wording)
        pattern, literals = "", [""]
        for index, part in enumerate(parts):
            if index % 2:
                pattern += slots[part]
                continue
            literal = fold(part, spaced=self._spaced).text
            if index == 0:
                literal = literal[self._without_leading(literal + space) :]
            if index == len(parts) - 1:
                literal = literal[: max(self._without_trailing(space + literal) - len(space), 0)]
            literals.append(literal)
            if literal:
                before = (" ?" if parts[index - 1] == "number" else " ") if index and self._spaced else ""
                after = space if index < len(parts) - 1 else ""
                pattern += before + re.escape(literal) + after
        return _Pattern(phrase_id, pattern, literals)

    def _readings(self, full: Folded) -> tuple[Folded, Folded, Folded]:
        """The line in full, without fillers at its end, and without those at either end: "hello sir" is "hello",
        but "hello, how much is it" is a question. What is nothing but fillers stays as it is.
        """
        end = self._without_trailing(full.text) or len(full.text)
        start = self._without_leading(full.text[:end])
        start = start if start < end else 0
        return full, _part(full, 0, end), _part(full, start, end)

    def _without_leading(self, text: str) -> int:
        """Where the text begins after the fillers at its start."""
        start = 0
        while text.startswith(self._leading, start):
            start += next(len(filler) for filler in self._leading if text.startswith(filler, start))
        return start

    def _without_trailing(self, text: str) -> int:
        """Where the text ends before the fillers at its end."""
        end = len(text)
        while end and text.endswith(self._trailing, 0, end):
            end -= next(len(filler) for filler in self._trailing if text.endswith(filler, 0, end))
        return end


def _part(folded: Folded, start: int, end: int) -> Folded:
    return Folded(folded.text[start:end], folded.places[start:end])


def _slot_values(match: re.Match[str], folded: Folded, line: str) -> dict[str, str] | None:
    """What stands in the slots, as typed but numbers in ASCII digits; None when a name is a sentence."""
    values: dict[str, str] = {}
    for slot, text in match.groupdict().items():
        if slot == "number":
            values[slot] = text
            continue
        if slot == "name" and (not text.strip() or text.count(" ") >= _MAX_NAME_WORDS):
            return None
        start, end = match.span(slot)
        values[slot] = line[folded.places[start] : folded.places[end - 1] + 1].strip()
    return values
