"""What a page's modules import, as the shell names it: everything, once, nearest first."""

import json
from pathlib import Path

import pytest

from livehub.web.assets import share_dir
from livehub.web.modules import Imports, ModuleGraph, closure, imports_in, imports_of, resolve

MAP = {"preact": "/static/vendor/preact.js", "preact/hooks": "/static/vendor/preact-hooks.js"}


@pytest.mark.parametrize(
    ("source", "static", "dynamic"),
    [
        ("import { a } from './a.js';\nimport './b.js';", ["./a.js", "./b.js"], []),
        ('import*as x from"preact";import{y as z}from"preact/hooks";', ["preact", "preact/hooks"], []),
        ("import x, {\n  y,\n  from,\n} from '../x.js';", ["../x.js"], []),
        ("export { a } from './a.js'; export * from './b.js';", ["./a.js", "./b.js"], []),
        ("export const a = 'x', from = 'y';\nexport default 'from';", [], []),
        ("/** @type {import('./types.js').Me} */ // import './no.js'\nconst s = \"import './no.js'\";", [], []),
        ("await import('./late.js'); await import(`./${page}.js`); html`${() => import(\"./in.js\")}`",
         [], ["./late.js", "./in.js"]),
        ("a.import('./no.js'); import.meta.url; f(from, './no.js');", [], []),
        ("", [], []),
    ],
)  # fmt: skip
def test_imports_are_found(source: str, static: list[str], dynamic: list[str]) -> None:
    assert imports_of(source) == Imports(tuple(static), tuple(dynamic))


@pytest.mark.parametrize(
    ("specifier", "address"),
    [
        ("./b.js", "/static/pages/b.js"),
        ("../lib/a.js", "/static/lib/a.js"),
        ("./room/../../lib/a.js", "/static/lib/a.js"),
        ("/static/x.js", "/static/x.js"),
        ("preact/hooks", "/static/vendor/preact-hooks.js"),
        ("unknown", None),
    ],
)
def test_specifiers_resolve_as_in_a_browser(specifier: str, address: str | None) -> None:
    assert resolve(specifier, "/static/pages/a.js", MAP) == address


def test_a_closure_is_nearest_first_and_ends_in_circles() -> None:
    graph = {"a": ["b", "c"], "b": ["d", "a"], "c": ["b", "d"], "d": ["d"]}
    assert closure(["a"], graph.__getitem__) == ("a", "b", "c", "d")
    assert closure(["d", "d"], graph.__getitem__) == ("d",)


async def test_what_begins_a_page_comes_before_what_draws_it(tmp_path: Path) -> None:
    for name, text in {
        "lib/boot.js": "import './i18n.js'; const { h } = await import('preact'); import(`../pages/${p}.js`);",
        "lib/i18n.js": "",
        "vendor/preact.js": "",
        "pages/room.js": "import './room/visit.js'; export const screen = () => import('./room/page.js');",
        "pages/room/visit.js": "import '../../lib/i18n.js'; import '../../lib/not-built.js'; import 'who';",
        "pages/room/page.js": "import 'preact'; const later = () => import('./rare.js');",
        "pages/room/rare.js": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    preloads = await ModuleGraph(tmp_path, json.dumps({"imports": MAP})).preloads("room")
    assert preloads.first == (
        "/static/lib/boot.js", "/static/pages/room.js", "/static/lib/i18n.js", "/static/pages/room/visit.js",
    )  # fmt: skip
    assert preloads.then == ("/static/vendor/preact.js", "/static/pages/room/page.js")


async def test_the_pages_of_this_client_are_followed_to_their_ends() -> None:
    static = share_dir("static")
    preloads = await ModuleGraph(static, (static / "importmap.json").read_text()).preloads("room")
    named = {*preloads.first, *preloads.then}
    assert "/static/lib/protocol.js" in preloads.first
    assert {"/static/pages/room/checkout-steps.js", "/static/components/icon.js"} <= set(preloads.then)
    assert not {address for address in named if address.startswith("/static/pages/studio")}
    assert len(named) == len(preloads.first) + len(preloads.then)


def test_a_module_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "page.js"
    file.write_text("import './one.js';")
    assert imports_in(file).static == ("./one.js",)
    file.write_text("import './another.js';")
    assert imports_in(file).static == ("./another.js",)
