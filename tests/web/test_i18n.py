"""Catalogues for the browser, and the commands that keep them complete."""

import gettext
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog

from livehub.translation.locale import LOCALES
from livehub.web import messages
from livehub.web.i18n import CATALOGUES, Catalogues, client_messages, load, plural_indexes, po_path
from tests.web.conftest import Site

_PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

msgid "Buy now"
msgstr "{buy}"

msgctxt "verb"
msgid "Pin"
msgstr "x"

#, fuzzy
msgid "Unsure"
msgstr "?"

msgid "Empty"
msgstr ""

msgid "{{n}} viewer"
msgid_plural "{{n}} viewers"
{forms}
"""


def _write(translations: Path, locale: str, plurals: str, buy: str, n_forms: int) -> Path:
    forms = "\n".join(f'msgstr[{index}] "form{index} {{n}}"' for index in range(n_forms))
    path = po_path(translations, locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_PO.format(plurals=plurals, buy=buy, forms=forms))
    return path


_ARABIC = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
_RUSSIAN = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"


@pytest.mark.parametrize(
    ("locale", "plurals", "n_forms", "expected"),
    [
        ("ar", _ARABIC, 6, {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 4, "other": 5}),
        # What only fractions have ("other") takes some form; whole numbers have their own.
        ("ru", _RUSSIAN, 3, {"one": 0, "few": 1, "many": 2, "other": 2}),
        ("fr", "nplurals=2; plural=(n > 1);", 2, {"one": 0, "many": 1, "other": 1}),
        ("ja", "nplurals=1; plural=0;", 1, {"other": 0}),
    ],
)
async def test_plural_forms_are_named_as_browsers_name_them(
    tmp_path: Path, locale: str, plurals: str, n_forms: int, expected: dict[str, int]
) -> None:
    _write(tmp_path, locale, plurals, "x", n_forms)
    catalog = load(tmp_path, locale)
    assert catalog is not None
    found = client_messages(catalog, locale)
    assert found["{n} viewer"] == {category: f"form{index} {{n}}" for category, index in expected.items()}


@pytest.mark.parametrize("locale", LOCALES)
def test_each_number_gets_the_form_that_gettext_would_choose(locale: str) -> None:
    catalog = messages.new_catalog(locale)
    indexes = plural_indexes(locale, catalog.plural_expr)
    rule = Locale.parse(locale).plural_form
    form_of = gettext.c2py(catalog.plural_expr)
    for number in (*range(1100), 1_000_000):
        assert indexes[rule(number)] == form_of(number)


async def test_the_browser_gets_its_catalogue(site: Site, tmp_path: Path) -> None:
    path = _write(tmp_path / "translations", "ar", _ARABIC, "اشتر الآن", 6)
    client = await site.client()
    answer = await client.get("/i18n/ar.json")
    catalogue = await answer.json()
    assert (catalogue["locale"], catalogue["dir"]) == ("ar", "rtl")
    assert catalogue["plural"] == ["few", "many", "one", "other", "two", "zero"]
    assert catalogue["messages"]["Buy now"] == "اشتر الآن"
    assert catalogue["messages"]["verb\u0004Pin"] == "x"
    assert "Unsure" not in catalogue["messages"]
    assert "Empty" not in catalogue["messages"]
    again = await client.get("/i18n/ar.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304
    path.write_text(path.read_text().replace("اشتر الآن", "اشتر"))
    assert (await (await client.get("/i18n/ar.json")).json())["messages"]["Buy now"] == "اشتر"


async def test_english_and_missing_catalogues_are_empty_and_others_are_not_there(site: Site) -> None:
    client = await site.client()
    for locale in ("en", "th"):
        assert (await (await client.get(f"/i18n/{locale}.json")).json())["messages"] == {}
    for locale in ("xx", "..%2fen", "%00", "en.json"):
        assert (await client.get(f"/i18n/{locale}.json")).status == 404


async def test_titles_of_pages_are_translated(site: Site, tmp_path: Path) -> None:
    path = _write(tmp_path / "translations", "es", "nplurals=2; plural=(n != 1);", "x", 2)
    path.write_text(path.read_text() + '\nmsgid "Shop desk"\nmsgstr "Mostrador"\n')
    text = await (await (await site.client()).get("/desk", headers={"Accept-Language": "es"})).text()
    assert "<title>Mostrador · livehub</title>" in text
    assert await site.app[CATALOGUES].text("es", "Not there") == "Not there"


# --- extract, update, check


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A client of two sentences, and Python's page titles."""
    (tmp_path / "static" / "lib").mkdir(parents=True)
    (tmp_path / "static" / "lib" / "a.js").write_text("t('Buy {what}'); tn('{n} viewer', '{n} viewers', n);")
    (tmp_path / "package" / "web").mkdir(parents=True)
    (tmp_path / "package" / "web" / "pages.py").write_text('TITLE = N_("Sign in")\n')
    (tmp_path / "package" / "web" / "commerce_sandbox.py").write_text("")
    (tmp_path / "package" / "followers").mkdir()
    (tmp_path / "package" / "followers" / "notices.py").write_text("")
    (tmp_path / "package" / "commerce" / "fulfilment").mkdir(parents=True)
    for name in ("invoices.py", "buyer_letters.py"):
        (tmp_path / "package" / "commerce" / "fulfilment" / name).write_text("")
    (tmp_path / "translations").mkdir()
    return tmp_path


def _template(tree: Path) -> Catalog:
    return messages.extract(tree / "static", tree / "package")


def _translate(tree: Path, locale: str) -> Catalog:
    catalog = load(tree / "translations", locale)
    assert catalog is not None
    for message in catalog:
        if isinstance(message.id, tuple):
            message.string = tuple(f"{{n}} v{index}" for index in range(catalog.num_plurals))
        elif message.id:
            message.string = f"{message.id}!"
    return catalog


def _save(tree: Path, locale: str, catalog: Catalog) -> None:
    from babel.messages.pofile import write_po

    with po_path(tree / "translations", locale).open("wb") as file:
        write_po(file, catalog)


def test_a_complete_set_of_catalogues_passes(tree: Path) -> None:
    template, translations = _template(tree), tree / "translations"
    assert messages.write_template(template, translations)
    assert not messages.write_template(template, translations), "writing the same again changes nothing"
    assert len(messages.update(template, translations)) == len(LOCALES) - 1
    assert messages.update(template, translations) == []
    assert len(messages.check(template, translations)) == 3 * (len(LOCALES) - 1), "nothing is translated yet"
    for locale in LOCALES:
        if locale != "en":
            _save(tree, locale, _translate(tree, locale))
    assert messages.check(template, translations) == []


@pytest.mark.parametrize(
    ("sentence", "value", "complaint"),
    [
        ("Sign in", "", "not translated"),
        ("Buy {what}", "Comprar", "other placeholders"),
        ("Buy {what}", "Comprar {que}", "other placeholders"),
        ("{n} viewer", ("uno", "{n} y {m}", "{n}"), "other placeholders"),
        ("{n} viewer", ("uno", "", ""), "not translated"),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_told(
    tree: Path, sentence: str, value: str | tuple[str, ...], complaint: str
) -> None:
    template, translations = _template(tree), tree / "translations"
    messages.write_template(template, translations)
    messages.update(template, translations)
    for locale in LOCALES:
        if locale != "en":
            _save(tree, locale, _translate(tree, locale))
    catalog = _translate(tree, "es")
    message = catalog.get(sentence)
    assert message is not None
    message.string = value[: catalog.num_plurals] if isinstance(value, tuple) else value
    _save(tree, "es", catalog)
    [found] = messages.check(template, translations)
    assert found.startswith(f"es: {complaint}")


def test_fuzzy_and_stale_catalogues_are_told(tree: Path) -> None:
    template, translations = _template(tree), tree / "translations"
    assert "run extract" in messages.check(template, translations)[0]
    messages.write_template(template, translations)
    (tree / "static" / "lib" / "b.js").write_text("t('New sentence')")
    assert "behind the sources" in messages.check(_template(tree), translations)[0]


def test_a_plural_rule_that_is_not_the_languages_own_is_told(tree: Path) -> None:
    template, translations = _template(tree), tree / "translations"
    messages.write_template(template, translations)
    messages.update(template, translations)
    for locale in LOCALES:
        if locale != "en":
            _save(tree, locale, _translate(tree, locale))
    path = po_path(translations, "id")
    path.write_text(path.read_text().replace("plural=0;", "plural=(n != 1);").replace("nplurals=1", "nplurals=2"))
    assert "plural" in messages.check(template, translations)[0]


async def test_a_catalogue_that_changes_on_disk_is_read_again(tmp_path: Path) -> None:
    catalogues = Catalogues(tmp_path)
    assert await catalogues.text("fr", "Buy now") == "Buy now"
    _write(tmp_path, "fr", "nplurals=2; plural=(n > 1);", "Acheter", 2)
    assert await catalogues.text("fr", "Buy now") == "Acheter"
