"""Keeping the catalogues: collect the sentences, merge them, check that every language has every one.

Run as ``python -m livehub.web.i18n extract|update|check``.
"""

import gettext
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from livehub.translation.locale import LOCALES
from livehub.web.assets import share_dir
from livehub.web.i18n import DOMAIN, SOURCE_LOCALE, load, plural_indexes, po_path

#: t('…') · tn('one', 'many', n) · tc('context', '…') · N_("…") marks a sentence that Python looks up later
KEYWORDS: Final = {"t": None, "tn": (1, 2), "tc": ((1, "c"), 2), "N_": None}
_JAVASCRIPT: Final = "livehub.web.jsextract:extract"
_FOLDERS: Final = ("components", "lib", "pages")
#: modules that say something to people by themselves: pages and letters
_PYTHON: Final = (
    "web/pages.py",
    "web/commerce_sandbox.py",
    "followers/notices.py",
    "commerce/fulfilment/invoices.py",
    "commerce/fulfilment/buyer_letters.py",
)
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_WIDTH: Final = 110
#: rules that Babel does not know or knows otherwise than CLDR, which is what browsers go by
_PLURALS: Final = {"id": "nplurals=1; plural=0;"}
#: header lines that say nothing, or change with every run
_NOISE: Final = re.compile(
    rb'"(?:Project-Id-Version|Report-Msgid-Bugs-To|Last-Translator|Language-Team|Generated-By'
    rb'|POT-Creation-Date|PO-Revision-Date): [^"]*"\n'
)

#: livehub's sources and where each is named from, for the references in the template
Source = tuple[Path, str, str]


def sources(static: Path, package: Path) -> Iterator[Source]:
    """(file, Babel method, how the template names it)."""
    for folder in _FOLDERS:
        for file in sorted((static / folder).rglob("*.js")):
            yield file, _JAVASCRIPT, f"static/{file.relative_to(static).as_posix()}"
    for name in _PYTHON:
        yield package / name, "python", f"livehub/{name}"


def extract(static: Path, package: Path) -> Catalog:
    """The template: every sentence with the files that use it."""
    template = Catalog(
        project="livehub", charset="utf-8", header_comment="# Sentences of livehub's interface.", fuzzy=False
    )
    for file, method, name in sources(static, package):
        for _line, message, comments, context in extract_from_file(method, str(file), KEYWORDS):
            template.add(message, locations=[(name, None)], auto_comments=comments, context=context)  # type: ignore[list-item]
    return template


def template_path(translations: Path) -> Path:
    return translations / f"{DOMAIN}.pot"


def write_template(template: Catalog, translations: Path) -> bool:
    """False, and nothing written, when no sentence has come, gone or moved: dates alone are no reason for a change."""
    return _write(template, template_path(translations))


def update(template: Catalog, translations: Path) -> list[str]:
    """Merge ``template`` into every locale's catalogue; the locales whose file has changed."""
    changed = []
    for locale in (tag for tag in LOCALES if tag != SOURCE_LOCALE):
        catalog = load(translations, locale) or new_catalog(locale)
        # A guess at a changed sentence would be shown as if it were right: better English until it is translated.
        catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
        catalog.obsolete.clear()
        if _write(catalog, po_path(translations, locale)):
            changed.append(locale)
    return changed


def new_catalog(locale: str) -> Catalog:
    """An empty catalogue with the language's own plural rule."""
    if locale in _PLURALS:
        header = f'msgid ""\nmsgstr ""\n"Plural-Forms: {_PLURALS[locale]}\\n"\n'
        catalog = read_po(io.BytesIO(header.encode()), locale=locale)
    else:
        catalog = Catalog(locale=locale, charset="utf-8")
    catalog.header_comment = f"# {LOCALES[locale].english_name}."
    catalog.fuzzy = False
    return catalog


def _write(catalog: Catalog, path: Path) -> bool:
    file = io.BytesIO()
    write_po(file, catalog, width=_WIDTH, include_lineno=False, sort_by_file=True, omit_header=False)
    text = _NOISE.sub(b"", file.getvalue())
    if path.is_file() and path.read_bytes() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return True


def check(template: Catalog, translations: Path) -> list[str]:
    """What is wrong, one sentence each; empty when every catalogue is complete."""
    complaints: list[str] = []
    path = template_path(translations)
    if not path.is_file():
        return [f"{path} is missing: run extract"]
    with path.open("rb") as file:
        written = read_po(file)
    if _ids(written) != _ids(template):
        complaints.append(f"{path.name} is behind the sources: run extract and update")
    for locale in (tag for tag in LOCALES if tag != SOURCE_LOCALE):
        catalog = load(translations, locale)
        if catalog is None:
            complaints.append(f"{locale}: there is no catalogue; run update")
            continue
        complaints += [f"{locale}: {complaint}" for complaint in _check_catalog(template, catalog, locale)]
    return complaints


def _ids(catalog: Catalog) -> set[tuple[object, object]]:
    return {(message.context, _key(message)) for message in catalog if message.id}


def _key(message: Message) -> object:
    return tuple(message.id) if isinstance(message.id, list | tuple) else message.id


def _check_catalog(template: Catalog, catalog: Catalog, locale: str) -> Iterator[str]:
    try:
        write_mo(io.BytesIO(), catalog)
        indexes = plural_indexes(locale, catalog.plural_expr)
    except ValueError as error:
        yield f"its plural forms cannot be used: {error}"
        return
    n_forms = max(indexes.values()) + 1
    rule, form_of = Locale.parse(locale).plural_form, gettext.c2py(catalog.plural_expr)
    odd = next((number for number in range(1000) if form_of(number) != indexes[rule(number)]), None)
    if odd is not None:
        yield f"its plural rule is not CLDR's: they differ for {odd}"
    for wanted in template:
        if not wanted.id:
            continue
        english = wanted.id if isinstance(wanted.id, str) else wanted.id[0]
        found = catalog.get(english, wanted.context)
        if found is None or not found.string or (isinstance(found.string, list | tuple) and not all(found.string)):
            yield f"not translated: {english!r}"
        elif found.fuzzy:
            yield f"fuzzy: {english!r}"
        else:
            yield from _check_forms(wanted, found, n_forms)


def _check_forms(wanted: Message, found: Message, n_forms: int) -> Iterator[str]:
    plural = not isinstance(wanted.id, str)
    ids = _texts(wanted.id)
    forms = _texts(found.string)
    if plural and len(forms) < n_forms:
        yield f"{len(forms)} of {n_forms} plural forms: {ids[0]!r}"
    names = {name for text in ids for name in _PLACEHOLDER.findall(text)}
    for form in forms:
        has = set(_PLACEHOLDER.findall(form))
        # "one viewer" may say its number as a word, or, as Arabic does, not at all.
        if has - names or (names - has) - ({"n"} if plural else set()):
            yield f"other placeholders than {ids[-1]!r}: {form!r}"


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(part) for part in value) if isinstance(value, list | tuple) else (str(value),)


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0, or 1 with complaints printed."""
    if len(arguments) != 1 or arguments[0] not in {"extract", "update", "check"}:
        print("usage: python -m livehub.web.i18n extract|update|check")  # noqa: T201
        return 2
    static, translations = share_dir("static"), share_dir("translations")
    template = extract(static, Path(__file__).parent.parent)
    if arguments[0] == "extract":
        lines = [f"{len(_ids(template))} sentences"] if write_template(template, translations) else ["nothing new"]
    elif arguments[0] == "update":
        lines = [f"changed: {', '.join(update(template, translations)) or 'nothing'}"]
    else:
        lines = check(template, translations)
    for line in lines:
        print(line)  # noqa: T201
    return 1 if arguments[0] == "check" and lines else 0
