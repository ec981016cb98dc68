"""Codes of products as people type them on a phone: "ab-1234", "Mug_07", "b12", "sku lamp-205".

Capitals with digits are a code wherever they stand (:mod:`livehub.translation.protecting`). In small letters "ke-100"
is "the hundredth" to an Indonesian, "sub-20" a team and "mid-2024" a time of the year: a word joined to digits is taken
for a code only where hardly a word of the eleven languages is written so. After a word that says what follows, as "sku"
or "รหัส" do, any letters with digits are one.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

#: letters that make what stands beside them part of a word
_LATIN: Final = "A-Za-z0-9_\u00c0-\u024f\u1e00-\u1eff"
#: letters and digits, joined by "-" or "_"; no digits of a number or a price that goes on
_TOKEN: Final = re.compile(
    rf"[A-Za-z](?<![{_LATIN}@#.-].)[A-Za-z0-9]*+(?:[-_][A-Za-z0-9]+)*+(?![{_LATIN}])(?![.,:]\d)(?! ?[%$€₽฿¥٪])"
)
#: what goes before a code and says so; "sku" is the same in every language, and so no word for an engine
_SAID: Final = re.compile(
    r"(?:\b(?:sku|ref|art|item|model|code|c[oó]digo|kode|kodu?|modelo|mod[eè]le|r[eé]f[eé]rence|referencia|m[aã]"
    r"|артикул|арт|код|модель)|รหัส|编号|編号|型号|货号|款号|品番|型番|コード|كود|رمز|رقم)[ .:#№：]{0,3}$",
    re.IGNORECASE,
)
_SKU: Final = re.compile(r"(?<![A-Za-z0-9_-])sku[ .:#]{0,3}$", re.IGNORECASE)
_SAID_CHARS: Final = 16
_DIGIT: Final = re.compile("[0-9]")
_JOINER: Final = re.compile("[-_]")
_NUMBER: Final = re.compile("[a-z]?([0-9]+)[a-z]?")
_TOGETHER: Final = re.compile("([a-z]+)([0-9]+)")
_YEAR: Final = re.compile("(?:19|20|25)[0-9]{2}")
#: what Indonesian writes after a name
_ENCLITIC: Final = re.compile("-(?:nya|ku|mu|lah|kah|an)$", re.IGNORECASE)
_WORDS: Final = tomllib.loads((files("livehub.translation") / "words.toml").read_text(encoding="utf-8"))
#: words that are nothing but words before any number, as in "ke-100", "top-100", "no12"
_COUNTED: Final = frozenset(_WORDS["counted"].split())
#: everyday words: before a number that says by itself that it is a code's they are part of it, as in "mug-07"
_EVERYDAY: Final = frozenset(word for words in _WORDS.values() for word in words.split())


def product_codes(text: str) -> Iterator[tuple[int, int]]:
    """Where they stand. What is in capitals may be among them."""
    if not _DIGIT.search(text):  # most lines
        return
    for match in _TOKEN.finditer(text):
        token = match[0]
        if not _DIGIT.search(token):
            continue
        start, end = match.span()
        if enclitic := _ENCLITIC.search(token):
            token, end = token[: enclitic.start()], start + enclitic.start()
        before = text[max(0, start - _SAID_CHARS) : start]
        if sku := _SKU.search(before):
            yield start - len(before) + sku.start(), end
        elif is_code(token.lower()) or (_SAID.search(before) and _is_said(token.lower())):
            yield start, end


def is_code(token: str) -> bool:
    """Of a token in small letters, with a digit in it."""
    first, *others = _JOINER.split(token)
    if first in _COUNTED:
        return False
    if "_" in token:
        return True
    if not others:
        return _is_together(first)
    found = next(((at, number[1]) for at, group in enumerate(others) if (number := _NUMBER.fullmatch(group))), None)
    if found is None:
        return False
    at, digits = found
    if digits[0] == "0" and len(digits) > 1:  # nobody counts so
        return True
    if first in _EVERYDAY or (len(first) > 2 and _YEAR.fullmatch(digits)):
        return False
    if len(digits) > 2:
        return at > 0 or len(first) <= 3 or len(digits) > 3
    # "xl-42", but no more of a word after it than of a size: "ab-12-m"
    return len(digits) == 2 and at == 0 and len(first) <= 2 and all(len(group) <= 2 for group in others[1:])


def _is_together(token: str) -> bool:
    """Without anything between letters and digits: "b07", "ab1042", and no "iphone15", "mp3", "kata2"."""
    found = _TOGETHER.fullmatch(token)
    if found is None or found[1] in _COUNTED or found[1] in _EVERYDAY:
        return False
    letters, digits = found.groups()
    if len(letters) > 2 and _YEAR.fullmatch(digits):
        return False
    return (len(letters) <= 2 and len(digits) >= 2) or (len(letters) <= 4 and len(digits) >= 3)


def _is_said(token: str) -> bool:
    """Whether it can be the code that was announced: "item a3", "รหัส lamp-205", and no "item no2"."""
    found = _TOGETHER.match(token)
    return (found[1] if found else _JOINER.split(token)[0]) not in _COUNTED
