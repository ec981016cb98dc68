"""Products in CSV files: Shopify's columns, by their old and new names, read into products and written again. Pure.

A file has a line for each variant; lines of one product follow each other and share its handle (Shopify's help, "Using
CSV files to import and export products"). Without handles each line is a product of its own, known by its SKU.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from livehub.commerce.catalog.csv_cells import (
    MAX_DESCRIPTION_CHARS,
    MAX_SKU_CHARS,
    decimal,
    html_of,
    made_sku,
    parse_price,
)
from livehub.commerce.catalog.gallery import MAX_PICTURES
from livehub.commerce.catalog.html_text import plain_text
from livehub.commerce.catalog.stock_levels import MAX_STOCK
from livehub.commerce.money import EXPONENTS
from livehub.errors import InvalidInput
from livehub.text import bare_cell, many_lines, one_line, safe_cell

MAX_LINES: Final = 100_000
MAX_VARIANTS: Final = 100
MAX_TITLE_CHARS: Final = 160
MAX_HANDLE_CHARS: Final = 255
MAX_URL_CHARS: Final = 2000
MAX_CATEGORY_DEPTH: Final = 3
#: what Shopify calls the one variant of a product without variants
_NO_TITLE: Final = "Default Title"
#: our name → names of the column, the first of which is written
COLUMNS: Final = MappingProxyType(
    {
        "handle": ("Handle", "URL handle"),
        "title": ("Title",),
        "description": ("Body (HTML)", "Description"),
        "category": ("Type", "Product type", "Category"),
        "option1_name": ("Option1 Name",),
        "option1": ("Option1 Value",),
        "option2": ("Option2 Value",),
        "option3": ("Option3 Value",),
        "sku": ("Variant SKU", "SKU"),
        "stock": ("Variant Inventory Qty", "Inventory quantity", "Stock"),
        "low_stock": ("Low Stock",),
        "price": ("Variant Price", "Price"),
        "picture": ("Image Src", "Product image URL", "Image"),
        "picture_position": ("Image Position",),
        "variant_picture": ("Variant Image", "Variant image URL"),
    }
)
_BY_NAME: Final = {name.casefold(): key for key, names in COLUMNS.items() for name in names}
#: written with what is always so here, for whoever reads the file at Shopify
CONSTANT: Final = MappingProxyType(
    {
        "Published": "TRUE",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Requires Shipping": "TRUE",
        "Variant Taxable": "TRUE",
        "Gift Card": "FALSE",
        "Status": "active",
    }
)


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a line of the file, in the column ``column`` ('' for the line)."""

    line: int
    column: str
    code: str


class FileVariant(msgspec.Struct):
    """None: the file says nothing of it."""

    line: int
    sku: str
    title: str
    price_minor: int | None = None
    stock: int | None = None
    low_stock: int | None = None
    picture: str | None = None


class FileProduct(msgspec.Struct):
    """``category``: titles from the root on; empty: none; None: the file says nothing of it, as of the others."""

    line: int
    handle: str | None
    title: str | None = None
    description: str | None = None
    category: list[str] | None = None
    picture: str | None = None
    variants: list[FileVariant] = []
    faults: list[Fault] = []
    #: the pictures after it, and the lines of all of them
    more_pictures: list[str] = []
    picture_lines: list[int] = []

    @property
    def pictures(self) -> tuple[str, ...]:
        """All that the file names, the first first; none: it says nothing of them."""
        return () if self.picture is None else (self.picture, *self.more_pictures)

    def fault(self, line: int, column: str, code: str) -> None:
        self.faults.append(Fault(line, column, code))


class CsvBroken(Exception):
    """The file cannot be read as CSV from ``line`` on, or has no column that names products."""

    def __init__(self, code: str, line: int) -> None:
        super().__init__(code)
        self.code, self.line = code, line


class Header:
    """Which column is what. Raises: CsvBroken (``columns_unknown``)."""

    def __init__(self, names: Sequence[str]) -> None:
        self.at: dict[str, int] = {}
        self.name: dict[str, str] = {}
        self.ignored: list[str] = []
        for index, name in enumerate(names):
            plain = name.strip().lstrip("\ufeff")
            key = _BY_NAME.get(plain.casefold())
            if key is None or key in self.at:
                self.ignored.append(plain[:80])
            else:
                self.at[key], self.name[key] = index, plain
        if "title" not in self.at and "sku" not in self.at:
            raise CsvBroken("columns_unknown", 1)

    def get(self, row: Sequence[str], key: str) -> str | None:
        """None when the file has no such column."""
        index = self.at.get(key)
        if index is None:
            return None
        text = row[index].strip() if index < len(row) else ""
        return bare_cell(text)


def find_delimiter(head: str) -> str:
    """Of the first line: a comma, a semicolon (as spreadsheets write where the comma is in numbers) or a tab."""
    line = re.sub(r'"[^"]*"', "", head.split("\n", 1)[0])
    return max(",;\t", key=line.count)


class Reader:
    """Products one after the other. ``rows``: the lines of a file opened with ``newline=""``."""

    def __init__(self, rows: Iterator[str], delimiter: str, currency: str) -> None:
        """Raises: CsvBroken."""
        self._rows = csv.reader(rows, delimiter=delimiter, strict=True)
        self._exponent = EXPONENTS[currency]
        self.header = Header(self._next() or [])
        self._handles: set[str] = set()
        self._skus: set[str] = set()
        #: of the product that is being read: place, line and address
        self._pictures: list[tuple[int, int, str]] = []

    @property
    def line(self) -> int:
        return self._rows.line_num

    def _next(self) -> list[str] | None:
        try:
            return next(self._rows, None)
        except csv.Error:
            raise CsvBroken("csv_broken", self._rows.line_num) from None

    def products(self) -> Iterator[FileProduct]:
        """Raises: CsvBroken, also in the middle."""
        product: FileProduct | None = None
        start = self.line + 1
        while (row := self._next()) is not None:
            line, start = start, self.line + 1
            if line > MAX_LINES:
                raise CsvBroken("too_many_lines", line)
            if not any(cell.strip() for cell in row):
                continue
            handle = self.header.get(row, "handle") or None
            if product is not None and (handle is None or handle != product.handle) and self._is_over(product, handle):
                yield self._checked(product)
                product = None
            if product is None:
                product = self._begin(row, line, handle)
            self._add(product, row, line)
        if product is not None:
            yield self._checked(product)

    def _is_over(self, product: FileProduct, handle: str | None) -> bool:
        """A line without a handle goes on with the product that has one; without handles each line is one."""
        return handle is not None or product.handle is None

    def _begin(self, row: list[str], line: int, handle: str | None) -> FileProduct:
        product = FileProduct(line, handle, variants=[], faults=[])
        if handle is not None:
            if len(handle) > MAX_HANDLE_CHARS or any(char.isspace() or not char.isprintable() for char in handle):
                product.fault(line, self.header.name["handle"], "handle_unusable")
            elif handle in self._handles:
                product.fault(line, self.header.name["handle"], "handle_again")
            self._handles.add(handle)
        title = self._text(product, row, line, "title", MAX_TITLE_CHARS)
        product.title = title or None
        html = self.header.get(row, "description")
        if html is not None:
            product.description = self._lines(product, line, plain_text(html))
        category = self.header.get(row, "category")
        if category is not None:
            product.category = self._category(product, line, category)
        return product

    def _category(self, product: FileProduct, line: int, text: str) -> list[str]:
        path = [part.strip() for part in text.split(">") if part.strip()]
        if len(path) > MAX_CATEGORY_DEPTH:
            path = path[-MAX_CATEGORY_DEPTH:]  # Shopify's own taxonomy is deeper; its last names say the most
        try:
            return [one_line(part, "category", max_chars=MAX_TITLE_CHARS) for part in path]
        except InvalidInput:
            product.fault(line, self.header.name["category"], "text_unusable")
            return []

    def _add(self, product: FileProduct, row: list[str], line: int) -> None:
        self._add_picture(product, row, line)
        options = [self.header.get(row, key) or "" for key in ("option1", "option2", "option3")]
        given = [option for option in options if option and option != _NO_TITLE]
        sku = self.header.get(row, "sku") or ""
        price = self.header.get(row, "price")
        is_first = not product.variants
        if not sku and not price and not given and not is_first:
            return  # only a further picture
        title = self._option_title(product, given, line)
        if not sku:
            sku = made_sku(product.handle or product.title or "", title, len(product.variants) + 1)
        variant = FileVariant(line, sku, title, picture=self._url(product, row, line, "variant_picture"))
        self._check_sku(product, variant)
        if price:
            variant.price_minor = self._price(product, price, line)
        variant.stock = self._count(product, row, line, "stock")
        variant.low_stock = self._count(product, row, line, "low_stock")
        product.variants.append(variant)
        if len(product.variants) == MAX_VARIANTS + 1:
            product.fault(line, "", "too_many_variants")

    def _add_picture(self, product: FileProduct, row: list[str], line: int) -> None:
        """Where no position is given, or one that is no number, it comes behind those before it."""
        url = self._url(product, row, line, "picture")
        if url is None or any(url == known for _, _, known in self._pictures):
            return
        if len(self._pictures) == MAX_PICTURES:
            product.fault(line, self.header.name["picture"], "too_many_pictures")
            return
        place = self.header.get(row, "picture_position") or ""
        last = max((number for number, _, _ in self._pictures), default=0)
        self._pictures.append((int(place) if re.fullmatch(r"[0-9]{1,4}", place) else last, line, url))

    def _option_title(self, product: FileProduct, given: list[str], line: int) -> str:
        try:
            return one_line(" / ".join(given), "title", max_chars=MAX_TITLE_CHARS, min_chars=0)
        except InvalidInput:
            product.fault(line, self.header.name["option1"], "text_unusable")
            return ""

    def _check_sku(self, product: FileProduct, variant: FileVariant) -> None:
        column = self.header.name.get("sku", "")
        try:
            plain = one_line(variant.sku, "sku", max_chars=MAX_SKU_CHARS)
        except InvalidInput:
            product.fault(variant.line, column, "sku_unusable")
            return
        if plain in self._skus:
            product.fault(variant.line, column, "sku_again")
        self._skus.add(plain)
        variant.sku = plain

    def _text(self, product: FileProduct, row: list[str], line: int, key: str, most: int) -> str:
        text = self.header.get(row, key) or ""
        try:
            return one_line(text, key, max_chars=most, min_chars=1) if text else ""
        except InvalidInput:
            product.fault(line, self.header.name[key], "text_unusable")
            return ""

    def _lines(self, product: FileProduct, line: int, text: str) -> str:
        try:
            return many_lines(text, "description", max_chars=MAX_DESCRIPTION_CHARS)
        except InvalidInput:
            product.fault(line, self.header.name["description"], "text_unusable")
            return ""

    def _url(self, product: FileProduct, row: list[str], line: int, key: str) -> str | None:
        url = self.header.get(row, key)
        if not url:
            return None
        if len(url) > MAX_URL_CHARS or not re.fullmatch(r"https?://[!-~]+", url):
            product.fault(line, self.header.name[key], "url_unusable")
            return None
        return url

    def _price(self, product: FileProduct, text: str, line: int) -> int | None:
        minor = parse_price(text, self._exponent)
        if minor is None:
            product.fault(line, self.header.name["price"], "price_unreadable")
        return minor

    def _count(self, product: FileProduct, row: list[str], line: int, key: str) -> int | None:
        text = self.header.get(row, key)
        if not text:
            return None
        # int alone would read thousands of digits; shops that oversold have counts below nothing
        if not re.fullmatch(r"-?[0-9]{1,9}(?:\.0+)?", text) or int(text.partition(".")[0]) > MAX_STOCK:
            product.fault(line, self.header.name[key], "count_unreadable")
            return None
        return max(0, int(text.partition(".")[0]))

    def _checked(self, product: FileProduct) -> FileProduct:
        """Long enough texts and one fault for each are enough: a file may be hostile."""
        found = sorted(self._pictures)
        urls = [url for _, _, url in found]
        product.picture, product.more_pictures = (urls[0], urls[1:]) if urls else (None, [])
        product.picture_lines = [line for _, line, _ in found]
        self._pictures = []
        del product.variants[MAX_VARIANTS:]
        del product.faults[50:]
        return product


EXPORTED: Final = (*(names[0] for names in COLUMNS.values()), *CONSTANT)


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def export_rows(products: Sequence[FileProduct], exponent: int) -> Iterator[list[str]]:
    """The lines of those products, in the order of :data:`EXPORTED`."""
    for product in products:
        pictures = product.pictures
        for number, variant in enumerate(product.variants):
            is_first = number == 0
            shown = number < len(pictures)
            alone = len(product.variants) == 1 and not variant.title
            values = {
                "handle": product.handle,
                "title": product.title if is_first else "",
                "description": html_of(product.description or "") if is_first else "",
                "category": " > ".join(product.category or []) if is_first else "",
                "option1_name": ("Title" if alone else "Variant") if is_first else "",
                "option1": _NO_TITLE if alone else variant.title,
                "sku": variant.sku,
                "stock": variant.stock,
                "low_stock": variant.low_stock,
                "price": decimal(variant.price_minor or 0, exponent),
                "picture": pictures[number] if shown else "",
                "picture_position": number + 1 if shown else "",
                "variant_picture": variant.picture,
            }
            yield [*(safe_cell(_shown(values.get(key))) for key in COLUMNS), *CONSTANT.values()]
        # more pictures than variants: lines of their own, with nothing else in them
        for number in range(len(product.variants), len(pictures)):
            values = {"handle": product.handle, "picture": pictures[number], "picture_position": number + 1}
            yield [*(safe_cell(_shown(values.get(key))) for key in COLUMNS), *("" for _ in CONSTANT)]
