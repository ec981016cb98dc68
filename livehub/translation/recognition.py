"""Recognising a phrase in a chat line however it is typed: case, punctuation, width, spacing, accents, Arabic signs.

Text is folded to a bare form in which such differences are gone, with the place in the original that each character
came from, so that what stands in a slot is taken from the original untouched.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
_SLOT_PATTERNS: Final = {
    "number": r"(?P<number>[0-9]{1,9})",
    "price": r"(?P<price>.{0,20}?[0-9].{0,20}?)",
    "name": r"(?P<name>.{1,40}?)",
}
#: names and prices are short; a longer rest is another sentence
_MAX_SLOT_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Recognised:
    """``slots``: the values as typed, numbers with ASCII digits."""

    phrase_id: str
    slots: Mapping[str, str]


class Recogniser:
    """The phrases of one language.

    Args:
        wordings: (phrase id, text with ``{slots}``), every wording that means the phrase.
        spaced: whether the language writes spaces between words.
        fillers: polite words and forms of address that may stand at either end, or not: "please", "ครับ", "kak".
    """

    def __init__(self, wordings: Iterable[tuple[str, str]], *, spaced: bool, fillers: Iterable[str] = ()) -> None:
        self._spaced: Final = spaced
        folded = sorted({fold(filler, spaced=spaced).text for filler in fillers}, key=len, reverse=True)
        either = "|".join(re.escape(filler) for filler in folded)
        edge = " " if spaced else ""
        self._leading: Final = re.compile(f"(?:(?:{either}){edge})+") if folded else None
        self._trailing: Final = re.compile(f"(?:{edge}(?:{either}))+$") if folded else None
        self._exact: Final[dict[str, str]] = {}
        self._patterns: Final[list[tuple[re.Pattern[str], str]]] = []
        for phrase_id, wording in wordings:
            if _SLOT.search(wording):
                self._patterns.append((self._compiled(wording), phrase_id))
                continue
            key = self._trimmed(fold(wording, spaced=spaced)).text
            if self._exact.setdefault(key, phrase_id) != phrase_id:
                raise ValueError(f"{wording!r} stands for {self._exact[key]} and for {phrase_id}")

    def exact(self, line: str) -> str | None:
        """The id of the phrase without slots that ``line`` is."""
        if len(line) > MAX_LINE_CHARS:
            return None
        return self._exact.get(self._trimmed(fold(line, spaced=self._spaced)).text)

    def recognise(self, line: str) -> Recognised | None:
        """The phrase that ``line`` is, with what stands in its slots."""
        if len(line) > MAX_LINE_CHARS:
            return None
        folded = self._trimmed(fold(line, spaced=self._spaced))
        phrase_id = self._exact.get(folded.text)
        if phrase_id is not None:
            return Recognised(phrase_id, {})
        for pattern, phrase_id in self._patterns:
            match = pattern.fullmatch(folded.text)
            slots = self._values(match, folded, line) if match else None
            if slots is not None:
                return Recognised(phrase_id, slots)
        return None

    def _compiled(self, wording: str) -> re.Pattern[str]:
        # split() with one group gives literal, slot, literal, slot, … literal
        parts = _SLOT.split(wording)
        space = " ?" if self._spaced else ""
        pattern = ""
        for index, part in enumerate(parts):
            if index % 2:
                pattern += space + _SLOT_PATTERNS[part] + space
            else:
                pattern += re.escape(self._trimmed_part(part, index == 0, index == len(parts) - 1))
        return re.compile(pattern)

    def _trimmed_part(self, part: str, is_first: bool, is_last: bool) -> str:
        text = fold(part, spaced=self._spaced).text
        if is_first and self._leading:
            text = self._leading.sub("", f"{text} " if self._spaced else text, count=1).rstrip()
        if is_last and self._trailing:
            text = self._trailing.sub("", f" {text}" if self._spaced else text).lstrip()
        return text

    def _trimmed(self, folded: Folded) -> Folded:
        """Without fillers at either end; a line of nothing else stays as it is."""
        start, end = 0, len(folded.text)
        if self._leading and (match := self._leading.match(folded.text)):
            start = match.end()
        if self._trailing and (match := self._trailing.search(folded.text, start)):
            end = match.start()
        if start >= end:
            return folded
        return Folded(folded.text[start:end], folded.places[start:end])

    def _values(self, match: re.Match[str], folded: Folded, line: str) -> dict[str, str] | None:
        values: dict[str, str] = {}
        for slot, text in match.groupdict().items():
            if slot == "number":
                values[slot] = text
                continue
            if not text.strip() or text.count(" ") >= _MAX_SLOT_WORDS:
                return None
            start, end = match.span(slot)
            values[slot] = line[folded.places[start] : folded.places[end - 1] + 1].strip()
        return values
