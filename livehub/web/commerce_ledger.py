"""/api/v1/stores/{store}/ledger: where a store's money went."""

import msgspec
from aiohttp import web

from livehub.commerce.payments.ledger import MovementKind
from livehub.web.auth import require_account
from livehub.web.body import answer, answer_list
from livehub.web.commerce_wire import COMMERCE, MoneyView, number_cursor, page_of
from livehub.web.openapi import API, Operation


class MovementView(msgspec.Struct, rename={"source": "from", "destination": "to"}):
    """``from`` and ``to`` are accounts: ``buyer``, or ``provider:`` and a payment provider's id."""

    id: str
    order: str
    kind: MovementKind
    source: str
    destination: str
    amount: MoneyView
    reference: str
    at: str


class BalanceView(msgspec.Struct):
    account: str
    amount_minor: int


class BalancesView(msgspec.Struct):
    """What came into each account less what went out; together they are zero."""

    currency: str
    accounts: list[BalanceView]


async def list_movements(request: web.Request) -> web.Response:
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(await require_account(request), request.match_info["store"])
    after, limit = page_of(request)
    order_id = request.query.get("order") or None
    movements = await commerce.ledger.page(store.id, number_cursor(after), limit + 1, order_id)
    following = str(movements[limit - 1].seq) if len(movements) > limit else None
    return answer_list([one.present() for one in movements[:limit]], following)


async def get_balances(request: web.Request) -> web.Response:
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(await require_account(request), request.match_info["store"])
    found = await commerce.ledger.balances(store.id)
    return answer(BalancesView(store.currency, [BalanceView(name, found[name]) for name in sorted(found)]))


_LEDGER = f"{API}/stores/{{store}}/ledger"


def routes() -> list[web.RouteDef]:
    return [web.get(_LEDGER, list_movements), web.get(f"{_LEDGER}/balances", get_balances)]


OPERATIONS = [
    Operation(
        "GET", _LEDGER, "A store's movements of money, newest first", None, MovementView, (200, 401, 403, 404),
        "account", True,
        {"order": "Of one order", "after": "The cursor of the page before", "limit": "1 to 200"},
    ),
    Operation(
        "GET", f"{_LEDGER}/balances", "What each account has", None, BalancesView, (200, 401, 403, 404), "account"
    ),
]  # fmt: skip
