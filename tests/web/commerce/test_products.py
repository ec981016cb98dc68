"""The shop desk over HTTP: stores, products, pictures, and what bad input gets."""

import asyncio
import io
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from livehub.commerce.catalog.reception import MAX_WAITING, MAX_WAITING_OF_ONE, SLOW_S
from tests.commerce.selling import Json, Person, SellingSite, Show, euros, open_show, until

AMOUNT = "variants[0].price.amount_minor"
CUP = {"sku": "CUP-9", "price": euros(900), "stock": 4}


def image(kind: str, size: tuple[int, int] = (640, 480), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


async def put_picture(person: Person, product: Json, data: bytes) -> Json:
    made: Json = await person.ok("PUT", f"/products/{product['id']}/picture", data=data)
    return made


async def test_a_store_with_products(site: SellingSite) -> None:
    merchant = await site.account()
    store = await merchant.ok("POST", "/stores", json={"title": "  Mai's   pottery ", "currency": "THB"})
    assert store["title"] == "Mai's pottery"
    assert (await merchant.ok("GET", "/stores"))["items"] == [store]
    assert (await site.guest().ok("GET", "/stores"))["items"] == []
    price = {"amount_minor": 45000, "currency": "THB"}
    path = f"/stores/{store['id']}/products"
    for number in range(3):
        body = {"title": f"Cup {number}", "variants": [{"sku": f"C-{number}", "price": price, "stock": number}]}
        made = await merchant.ok("POST", path, json=body)
        variant = {"sku": f"C-{number}", "title": "", "price": price, "stock": number}
        assert made["variants"] == [variant | {"low_stock": None, "is_low": False, "picture": None}]
        assert (made["picture"], made["description"]) == (None, "")
    page = await merchant.ok("GET", f"{path}?limit=2")
    rest = await merchant.ok("GET", f"{path}?limit=2&after={page['next']}")
    titles = [product["title"] for product in page["items"] + rest["items"]]
    assert (titles, rest["next"]) == (["Cup 0", "Cup 1", "Cup 2"], None)


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"title": "x", "variants": [CUP | {"stock": -1}]}, 422, "invalid_input", "variants[0].stock"),
        ({"title": "x", "variants": [CUP | {"stock": 10**12}]}, 422, "invalid_input", "variants[0].stock"),
        ({"title": "x", "variants": [CUP | {"price": euros(0)}]}, 422, "invalid_input", AMOUNT),
        ({"title": "x", "variants": [CUP | {"price": euros(-5)}]}, 422, "invalid_input", AMOUNT),
        ({"title": "x", "variants": [CUP | {"price": {"amount_minor": 1.5, "currency": "EUR"}}]}, 422, "invalid_input",
         AMOUNT),
        ({"title": "x", "variants": [CUP | {"price": {"amount_minor": 1, "currency": "DOGE"}}]}, 422,
         "currency_unknown", "currency"),
        ({"title": "x", "variants": [CUP | {"price": {"amount_minor": 1, "currency": "USD"}}]}, 422,
         "currency_mismatch", "variants[0].price.currency"),
        ({"title": "x", "variants": []}, 422, "invalid_input", "variants"),
        ({"title": "\u202eevil", "variants": [CUP]}, 422, "invalid_input", "title"),
        ({"title": "x", "variants": [CUP, CUP]}, 409, "sku_taken", "variants"),
        ({"title": "x", "variants": [CUP | {"sku": "CUP-1"}]}, 409, "sku_taken", "variants"),
        ({"variants": [CUP]}, 422, "invalid_input", "title"),
    ],
)  # fmt: skip
async def test_products_that_cannot_be(show: Show, body: Json, status: int, code: str, field: str) -> None:
    path = f"/stores/{show.store['id']}/products"
    problem = await show.merchant.refused(status, code, "POST", path, json=body)
    assert problem["field"] == field
    assert len((await show.merchant.ok("GET", path))["items"]) == 1


async def test_who_may_not(show: Show) -> None:
    site, products = show.site, f"/stores/{show.store['id']}/products"
    stranger = await site.account("Eve")
    product = f"/products/{show.product['id']}"
    await site.nobody.refused(401, "unauthenticated", "POST", "/stores", json={"title": "x", "currency": "EUR"})
    await site.guest().refused(403, "account_required", "POST", "/stores", json={"title": "x", "currency": "EUR"})
    await stranger.refused(422, "currency_unknown", "POST", "/stores", json={"title": "x", "currency": "eur"})
    await stranger.refused(403, "not_store_owner", "GET", products)
    await stranger.refused(403, "not_store_owner", "POST", products, json={"title": "x", "variants": [CUP]})
    await stranger.refused(403, "not_store_owner", "PATCH", product, json={"title": "mine"})
    await stranger.refused(403, "not_store_owner", "DELETE", product)
    await stranger.refused(403, "not_store_owner", "PUT", f"{product}/picture", data=image("PNG"))
    await stranger.refused(404, "store_not_found", "GET", "/stores/store_0/products")
    await stranger.refused(404, "product_not_found", "PATCH", "/products/prd_0", json={})


async def test_changing_a_product(show: Show) -> None:
    path, merchant = f"/products/{show.product['id']}", show.merchant
    patch = {
        "description": "Glazed\nby hand",
        "variants": [
            {"sku": "CUP-2", "price": euros(1400), "stock": 7},
            {"sku": "CUP-3", "price": euros(1), "stock": 2},
        ],
    }
    changed = await merchant.ok("PATCH", path, json=patch)
    assert changed["title"] == "Tea cup"
    assert changed["description"] == "Glazed\nby hand"
    assert [(v["sku"], v["title"], v["price"]["amount_minor"], v["stock"]) for v in changed["variants"]] == [
        ("CUP-1", "blue", 1250, 10),
        ("CUP-2", "red", 1400, 7),
        ("CUP-3", "", 1, 2),
    ]
    problem = await merchant.refused(422, "invalid_input", "PATCH", path, json={"variants": [{"sku": "CUP-4"}]})
    assert problem["field"] == "variants[0]"
    # All ten blue cups are in the room's offer: what is allocated cannot be counted away behind its back.
    problem = await merchant.refused(
        409, "stock_short", "PATCH", path, json={"variants": [{"sku": "CUP-1", "stock": 9}]}
    )
    assert problem["least"] == 10
    await merchant.ok("PATCH", path, json={"variants": [{"sku": "CUP-1", "stock": 12}]})
    assert await show.site.counts() == {"received": 12, "free": 2, "available": 10, "held": 0, "sold": 0}


async def test_what_changed_meanwhile_is_not_overwritten(show: Show) -> None:
    path = f"/products/{show.product['id']}"
    merchant, seen = show.merchant, {"title": "Tea cup", "variants": [{"sku": "CUP-1", "stock": 10}]}
    await show.buy(show.site.guest(), 3)
    body = {"title": "Big cup", "variants": [{"sku": "CUP-1", "stock": 12}], "expected": seen}
    refused = await merchant.refused(409, "product_changed", "PATCH", path, json=body)
    assert (refused["changed"], refused["product"]["variants"][0]["stock"]) == (["CUP-1.stock"], 7)
    assert (await merchant.ok("PATCH", path, json={}))["title"] == "Tea cup"
    # what was not looked at may have changed; from what there is now it works
    first = {"title": "Big cup", "expected": {"title": "Tea cup", "description": "", "category": ""}}
    assert (await merchant.ok("PATCH", path, json=first))["title"] == "Big cup"
    seen = {"title": "Big cup", "variants": [{"sku": "CUP-1", "stock": 7, "title": "blue", "price": euros(1250)}]}
    made = await merchant.ok("PATCH", path, json=body | {"expected": seen})
    assert (made["title"], made["variants"][0]["stock"]) == ("Big cup", 12)
    gone = {"expected": {"title": "x" * 200, "variants": [{"sku": "NONE", "stock": 1}]}}
    assert (await merchant.refused(409, "product_changed", "PATCH", path, json=gone))["changed"] == ["title", "NONE"]


async def test_of_two_who_save_at_once_one_is_told(show: Show) -> None:
    path, seen = f"/products/{show.product['id']}", {"title": "Tea cup"}
    bodies = [{"title": title, "expected": seen} for title in ("One", "Two")]
    answers = await asyncio.gather(*(show.merchant.call("PATCH", path, json=body) for body in bodies))
    assert sorted(status for status, _ in answers) == [200, 409]


async def test_stock_falls_with_what_is_bought(show: Show) -> None:
    order = await show.buy(show.site.guest(), 4)
    await show.site.report(order)
    (product,) = (await show.merchant.ok("GET", f"/stores/{show.store['id']}/products"))["items"]
    assert product["variants"][0]["stock"] == 6


async def test_an_archived_product_leaves_its_orders_alone(show: Show) -> None:
    buyer = show.site.guest()
    order = await show.buy(buyer, 2)
    await show.merchant.ok("DELETE", f"/products/{show.product['id']}")
    assert (await show.merchant.ok("GET", f"/stores/{show.store['id']}/products"))["items"] == []
    assert (await buyer.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"] == []
    await buyer.refused(409, "offer_closed", "POST", "/orders", json=show.basket())
    assert (await show.site.report(order))[0] == 204
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["lines"][0]["title"] == "Tea cup"
    # The SKU is free for another product.
    body = {"title": "New", "variants": [CUP | {"sku": "CUP-1"}]}
    await show.merchant.ok("POST", f"/stores/{show.store['id']}/products", json=body)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_shrunk_and_served(show: Show, kind: str) -> None:
    product = await put_picture(show.merchant, show.product, image(kind, (3000, 2000)))
    picture = product["picture"]
    assert (picture["width"], picture["height"]) == (1600, 1067)
    for url, size in ((picture["url"], (1600, 1067)), (picture["thumb_url"], (320, 213))):
        async with show.site.http.get(url) as response:
            assert response.status == 200
            assert response.content_type == "image/webp"
            with Image.open(io.BytesIO(await response.read())) as served:
                assert (served.format, served.size) == ("WEBP", size)
    (offer,) = (await show.site.guest().ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
    assert offer["picture"] == picture
    cleared = await show.merchant.ok("DELETE", f"/products/{show.product['id']}/picture")
    assert cleared["picture"] is None


async def test_a_picture_is_turned_upright_and_says_nothing_more(show: Show) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by a quarter
    exif[0x010F] = "Secret Camera"
    product = await put_picture(show.merchant, show.product, image("JPEG", (400, 300), exif=exif, comment=b"hidden"))
    assert (product["picture"]["width"], product["picture"]["height"]) == (300, 400)
    async with show.site.http.get(product["picture"]["url"]) as response:
        data = await response.read()
    with Image.open(io.BytesIO(data)) as served:
        assert "exif" not in served.info
        assert not served.getexif()
    assert b"Secret" not in data
    assert b"hidden" not in data


def png_bomb() -> bytes:
    """A few hundred bytes that claim to be 50,000 pixels square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        image("GIF"),
        image("TIFF"),
        image("JPEG")[:200],
        image("PNG")[:100],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"\xff\xd8\xff\xe0" + b"A" * 5000,
        png_bomb(),
        image("PNG", (9000, 6000)),
    ],
    ids=["empty", "text", "svg", "gif", "tiff", "cut-jpeg", "cut-png", "bad-png", "bad-jpeg", "bomb", "54-megapixels"],
)
async def test_what_is_no_picture(show: Show, data: bytes) -> None:
    path = f"/products/{show.product['id']}/picture"
    await show.merchant.refused(422, "picture_unreadable", "PUT", path, data=data)
    assert not list((show.site.commerce.shop.pictures.folder).iterdir())


async def test_ten_megabytes_are_too_many(show: Show) -> None:
    path = f"/products/{show.product['id']}/picture"
    await show.merchant.refused(413, "payload_too_large", "PUT", path, data=io.BytesIO(b"\0" * 10_000_000))
    products, json_body = f"/stores/{show.store['id']}/products", io.BytesIO(b'{"title": "' + b"x" * 10_000_000)
    headers = {"Content-Type": "application/json"}
    await show.merchant.refused(413, "payload_too_large", "POST", products, data=json_body, headers=headers)
    # The server keeps serving.
    await show.merchant.ok("GET", "/stores")


async def test_nobody_keeps_the_server_busy_with_pictures(show: Show) -> None:
    path, gate = f"/products/{show.product['id']}/picture", asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield data[:10]
        await gate.wait()
        yield data[10:]

    data = image("PNG")
    pictures = show.site.commerce.shop.pictures
    sending = [asyncio.create_task(show.merchant.call("PUT", path, data=slowly())) for _ in range(MAX_WAITING_OF_ONE)]

    async def all_under_way() -> bool:
        return pictures.waiting == MAX_WAITING_OF_ONE

    await until(all_under_way, "uploads have begun")
    await show.merchant.refused(503, "overloaded", "PUT", path, data=data)
    gate.set()
    assert [status for status, _ in await asyncio.gather(*sending)] == [200] * MAX_WAITING_OF_ONE
    assert pictures.waiting == 0
    await put_picture(show.merchant, show.product, data)


async def test_pictures_that_never_come_keep_nobody_from_uploading(show: Show) -> None:
    """Four accounts could hold all places for as long as they liked, at the cost of a few idle connections."""
    site, gate, pictures = show.site, asyncio.Event(), show.site.commerce.shop.pictures
    data = image("PNG")

    async def never() -> AsyncIterator[bytes]:
        yield data[:10]
        await gate.wait()

    sending = []
    for _ in range(MAX_WAITING // MAX_WAITING_OF_ONE):
        other = await open_show(site, live=False)
        path = f"/products/{other.product['id']}/picture"
        calls = (other.merchant.call("PUT", path, data=never()) for _ in range(MAX_WAITING_OF_ONE))
        sending += [asyncio.create_task(call) for call in calls]

    async def full() -> bool:
        return pictures.waiting == MAX_WAITING

    await until(full, "all places are taken")
    mine = f"/products/{show.product['id']}/picture"
    await show.merchant.refused(503, "overloaded", "PUT", mine, data=data)
    site.clock.advance(SLOW_S)
    await put_picture(show.merchant, show.product, data)
    done, _ = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result()[0] for task in done] == [503]
    assert pictures.waiting == MAX_WAITING - 1
    for task in sending:
        task.cancel()
    await asyncio.gather(*sending, return_exceptions=True)


async def test_a_picture_of_fifty_megapixels_is_made_small_first(show: Show) -> None:
    product = await put_picture(show.merchant, show.product, image("PNG", (8000, 6000)))
    assert (product["picture"]["width"], product["picture"]["height"]) == (1600, 1200)
