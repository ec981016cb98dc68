"""/api/v1/orders/{order}/texts and /orders/texts: what shops say in orders, in the reader's language.

Orders themselves stay as they were bought, and nobody waits for an engine to see them.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from aiohttp import web

from livehub.accounts.principal import Principal
from livehub.commerce.catalog.model import Part
from livehub.commerce.orders.model import Order, OrderLine, OrderStatus
from livehub.errors import NotFound
from livehub.translation.locale import require_locale
from livehub.translation.texts import Source, Text
from livehub.web.auth import require_principal
from livehub.web.body import answer_list
from livehub.web.commerce_orders import OWN_PAGE, own_page
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation
from livehub.web.rooms import ROOMS
from livehub.web.texts import TEXTS, TextView

#: an engine's whole time for a line
WAIT_S: Final = 3.0
#: different texts of one page of a list, the newest orders' first; what is beyond them stays as it is written
MAX_TEXTS: Final = 500


class OrderTextsView(msgspec.Struct):
    """``texts``: of that order's shop; two shops may have different words for the same."""

    order: str
    texts: list[TextView]


async def get_texts(request: web.Request) -> web.Response:
    """Raises: UnsupportedLocale."""
    principal = await require_principal(request)
    locale = require_locale(request.query.get("locale") or principal.locale or "")
    order = await request.app[COMMERCE].desk.get(principal, request.match_info["order"])
    written = _written(order)
    besides = [text for text in dict.fromkeys(await _besides(request, principal, order)) if text not in written]
    found = await asyncio.gather(
        _shown(request, order, written, locale, WAIT_S),
        _shown(request, order, besides, locale, WAIT_S, is_private=True),
    )
    return answer_list([text.present() for texts in found for text in texts])


async def list_texts(request: web.Request) -> web.Response:
    """Raises: UnsupportedLocale."""
    principal = await require_principal(request)
    locale = require_locale(request.query.get("locale") or principal.locale or "")
    orders, following = await own_page(request, principal)
    found = await words_of_all(request, orders, locale, WAIT_S)
    items = [
        {"order": order.id, "texts": [text.present() for text in texts]}
        for order, texts in zip(orders, found, strict=True)
    ]
    return answer_list(items, following)


async def words_of(request: web.Request, order: Order, locale: str, within_s: float) -> list[Text]:
    """Titles of the articles, and of what a bundle consists of, as far as there is a translation ``within_s``."""
    return await _shown(request, order, _written(order), locale, within_s)


async def words_of_all(request: web.Request, orders: Sequence[Order], locale: str, within_s: float) -> list[list[Text]]:
    """The same of each order, up to :data:`MAX_TEXTS`. A text that several orders of a room have is looked for once."""
    groups: dict[tuple[str, str], tuple[Order, dict[str, None]]] = {}
    count = 0
    for order in orders:
        _, texts = groups.setdefault((order.room_id, order.store_id), (order, {}))
        fresh = [text for text in _written(order) if text not in texts][: MAX_TEXTS - count]
        texts.update(dict.fromkeys(fresh))
        count += len(fresh)
    made = await asyncio.gather(*(_shown(request, order, texts, locale, within_s) for order, texts in groups.values()))
    found = {key: {text.source: text for text in texts} for key, texts in zip(groups, made, strict=True)}
    return [
        [words[text] for text in _written(order) if text in words]
        for order in orders
        for words in [found[order.room_id, order.store_id]]
    ]


async def _besides(request: web.Request, principal: Principal, order: Order) -> list[str]:
    """What else the shop says on an order's page, to its buyer: where it is picked up, answers, and what comes with
    digital goods."""
    commerce = request.app[COMMERCE]
    place = (order.delivery.get("pickup") or {}).get("place", {})
    texts = [str(place.get("title") or ""), *(each.answer for each in await commerce.returns.of(principal, order.id))]
    if order.buyer_id == principal.identity and order.status in {OrderStatus.PAID, OrderStatus.FULFILLED}:
        texts += [each.good.note for each in await commerce.digital.of_order(principal, order.id)]
    return [text.strip() for text in texts if text.strip()]


def _written(order: Order) -> list[str]:
    articles: list[OrderLine | Part] = [*order.lines, *(part for line in order.lines for part in line.parts)]
    written = [text for article in articles for text in (article.title, article.variant_title)]
    return [text for text in dict.fromkeys(written) if text.strip()]


async def _shown(
    request: web.Request,
    order: Order,
    written: Iterable[str],
    locale: str,
    within_s: float,
    *,
    is_private: bool = False,
) -> list[Text]:
    """Of an order's shop, on its room's glossary and budget. ``is_private``: the room is not told."""
    texts = request.app.get(TEXTS)
    if texts is None:
        return []
    try:
        hint = (await request.app[ROOMS].get(order.room_id)).locale
    except NotFound:  # deleted since
        hint = "en"
    sources = [Source(f"store:{order.store_id}", text, hint) for text in written]
    return await texts.shown(order.room_id, sources, locale, within_s=within_s, is_private=is_private)


_TEXTS, _ALL_TEXTS = f"{API}/orders/{{order}}/texts", f"{API}/orders/texts"


def routes() -> list[web.RouteDef]:
    return [web.get(_TEXTS, get_texts), web.get(_ALL_TEXTS, list_texts)]


_LOCALE: Final = {"locale": "One of the eleven; without it your own"}
OPERATIONS = [
    Operation(
        "GET", _TEXTS, "What the shop says in an order, in one language, where it is not written in it", None, TextView,
        (200, 401, 404, 422), "any", True, _LOCALE,
    ),
    Operation(
        "GET", _ALL_TEXTS, "The same of a page of your own orders", None, OrderTextsView,
        (200, 401, 422), "any", True, {**_LOCALE, **OWN_PAGE},
    ),
]  # fmt: skip
