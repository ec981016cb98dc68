"""Sentences are found wherever JavaScript may hide them, and nowhere else."""

import io
from pathlib import Path
from typing import Any

import pytest

from livehub.web.assets import share_dir
from livehub.web.jsextract import Scanner, extract, unescape
from livehub.web.messages import KEYWORDS


def _found(source: str) -> list[tuple[str, tuple[str | None, ...]]]:
    found = extract(io.BytesIO(source.encode()), KEYWORDS, (), {})
    return [(function, arguments) for _line, function, arguments, _comments in found]


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("t('Buy now')", ("Buy now",)),
        ('t("It\\u2019s \\"on\\"")', ('It’s "on"',)),
        ("t(`Plain`)", ("Plain",)),
        ("t('Two ' +\n  'halves')", ("Two halves",)),
        ("t('{n} left', { n: f(1, [2]) })", ("{n} left", None)),
        ("t(name)", (None,)),
        ("t(`a${b}c`)", (None,)),
        ("t('a' + b)", (None,)),
        ("html`<b>${t('Inside')}</b>`", ("Inside",)),
        (
            "html`<ul>${rows.map((r) => html`<li title=\"it's\">${r.on && html`<i>${t('Deep')}</i>`}</li>`)}</ul>`",
            ("Deep",),
        ),
        ("html`${{ a: { b: 1 } }} don't ${t('After an object')}`", ("After an object",)),
        ("x = a / b; t('Divided') / c", ("Divided",)),
        ("x = /['\"`]/.test(y) && t('After a pattern')", ("After a pattern",)),
        ("return /'/.test(y) ? t('After return') : 1", ("After return",)),
        ("// t('not this')\n/* t('nor this') */ t('This')", ("This",)),
        ("'t(\"not in a string\")'; t('This')", ("This",)),
        ("`t('not in a template')`; t('This')", ("This",)),
        ("a.t('not a method'); function t(x) {} t('This')", ("This",)),
        ("t('trailing',)", ("trailing",)),
        ("i18n.x(t('Nested', { who: name }))", ("Nested", None)),
    ],
)
def test_sentences_are_found(source: str, arguments: tuple[str | None, ...]) -> None:
    assert _found(source) == [("t", arguments)]


def test_plurals_contexts_and_calls_within_calls() -> None:
    source = "tn('{n} viewer', '{n} viewers', count(t('Inner'))); tc('verb', 'Pin');"
    assert _found(source) == [
        ("tn", ("{n} viewer", "{n} viewers", None)),
        ("t", ("Inner",)),
        ("tc", ("verb", "Pin")),
    ]


def test_lines_are_counted_through_templates() -> None:
    source = "\n`\n\n${1}\n`;\nt('Seven')"
    [(line, _function, _arguments, _comments)] = extract(io.BytesIO(source.encode()), KEYWORDS, (), {})
    assert line == 6


@pytest.mark.parametrize(
    "source", ["'open", "`open ${", "/* open", "/open", "}", "`${`${`", "t(", "t('a'", "\\", "#!x"]
)
def test_broken_modules_end_the_scan(source: str) -> None:
    assert len(list(Scanner(source).tokens())) <= len(source) + 1


def test_escapes() -> None:
    assert unescape("a\\nb\\u00e9\\u{1F600}\\x41\\'\\\n") == "a\nbé😀A'"


def test_the_client_calls_with_literals() -> None:
    """A sentence that is put together at run time would never be translated."""
    static = share_dir("static")
    offenders: list[Any] = []
    for folder in ("components", "lib", "pages"):
        for file in sorted(Path(static / folder).rglob("*.js")):
            if file.name == "i18n.js":
                continue
            for line, function, arguments, _comments in extract(io.BytesIO(file.read_bytes()), KEYWORDS, (), {}):
                needed = 2 if function in {"tn", "tc"} else 1
                if len(arguments) < needed or None in arguments[:needed]:
                    offenders.append(f"{file.relative_to(static)}:{line} {function}{arguments}")
    assert offenders == []
