"""/sandbox/pay/{payment}: the sandbox's payment page. Plain HTML, no script: it works wherever a form does."""

from decimal import Decimal
from pathlib import Path
from typing import Final

from aiohttp import web
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from livehub.commerce.gateway import Outcome
from livehub.commerce.money import EXPONENTS, Money
from livehub.commerce.orders.model import Order, OrderStatus, PaymentStatus
from livehub.errors import InvalidInput
from livehub.translation.locale import LOCALES
from livehub.web.body import in_time
from livehub.web.commerce_wire import COMMERCE
from livehub.web.i18n import CATALOGUES
from livehub.web.order_texts import words_of
from livehub.web.pages import N_, page_locale

#: nothing but our own style and the form's own address
POLICY: Final = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"

_SENTENCES: Final = {
    "title": N_("Test payment"),
    "intro": N_("This is the sandbox: no money moves. Choose what the payment provider shall answer."),
    "order": N_("Order"),
    "part": N_("{quantity} × {title}"),
    "approve": N_("Approve the payment"),
    "delay": N_("Approve after ten seconds"),
    "decline": N_("Decline the payment"),
    "back": N_("Back to the order"),
    "approved": N_("Approved. The shop hears of it in a moment."),
    "delayed": N_("The payment will be approved in ten seconds."),
    "declined": N_("Declined. You can try again until the order expires."),
    "paid": N_("This order is paid."),
    "over": N_("This order is no longer waiting for a payment."),
}
#: the page runs no script, so what comes later is not shown
WORDS_WAIT_S: Final = 1.0
_CHOICES: Final = {
    "approve": (Outcome.PAID, False, "approved"),
    "delay": (Outcome.PAID, True, "delayed"),
    "decline": (Outcome.DECLINED, False, "declined"),
}
_PAID: Final = frozenset({OrderStatus.PAID, OrderStatus.FULFILLED})
_FOLDER: Final = Path(__file__).parent / "sandbox"
_ENVIRONMENT: Final = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)


async def show(request: web.Request) -> web.Response:
    order = await request.app[COMMERCE].settlement.sandbox_payment(request.match_info["payment"])
    done = request.query.get("done", "")
    return await _render(request, order, done if done in {"approved", "delayed", "declined"} else "")


async def decide(request: web.Request) -> web.Response:
    async with in_time(request):
        form = await request.post()
    choice = _CHOICES.get(str(form.get("choice", "")))
    if choice is None:
        raise InvalidInput("choice is approve, delay or decline", field="choice")
    outcome, delayed, done = choice
    payment = request.match_info["payment"]
    await request.app[COMMERCE].settlement.sandbox_decide(payment, outcome, delayed=delayed)
    raise web.HTTPSeeOther(f"/sandbox/pay/{payment}?done={done}")


async def _render(request: web.Request, order: Order, done: str) -> web.Response:
    locale = await page_locale(request)
    catalogues = request.app[CATALOGUES]
    texts = {name: await catalogues.text(locale, sentence) for name, sentence in _SENTENCES.items()}
    words = {text.source: text.text for text in await words_of(request, order, locale, WORDS_WAIT_S)}
    html = _ENVIRONMENT.get_template("page.html").render(
        locale=locale,
        dir=LOCALES[locale].direction,
        t=texts,
        order=order,
        words=words,
        total=_in_words(order.total, locale),
        message=texts[_state(order, done)] if _state(order, done) else "",
        kind=done or order.status,
        open=order.status is OrderStatus.PENDING_PAYMENT and done not in {"approved", "delayed"},
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return web.Response(text=html, content_type="text/html", headers=headers)


def _in_words(amount: Money, locale: str) -> str:
    """As people of that locale write it."""
    number = Decimal(amount.amount_minor).scaleb(-EXPONENTS[amount.currency])
    return str(format_currency(number, amount.currency, locale=locale))


def _state(order: Order, done: str) -> str:
    """Which sentence says how things are; empty while nothing has happened."""
    if order.status in _PAID:
        return "paid"
    if order.status is not OrderStatus.PENDING_PAYMENT:
        return "over"
    if not done and order.payment.status is PaymentStatus.FAILED:
        return "declined"
    return done


async def style(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_FOLDER / "style.css", headers={"Cache-Control": "max-age=3600"})


def routes() -> list[web.RouteDef]:
    return [
        web.get("/sandbox/style.css", style),
        web.get("/sandbox/pay/{payment}", show),
        web.post("/sandbox/pay/{payment}", decide),
    ]
