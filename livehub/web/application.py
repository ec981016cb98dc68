"""The aiohttp application around the routes: middlewares in their order, headers, pages, assets, the API's document."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from aiohttp import web

from livehub.clock import Clock
from livehub.web import accounts, assets, config_route, health, i18n, ice_servers, openapi, pages, rooms
from livehub.web.assets import PICTURES_DIR, STATIC, StaticFiles
from livehub.web.auth import PUBLIC_ORIGIN, SECURE_COOKIES, same_origin_middleware
from livehub.web.commerce_invoices import prepare as prepare_invoices
from livehub.web.cors import add_cors_headers
from livehub.web.health import METRICS, Metrics, metrics_middleware
from livehub.web.i18n import CATALOGUES, Catalogues
from livehub.web.openapi import DOCUMENT, Operation
from livehub.web.pages import SHELL, Shell, missing_page_middleware
from livehub.web.problem import problem_middleware
from livehub.web.security import PAGE_POLICY, add_security_headers, page_policy
from livehub.web.throttle import THROTTLE, Throttle, throttle_middleware

#: for bodies that aiohttp itself reads (forms); all others go through livehub.web.body with a limit of their own
MAX_BODY_BYTES = 64 * 1024


class RouteModule(Protocol):
    def routes(self) -> list[web.RouteDef]: ...


#: the modules of this package whose routes need no other domain
OWN_MODULES: Sequence[RouteModule] = (accounts, rooms, config_route, ice_servers, health, i18n, assets, pages)


def make_application(
    *,
    public_url: str,
    static: Path,
    translations: Path,
    pictures: Path,
    clock: Clock,
    media_origins: Iterable[str] = (),
) -> web.Application:
    """An application that can show pages; the services' keys and the routes are still to be given.

    ``media_origins``: other servers that its pages may be sent on to for media.
    """
    app = web.Application(
        middlewares=[
            metrics_middleware,
            problem_middleware,
            throttle_middleware,
            same_origin_middleware,
            missing_page_middleware,
        ],
        client_max_size=MAX_BODY_BYTES,
    )
    shell = Shell.load(static)
    parts = urlsplit(public_url)
    app[PUBLIC_ORIGIN] = f"{parts.scheme}://{parts.netloc}"
    app[SECURE_COOKIES] = parts.scheme == "https"
    app[PAGE_POLICY] = page_policy(public_url, shell.import_map, media_origins)
    app[SHELL] = shell
    app[STATIC] = StaticFiles(static)
    prepare_invoices(app, static)
    app[PICTURES_DIR] = pictures
    app[CATALOGUES] = Catalogues(translations)
    app[METRICS] = Metrics()
    app[THROTTLE] = Throttle(clock)
    app.on_response_prepare.append(add_security_headers)
    app.on_response_prepare.append(add_cors_headers)
    return app


def add_routes(app: web.Application, *, public_url: str, more: Sequence[RouteModule] = ()) -> None:
    """The routes of this package's own modules and of ``more``, and the document that describes those of the API."""
    operations: list[Operation] = []
    for module in (*OWN_MODULES, *more):
        app.add_routes(module.routes())
        operations += getattr(module, "OPERATIONS", [])
    app.add_routes(openapi.routes())
    app[DOCUMENT] = openapi.serve(operations, public_url)
