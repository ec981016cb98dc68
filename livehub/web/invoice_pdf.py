"""An invoice as PDF, in a process of its own: laying out and cutting fonts takes seconds of pure Python.

``python -m livehub.web.invoice_pdf`` reads a :class:`~livehub.commerce.fulfilment.invoices.Sheet` as JSON and writes
the PDF. The fonts are Noto (SIL OFL 1.1) out of packages of their own; text is shaped by HarfBuzz, so that Arabic joins
and Thai marks stand where they belong.
"""

import asyncio
import sys
from collections import OrderedDict
from importlib.resources import files
from typing import Any, Final

import msgspec

from livehub.commerce.errors import PdfOff
from livehub.commerce.fulfilment.invoices import Sheet

AT_ONCE: Final = 2
TIMEOUT_S: Final = 60.0
#: requests that are being answered or wait for that
MAX_WAITING: Final = 20
#: documents never change, so the last ones are kept
KEPT: Final = 50
MAX_PDF_BYTES: Final = 8 * 1024 * 1024
#: what the process says when the packages are not there
_MISSING: Final = 3
#: family → package, file, and the Unicode ranges that call for it
_FONTS: Final = {
    "latin": ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf", ()),
    "arabic": ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf", (("\u0600", "\u08ff"),)),
    "thai": ("fontpkg_noto_sans_thai", "files/NotoSansThai[wdth,wght].ttf", (("\u0e00", "\u0e7f"),)),
    "japanese": ("pylopdf_fonts_jp", "NotoSansJP-Regular.otf", (("\u3000", "\u30ff"), ("\uff00", "\uffef"))),
    "chinese": ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf", (("\u3400", "\u9fff"), ("\uf900", "\ufaff"))),
}  # fmt: skip


class InvoicePrinter:
    """Asks the process, two at a time, and few wait for that; the same document again comes from memory."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._known: OrderedDict[str, bytes] = OrderedDict()

    async def pdf(self, name: str, sheet: Sheet) -> bytes:
        """``name``: the document's. Raises: PdfOff."""
        if name not in self._known:
            if self._waiting >= MAX_WAITING:
                raise PdfOff("Too many PDFs are asked for at once; try again in a moment")
            self._waiting += 1
            try:
                async with self._slots:
                    return self._known.get(name) or await self._make(name, sheet)  # it may have come meanwhile
            finally:
                self._waiting -= 1
        self._known.move_to_end(name)
        return self._known[name]

    async def _make(self, name: str, sheet: Sheet) -> bytes:
        made = self._known[name] = await _in_process(msgspec.json.encode(sheet))
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return made


async def _in_process(told: bytes) -> bytes:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "livehub.web.invoice_pdf", stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            made, _ = await process.communicate(told)
    except TimeoutError:
        raise PdfOff("The PDF took too long; try again, or print the page") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == _MISSING:
        raise PdfOff('This server makes no PDF; it needs pip install "livehub[pdf]"')
    if process.returncode or not made.startswith(b"%PDF") or len(made) > MAX_PDF_BYTES:
        raise PdfOff
    return made


def needed_fonts(sheet: Sheet) -> list[str]:
    """The families that its text calls for, the usual one first; for Han the one of its language first."""
    text = msgspec.json.encode(sheet).decode()
    wanted = ["latin"]
    for family, (_, _, ranges) in _FONTS.items():
        if any(low <= char <= high for low, high in ranges for char in text):
            wanted.append(family)
    has_han = any("\u3400" <= char <= "\u9fff" for char in text)
    if sheet.locale == "ja" and has_han and "japanese" not in wanted:
        wanted.append("japanese")
    if sheet.locale == "zh" and "chinese" in wanted and "japanese" in wanted:
        wanted.remove("japanese")
        wanted.append("japanese")
    return wanted


def draw(sheet: Sheet) -> bytes:
    """The PDF. Raises: ImportError without the packages."""
    from fpdf import FPDF  # only this process needs it

    pdf: Any = FPDF(format="A4")
    pdf.set_title(sheet.title)
    pdf.set_lang(sheet.locale)
    families = needed_fonts(sheet)
    for family in families:
        package, path, _ = _FONTS[family]
        font = str(files(package) / path)
        pdf.add_font(family, fname=font)
    first, *others = families
    pdf.set_fallback_fonts(others, exact_match=False)
    pdf.set_text_shaping(use_shaping_engine=True, direction=sheet.direction)
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.add_page()
    _Layout(pdf, sheet, first).draw()
    return bytes(pdf.output())


class _Layout:
    """From top to bottom; in languages that run from right to left everything is mirrored."""

    def __init__(self, pdf: Any, sheet: Sheet, family: str) -> None:
        self._pdf = pdf
        self._sheet = sheet
        self._family = family
        self._start, self._end = ("R", "L") if sheet.direction == "rtl" else ("L", "R")

    def draw(self) -> None:
        sheet = self._sheet
        self._text(sheet.title, 18, gap=4)
        for label, value in sheet.facts:
            self._text(f"{label}: {value}", 10)
        self._gap()
        for line in sheet.seller:
            self._text(line, 10)
        self._gap()
        self._text(sheet.buyer_title, 9)
        for line in sheet.buyer:
            self._text(line, 10)
        self._gap()
        self._row(sheet.heads, 9)
        for row in sheet.rows:
            self._row(row, 10)
        self._gap()
        for label, amount in sheet.sums:
            self._sum(label, amount, 12 if (label, amount) == sheet.sums[-1] else 10)
        self._gap()
        for note in sheet.notes:
            self._text(note, 9)

    def _gap(self) -> None:
        self._pdf.ln(5)

    def _text(self, text: str, size: int, gap: float = 0) -> None:
        self._pdf.set_font(self._family, "", size)
        self._pdf.multi_cell(0, size * 0.55, text, align=self._start, new_x="LMARGIN", new_y="NEXT")
        if gap:
            self._pdf.ln(gap)

    def _row(self, cells: Any, size: int) -> None:
        """Article, quantity, price, sum; the article takes as many lines as it needs."""
        pdf, height = self._pdf, size * 0.6
        pdf.set_font(self._family, "", size)
        wide, narrow = pdf.epw - 75, (15, 30, 30)
        top, left = pdf.get_y(), pdf.l_margin
        if top > pdf.page_break_trigger - 3 * height:
            pdf.add_page()
            top = pdf.get_y()
        mirrored = self._sheet.direction == "rtl"
        pdf.set_x(left + (75 if mirrored else 0))
        pdf.multi_cell(wide, height, cells[0], align=self._start, new_x="LMARGIN", new_y="NEXT")
        bottom = pdf.get_y()
        at = left + (75 if mirrored else wide)
        for width, cell in zip(narrow, cells[1:], strict=True):
            at -= width if mirrored else 0
            pdf.set_xy(at, top)
            pdf.cell(width, height, cell, align=self._end)
            at += 0 if mirrored else width
        pdf.set_xy(left, bottom + 1)
        pdf.set_draw_color(200)
        pdf.line(left, bottom + 0.5, left + pdf.epw, bottom + 0.5)

    def _sum(self, label: str, amount: str, size: int) -> None:
        pdf, height = self._pdf, size * 0.6
        pdf.set_font(self._family, "", size)
        first, second = (pdf.epw - 45, 45)
        if self._sheet.direction == "rtl":
            pdf.cell(second, height, amount, align=self._end)
            pdf.cell(first, height, label, align=self._end, new_x="LMARGIN", new_y="NEXT")
        else:
            pdf.cell(first, height, label, align=self._end)
            pdf.cell(second, height, amount, align=self._end, new_x="LMARGIN", new_y="NEXT")


def main() -> int:
    sheet = msgspec.json.decode(sys.stdin.buffer.read(), type=Sheet)
    try:
        made = draw(sheet)
    except ImportError:
        return _MISSING
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
