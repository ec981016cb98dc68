"""The shell of every page: language, direction, title, what is not there; static files; catalogues."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from livehub.web.assets import PICTURES_DIR, STATIC, StaticFiles
from livehub.web.pages import PAGES
from tests.web.conftest import Site

API = "/api/v1"
_HTML = {"Accept": "text/html,application/xhtml+xml"}


def _root(text: str) -> dict[str, str]:
    match = re.search(r"<html ([^>]*)>", text)
    assert match is not None
    return {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', match[1])}


@pytest.mark.parametrize(
    ("path", "module", "params"),
    [
        ("/", "start", {}),
        ("/signin", "signin", {}),
        ("/signup", "signup", {}),
        ("/account", "account", {}),
        ("/letters/confirm", "letters", {}),
        ("/letters/stop", "letters", {}),
        ("/desk", "desk", {}),
        ("/desk/slips", "slips", {}),
        ("/studio", "studio", {}),
        ("/studio/room_1", "studio", {"room": "room_1"}),
        ("/orders/ord_1", "order", {"order": "ord_1"}),
    ],
)
async def test_every_page_names_its_module(site: Site, path: str, module: str, params: dict[str, str]) -> None:
    answer = await (await site.client()).get(path)
    assert (answer.status, answer.content_type) == (200, "text/html")
    text = await answer.text()
    root = _root(text)
    assert root["data-page"] == module
    assert json.loads(root["data-params"]) == params
    assert f"/static/pages/{module}.js" in text
    assert "no-cache" in answer.headers["Cache-Control"]


def test_every_page_of_the_table_is_tried_here() -> None:
    assert {page.path for page in PAGES} == {
        "/", "/signin", "/signup", "/account", "/desk", "/desk/slips", "/studio", "/studio/{room}", "/r/{room}",
        "/orders/{order}", "/letters/confirm", "/letters/stop",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "lang", "direction"),
    [
        ("", "", "", "en", "ltr"),
        ("", "", "th-TH,th;q=0.9,en;q=0.5", "th", "ltr"),
        ("", "ar", "th", "ar", "rtl"),
        ("?locale=ja", "ar", "th", "ja", "ltr"),
        ("?locale=xx", "yy", "tlh", "en", "ltr"),
        ("?locale=" + "x" * 5000, "%00", "é;q=9", "en", "ltr"),
        ("?locale=zh_TW", "", "", "zh", "ltr"),
    ],
)
async def test_the_language_of_a_page(
    site: Site, query: str, cookie: str, accept: str, lang: str, direction: str
) -> None:
    headers = {"Accept-Language": accept} | ({"Cookie": f"livehub_locale={cookie}"} if cookie else {})
    root = _root(await (await (await site.client()).get(f"/{query}", headers=headers)).text())
    assert (root["lang"], root["dir"]) == (lang, direction)


async def test_an_account_has_its_language_on_every_device(site: Site) -> None:
    client = await site.account("Ana", locale="vi")
    assert _root(await (await client.get("/", headers={"Accept-Language": "ru"})).text())["lang"] == "vi"


async def test_a_room_page_tells_its_title_to_whoever_shares_it(site: Site) -> None:
    host = await site.account("Ana")
    body = {"kind": "show", "title": 'Bowls <b>& "cups"</b>', "locale": "en", "description": "Two\n" + "long " * 100}
    room = await (await host.post(f"{API}/rooms", json=body)).json()
    text = await (await (await site.client()).get(f"/r/{room['id']}")).text()
    assert "<b>" not in text
    [title] = re.findall(r'<meta property="og:title" content="([^"]*)">', text)
    assert html.unescape(title) == 'Bowls <b>& "cups"</b> · livehub'
    [description] = re.findall(r'<meta property="og:description" content="([^"]*)">', text)
    assert description.startswith("Two long")
    assert len(description) <= 200
    assert json.loads(_root(text)["data-params"]) == {"room": room["id"]}


async def test_rooms_that_are_not_there_or_private_are_not_found(site: Site, problem_of: Any) -> None:
    host = await site.account("Ana")
    body = {"kind": "show", "title": "Secret", "locale": "en", "visibility": "private"}
    room = await (await host.post(f"{API}/rooms", json=body)).json()
    assert (await host.get(f"/r/{room['id']}", headers=_HTML)).status == 200
    nobody = await site.client()
    # A room's page is itself all the same: a join token behind the # may open it, and only the page knows that one.
    for path, page in {
        f"/r/{room['id']}": "room", "/r/room_unknown": "room", "/nowhere": "missing", "/orders/a/b": "missing",
    }.items():  # fmt: skip
        answer = await nobody.get(path, headers=_HTML)
        text = await answer.text()
        assert (answer.status, _root(text)["data-page"]) == (404, page)
        assert "Secret" not in text
        assert "og:description" not in text
        assert (await problem_of(await nobody.get(path, headers={"Accept": "application/json"})))["status"] == 404


async def test_params_cannot_leave_their_attribute(site: Site) -> None:
    text = await (await (await site.client()).get("/orders/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E")).text()
    assert "<script>alert" not in text
    assert json.loads(_root(text)["data-params"]) == {"order": '"><script>alert(1)</script>'}


# --- static files


@pytest.fixture
def static(site: Site, tmp_path: Path) -> Path:
    """A static directory of our own, with things in it that must not be served."""
    root = tmp_path / "static"
    for name, body in {
        "lib/a.js": "export const a = 1;\n" * 100,
        "icon.svg": "<svg/>",
        "package.json": "{}",
        "shell.html": "{{ secret }}",
        "node_modules/x/index.js": "1",
        ".hidden/a.js": "1",
        "lib/.env.js": "1",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(body)
    (tmp_path / "outside.js").write_text("secret")
    (root / "link.js").symlink_to(tmp_path / "outside.js")
    (root / "folder.js").mkdir()
    site.app._state[STATIC] = StaticFiles(root)
    return root


async def test_static_files_have_type_tag_and_compression(site: Site, static: Path) -> None:
    client = await site.client()
    answer = await client.get("/static/lib/a.js")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert (await answer.text()).startswith("export const a")
    plain = await client.get("/static/lib/a.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["ETag"] != answer.headers["ETag"]
    for known in (answer, plain):
        encoding = {"Accept-Encoding": "gzip" if known is answer else "identity"}
        again = await client.get("/static/lib/a.js", headers={"If-None-Match": known.headers["ETag"]} | encoding)
        assert (again.status, await again.read()) == (304, b"")
    (static / "lib/a.js").write_text("changed")
    changed = await client.get("/static/lib/a.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (changed.status, await changed.text()) == (200, "changed")
    tag = changed.headers["ETag"].strip('"')
    forever = await client.get(f"/static/lib/a.js?v={tag}")
    assert "immutable" in forever.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "package.json",
        "shell.html",
        "node_modules/x/index.js",
        ".hidden/a.js",
        "lib/.env.js",
        "lib",
        "lib/",
        "folder.js",
        "link.js",
        "..%2foutside.js",
        "%2e%2e/outside.js",
        "lib%2f..%2f..%2foutside.js",
        "lib//a.js",
        "%00.js",
        "lib/a.js%00",
        "x" * 300 + ".js",
    ],
)
async def test_nothing_else_is_served(site: Site, static: Path, path: str) -> None:
    answer = await (await site.client()).get(f"/static/{path}")
    assert answer.status == 404


async def test_pictures_are_served_and_kept(site: Site) -> None:
    folder = site.app[PICTURES_DIR]
    (folder / "abc.webp").write_bytes(b"RIFF")
    (folder / "abc.html").write_text("<script>")
    (folder.parent / "secret.webp").write_bytes(b"x")
    client = await site.client()
    answer = await client.get("/pictures/abc.webp")
    assert (answer.status, answer.content_type, await answer.read()) == (200, "image/webp", b"RIFF")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for path in ("abc.html", "none.webp", "..%2fsecret.webp", "", "."):
        assert (await client.get(f"/pictures/{path}")).status == 404


async def test_the_shell_asks_only_for_files_that_are_served(site: Site) -> None:
    client = await site.client()
    for page in ("/", "/signin", "/nowhere"):
        text = await (await client.get(page, headers=_HTML)).text()
        for url in re.findall(r'(?:href|src)="(/(?:static|i18n)/[^"]*)"', text):
            if "/vendor/" not in url:  # built by npm, which unit tests do without
                assert (await client.get(url)).status == 200, url


@pytest.mark.parametrize("known", ["garbage", '"', 'W/"x"', "*x", '"a", ,', "\u00e9", '"' * 5000])
async def test_odd_tags_are_just_not_known(site: Site, static: Path, known: str) -> None:
    answer = await (await site.client()).get("/static/icon.svg", headers={"If-None-Match": known})
    assert (answer.status, await answer.text()) == (200, "<svg/>")
