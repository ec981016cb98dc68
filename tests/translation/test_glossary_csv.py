import pytest

from livehub.errors import InvalidInput
from livehub.translation.base_lists import NAMES, base_list
from livehub.translation.glossary import MAX_TERMS, Term
from livehub.translation.glossary_csv import read_csv, write_csv
from livehub.translation.locale import LOCALES

TERMS = [
    Term({"": ("Lumi Glow",)}, keep=True, note="brand"),
    Term({"en": ("size", "sizes"), "es": ("talla",), "ar": ("مقاس",)}),
    Term({"en": ("-5 cream",), "th": ("ครีม",)}, note="=cmd()"),
]


def test_what_is_written_is_read() -> None:
    assert read_csv(write_csv(TERMS)) == TERMS


@pytest.mark.parametrize(
    "text",
    ["es;en\ntalla;size\n", "en\tes\r\nsize\ttalla\r\n", "\ufeffEN,ES\n\nsize,talla\n,\n", 'en,es\n"size","talla"\n'],
)
def test_as_spreadsheets_write_it(text: str) -> None:
    (term,) = read_csv(text)
    assert dict(term.words) == {"en": ("size",), "es": ("talla",)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first line"),
        ("en,colour\n", "first line"),
        ("en,en\n", "first line"),
        ("en,es\nsize\n", "Line 2"),
        ("en,es\nsize,talla,x\n", "Line 2: more cells"),
        ("keep,en\nLumi,light\n", "Line 2"),
        ('en,es\n"size,talla\n', "Line"),
        ("keep\n" + "\n".join(f"word{n}" for n in range(MAX_TERMS + 1)), "at most"),
    ],
)
def test_tables_that_cannot_be(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_csv(text)


@pytest.mark.parametrize("name", NAMES)
def test_the_lists_that_come_along_have_every_language(name: str) -> None:
    for term in base_list(name).terms:
        term.check()
        assert set(term.words) == set(LOCALES)


@pytest.mark.parametrize("name", NAMES)
def test_no_word_of_a_list_stands_for_two_things(name: str) -> None:
    for locale in LOCALES:
        words = [word.casefold() for term in base_list(name).terms for word in term.words[locale]]
        assert sorted(words) == sorted(set(words))
