"""A report as CSV for spreadsheets: one table a file, amounts as decimal numbers, the currency in a column. Pure."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

from livehub.clock import iso
from livehub.insights.report import Report
from livehub.text import safe_cell

Part = Literal["minutes", "products", "money", "questions"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)
#: the mark by which spreadsheets know UTF-8
_BOM: Final = b"\xef\xbb\xbf"


def written(report: Report, part: Part, digits: int) -> bytes:
    """``digits``: of the currency's minor unit (2 for EUR, 0 for JPY, 3 for KWD)."""
    rows = {"minutes": _minutes, "products": _products, "money": _money, "questions": _questions}[part](report, digits)
    page = io.StringIO(newline="")
    csv.writer(page).writerows(rows)
    return _BOM + page.getvalue().encode()


def amount(minor: int, digits: int) -> str:
    """1250 with two digits is ``12.50``; exact, for it never becomes a float."""
    if not digits:
        return str(minor)
    sign, text = ("-" if minor < 0 else ""), str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}"


def _minutes(report: Report, digits: int) -> Sequence[Sequence[Any]]:
    currency = report.show.currency or ""
    head = ["from", "viewers_most", "viewers_mean", "came_in", "units", "taken", "refunded", "currency"]
    points = [*report.points, report.after] if report.show.ended_at is not None else list(report.points)
    return [
        head,
        *(
            [iso(one.at), one.viewers, one.viewers_mean, one.entered, one.units,
             amount(one.taken, digits), amount(one.refunded, digits), currency]
            for one in points
        ),
    ]  # fmt: skip


def _products(report: Report, digits: int) -> Sequence[Sequence[Any]]:
    currency = report.show.currency or ""
    head = ["sku", "product", "variant", "saw_it", "opened_it", "went_to_checkout", "orders_paid", "units", "returned",
            "goods", "currency", "left", "held"]  # fmt: skip
    return [
        head,
        *(
            [safe_cell(one.sku), safe_cell(one.title), safe_cell(one.variant_title), one.views, one.cards,
             one.checkouts, one.orders, one.units, one.returned, amount(one.goods, digits), currency, one.available,
             one.held]
            for one in report.facts.products
        ),
    ]  # fmt: skip


def _money(report: Report, digits: int) -> Sequence[Sequence[Any]]:
    currency = report.show.currency or ""
    rows = [
        ("goods", report.goods),
        ("discounts", -report.facts.discounts),
        ("tax_and_shipping", report.charges),
        ("paid_too_late", report.facts.unserved),
        ("taken", report.taken),
        ("refunded", -report.refunded),
        ("net", report.taken - report.refunded),
    ]
    return [["what", "amount", "currency"], *([name, amount(minor, digits), currency] for name, minor in rows)]


def _questions(report: Report, _digits: int) -> Sequence[Sequence[Any]]:
    return [
        ["question", "from", "votes", "answered"],
        *(
            [safe_cell(one.text), safe_cell(one.display_name), one.votes, "yes" if one.is_answered else ""]
            for one in report.facts.questions
        ),
    ]
