"""/api/v1/stores/{store}/stock: how many units there are, what changed that, and keeping it in step with other books.

An absolute count names the level it was made from: by If-Match with the ETag that reading answered (RFC 9110 section
13.1.1), or by ``version`` where many are sent at once.
"""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.catalog.stock_levels import (
    ANY_VERSION,
    GIVEN,
    MAX_BULK,
    MAX_NOTE_CHARS,
    MAX_REFERENCE_CHARS,
    MAX_STOCK,
    Adjusted,
    Change,
    Level,
    Reason,
)
from livehub.commerce.errors import SkuNotFound
from livehub.errors import InvalidInput, LivehubError
from livehub.text import one_line
from livehub.web.auth import require_account
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_wire import COMMERCE, Sku, Stock, number_cursor, page_of
from livehub.web.openapi import API, Operation

Delta = Annotated[int, Meta(ge=-MAX_STOCK, le=MAX_STOCK)]
Note = Annotated[str, Meta(max_length=4 * MAX_NOTE_CHARS)]
Reference = Annotated[str, Meta(min_length=1, max_length=MAX_REFERENCE_CHARS)]
Version = Annotated[str, Meta(max_length=40, description="The level it was made from; * overrules")]


class CountBody(msgspec.Struct):
    """``stock``: what can be sold from now on."""

    stock: Stock
    reason: Reason = Reason.COUNTED
    note: Note = ""
    reference: Reference | None = None


class AdjustmentBody(msgspec.Struct):
    """``reference``: your own name of it; sent again with the same one it changes nothing."""

    delta: Delta
    reason: Reason
    note: Note = ""
    reference: Reference | None = None


class ChangeBody(msgspec.Struct):
    """``delta``, or ``stock`` with the ``version`` that it was counted from."""

    sku: Sku
    delta: Delta | None = None
    stock: Stock | None = None
    version: Version | None = None
    reason: Reason = Reason.SYNCED
    note: Note = ""
    reference: Reference | None = None


class ChangesBody(msgspec.Struct):
    items: Annotated[list[ChangeBody], Meta(min_length=1, max_length=MAX_BULK)]


class WatchBody(msgspec.Struct):
    """From how few units on you are told; null: never."""

    low_stock: Stock | None


class LevelView(msgspec.Struct):
    """``stock`` can still be sold: ``free``, and ``offered`` in rooms. ``held`` waits for payments. ``version`` changes
    with every adjustment and every sale."""

    store_id: str
    product: str
    sku: str
    title: str
    variant_title: str
    stock: int
    free: int
    offered: int
    held: int
    sold: int
    received: int
    low_stock: int | None
    is_low: bool
    version: str


class MoveView(msgspec.Struct):
    """``stock`` and ``received`` are as they were after it; ``by``: the account."""

    id: str
    sku: str
    delta: int
    reason: Reason
    note: str
    reference: str | None
    stock: int
    received: int
    by: str
    at: str


class AdjustedView(msgspec.Struct):
    """``entry`` is null where nothing was to change."""

    level: LevelView
    entry: MoveView | None


class RefusalView(msgspec.Struct):
    code: str
    detail: str


class ChangedView(msgspec.Struct):
    """``error`` is null where it was done; ``level`` is what there is now, where that is known."""

    sku: str
    level: LevelView | None
    entry: MoveView | None
    error: RefusalView | None


def _present(adjusted: Adjusted) -> dict[str, Any]:
    return {"level": adjusted.level.present(), "entry": adjusted.entry.present() if adjusted.entry else None}


def _tagged(body: dict[str, Any], level: Level, status: int = 200) -> web.Response:
    return answer(body, status, {"ETag": f'"{level.version}"'})


def _if_match(request: web.Request) -> str | None:
    """The version that If-Match names; weak tags name none (RFC 9110 section 13.1.1). Raises: InvalidInput."""
    tags = request.if_match
    if not tags:
        return None
    if len(tags) > 1:
        raise InvalidInput("Name one version in If-Match", field="If-Match")
    return ANY_VERSION if tags[0].value == ANY_VERSION else tags[0].value


def _note(text: str, field: str = "note") -> str:
    return one_line(text, field, max_chars=MAX_NOTE_CHARS, min_chars=0)


async def list_levels(request: web.Request) -> web.Response:
    principal = await require_account(request)
    after, limit = page_of(request)
    low = request.query.get("low") in {"1", "true"}
    stockroom = request.app[COMMERCE].stockroom
    found = await stockroom.levels(principal, request.match_info["store"], after, limit + 1, low=low)
    following = found[limit - 1].sku if len(found) > limit else None
    return answer_list([level.present() for level in found[:limit]], following)


async def get_level(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    level = await request.app[COMMERCE].stockroom.level(principal, about["store"], about["sku"])
    if level is None:
        raise SkuNotFound
    return _tagged(level.present(), level)


async def put_count(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    body = await read_json(request, CountBody)
    change = Change(
        about["sku"], body.reason, stock=body.stock, version=_if_match(request), note=_note(body.note),
        reference=body.reference,
    )  # fmt: skip
    adjusted = await request.app[COMMERCE].stockroom.adjust(principal, about["store"], change)
    return _tagged(_present(adjusted), adjusted.level)


async def watch_level(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    body = await read_json(request, WatchBody)
    level = await request.app[COMMERCE].stockroom.set_low(principal, about["store"], about["sku"], body.low_stock)
    return _tagged(level.present(), level)


async def add_adjustment(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    body = await read_json(request, AdjustmentBody)
    change = Change(
        about["sku"], body.reason, delta=body.delta, version=_if_match(request), note=_note(body.note),
        reference=body.reference,
    )  # fmt: skip
    adjusted = await request.app[COMMERCE].stockroom.adjust(principal, about["store"], change)
    return _tagged(_present(adjusted), adjusted.level, 201)


async def list_adjustments(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    after, limit = page_of(request)
    stockroom = request.app[COMMERCE].stockroom
    found = await stockroom.journal(principal, about["store"], about["sku"], number_cursor(after), limit + 1)
    following = str(found[limit - 1].seq) if len(found) > limit else None
    return answer_list([entry.present() for entry in found[:limit]], following)


async def change_many(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, ChangesBody, limit=MAX_BULK_BYTES)
    changes = [
        Change(
            one.sku, one.reason, one.delta, one.stock, one.version, _note(one.note, f"items[{index}].note"),
            one.reference,
        )
        for index, one in enumerate(body.items)
    ]  # fmt: skip
    outcomes = await request.app[COMMERCE].stockroom.adjust_many(principal, request.match_info["store"], changes)
    return answer_list([_outcome(change.sku, outcome) for change, outcome in zip(changes, outcomes, strict=True)])


def _outcome(sku: str, outcome: Adjusted | LivehubError) -> dict[str, Any]:
    if isinstance(outcome, LivehubError):
        refusal = {"code": outcome.error_code, "detail": outcome.detail}
        return {"sku": sku, "level": outcome.extra.get("level"), "entry": None, "error": refusal}
    return {"sku": sku, **_present(outcome), "error": None}


#: as many changes as may come, each with its note
MAX_BULK_BYTES = 512 * 1024
_STOCK = f"{API}/stores/{{store}}/stock"
_ONE, _JOURNAL = f"{_STOCK}/{{sku}}", f"{_STOCK}/{{sku}}/adjustments"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_STOCK, list_levels),
        web.post(_STOCK, change_many),
        web.get(_ONE, get_level),
        web.put(_ONE, put_count),
        web.patch(_ONE, watch_level),
        web.post(_JOURNAL, add_adjustment),
        web.get(_JOURNAL, list_adjustments),
    ]


_OWN = (401, 403, 404)
_MATCH = {"If-Match": "The ETag of the level that it was made from; * overrules"}
OPERATIONS = [
    Operation(
        "GET", _STOCK, "What there is, by SKU", None, LevelView, (200, *_OWN), "account", True,
        {"low": "1: only what has little left", "after": "The cursor of the page before", "limit": "1 to 200"},
    ),
    Operation(
        "POST", _STOCK, f"Change up to {MAX_BULK}, each for itself", ChangesBody, ChangedView,
        (200, *_OWN, 413, 422, 429), "account", True,
    ),
    Operation("GET", _ONE, "What there is of an article", None, LevelView, (200, *_OWN), "account"),
    Operation(
        "PUT", _ONE, "Set what can be sold, as counted", CountBody, AdjustedView, (200, *_OWN, 409, 412, 422, 428, 429),
        "account", headers=_MATCH,
    ),
    Operation(
        "PATCH", _ONE, "From how few on you are told", WatchBody, LevelView, (200, *_OWN, 422), "account"
    ),
    Operation(
        "POST", _JOURNAL, "Book in or out: " + ", ".join(GIVEN), AdjustmentBody, AdjustedView,
        (201, *_OWN, 409, 412, 422, 429), "account", headers=_MATCH,
    ),
    Operation(
        "GET", _JOURNAL, "The journal of an article, newest first", None, MoveView, (200, *_OWN), "account", True,
        {"after": "The cursor of the page before", "limit": "1 to 200"},
    ),
]  # fmt: skip
