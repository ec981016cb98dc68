"""The eleven locales, how one is chosen for a person, and how the language of a short line is told cheaply."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from livehub.translation.errors import UnsupportedLocale


@dataclass(frozen=True, slots=True)
class Locale:
    """``tag`` is BCP 47, ``script`` ISO 15924, ``native_name`` what its speakers call the language."""

    tag: str
    native_name: str
    english_name: str
    script: str
    direction: Literal["ltr", "rtl"] = "ltr"


LOCALES: Final[Mapping[str, Locale]] = MappingProxyType(
    {
        locale.tag: locale
        for locale in (
            Locale("ar", "العربية", "Arabic", "Arab", "rtl"),
            Locale("id", "Bahasa Indonesia", "Indonesian", "Latn"),
            Locale("zh", "中文", "Chinese", "Hans"),
            Locale("en", "English", "English", "Latn"),
            Locale("fr", "Français", "French", "Latn"),
            Locale("ja", "日本語", "Japanese", "Jpan"),
            Locale("ru", "Русский", "Russian", "Cyrl"),
            Locale("es", "Español", "Spanish", "Latn"),
            Locale("th", "ไทย", "Thai", "Thai"),
            Locale("tr", "Türkçe", "Turkish", "Latn"),
            Locale("vi", "Tiếng Việt", "Vietnamese", "Latn"),
        )
    }
)

# Primary subtags that mean one of the eleven: the withdrawn code of Indonesian, and the members of the macrolanguages
# ar and zh that systems send by themselves (IANA language subtag registry).
_SAME_LANGUAGE: Final[Mapping[str, str]] = MappingProxyType(
    {"in": "id", "cmn": "zh", "yue": "zh", "wuu": "zh"}
    | dict.fromkeys(("arb", "arz", "ary", "apc", "acm", "ajp", "aeb", "arq", "ars", "afb"), "ar")
)

_MAX_RANGES: Final = 20
_MAX_HEADER_CHARS: Final = 500


def require_locale(tag: str) -> str:
    """``tag`` itself when it is one of the eleven.

    Raises:
        UnsupportedLocale: any other.
    """
    if tag not in LOCALES:
        raise UnsupportedLocale(f"Choose one of: {', '.join(LOCALES)}")
    return tag


def closest(tag: str) -> str | None:
    """The locale that serves a BCP 47 tag (``pt-BR`` → None, ``zh_TW`` → zh, ``EN-gb`` → en).

    All eleven differ in their language, so the lookup of RFC 4647 section 3.4 ends at the primary subtag.
    """
    primary = re.split(r"[-_.@]", tag.strip().lower(), maxsplit=1)[0]
    primary = _SAME_LANGUAGE.get(primary, primary)
    return primary if primary in LOCALES else None


def negotiate(wanted: Iterable[str | None], default: str = "en") -> str:
    """The first of ``wanted`` (best first; None and unknown tags are passed over) that is served, else ``default``."""
    for tag in wanted:
        found = closest(tag) if tag else None
        if found:
            return found
    return default


def negotiate_header(accept_language: str, default: str = "en") -> str:
    """Choose by an Accept-Language header (RFC 9110 section 12.5.4). Malformed parts are passed over.

    Only the first 500 characters and 20 ranges count: the header comes from outside.
    """
    ranked: list[tuple[float, str]] = []
    for part in accept_language[:_MAX_HEADER_CHARS].split(",")[:_MAX_RANGES]:
        tag, _, parameters = part.partition(";")
        weight = _weight(parameters)
        if weight > 0:
            ranked.append((weight, tag.strip()))
    ranked.sort(key=lambda entry: -entry[0])  # stable: equal weights keep the header's order
    return negotiate((tag for _, tag in ranked), default)


def _weight(parameters: str) -> float:
    match = re.fullmatch(r"\s*(?:q\s*=\s*([01](?:\.\d{0,3})?))?\s*", parameters, re.IGNORECASE)
    if match is None:
        return 0.0
    return min(float(match[1]), 1.0) if match[1] else 1.0


# ---- the language of a line ----

_SCRIPTS: Final = re.compile(
    "(?P<kana>[\u3040-\u309f\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9d])"
    "|(?P<Hans>[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
    "|(?P<Arab>[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9\ufb50-\ufdfb\ufe70-\ufefc])"
    "|(?P<Thai>[\u0e01-\u0e2e\u0e30-\u0e3a\u0e40-\u0e4e])"
    "|(?P<Cyrl>[\u0400-\u052f])"
    "|(?P<Latn>[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a])"
    r"|(?P<other>[^\W\d_])"
)
_OF_SCRIPT: Final[Mapping[str, str]] = MappingProxyType({"Arab": "ar", "Thai": "th", "Cyrl": "ru"})
_VIETNAMESE_LETTER: Final = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_TURKISH_LETTER: Final = re.compile(r"[ğışĞİŞ]")
_MARKED_WORD: Final = re.compile(r"\b\w*[\u00c0-\u024f\u1e00-\u1eff]\w*")
_ASCII_LETTER: Final = re.compile("[A-Za-z]")
_LOOKED_AT_CHARS: Final = 200


def detect_source(text: str, sender_locale: str) -> str | None:
    """The locale a line is written in, by its letters; None when they are of a script that none of the eleven uses,
    or when it has no letters at all.

    Tells scripts, not languages: Latin letters mean the sender's locale where that is written so. A sender of another
    script who writes Latin letters most often writes English. Letters that only Vietnamese or Turkish has, in a
    line where a third of the words have marks, and the Spanish opening marks decide for those. Quick: microseconds.
    """
    text = text[:_LOOKED_AT_CHARS]
    if text.isascii():  # most lines of most rooms: nothing else than Latin letters can be in it
        return _latin(text, sender_locale) if _ASCII_LETTER.search(text) else None
    text = unicodedata.normalize("NFC", text)
    counts: dict[str, int] = {}
    for match in _SCRIPTS.finditer(text):
        script = match.lastgroup or "other"
        counts[script] = counts.get(script, 0) + 1
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
        return _latin(text, sender_locale)
    if main == "Hans":
        return "ja" if kana or sender_locale == "ja" else "zh"
    return _OF_SCRIPT.get(main)


def _latin(text: str, sender_locale: str) -> str:
    if "¿" in text or "¡" in text:
        return "es"
    # One borrowed word ("phở") does not make the line Vietnamese: a third of the words must have marked letters.
    if 3 * len(_MARKED_WORD.findall(text)) >= len(re.findall(r"\w+", text)):
        if _VIETNAMESE_LETTER.search(text):
            return "vi"
        if _TURKISH_LETTER.search(text):
            return "tr"
    locale = LOCALES.get(sender_locale)
    return sender_locale if locale is not None and locale.script == "Latn" else "en"
