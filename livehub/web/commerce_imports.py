"""/api/v1/stores/{store}/imports and products.csv: a catalogue out of a file, and into one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.catalog.categories import path_of
from livehub.commerce.catalog.diff import RowKind
from livehub.commerce.catalog.file import MAX_BYTES, CatalogFile
from livehub.commerce.catalog.imports import ImportState
from livehub.commerce.catalog.model import Product
from livehub.commerce.catalog.product_csv import EXPORTED, FileProduct, FileVariant, export_rows
from livehub.commerce.money import EXPONENTS
from livehub.errors import InvalidInput, PayloadTooLarge
from livehub.text import one_line
from livehub.web.auth import PUBLIC_ORIGIN, require_account
from livehub.web.body import answer, answer_list, in_time, read_json
from livehub.web.commerce_wire import COMMERCE, Id, number_cursor, page_of
from livehub.web.openapi import API, Operation

MAX_NAME_CHARS = 120
_BLOCK = 256 * 1024
_PAGE = 200


class ConfirmBody(msgspec.Struct):
    """``skip_errors``: leave those products out that have some."""

    skip_errors: bool = False


class CategoryBody(msgspec.Struct):
    title: Annotated[str, Meta(min_length=1, max_length=640)]
    parent: Id | None = None


class CategoryPatchBody(msgspec.Struct):
    title: Annotated[str, Meta(min_length=1, max_length=640)]


class CategoryView(msgspec.Struct):
    """``parent``: the one it is beneath, or null."""

    id: str
    title: str
    parent: str | None


class FileErrorView(msgspec.Struct):
    code: str
    line: int


class ProgressView(msgspec.Struct):
    """In bytes while reading; in products, then in pictures, while writing."""

    position: int
    total: int


class ImportView(msgspec.Struct):
    """``create``, ``change``, ``same``, ``errors``, ``written`` and ``skipped`` count products."""

    id: str
    store_id: str
    name: str
    state: ImportState
    error: FileErrorView | None
    encoding: str
    ignored_columns: list[str]
    lines: int
    create: int
    change: int
    same: int
    errors: int
    written: int
    skipped: int
    pictures_failed: int
    progress: ProgressView
    created_at: str


class DifferenceView(msgspec.Struct):
    """Of the product, or of its variant ``sku``; ``before`` is null where there was none."""

    field: str
    sku: str | None
    before: str | None
    after: str


class FaultView(msgspec.Struct):
    line: int
    column: str
    code: str


class RowView(msgspec.Struct):
    """``outcome``: '' until it was tried, ``written``, or the code of why not."""

    id: str
    line: int
    kind: RowKind
    handle: str
    title: str
    changes: list[DifferenceView]
    faults: list[FaultView]
    outcome: str


async def create_import(request: web.Request) -> web.Response:
    principal = await require_account(request)
    desk = request.app[COMMERCE].imports
    store = await desk.require_free(principal, request.match_info["store"])
    name = one_line(request.query.get("name", ""), "name", max_chars=MAX_NAME_CHARS, min_chars=0)
    file = await asyncio.to_thread(CatalogFile)
    try:
        await _receive(request, file)
        found = await desk.begin(principal, store, name, file)
    except BaseException:
        await asyncio.to_thread(file.close)
        raise
    return answer(_view(request, found), 202)


async def _receive(request: web.Request, file: CatalogFile) -> None:
    """To the disk as it comes. Raises: PayloadTooLarge; RequestTimeout; InvalidInput (nothing came)."""
    if request.content_length is not None and request.content_length > MAX_BYTES:
        raise PayloadTooLarge(f"At most {MAX_BYTES} bytes are accepted here", limit=MAX_BYTES)
    async with in_time(request) as came:
        async for block in request.content.iter_chunked(_BLOCK):
            await asyncio.to_thread(file.write, block)
            if file.size > MAX_BYTES:
                raise PayloadTooLarge(f"At most {MAX_BYTES} bytes are accepted here", limit=MAX_BYTES)
            came(file.size)
    if not file.size:
        raise InvalidInput("The file is empty")


def _view(request: web.Request, found: Any) -> dict[str, Any]:
    view: dict[str, Any] = found.present(request.app[COMMERCE].imports.now_ms())
    return view


async def list_imports(request: web.Request) -> web.Response:
    principal = await require_account(request)
    found = await request.app[COMMERCE].imports.of_store(principal, request.match_info["store"])
    return answer_list([_view(request, one) for one in found])


async def get_import(request: web.Request) -> web.Response:
    principal = await require_account(request)
    return answer(_view(request, await request.app[COMMERCE].imports.own(principal, request.match_info["import"])))


async def list_rows(request: web.Request) -> web.Response:
    principal = await require_account(request)
    after, limit = page_of(request)
    kind = request.query.get("kind") or None
    if kind is not None and kind not in set(RowKind):
        raise InvalidInput(f"kind is one of {', '.join(RowKind)}", field="kind")
    cursor = number_cursor(after)
    imports = request.app[COMMERCE].imports
    rows = await imports.rows(
        principal, request.match_info["import"], RowKind(kind) if kind else None, -1 if cursor is None else cursor,
        limit + 1,
    )  # fmt: skip
    following = str(rows[limit - 1].position) if len(rows) > limit else None
    return answer_list([row.present() for row in rows[:limit]], following)


async def confirm_import(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, ConfirmBody) if request.body_exists else ConfirmBody()
    imports = request.app[COMMERCE].imports
    return answer(_view(request, await imports.confirm(principal, request.match_info["import"],
                                                       skip_errors=body.skip_errors)), 202)  # fmt: skip


async def cancel_import(request: web.Request) -> web.Response:
    principal = await require_account(request)
    return answer(_view(request, await request.app[COMMERCE].imports.cancel(principal, request.match_info["import"])))


async def export_products(request: web.Request) -> web.StreamResponse:
    """Streamed page by page; begins with the mark that tells spreadsheets that it is UTF-8."""
    principal = await require_account(request)
    store = await request.app[COMMERCE].shop.own_store(principal, request.match_info["store"])
    delimiter = {"": ",", "comma": ",", "semicolon": ";", "tab": "\t"}.get(request.query.get("delimiter", ""))
    if delimiter is None:
        raise InvalidInput("delimiter is comma, semicolon or tab", field="delimiter")
    response = web.StreamResponse(headers={
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="products.csv"',
        "Cache-Control": "no-store",
    })  # fmt: skip
    await response.prepare(request)
    await response.write("\ufeff".encode() + _line(EXPORTED, delimiter))
    async for page in _pages(request, store.id):
        lines = [_line(row, delimiter) for row in export_rows(page, EXPONENTS[store.currency])]
        await response.write(b"".join(lines))
    await response.write_eof()
    return response


async def _pages(request: web.Request, store_id: str) -> AsyncIterator[list[FileProduct]]:
    principal, commerce = await require_account(request), request.app[COMMERCE]
    known = await commerce.categories.of_store(principal, store_id)
    paths = {one.id: [part.title for part in path_of(known, one.id)] for one in known}
    after: str | None = None
    while products := await commerce.shop.products(principal, store_id, after, _PAGE):
        origin = request.app[PUBLIC_ORIGIN]
        yield [_in_file(product, paths.get(product.category_id or "", []), origin) for product in products]
        after = products[-1].id


def _in_file(product: Product, category: list[str], origin: str) -> FileProduct:
    def url(name: str | None) -> str | None:
        return None if name is None else f"{origin}/pictures/{name}.webp"

    variants = [
        FileVariant(0, one.sku, one.title, one.price.amount_minor, one.stock, one.low_stock, url(one.picture))
        for one in product.variants
    ]
    return FileProduct(
        0,
        product.handle or product.id,
        product.title,
        product.description,
        category,
        url(product.picture),
        variants,
        more_pictures=[f"{origin}/pictures/{name}.webp" for name in product.more_pictures],
    )


def _line(cells: "tuple[str, ...] | list[str]", delimiter: str) -> bytes:
    """RFC 4180, with every cell in quotes that could be misread."""
    return (delimiter.join(_cell(cell) for cell in cells) + "\r\n").encode()


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(char in text for char in '",;\t\r\n') else text


async def list_categories(request: web.Request) -> web.Response:
    principal = await require_account(request)
    found = await request.app[COMMERCE].categories.of_store(principal, request.match_info["store"])
    return answer_list([one.present() for one in found])


async def create_category(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, CategoryBody)
    title = one_line(body.title, "title", max_chars=160)
    made = await request.app[COMMERCE].categories.add(principal, request.match_info["store"], title, body.parent)
    return answer(made.present(), 201)


async def rename_category(request: web.Request) -> web.Response:
    principal = await require_account(request)
    title = one_line((await read_json(request, CategoryPatchBody)).title, "title", max_chars=160)
    category = await request.app[COMMERCE].categories.rename(principal, request.match_info["category"], title)
    return answer(category.present())


async def delete_category(request: web.Request) -> web.Response:
    principal = await require_account(request)
    await request.app[COMMERCE].categories.remove(principal, request.match_info["category"])
    return web.Response(status=204)


_IMPORTS, _IMPORT = f"{API}/stores/{{store}}/imports", f"{API}/imports/{{import}}"
_CATEGORIES, _CATEGORY = f"{API}/stores/{{store}}/categories", f"{API}/categories/{{category}}"
_EXPORT = f"{API}/stores/{{store}}/products.csv"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_IMPORTS, create_import),
        web.get(_IMPORTS, list_imports),
        web.get(_IMPORT, get_import),
        web.delete(_IMPORT, cancel_import),
        web.get(f"{_IMPORT}/rows", list_rows),
        web.post(f"{_IMPORT}/confirm", confirm_import),
        web.get(_EXPORT, export_products),
        web.get(_CATEGORIES, list_categories),
        web.post(_CATEGORIES, create_category),
        web.patch(_CATEGORY, rename_category),
        web.delete(_CATEGORY, delete_category),
    ]


_OWN = (401, 403, 404)
OPERATIONS = [
    Operation(
        "POST", _IMPORTS, "Read products from a CSV file; nothing is changed yet", None, ImportView,
        (202, *_OWN, 409, 413, 422, 429), "account", query={"name": "What the file is called"}, body_type="text/csv",
    ),
    Operation("GET", _IMPORTS, "The last imports", None, ImportView, (200, *_OWN), "account", True),
    Operation("GET", _IMPORT, "How far an import is", None, ImportView, (200, 401, 404), "account"),
    Operation("DELETE", _IMPORT, "Cancel; what was written stays", None, ImportView, (200, 401, 404, 409), "account"),
    Operation(
        "GET", f"{_IMPORT}/rows", "What it would change, or changed", None, RowView, (200, 401, 404, 422), "account",
        True, {"kind": "create, change or error", "after": "The cursor of the page before", "limit": "1 to 200"},
    ),
    Operation(
        "POST", f"{_IMPORT}/confirm", "Write what was shown", ConfirmBody, ImportView, (202, 401, 404, 409, 422),
        "account",
    ),
    Operation(
        "GET", _EXPORT, "All products as CSV", statuses=(200, *_OWN, 422), auth="account", answer_type="text/csv",
        query={"delimiter": "comma, semicolon or tab"},
    ),
    Operation("GET", _CATEGORIES, "A store's categories", None, CategoryView, (200, *_OWN), "account", True),
    Operation(
        "POST", _CATEGORIES, "Make a category", CategoryBody, CategoryView, (201, *_OWN, 409, 422), "account"
    ),
    Operation("PATCH", _CATEGORY, "Rename it", CategoryPatchBody, CategoryView, (200, 401, 404, 409, 422), "account"),
    Operation("DELETE", _CATEGORY, "Remove it; its products stay", None, None, (204, 401, 404), "account"),
]  # fmt: skip
