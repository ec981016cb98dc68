"""Whether a word of a text is a form of a term's word: "talla" in "tallas", "заказ" in "заказами".

Lists of endings, not a grammar: what they take too many is a word that begins with the whole term and ends like an
inflection. Vietnamese does not inflect; Chinese, Japanese and Thai are looked for as they stand.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

UNSPACED: Final = frozenset({"ja", "th", "zh"})
#: of stems: shorter words must be equal
MIN_STEM_CHARS: Final = 3

_TURKISH: Final = (
    r"(?:l[ae]r)?(?:[iu]?m(?:[iu]z)?|[iu]?n(?:[iu]z)?|s?[iu])?"
    r"(?:n?[iu]n|[yn]?[iu]|[yn]?[ae]|n?[dt][ae](?:n|ki(?:l[ae]r)?)?|y?l[ae])?(?:[dt][iu]r)?"
)
#: what may follow a stem, after folding
_ENDINGS: Final[Mapping[str, re.Pattern[str]]] = {
    "en": re.compile(r"(?:s|es|'s|s')?"),
    "es": re.compile(r"(?:s|es|o|a|os|as|e|ito|ita|itos|itas)?"),
    "fr": re.compile(r"(?:s|x|e|es)?"),
    "id": re.compile(r"(?:nya|ku|mu|lah|kah)?"),
    "tr": re.compile(_TURKISH),
    "ar": re.compile("(?:ه|ت|ها|هم|كم|نا|ك|ي|ات|ين|ون|ان|تي|ته|تها|تك|تنا|اتها|اتنا)?"),
}
#: what a term's own form may end in, so that the stem goes without it
_OWN_ENDING: Final[Mapping[str, re.Pattern[str]]] = {
    "es": re.compile(r"[oae]$"),
    "fr": re.compile(r"e$"),
    "ar": re.compile("ه$"),
}
#: what a Russian word ends in, and what its forms may end in instead: a noun is declined in another way than an
#: adjective, so that "весь" is no form of "вес", nor "сырой" of "сыр". Folded: й is и and ё is е. The first that fits
#: is taken.
_ADJECTIVE: Final = "ыи|ии|ои|еи|ая|яя|ое|ее|ые|ие|ого|его|ому|ему|ым|им|ых|их|ыми|ими|ую|юю|ою|ею"
_RUSSIAN: Final = tuple(
    (re.compile(f"(?:{own})$"), re.compile(f"(?:{others})"))
    for own, others in (
        ("ыи|ая|яя|ое|ее|ые", _ADJECTIVE),
        ("ии|ои", f"{_ADJECTIVE}|ия|ию|ием|ои|оя|ою|оем"),
        ("ия", "ия|ии|ию|иеи|иею|иям|иями|иях"),
        ("ие", "ие|ия|ию|ием|ии|иям|иями|иях|их|им|ими"),
        ("[ая]", "(?:а|я|ы|и|у|ю|е|ои|еи|ою|ею|ам|ям|ами|ями|ах|ях|ь)?"),
        ("[ое]", "(?:о|е|а|я|у|ю|ом|ем|и|ов|ев|ам|ям|ами|ями|ах|ях)?"),
        ("ь", "ь|я|ю|ем|е|и|ью|еи|ам|ям|ами|ями|ах|ях"),
        ("[ыи]", "(?:ы|и|я|ю|ем|е|ов|ев|еи|ам|ям|ами|ями|ах|ях)?"),
        ("", "(?:а|у|ом|ем|е|ы|и|ов|ев|еи|ам|ами|ах)?"),
    )
)
#: Russian vowels that come and go: "сумка", of many "сумок"; "подарок", of one "подарка"
_FLEETING: Final = ((re.compile("ка$"), ("ок", "ек")), (re.compile("ок$"), ("к",)), (re.compile("ец$"), ("ц", "ьц")))
_ANY_CASE: Final = re.compile("(?:а|у|ом|ем|е|ы|и|ов|ев|ам|ами|ах)?")
#: what Arabic writes together with a word: "and", then the article with or without a preposition, or a preposition.
#: The group is what the sentence says of it; the article, which after "for" loses a letter, belongs to the word.
_ARTICLE: Final = re.compile("^ال(?=.{3})")
_WRITTEN_BEFORE: Final = tuple(
    re.compile(f"{before}(?=.{{3}})")
    for before in ("([وف])", "([وف]?(?:[بكف](?=ال)|ل(?=ل))?)(?:ال|(?<=ل)ل)", "([وف]?[بلك])")
)
#: what French writes before a word that begins with a vowel
_ELIDED: Final = re.compile("^(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)['’](?=.)", re.IGNORECASE)
#: how endings are written after a name, or after a word in other letters
_AFTER_NAME: Final = {
    "en": re.compile("['’]s?$", re.IGNORECASE),
    "ru": re.compile("(?<=[A-Za-z0-9])['’-][а-яё]{1,3}$", re.IGNORECASE),
    "tr": re.compile("['’][^\\W\\d_]+$"),
    "id": re.compile("-(?:nya|ku|mu|lah|kah)$", re.IGNORECASE),
}
_SOFTENED: Final[Mapping[str, str]] = {"t": "d", "k": "g", "p": "b", "c": "c"}
#: vowels that are written before the consonant of their syllable, and vowels and tones that are written after it
_THAI_BEFORE: Final = re.compile("[\u0e40-\u0e44]")
_THAI_AFTER: Final = re.compile("[\u0e30-\u0e3a\u0e45\u0e47-\u0e4e]")
_KATAKANA: Final = re.compile("[\u30a1-\u30fa\u30fc\uff66-\uff9f]+")
_LONG_KATAKANA: Final = 5
_MARKS: Final = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640]")
_SAME: Final = str.maketrans({"ى": "ي", "ة": "ه", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ı": "i", "’": "'"})


@lru_cache(maxsize=16_384)
def folded(word: str, locale: str) -> str:
    """Without case and width; without accents too, but in Vietnamese, where they make another word."""
    word = unicodedata.normalize("NFKC", word).casefold()
    if locale != "vi":
        word = _MARKS.sub("", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", word).translate(_SAME)


@lru_cache(maxsize=16_384)
def bare(word: str, locale: str) -> str:
    """A word of a term, folded and without the Arabic article. Its other letters are its own: "بطاقة", a card, is not
    "with طاقة"."""
    plain = folded(word, locale)
    return _ARTICLE.sub("", plain) if locale == "ar" and word.startswith("ال") else plain


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read a word of a text: ``plain`` may be a form of a term's word, and stands at ``word[start:end]``, from
    ``since`` on without the letter that is left of an article.
    """

    plain: str
    start: int
    end: int
    since: int


@lru_cache(maxsize=16_384)
def readings(word: str, locale: str) -> tuple[Reading, ...]:
    """As it stands, and without what is written together with it."""
    plain, size = folded(word, locale), len(word)
    found = [Reading(plain, 0, size, 0)]
    if locale == "ar":
        found += _arabic(word, plain)
    elif locale == "fr" and (elided := _ELIDED.match(word)):
        found.append(Reading(folded(word[elided.end() :], locale), elided.end(), size, elided.end()))
    elif locale in _AFTER_NAME and (after := _AFTER_NAME[locale].search(word)):
        found.insert(0, Reading(folded(word[: after.start()], locale), 0, after.start(), 0))
    return tuple(found)


def _arabic(word: str, plain: str) -> Iterator[Reading]:
    """Each rest once. "And", "with", "for" and "like" stay in the sentence: a term has no word for them."""
    rests = set()
    for before in _WRITTEN_BEFORE:
        found = before.match(plain)
        if found is None or (rest := plain[found.end() :]) in rests:
            continue
        rests.add(rest)
        start = _after(word, found.end(1))
        is_letter = found.end() - found.end(1) == 1
        yield Reading(rest, start, len(word), _after(word, found.end()) if is_letter else start)


def _after(word: str, letters: int) -> int:
    """Where in a word as it is written so many letters of its plain form end, with what stretches the last of them."""
    size = 0
    for at, char in enumerate(word):
        of_char = len(folded(char, "ar"))
        if size >= letters and of_char:
            return at
        size += of_char
    return len(word)


def is_form(word: str, term: str, locale: str) -> bool:
    """Whether ``word`` is ``term`` or an inflected form of it. Both as written."""
    wanted = bare(term, locale)
    return any(is_plain_form(reading.plain, wanted, locale) for reading in readings(word, locale))


def is_plain_form(found: str, wanted: str, locale: str) -> bool:
    """The same of a reading, and of what :func:`bare` gives."""
    return found == wanted or any(
        found.startswith(stem) and endings.fullmatch(found, len(stem)) is not None
        for stem, endings in _declined(wanted, locale)
    )


def stems(wanted: str, locale: str) -> tuple[str, ...]:
    """What forms of a bare word begin with; nothing of one that is too short to have any."""
    return tuple(stem for stem, _ in _declined(wanted, locale))


@lru_cache(maxsize=4_096)
def _declined(wanted: str, locale: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Stems, each with what may follow it."""
    if len(wanted) < MIN_STEM_CHARS:
        return ()
    if locale == "ru":
        return tuple(_russian(wanted))
    endings = _ENDINGS.get(locale)
    return tuple((stem, endings) for stem in _stems(wanted, locale)) if endings is not None else ()


def _russian(wanted: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    for own, endings in _RUSSIAN:
        stem = own.sub("", wanted)
        if len(stem) >= MIN_STEM_CHARS and own.search(wanted):
            yield stem, endings
            break
    for own, others in _FLEETING:
        stem = own.sub("", wanted)
        if len(stem) < len(wanted) and len(stem) >= MIN_STEM_CHARS - 1:
            yield from ((stem + other, _ANY_CASE) for other in others)


def _stems(wanted: str, locale: str) -> Iterator[str]:
    yield wanted
    own = _OWN_ENDING.get(locale)
    if own is not None:
        shorter = own.sub("", wanted)
        if MIN_STEM_CHARS <= len(shorter) < len(wanted):
            yield shorter
    if locale == "en" and wanted[-1] == "y":
        yield wanted[:-1] + "ie"
    if locale == "es" and wanted[-1] == "z":
        yield wanted[:-1] + "ces"
    if locale == "fr" and wanted.endswith("al"):
        yield wanted[:-1] + "ux"
    if locale == "tr" and wanted[-1] in _SOFTENED:
        yield wanted[:-1] + _SOFTENED[wanted[-1]]


def stands(text: str, start: int, end: int, locale: str) -> bool:
    """Whether a word of a language without spaces ends where ``text[start:end]`` does, as far as its letters tell.

    A Thai syllable is not cut in two ("สี", colour, is not in "สี่", four), nor a Japanese word in katakana, unless what
    is found is long ("ドレス", dress, is not in "アドレス", address; "インスリン" is in "インスリンポンプ").
    """
    if locale == "th":
        return not (_THAI_BEFORE.match(text[:start][-1:]) or _THAI_AFTER.match(text, end))
    if locale == "ja" and end - start < _LONG_KATAKANA and _KATAKANA.fullmatch(text, start, end):
        return not (_KATAKANA.match(text[:start][-1:]) or _KATAKANA.match(text, end))
    return True
