"""Whether a word of a text is a form of a term's word: "talla" in "tallas", "заказ" in "заказами".

A list of endings a language, not a grammar: what it takes too many is a word that begins with the whole term and ends
like an inflection. Vietnamese does not inflect; Chinese, Japanese and Thai are looked for as they stand.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

UNSPACED: Final = frozenset({"ja", "th", "zh"})
#: of stems: shorter words must be equal
MIN_STEM_CHARS: Final = 3

_TURKISH: Final = (
    r"(?:l[ae]r)?(?:[iu]?m(?:[iu]z)?|[iu]n(?:[iu]z)?|s?[iu])?(?:n?[iu]n|[yn]?[iu]|[yn]?[ae]|n?[dt][ae]n?|y?l[ae])?"
)
_RUSSIAN: Final = (
    "а|я|о|е|и|ы|у|ю|ь|и|ои|еи|ою|ею|ом|ем|ов|ев|ам|ям|ами|ями|ах|ях|ыи|ии|ая|яя|ое|ее|ые|ие|ого|его|ому|ему|ым|им|ых"
    "|их|ыми|ими|ую|юю|ия|ию|иеи|иям|иями|иях|ка|ки|ку|кои"
)
#: what may follow a stem, after folding
_ENDINGS: Final[Mapping[str, re.Pattern[str]]] = {
    "en": re.compile(r"(?:s|es|'s|s')?"),
    "es": re.compile(r"(?:s|es|o|a|os|as|e|ito|ita|itos|itas)?"),
    "fr": re.compile(r"(?:s|x|e|es)?"),
    "id": re.compile(r"(?:nya|ku|mu|lah|kah)?"),
    "tr": re.compile(_TURKISH),
    "ru": re.compile(f"(?:{_RUSSIAN})?"),
    "ar": re.compile("(?:ه|ت|ها|هم|كم|نا|ك|ي|ات|ين|ون|ان|تي|ته|تها|تك|تنا|اتها|اتنا)?"),
}
#: what a term's own form may end in, so that the stem goes without it
_OWN_ENDING: Final[Mapping[str, re.Pattern[str]]] = {
    "es": re.compile(r"[oae]$"),
    "fr": re.compile(r"e$"),
    "ru": re.compile(r"(?:ыи|ии|ая|яя|ое|ее|ия|ие|[аяоеыиьюу])$"),
    "ar": re.compile("ه$"),
}
_ARTICLES: Final = re.compile("^[وف]?(?:بال|كال|فال|لل|ال|ب|ل|ك)(?=.{3})|^[وف](?=.{3})")
_SOFTENED: Final[Mapping[str, str]] = {"t": "d", "k": "g", "p": "b", "c": "c"}
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
    """A folded word without what is written before it: the Arabic article, "and", "with", "for"."""
    return _ARTICLES.sub("", folded(word, locale)) if locale == "ar" else folded(word, locale)


def is_form(word: str, term: str, locale: str) -> bool:
    """Whether ``word`` is ``term`` or an inflected form of it. Both as written."""
    found, wanted = bare(word, locale), bare(term, locale)
    if found == wanted:
        return True
    endings = _ENDINGS.get(locale)
    return endings is not None and any(
        found.startswith(stem) and endings.fullmatch(found, len(stem)) is not None for stem in stems(wanted, locale)
    )


@lru_cache(maxsize=4_096)
def stems(wanted: str, locale: str) -> tuple[str, ...]:
    """What forms of a bare word begin with; nothing of one that is too short to have any."""
    if locale not in _ENDINGS or len(wanted) < MIN_STEM_CHARS:
        return ()
    found = [wanted]
    own = _OWN_ENDING.get(locale)
    if own is not None:
        shorter = own.sub("", wanted)
        if MIN_STEM_CHARS <= len(shorter) < len(wanted):
            found.append(shorter)
    if locale == "en" and wanted[-1] == "y":
        found.append(wanted[:-1] + "ie")
    if locale == "tr" and wanted[-1] in _SOFTENED:
        found.append(wanted[:-1] + _SOFTENED[wanted[-1]])
    return tuple(found)
