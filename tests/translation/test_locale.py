import pytest

from livehub.translation.errors import UnsupportedLocale
from livehub.translation.locale import LOCALES, closest, negotiate, negotiate_header, require_locale


def test_the_eleven() -> None:
    assert list(LOCALES) == ["ar", "id", "zh", "en", "fr", "ja", "ru", "es", "th", "tr", "vi"]
    assert [tag for tag, locale in LOCALES.items() if locale.direction == "rtl"] == ["ar"]
    assert all(locale.native_name and locale.script for locale in LOCALES.values())


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "en"),
        ("EN-gb", "en"),
        ("zh-Hant-TW", "zh"),
        ("zh_CN", "zh"),
        ("yue", "zh"),
        ("in", "id"),
        ("arz-EG", "ar"),
        ("es-419", "es"),
        ("C.UTF-8", None),
        ("pt-BR", None),
        ("", None),
        ("-", None),
        ("e", None),
    ],
)
def test_closest(tag: str, expected: str | None) -> None:
    assert closest(tag) == expected


def test_negotiate_takes_the_first_that_is_served() -> None:
    assert negotiate([None, "", "ko", "vi-VN", "en"]) == "vi"
    assert negotiate([], default="tr") == "tr"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
        ("de, en;q=0.3, th;q=0.8", "th"),
        ("en;q=0, ja;q=0.1", "ja"),
        ("ru;q=broken, es", "es"),
        ("*", "id"),
        ("", "id"),
        (";;;,,,q=1", "id"),
        ("ko," * 500 + "en", "id"),
        ("ar;q=1.000,en", "ar"),
    ],
)
def test_accept_language(header: str, expected: str) -> None:
    assert negotiate_header(header, default="id") == expected


def test_require_locale() -> None:
    assert require_locale("vi") == "vi"
    with pytest.raises(UnsupportedLocale, match="ar, id, zh"):
        require_locale("VI")
