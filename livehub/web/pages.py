"""The pages: one shell that names the language, the title and the module that draws the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import web
from jinja2 import Template

from livehub.errors import LivehubError, NotFound
from livehub.rooms.errors import RoomNotFound
from livehub.rooms.kinds import Visibility
from livehub.translation.locale import LOCALES
from livehub.web.auth import PUBLIC_ORIGIN
from livehub.web.i18n import CATALOGUES, SOURCE_LOCALE
from livehub.web.modules import ModuleGraph
from livehub.web.openapi import API
from livehub.web.problem import Handler
from livehub.web.reader import VARY, asked_locale, kept_words, reader_locale, room_sources
from livehub.web.rooms import room_access
from livehub.web.templates import templates_in

_DESCRIPTION_CHARS: Final = 200


def N_(sentence: str) -> str:
    """Marks a sentence for translation; it is looked up when the page is made."""
    return sentence


@dataclass(frozen=True, slots=True)
class Page:
    """``module`` is /static/pages/{module}.js; the path's variables go to it as params."""

    path: str
    module: str
    title: str


PAGES: Final = (
    Page("/", "start", ""),
    Page("/signin", "signin", N_("Sign in")),
    Page("/signup", "signup", N_("Sign up")),
    Page("/account", "account", N_("Account")),
    Page("/desk", "desk", N_("Shop desk")),
    Page("/desk/slips", "slips", N_("Packing slips")),
    Page("/studio", "studio", N_("Studio")),
    Page("/studio/{room}", "studio", N_("Studio")),
    Page("/r/{room}", "room", ""),
    Page("/letters/confirm", "letters", N_("Letters")),
    Page("/letters/stop", "letters", N_("Letters")),
    Page("/orders/{order}", "order", N_("Order")),
)
MISSING: Final = Page("", "missing", N_("Page not found"))
#: for those whose browser could not load the page or runs no scripts
_SHELL_TEXTS: Final = {
    "not_loaded": N_("This page could not be loaded"),
    "what_to_do": N_("Check your connection, then try again."),
    "script": N_("This page needs JavaScript: turn it on in the settings of your browser."),
    "again": N_("Try again"),
}


@dataclass(frozen=True, slots=True)
class Shell:
    """``import_map`` is the exact text between its script tags: the content security policy carries its hash."""

    template: Template
    import_map: str
    modules: ModuleGraph

    @classmethod
    def load(cls, static: Path) -> "Shell":
        import_map = (static / "importmap.json").read_text().strip()
        if "</" in import_map:
            raise ValueError("an import map with </ in it would end its own script element")
        return cls(templates_in(static).get_template("shell.html"), import_map, ModuleGraph(static, import_map))


SHELL: web.AppKey[Shell] = web.AppKey("shell", Shell)


@dataclass(frozen=True, slots=True)
class _Head:
    """What differs in the head of one page."""

    title: str
    description: str = ""
    status: int = 200
    params: Mapping[str, str] = field(default_factory=dict)
    #: path of the picture of a link to it; JPEG of 1200 × 630
    picture: str = ""


async def page_locale(request: web.Request) -> str:
    """The reader's, else English."""
    return await reader_locale(request) or SOURCE_LOCALE


async def _render(request: web.Request, page: Page, head: _Head) -> web.Response:
    locale = await page_locale(request)
    shell, catalogues = request.app[SHELL], request.app[CATALOGUES]
    title = f"{head.title} · livehub" if head.title else "livehub"
    html = shell.template.render(
        locale=locale,
        dir=LOCALES[locale].direction,
        page=page.module,
        params=dict(head.params),
        title=title,
        description=head.description,
        picture=request.app[PUBLIC_ORIGIN] + head.picture if head.picture else "",
        url=request.app[PUBLIC_ORIGIN] + request.path + _asked(request),
        importmap=shell.import_map,
        preloads=await shell.modules.preloads(page.module),
        texts={name: await catalogues.text(locale, sentence) for name, sentence in _SHELL_TEXTS.items()},
    )
    response = web.Response(text=html, content_type="text/html", status=head.status)
    # The same address looks different to somebody else.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = VARY
    return response


def _asked(request: web.Request) -> str:
    """A link in a language leads there in it: crawlers go on to the address that the page names as its own."""
    locale = asked_locale(request)
    return f"?locale={locale}" if locale else ""


async def _titled(request: web.Request, sentence: str) -> str:
    return await request.app[CATALOGUES].text(await page_locale(request), sentence) if sentence else ""


def _handler(page: Page) -> Handler:
    async def show(request: web.Request) -> web.StreamResponse:
        head = _Head(await _titled(request, page.title), params=dict(request.match_info))
        return await _render(request, page, head)

    return show


def _room_handler(page: Page) -> Handler:
    async def show(request: web.Request) -> web.StreamResponse:
        """With the room's title and words for whoever shares the link, in the reader's language where they are there.

        Where it is not the cookies' to see the status is 404, but the page is the same: a join token, which stands
        behind the ``#`` and so never comes here, may open it yet.
        """
        params = dict(request.match_info)
        try:
            room = (await room_access(request)).room
        except RoomNotFound:
            if not wants_page(request):
                raise
            return await _render(request, page, _Head("", status=404, params=params))
        words = await kept_words(request, room_sources(room), await reader_locale(request))
        said = words.get(room.description, room.description)
        description = " ".join((said or room.store_title or room.owner_name).split())
        if len(description) > _DESCRIPTION_CHARS:
            description = description[: _DESCRIPTION_CHARS - 1].rstrip() + "…"
        # Crawlers come without cookies: of a private room there is nothing that they could fetch.
        picture = "" if room.visibility is Visibility.PRIVATE else f"{API}/rooms/{room.id}/card"
        title = " ".join(words.get(room.title, room.title).split())
        return await _render(request, page, _Head(title, description, params=params, picture=picture))

    return show


def wants_page(request: web.Request) -> bool:
    """A person with a browser asks, outside of what only programs fetch."""
    for_programs = request.path.startswith(("/api/", "/static/", "/i18n/", "/pictures/", "/socket.io"))
    return request.method == "GET" and not for_programs and "text/html" in request.headers.get("Accept", "")


@web.middleware
async def missing_page_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What is not there, as a page for people; programs get the problem document."""
    try:
        return await handler(request)
    except (NotFound, web.HTTPNotFound):
        if not wants_page(request):
            raise
    try:
        return await _render(request, MISSING, _Head(await _titled(request, MISSING.title), status=404))
    except LivehubError as error:
        raise web.HTTPNotFound from error


def routes() -> list[web.RouteDef]:
    return [web.get(page.path, _room_handler(page) if page.module == "room" else _handler(page)) for page in PAGES]
