"""What the routes of commerce share: the service, money and pictures on the wire."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.money import MAX_AMOUNT_MINOR, Money, check_currency
from livehub.commerce.service import Commerce
from livehub.errors import InvalidInput
from livehub.web.body import page_limit

COMMERCE: web.AppKey[Commerce] = web.AppKey("commerce", Commerce)

MAX_TITLE_CHARS = 160
MAX_STOCK = 1_000_000

Id = Annotated[str, Meta(max_length=64)]
Sku = Annotated[str, Meta(min_length=1, max_length=64)]
Title = Annotated[str, Meta(min_length=1, max_length=4 * MAX_TITLE_CHARS)]
Stock = Annotated[int, Meta(ge=0, le=MAX_STOCK)]
Quantity = Annotated[int, Meta(ge=1, le=MAX_STOCK)]
Time = Annotated[str, Meta(max_length=40, description="RFC 3339, such as 2026-01-31T18:00:00Z")]


class PriceBody(msgspec.Struct):
    """In the minor unit of an ISO 4217 currency: 1250 and EUR are 12.50 €."""

    amount_minor: Annotated[int, Meta(ge=1, le=MAX_AMOUNT_MINOR)]
    currency: Annotated[str, Meta(max_length=12)]

    def money(self) -> Money:
        """Raises: CurrencyUnknown."""
        return Money(self.amount_minor, check_currency(self.currency))


class MoneyView(msgspec.Struct):
    amount_minor: int
    currency: str


class PictureView(msgspec.Struct):
    url: str
    thumb_url: str
    width: int
    height: int


class GalleryPictureView(PictureView, kw_only=True):
    """``id``: what it is ordered and removed by."""

    id: str


def page_of(request: web.Request) -> tuple[str | None, int]:
    """``?after=`` and ``?limit=``. Raises: InvalidInput."""
    after = request.query.get("after") or None
    if after is not None and len(after) > 64:
        raise InvalidInput("after is a cursor of the page before", field="after")
    return after, page_limit(request)


def number_cursor(after: str | None) -> int | None:
    """Raises: InvalidInput."""
    if after is None:
        return None
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise InvalidInput("after is a cursor of the page before", field="after")
    return int(after)
