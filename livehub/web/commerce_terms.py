"""A store's terms, and its rules for listed goods."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.catalog.shop import require_currency
from livehub.commerce.checkout_hook import MAX_AFFIRMATION_CHARS
from livehub.commerce.fulfilment.terms import Terms
from livehub.text import many_lines, one_line
from livehub.web.auth import require_account
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_orders import email_of
from livehub.web.commerce_wire import COMMERCE, MoneyView, PriceBody, Sku
from livehub.web.openapi import API, Operation
from livehub.web.order_views import AffirmationView

_LINE, _TEXT, _TAX = 160, 1000, 40


class RuleBody(msgspec.Struct):
    """``ceiling``: the most a unit may cost in any offer; ``affirmation``: what buyers have to say yes to. Without
    either the article has no rule any more."""

    sku: Sku
    ceiling: PriceBody | None = None
    affirmation: Annotated[str, Meta(max_length=MAX_AFFIRMATION_CHARS)] | None = None


class RuleView(msgspec.Struct):
    sku: str
    ceiling: MoneyView | None
    affirmation: AffirmationView | None


async def get_terms(request: web.Request) -> web.Response:
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(await require_account(request), request.match_info["store"])
    return answer(await commerce.terms.terms(store.id))


async def put_terms(request: web.Request) -> web.Response:
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(await require_account(request), request.match_info["store"])
    body = await read_json(request, Terms)
    terms = Terms(
        seller_name=one_line(body.seller_name, "seller_name", max_chars=_LINE, min_chars=0),
        seller_address=many_lines(body.seller_address, "seller_address", max_chars=_TEXT),
        seller_email=email_of(body.seller_email, "seller_email") if body.seller_email.strip() else "",
        tax_id=one_line(body.tax_id, "tax_id", max_chars=_TAX, min_chars=0),
        invoice_note=many_lines(body.invoice_note, "invoice_note", max_chars=_TEXT),
        transfer_to=many_lines(body.transfer_to, "transfer_to", max_chars=_TEXT),
        cancel_minutes=body.cancel_minutes,
        return_days=body.return_days,
        wait_days=body.wait_days,
    )
    await commerce.terms.put_terms(store.id, terms)
    return answer(terms)


async def list_rules(request: web.Request) -> web.Response:
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(await require_account(request), request.match_info["store"])
    return answer_list([rule.present(sku) for sku, rule in await commerce.rules.of_store(store)])


async def put_rule(request: web.Request) -> web.Response:
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(await require_account(request), request.match_info["store"])
    body = await read_json(request, RuleBody)
    ceiling = None if body.ceiling is None else body.ceiling.money()
    if ceiling is not None:
        require_currency(ceiling, store, "ceiling.currency")
    text = many_lines(body.affirmation or "", "affirmation", max_chars=MAX_AFFIRMATION_CHARS) or None
    rule = await commerce.put_rule(store, body.sku, ceiling, text)
    return answer(rule.present(body.sku))


_TERMS, _RULES = f"{API}/stores/{{store}}/terms", f"{API}/stores/{{store}}/goods-rules"
_OWN = (401, 403, 404)


def routes() -> list[web.RouteDef]:
    return [
        web.get(_TERMS, get_terms),
        web.put(_TERMS, put_terms),
        web.get(_RULES, list_rules),
        web.put(_RULES, put_rule),
    ]


OPERATIONS = [
    Operation("GET", _TERMS, "Who sells, and what buyers may do by themselves", None, Terms, (200, *_OWN), "account"),
    Operation("PUT", _TERMS, "Other terms, from now on", Terms, Terms, (200, *_OWN, 422), "account"),
    Operation("GET", _RULES, "Rules for listed goods", None, RuleView, (200, *_OWN), "account", True),
    Operation("PUT", _RULES, "A rule for an article", RuleBody, RuleView, (200, *_OWN, 409, 422), "account"),
]
