"""Invoices and credit notes: as a page, as PDF, and the merchant's list. Whoever has a document's address may read it:
it cannot be guessed, and buyers get it with their order and by mail."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Template

from livehub.clock import iso
from livehub.commerce.errors import InvoiceNotFound
from livehub.commerce.fulfilment.invoices import SENTENCES, Invoice, Sheet, lay_out
from livehub.translation.locale import LOCALES
from livehub.web.auth import PUBLIC_ORIGIN, require_account
from livehub.web.body import answer_list
from livehub.web.commerce_wire import COMMERCE, number_cursor, page_of
from livehub.web.i18n import CATALOGUES
from livehub.web.invoice_pdf import InvoicePrinter
from livehub.web.openapi import API, Operation
from livehub.web.templates import templates_in

PRINTER: web.AppKey[InvoicePrinter] = web.AppKey("invoice_printer", InvoicePrinter)
_HEADERS = {"Cache-Control": "private, max-age=3600", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


def present_invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "number": invoice.name,
        "kind": invoice.kind,
        "issued_at": iso(invoice.issued_at),
        "url": f"/invoices/{invoice.id}",
        "pdf_url": f"/invoices/{invoice.id}.pdf",
    }


async def show(request: web.Request) -> web.Response:
    sheet = await _sheet(request, await _found(request))
    html = request.app[_TEMPLATE].render(sheet=sheet, origin=request.app[PUBLIC_ORIGIN])
    return web.Response(text=html, content_type="text/html", headers=_HEADERS)


async def show_pdf(request: web.Request) -> web.Response:
    invoice = await _found(request)
    pdf = await request.app[PRINTER].pdf(invoice.id, await _sheet(request, invoice))
    name = {"Content-Disposition": f'inline; filename="{invoice.kind}-{invoice.name}.pdf"'}
    return web.Response(body=pdf, content_type="application/pdf", headers={**_HEADERS, **name})


async def _found(request: web.Request) -> Invoice:
    invoice = await request.app[COMMERCE].invoices.find(request.match_info["invoice"][:60])
    if invoice is None:
        raise InvoiceNotFound
    return invoice


async def _sheet(request: web.Request, invoice: Invoice) -> Sheet:
    locale = invoice.locale if invoice.locale in LOCALES else "en"
    catalogues = request.app[CATALOGUES]
    words: Mapping[str, str] = {name: await catalogues.text(locale, text) for name, text in SENTENCES.items()}
    return lay_out(invoice, words, LOCALES[locale].direction)


async def list_invoices(request: web.Request) -> web.Response:
    commerce = request.app[COMMERCE]
    store = await commerce.shop.own_store(await require_account(request), request.match_info["store"])
    after, limit = page_of(request)
    found = await commerce.invoices.of_store(store.id, number_cursor(after), limit + 1)
    following = str(found[limit - 1].number) if len(found) > limit else None
    return answer_list([{**present_invoice(one), "order": one.order_id} for one in found[:limit]], following)


_TEMPLATE: web.AppKey[Template] = web.AppKey("invoice_template", Template)
_LIST = f"{API}/stores/{{store}}/invoices"


def prepare(app: web.Application, static: Path) -> None:
    app[_TEMPLATE] = templates_in(static).get_template("invoice.html")
    app[PRINTER] = InvoicePrinter()


def routes() -> list[web.RouteDef]:
    return [
        web.get("/invoices/{invoice:inv_[A-Za-z0-9_-]+}", show),
        web.get("/invoices/{invoice:inv_[A-Za-z0-9_-]+}.pdf", show_pdf),
        web.get(_LIST, list_invoices),
    ]


OPERATIONS = [
    Operation(
        "GET", _LIST, "A store's invoices and credit notes, newest first", None, None, (200, 401, 403, 404), "account",
        query={"after": "The cursor of the page before", "limit": "1 to 200"},
    ),
]  # fmt: skip
