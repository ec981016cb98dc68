"""PDFs in all scripts: every character has a glyph of its own, Arabic joins, and its lines run from right to left."""

import asyncio
import re
import zlib

import pytest

from livehub.commerce.errors import PdfOff
from livehub.commerce.fulfilment.invoices import SENTENCES, Document, Invoice, InvoiceKind, Sheet, lay_out, money
from livehub.commerce.fulfilment.terms import Terms
from livehub.translation.locale import LOCALES
from livehub.web.assets import share_dir
from livehub.web.i18n import Catalogues
from livehub.web.invoice_pdf import AT_ONCE, MAX_WAITING, InvoicePrinter, needed_fonts
from livehub.web.problem import loggable_path

TITLES = {"ar": "كوب شاي", "th": "ถ้วยน้ำชา", "ja": "湯のみ茶碗", "zh": "茶杯", "ru": "Чашка", "vi": "Chén trà"}


def invoice(locale: str) -> Invoice:
    euros = {"amount_minor": 2500, "currency": "EUR"}
    line = {
        "offer": "o", "sku": "CUP-1", "title": TITLES.get(locale, "Cup"), "variant_title": "", "quantity": 2,
        "unit_price": {"amount_minor": 1250, "currency": "EUR"},
    }  # fmt: skip
    order = {
        "number": "100001", "total": euros, "store": {"id": "s", "title": "Mai"}, "lines": [line], "charges": [],
        "coupon": None, "contact": {"name": "Ana"}, "delivery": {"method": "courier", "address": "1 Tea Lane\nHanoi"},
    }  # fmt: skip
    document = Document(Terms(seller_name="Mai Ltd"), order, 2500)
    return Invoice("inv_1", "s", 7, "ord", InvoiceKind.INVOICE, 1_800_000_000_000, locale, document)


@pytest.mark.parametrize("locale", ["ar", "th", "ja", "zh", "ru", "en"])
async def test_each_script_is_laid_out(locale: str) -> None:
    catalogues = Catalogues(share_dir("translations"))
    words = {name: await catalogues.text(locale, text) for name, text in SENTENCES.items()}
    sheet = lay_out(invoice(locale), words, LOCALES[locale].direction)
    assert sheet.sums[-1][1] == money(2500, "EUR", locale)
    assert sheet.direction == ("rtl" if locale == "ar" else "ltr")
    wanted = {"ar": "arabic", "th": "thai", "ja": "japanese", "zh": "chinese"}.get(locale, "latin")
    assert wanted in needed_fonts(sheet)
    made = await InvoicePrinter().pdf("inv_1", sheet)
    assert made.startswith(b"%PDF-")
    used = re.findall(rb"/BaseFont /[A-Z]+\+(\S+)", made)
    assert any(wanted.capitalize() in str(name) for name in used) or wanted in {"latin", "japanese", "chinese"}, used
    # The text can be searched and copied: what was typed stands in the fonts' maps to Unicode.
    maps = b"".join(_streams(made))
    title = TITLES.get(locale, "Cup")
    missing = {char for char in title if char.strip() and f"{ord(char):04X}".encode() not in maps.upper()}
    assert not missing


async def test_who_asks_again_and_again_has_it_made_no_more_than_is_made_at_once() -> None:
    """Each costs seconds of a core, and whoever has an address can ask as often as they like."""
    sheet, printer = await _sheet(), InvoicePrinter()
    made = await asyncio.gather(*(printer.pdf("inv_1", sheet) for _ in range(8)))
    assert len({id(one) for one in made}) <= AT_ONCE


async def test_only_so_many_wait_for_a_pdf() -> None:
    sheet, printer = await _sheet(), InvoicePrinter()
    tasks = [asyncio.create_task(printer.pdf(f"inv_{number}", sheet)) for number in range(MAX_WAITING + 1)]
    with pytest.raises(PdfOff, match="at once"):
        await tasks[-1]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # Their places are free again.
    assert (await printer.pdf("inv_1", sheet)).startswith(b"%PDF-")


async def _sheet() -> Sheet:
    catalogues = Catalogues(share_dir("translations"))
    words = {name: await catalogues.text("en", text) for name, text in SENTENCES.items()}
    return lay_out(invoice("en"), words, "ltr")


def _streams(pdf: bytes) -> list[bytes]:
    found = []
    for raw in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            found.append(zlib.decompress(raw))
        except zlib.error:
            found.append(raw)
    return found


def test_money_is_written_as_the_locale_does() -> None:
    assert money(125000, "JPY", "ja") == "￥125,000"
    assert money(125050, "EUR", "fr").replace("\u202f", " ").replace("\xa0", " ") == "1 250,50 €"
    assert "١" not in money(1250, "EUR", "ar")
    # Rupiah have sen by ISO 4217, whatever custom says.
    assert money(125050, "IDR", "en").endswith("1,250.50")


def test_no_log_has_an_invoices_name() -> None:
    assert loggable_path("/invoices/inv_abc-DEF_1.pdf") == "/invoices/-.pdf"
    assert loggable_path("/invoices/") == "/invoices/"
