"""/api/v1/orders/{order}/texts: what the shop says in an order, in the reader's language.

The order itself stays as it was bought, and nobody waits for an engine to see it.
"""

from typing import Final

from aiohttp import web

from livehub.commerce.catalog.model import Part
from livehub.commerce.orders.model import Order, OrderLine
from livehub.errors import NotFound
from livehub.translation.locale import require_locale
from livehub.translation.texts import Source, Text
from livehub.web.auth import require_principal
from livehub.web.body import answer_list
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation
from livehub.web.rooms import ROOMS
from livehub.web.texts import TEXTS, TextView

#: an engine's whole time for a line
WAIT_S: Final = 3.0


async def get_texts(request: web.Request) -> web.Response:
    """Raises: UnsupportedLocale."""
    principal = await require_principal(request)
    locale = require_locale(request.query.get("locale") or principal.locale or "")
    order = await request.app[COMMERCE].desk.get(principal, request.match_info["order"])
    return answer_list([text.present() for text in await words_of(request, order, locale, WAIT_S)])


async def words_of(request: web.Request, order: Order, locale: str, within_s: float) -> list[Text]:
    """Titles of the articles, and of what a bundle consists of, as far as there is a translation ``within_s``."""
    texts = request.app.get(TEXTS)
    if texts is None:
        return []
    try:
        hint = (await request.app[ROOMS].get(order.room_id)).locale
    except NotFound:  # deleted since
        hint = "en"
    articles: list[OrderLine | Part] = [*order.lines, *(part for line in order.lines for part in line.parts)]
    written = [text for article in articles for text in (article.title, article.variant_title)]
    sources = [Source(f"store:{order.store_id}", text, hint) for text in dict.fromkeys(written) if text.strip()]
    return await texts.shown(order.room_id, sources, locale, within_s=within_s)


_TEXTS = f"{API}/orders/{{order}}/texts"


def routes() -> list[web.RouteDef]:
    return [web.get(_TEXTS, get_texts)]


OPERATIONS = [
    Operation(
        "GET", _TEXTS, "Titles in an order, in one language, where they are not written in it", None, TextView,
        (200, 401, 404, 422), "any", True, {"locale": "One of the eleven; without it your own"},
    ),
]  # fmt: skip
