"""/api/v1/orders/{order}/returns and /api/v1/returns: asking for one's money back, and the shop's answer."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.fulfilment.returns import MAX_REASON_CHARS, ReturnState
from livehub.commerce.orders.checkout import MAX_LINES
from livehub.commerce.payments.refunds import RefundState
from livehub.errors import InvalidInput
from livehub.text import many_lines
from livehub.web.auth import require_account, require_principal
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_orders import LineBody
from livehub.web.commerce_wire import COMMERCE, MoneyView, PriceBody
from livehub.web.openapi import API, Operation
from livehub.web.order_views import ShippedLine

#: the desk says how many wait for an answer, up to so many
MAX_COUNTED = 1000


class ReturnBody(msgspec.Struct):
    """Without ``lines`` all that left the shop."""

    reason: Annotated[str, Meta(min_length=1, max_length=4 * MAX_REASON_CHARS)]
    lines: Annotated[list[LineBody], Meta(max_length=MAX_LINES)] = []


class ApproveBody(msgspec.Struct):
    """Without ``amount`` what the lines cost, of what has not gone back before."""

    amount: PriceBody | None = None


class DeclineBody(msgspec.Struct):
    answer: Annotated[str, Meta(max_length=4 * MAX_REASON_CHARS)] = ""


class ReturnView(msgspec.Struct):
    """``amount``: what the lines are worth, and once approved what goes back; ``refund``: how that stands."""

    id: str
    order: str
    lines: list[ShippedLine]
    amount: MoneyView
    reason: str
    state: ReturnState
    answer: str
    refund: RefundState | None
    made_at: str
    decided_at: str | None


class CountView(msgspec.Struct):
    """``waiting``: counted up to a thousand."""

    waiting: int


async def ask(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    body = await read_json(request, ReturnBody)
    reason = many_lines(body.reason, "reason", max_chars=MAX_REASON_CHARS)
    if not reason:
        raise InvalidInput("Say why, so that the shop can answer", field="reason")
    made = await request.app[COMMERCE].returns.ask(
        principal,
        request.match_info["order"],
        [(line.offer, line.quantity) for line in body.lines],
        reason,
    )
    return answer(made.present(), 201)


async def list_returns(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    found = await request.app[COMMERCE].returns.of(principal, request.match_info["order"])
    return answer_list([one.present() for one in found])


async def approve(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, ApproveBody) if request.body_exists else ApproveBody()
    amount = None if body.amount is None else body.amount.money()
    returns = request.app[COMMERCE].returns
    return answer((await returns.approve(principal, request.match_info["return"], amount)).present())


async def decline(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, DeclineBody) if request.body_exists else DeclineBody()
    words = many_lines(body.answer, "answer", max_chars=MAX_REASON_CHARS)
    decided = await request.app[COMMERCE].returns.decline(principal, request.match_info["return"], words)
    return answer(decided.present())


async def withdraw(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    return answer((await request.app[COMMERCE].returns.withdraw(principal, request.match_info["return"])).present())


async def count(request: web.Request) -> web.Response:
    principal, commerce = await require_account(request), request.app[COMMERCE]
    store = await commerce.shop.own_store(principal, request.match_info["store"])
    waiting = await commerce.returns.waiting(store.id, MAX_COUNTED)
    return answer({"waiting": waiting}, headers={"Cache-Control": "no-store"})


_OF_ORDER, _ONE = f"{API}/orders/{{order}}/returns", f"{API}/returns/{{return}}"
_COUNT = f"{API}/stores/{{store}}/returns/count"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_OF_ORDER, ask),
        web.get(_OF_ORDER, list_returns),
        web.post(f"{_ONE}/approve", approve),
        web.post(f"{_ONE}/decline", decline),
        web.post(f"{_ONE}/withdraw", withdraw),
        web.get(_COUNT, count),
    ]


_OWN = (401, 403, 404, 409)
OPERATIONS = [
    Operation("POST", _OF_ORDER, "Ask for your money back", ReturnBody, ReturnView, (201, *_OWN, 422)),
    Operation("GET", _OF_ORDER, "What was asked, and decided", None, ReturnView, (200, 401, 404), "any", True),
    Operation(
        "POST", f"{_ONE}/approve", "The money goes back", ApproveBody, ReturnView, (200, *_OWN, 422), "account"
    ),
    Operation("POST", f"{_ONE}/decline", "It does not", DeclineBody, ReturnView, (200, *_OWN, 422), "account"),
    Operation("POST", f"{_ONE}/withdraw", "You do not want it any more", None, ReturnView, (200, *_OWN)),
    Operation("GET", _COUNT, "How many wait for your answer", None, CountView, (200, 401, 403, 404), "account"),
]  # fmt: skip
