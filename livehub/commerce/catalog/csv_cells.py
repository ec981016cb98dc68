"""Cells of product files: prices as people write them, made-up SKUs, texts as HTML, formulas. Pure."""

import re
from html import escape
from typing import Final

from livehub.commerce.money import MAX_AMOUNT_MINOR

MAX_DESCRIPTION_CHARS: Final = 4000
#: of a price in a file; beyond that there are digits that no number is read from
_MAX_PRICE_CHARS: Final = 40
MAX_SKU_CHARS: Final = 64


def parse_price(text: str, exponent: int) -> int | None:
    """Minor units of ``12.50``, ``12,50``, ``1,234.50`` or ``1.234,50``; None where it is not clear or zero."""
    plain = re.sub(r"[\s\u00a0\u202f']", "", text)
    match = re.fullmatch(r"(\d{1,3}(?:[.,]\d{3})+|\d{1,12})(?:([.,])(\d+))?", plain)
    if match is None or not plain.isascii() or len(plain) > _MAX_PRICE_CHARS:
        return None
    whole, point, fraction = match[1], match[2], match[3] or ""
    marks = set(whole) & {".", ","}
    if len(marks) > 1 or (point and point in marks):
        return None
    if marks and not point and exponent == 3 and len(whole) <= 7:
        whole, fraction = whole[:-4], whole[-3:]
    elif marks and not point:
        return None  # 1,234 could be either: say it with its fraction, or without the mark
    if len(fraction) > exponent and fraction[exponent:].strip("0"):
        return None
    minor = int(re.sub(r"[.,]", "", whole) + fraction[:exponent].ljust(exponent, "0"))
    return minor if 0 < minor <= MAX_AMOUNT_MINOR else None


def made_sku(handle: str, title: str, number: int) -> str:
    """For variants without one: always the same for the same line, so that the file can come again."""
    words = re.sub(r"[^A-Z0-9]+", "-", f"{handle} {title}".upper()).strip("-")
    return (words[: MAX_SKU_CHARS - 5] if words else "ITEM") + ("" if title and words else f"-{number}")


def html_of(text: str) -> str:
    """As :func:`~livehub.commerce.catalog.html_text.plain_text` reads it back."""
    return escape(text, quote=False).replace("\n", "<br>")


def decimal(minor: int, exponent: int) -> str:
    """As :func:`parse_price` reads it back."""
    whole, rest = divmod(minor, 10**exponent)
    return f"{whole}.{rest:0{exponent}d}" if exponent else str(whole)
