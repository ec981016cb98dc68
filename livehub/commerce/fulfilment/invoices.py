"""Invoices and credit notes: what was issued, frozen as it was then, and how it reads in the buyer's language.

A store's documents are numbered without gaps: the number is drawn in the commit that moves the money. The texts come
from the catalogues when a document is shown; the facts never change.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
from babel.core import Locale
from babel.dates import format_date

from livehub.commerce.fulfilment.terms import Terms
from livehub.commerce.money import EXPONENTS


def N_(sentence: str) -> str:
    """Marks a sentence for translation; it is looked up when the document is shown."""
    return sentence


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT = "credit"  # money that went back


class Document(msgspec.Struct, frozen=True):
    """``order`` as :meth:`livehub.commerce.orders.model.Order.present` tells it at that time; ``lines``: (offer,
    quantity) that came back with a credit note."""

    seller: Terms
    order: dict[str, Any]
    amount_minor: int
    reason: str = ""
    lines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Invoice:
    id: str
    store_id: str
    number: int
    order_id: str
    kind: InvoiceKind
    issued_at: int
    locale: str
    document: Document

    @property
    def name(self) -> str:
        return f"{self.number:06d}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document as it is read: texts in one language. ``rows``: (article, quantity, price, sum); ``sums``: (label,
    amount), the last one being the total."""

    locale: str
    direction: str
    title: str
    facts: Sequence[tuple[str, str]]
    seller: Sequence[str]
    buyer_title: str
    buyer: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[tuple[str, str, str, str]]
    sums: Sequence[tuple[str, str]]
    notes: Sequence[str]


SENTENCES = {
    "invoice": N_("Invoice {number}"),
    "credit": N_("Credit note {number}"),
    "date": N_("Date"),
    "order": N_("Order"),
    "buyer": N_("Buyer"),
    "tax_id": N_("Tax number"),
    "article": N_("Article"),
    "quantity": N_("Quantity"),
    "price": N_("Price"),
    "sum": N_("Sum"),
    "coupon": N_("Coupon"),
    "included": N_("included"),
    "total": N_("Total"),
    "back": N_("Given back"),
}


def money(minor: int, currency: str, locale: str) -> str:
    """As the locale writes it (CLDR), in Latin digits."""
    digits = EXPONENTS[currency]
    pattern = copy(Locale.parse(locale).currency_formats["standard"])
    # CLDR's digits are those of custom (no sen for rupiah); ISO 4217's are what is charged.
    pattern.frac_prec = (digits, digits)
    amount = Decimal(minor).scaleb(-digits)
    made = pattern.apply(amount, locale, currency=currency, currency_digits=False, numbering_system="latn")
    return str(made)


def day(at_ms: int, locale: str) -> str:
    return format_date(datetime.fromtimestamp(at_ms / 1000, UTC), format="long", locale=locale)


def lay_out(invoice: Invoice, words: Mapping[str, str], direction: str) -> Sheet:
    """``words``: the sentences of :data:`SENTENCES`, in the invoice's language, which runs in ``direction``."""
    document, locale = invoice.document, invoice.locale
    order, currency = document.order, str(document.order["total"]["currency"])
    seller, is_credit = document.seller, invoice.kind is InvoiceKind.CREDIT
    facts = [(words["date"], day(invoice.issued_at, locale)), (words["order"], str(order["number"]))]
    contact, delivery = order["contact"], order["delivery"]
    buyer = [contact["name"], *(delivery.get("address") or "").splitlines(), contact.get("email") or ""]
    address = [seller.seller_name or order["store"]["title"], *seller.seller_address.splitlines(), seller.seller_email]
    if seller.tax_id:
        address.append(f"{words['tax_id']}: {seller.tax_id}")
    back = dict(document.lines)
    rows = []
    for line in order["lines"]:
        quantity = back.get(line["offer"], 0) if is_credit else line["quantity"]
        if quantity:
            unit = int(line["unit_price"]["amount_minor"])
            rows.append((
                " · ".join(part for part in (line["title"], line["variant_title"], line["sku"]) if part),
                str(quantity), money(unit, currency, locale), money(unit * quantity, currency, locale),
            ))  # fmt: skip
    return Sheet(
        locale=locale,
        direction=direction,
        title=words[invoice.kind].format(number=invoice.name),
        facts=facts,
        seller=[part for part in address if part],
        buyer_title=words["buyer"],
        buyer=[part for part in buyer if part],
        heads=[words[name] for name in ("article", "quantity", "price", "sum")],
        rows=rows,
        sums=_sums(document, words, currency, locale, is_credit=is_credit),
        notes=[part for part in (document.reason, *seller.invoice_note.splitlines()) if part],
    )


def _sums(
    document: Document, words: Mapping[str, str], currency: str, locale: str, *, is_credit: bool
) -> list[tuple[str, str]]:
    if is_credit:
        return [(words["back"], money(document.amount_minor, currency, locale))]
    sums = []
    for charge in document.order["charges"]:
        label = f"{charge['title']} ({words['included']})" if charge["included"] else charge["title"]
        sums.append((label, money(int(charge["amount"]["amount_minor"]), currency, locale)))
    coupon = document.order["coupon"]
    if coupon:
        off = -int(coupon["discount"]["amount_minor"])
        sums.append((f"{words['coupon']} {coupon['code']}", money(off, currency, locale)))
    return [*sums, (words["total"], money(document.amount_minor, currency, locale))]
