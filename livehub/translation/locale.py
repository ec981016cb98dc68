"""The eleven locales, and how one is chosen for a person."""

import re
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
