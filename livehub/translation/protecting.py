"""What no engine may change: links, addresses, mentions, names, numbers, prices, codes, emoji, the glossary's terms.

A line goes to an engine with marks such as ``{1}`` where they stood; afterwards every mark must be there exactly once.
Engines move marks about, space them out, write their digits in another script or with full width: all that is read.
What stands at either end of a line (emoji mostly) is not sent at all, so that it costs nothing and cannot be lost.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

from livehub.translation.product_codes import product_codes

#: more marks than this in one line is no sentence any more; engines lose count, so the line stays as it is
MAX_PARTS: Final = 30

_EMOJI_CHARS: Final = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_SIGNS: Final = "$¢£¤¥￥＄฿₩₪₫€₱₹₺₽₴₸"
#: thousands apart as French, Russian and Vietnamese have them, with the spaces that browsers' own CLDR data puts there
_GAP: Final = "[ \u00a0\u202f]"
_DIGITS: Final = (
    rf"(?:\d{{1,3}}(?:{_GAP}\d{{3}}(?!\d))++(?:[.,]\d+)?|[\uff10-\uff19][\uff10-\uff19，．]*[\uff10-\uff19]"
    r"|\d(?:[\d.,٫٬'’:/×]*\d)?)"
)
_CURRENCY_WORD: Final = (
    r"(?:(?:USD|EUR|GBP|JPY|CNY|RMB|THB|TRY|VND|IDR|RUB|SAR|AED|EGP|MXN|Rp|TL|руб|vnđ|đ)\b|บาท|元|円)"
)
#: thousands and millions as they are shortened, in Indonesian and Vietnamese too
_SCALE: Final = r"(?:k|rb|jt|tr)\b"
#: where Chinese, Japanese and Thai go on without a space after a link, their punctuation ends it
_IN_LINK: Final = r"^\s<>\"，。、；：！？（）「」『』【】《》〈〉“”"
_CODE_CHAR: Final = r"[A-Za-z0-9_]"

#: what is found in any text. Without groups, and each alternative with its first letter first: so the matcher passes
#: over most letters at once, which is most of what a line costs. :func:`_kind` tells afterwards what it was.
_FIXED: Final = re.compile(
    rf"https?://[{_IN_LINK}]+|www\.(?<!\w....)[{_IN_LINK}]+"
    r"|[\w.+-](?<![\w.+-].)[\w.+-]*+@[\w-]+\.[\w.-]*\w"  # a mail address
    r"|@\w[\w.-]*"
    r"|\#[^\W\d_]\w*"
    r"|:[a-z0-9_+-]*[a-z][a-z0-9_+-]*:"
    rf"|[{_EMOJI_CHARS}](?:[{_EMOJI_CHARS}\ufe0e\ufe0f\u20e3\u200d\U000e0020-\U000e007f])*"
    "|[#*0-9]\ufe0f?\u20e3"
    # Codes of products: capitals and digits, both, and what joins them (AB-1042, B07, XL-42, 3XL).
    rf"|[A-Z0-9](?<!{_CODE_CHAR}.)(?:(?<=\d)(?=[0-9/_-]*[A-Z])|(?<=[A-Z])(?=[A-Z/_-]*\d))"
    rf"[A-Z0-9]*+(?:[-/_][A-Z0-9]+)*(?!{_CODE_CHAR})"
    rf"|[{_SIGNS}]{_GAP}?{_DIGITS}(?:{_SCALE})?"
    rf"|[A-Z](?<!{_CODE_CHAR}.)[A-Z]?\$ ?(?=\d){_DIGITS}(?:{_SCALE})?"  # US$20, R$ 20
    rf"|[UEGJCRTVISAM](?<!{_CODE_CHAR}.)(?:SD|UR|BP|PY|NY|MB|HB|RY|ND|DR|UB|AR|ED|GP|XN|p|L)\.?(?= ?\d)"
    rf" ?{_DIGITS}(?:{_SCALE})?"
    rf"|{_DIGITS}(?:{_GAP}?(?:[{_SIGNS}%٪％]|{_SCALE}|{_CURRENCY_WORD}))?"
    # Slots of templates, and whatever an author may have put in the form of our marks.
    r"|[{｛][^{}｛｝]{0,40}[}｝]"
)
#: a link without its beginning: with a path, or of a kind that is no word of the eleven languages
_BARE_LINK: Final = re.compile(
    r"[a-z0-9](?<![\w@./-].)[a-z0-9-]{0,40}+(?:\.[a-z0-9-]{1,40}+){0,3}?\."
    rf"(?:[a-z]{{2,12}}/[{_IN_LINK}]+|(?:com|net|org|app|shop|store|ly|xyz)\b(?![.@-]\w))",
    re.IGNORECASE | re.ASCII,
)
_MARK: Final = re.compile(r"[{｛]\s*(\d{1,3})\s*[}｝]")
#: what is not sent at the end of a line, and at its beginning, where a mention is an address and no part of a sentence
_TAIL_KINDS: Final = frozenset({"emoji", "emojiname", "link"})
_HEAD_KINDS: Final = _TAIL_KINDS | {"mention"}
#: parts whose place in the sentence says nothing: a translation that lost them gets them back at its end
_MOVABLE: Final = frozenset({"emoji", "emojiname", "link", "mail", "tag"})
#: what after a link ends the sentence
_AFTER_LINK: Final = ".,;:!?)»”’…。，！？"
_LETTER: Final = re.compile(r"[^\W\d_]")
_AROUND: Final = " \t\u00a0,;·|-–—"


class Span(msgspec.Struct, frozen=True):
    """``text[start:end]`` is to be ``shown`` in the translation. ``kind``: term, name, or as :func:`_kind` has it."""

    start: int
    end: int
    shown: str
    kind: str = "term"


class Part(msgspec.Struct, frozen=True):
    """What a mark stands for."""

    shown: str
    kind: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """One line as engines get it: ``plain`` for those that understand parts themselves, ``marked`` for all others;
    ``marked`` is "" where no such engine is to have it. ``before`` and ``after`` are put around the translation again.
    """

    plain: str
    marked: str
    parts: tuple[Part, ...] = ()
    before: str = ""
    after: str = ""

    @property
    def has_words(self) -> bool:
        """Whether anything is left for an engine."""
        return _LETTER.search(_MARK.sub(" ", self.marked) if self.parts else self.marked) is not None

    def finish(self, answer: str) -> str | None:
        """The translation with everything in its place; None: the engine lost, doubled or invented something."""
        if not self.parts and "{" not in answer and "｛" not in answer:  # most lines
            return self.around(answer)
        found = [_number(match) for match in _MARK.finditer(answer)]
        if any(number < 1 or number > len(self.parts) for number in found) or len(set(found)) < len(found):
            return None
        lost = [part for number, part in enumerate(self.parts, 1) if number not in found]
        if any(part.kind not in _MOVABLE and part.shown not in answer for part in lost):
            return None
        whole = _MARK.sub(lambda match: self.parts[_number(match) - 1].shown, answer)
        tail = " ".join(part.shown for part in lost if part.shown not in answer)
        return self.around(f"{whole} {tail}" if tail else whole)

    def around(self, answer: str) -> str:
        return f"{self.before}{answer}{self.after}"


def _number(match: re.Match[str]) -> int:
    if match[1].isascii():
        return int(match[1])
    return int("".join(str(unicodedata.decimal(digit)) for digit in match[1]))


def prepare(text: str, terms: Iterable[Span] = (), names: Sequence[str] = ()) -> Prepared:
    """Mark what must stay. ``terms`` are the glossary's finds; ``names`` are kept wherever they stand as words."""
    return mark(text, kept_of(text, names), terms)


@dataclass(frozen=True, slots=True)
class Kept:
    """What must stay of a text whatever the glossary says: the same for all languages."""

    named: tuple[Span, ...]
    fixed: tuple[Span, ...]


def kept_of(text: str, names: Sequence[str] = ()) -> Kept:
    named = tuple(_named(text, names)) if names else ()
    # Where the name is known, it alone is the mention: "@小明你好" goes on without a space.
    mentioned = {span.start for span in named if span.kind == "mention"}
    return Kept(named, tuple(span for span in _fixed(text) if span.start not in mentioned))


def mark(text: str, kept: Kept, terms: Iterable[Span] = ()) -> Prepared:
    """As :func:`prepare`, with :func:`kept_of` the same text."""
    spans = _resolved([*kept.named, *terms, *kept.fixed])
    start, end, spans = _edges(text, spans)
    if len(spans) > MAX_PARTS:
        return Prepared(text[start:end], "", (), text[:start], text[end:])
    pieces: list[str] = []
    parts: list[Part] = []
    place = start
    for span in spans:
        parts.append(Part(span.shown, span.kind))
        pieces += [text[place : span.start], f"{{{len(parts)}}}"]
        place = span.end
    pieces.append(text[place:end])
    return Prepared(text[start:end], "".join(pieces), tuple(parts), text[:start], text[end:])


def _fixed(text: str) -> Iterable[Span]:
    if "." in text:
        for match in _BARE_LINK.finditer(text):
            yield Span(
                match.start(), match.start() + len(match[0].rstrip(_AFTER_LINK)), match[0].rstrip(_AFTER_LINK), "link"
            )
    for start, end in product_codes(text):
        yield Span(start, end, text[start:end], "number")
    for match in _FIXED.finditer(text):
        kind = _kind(match[0])
        end = match.end()
        if kind == "link":  # a stop after a link ends the sentence
            end = match.start() + len(match[0].rstrip(_AFTER_LINK))
        yield Span(match.start(), end, text[match.start() : end], kind)


_OF_FIRST: Final = {"@": "mention", "{": "slot", "｛": "slot"}


def _kind(part: str) -> str:
    first = part[0]
    if first in _OF_FIRST:
        return _OF_FIRST[first]
    if part.startswith(("http://", "https://", "www.")):
        return "link"
    if "@" in part:
        return "mail"
    if first == "#" and len(part) > 1 and part[1].isalpha():
        return "tag"
    if first == ":":
        return "emojiname"
    return "emoji" if _EMOJI_FIRST.match(part) else "number"


_EMOJI_FIRST: Final = re.compile(f"[{_EMOJI_CHARS}]|[#*0-9]\ufe0f?\u20e3")


@lru_cache(maxsize=4096)
def _as_word(name: str) -> re.Pattern[str]:
    before, after = (_border(char, len(name)) for char in (name[0], name[-1]))
    return re.compile(rf"(?:@|(?<!{before})){re.escape(name)}(?!{after})", re.IGNORECASE)


def _border(char: str, size: int) -> str:
    """What may not stand beside a name, so that it is no part of a longer word: nothing says so where words are not
    spaced, but that a short name in such letters may well be a part of one.
    """
    if not _UNSPACED.match(char):
        return rf"(?!{_UNSPACED.pattern})\w"
    return r"(?!)" if size >= (_SURE_HAN if char >= "\u3400" else _SURE) else r"\w"


#: letters of scripts without spaces between words, and from how many on a name in them is taken wherever it stands
_UNSPACED: Final = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_SURE: Final = 4
_SURE_HAN: Final = 2


def _named(text: str, names: Sequence[str]) -> Iterable[Span]:
    for name in names:
        if not name.strip():
            continue
        for match in _as_word(name).finditer(text):
            yield Span(match.start(), match.end(), match[0], "mention" if match[0].startswith("@") else "name")


def _resolved(spans: list[Span]) -> list[Span]:
    """Without overlaps: what comes earlier wins, and of two that begin together the longer one."""
    kept: list[Span] = []
    place = 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if span.start >= place and span.end > span.start:
            kept.append(span)
            place = span.end
    return kept


def _edges(text: str, spans: list[Span]) -> tuple[int, int, list[Span]]:
    """Where the part that is sent begins and ends, and the spans inside it."""
    start, end = 0, len(text)
    left = list(spans)
    while left and left[0].kind in _HEAD_KINDS and not text[start : left[0].start].strip(_AROUND):
        start = left.pop(0).end
    while left and left[-1].kind in _TAIL_KINDS and not text[left[-1].end : end].strip(_AROUND):
        end = left.pop().start
    first, last = (left[0].start, left[-1].end) if left else (end, start)
    while start < first and text[start] in _AROUND:
        start += 1
    while end > max(last, start) and text[end - 1] in " \t\u00a0":
        end -= 1
    return start, end, left


def without_parts(text: str) -> str:
    """The words alone: without links, mentions, codes, numbers and emoji, which are the same in every language."""
    for start, end in reversed([*product_codes(text)]):
        text = f"{text[:start]} {text[end:]}"
    return _FIXED.sub(" ", text)
