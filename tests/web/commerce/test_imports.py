"""A catalogue out of a file over HTTP: shown first, written when confirmed, the same file again changes nothing."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

from livehub.clock import ManualClock
from livehub.commerce.catalog.imports import STALE_MS
from livehub.events import EventBus
from livehub.storage.database import Database
from tests.commerce.selling import Json, Person, SellingSite, Show, open_show, selling
from tests.web.commerce.test_products import image

HEAD = (
    "Handle,Title,Body (HTML),Type,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Image Src,Low Stock\n"
)


async def send(who: Person, store: str, text: str | bytes, name: str = "products.csv") -> Json:
    """The import, once it was read."""
    data = text.encode() if isinstance(text, str) else text
    path = f"/stores/{store}/imports?name={name}"
    made = await who.ok("POST", path, data=data, headers={"Content-Type": "text/csv"})
    await who.site.commerce.imports.settled()
    return await state(who, made)


async def state(who: Person, made: Json) -> Json:
    found: Json = await who.ok("GET", f"/imports/{made['id']}")
    return found


async def confirm(who: Person, made: Json, **body: object) -> Json:
    await who.ok("POST", f"/imports/{made['id']}/confirm", json=body)
    await who.site.commerce.imports.settled()
    return await state(who, made)


async def rows_of(who: Person, made: Json, query: str = "") -> list[Json]:
    found: list[Json] = (await who.ok("GET", f"/imports/{made['id']}/rows{query}"))["items"]
    return found


async def products_of(show: Show, query: str = "") -> dict[str, Json]:
    found = await show.merchant.ok("GET", f"/stores/{show.store['id']}/products?limit=200{query}")
    return {product["title"]: product for product in found["items"]}


TWO = HEAD + (
    "mug,Mug,<p>Big</p>,Kitchen > Cups,Blue,MUG-B,5,9.50,,2\nmug,,,,Red,MUG-R,0,9.50,,\njug,Jug,,Kitchen,,JUG,3,20,,\n"
)


async def test_nothing_is_written_before_it_is_confirmed(show: Show) -> None:
    merchant, store = show.merchant, show.store["id"]
    made = await send(merchant, store, TWO)
    assert (made["state"], made["create"], made["change"], made["same"], made["errors"]) == ("ready", 2, 0, 0, 0)
    assert (made["lines"], made["encoding"], made["name"]) == (4, "utf-8", "products.csv")
    assert list(await products_of(show)) == ["Tea cup"]
    mug, jug = await rows_of(merchant, made)
    assert (mug["line"], mug["kind"], mug["handle"], mug["title"]) == (2, "create", "mug", "Mug")
    assert {"field": "price", "sku": "MUG-B", "before": None, "after": "950"} in mug["changes"]
    done = await confirm(merchant, made)
    assert (done["state"], done["written"], done["skipped"]) == ("done", 2, 0)
    found = await products_of(show)
    assert [(v["sku"], v["title"], v["stock"], v["low_stock"]) for v in found["Mug"]["variants"]] == [
        ("MUG-B", "Blue", 5, 2),
        ("MUG-R", "Red", 0, None),
    ]
    assert (found["Mug"]["description"], found["Mug"]["handle"]) == ("Big", "mug")
    assert [row["outcome"] for row in await rows_of(merchant, made)] == ["written", "written"]
    assert jug["title"] == "Jug"
    journal = await merchant.ok("GET", f"/stores/{store}/stock/MUG-B/adjustments")
    assert [(entry["delta"], entry["reason"]) for entry in journal["items"]] == [(5, "opening")]
    await merchant.refused(409, "import_not_ready", "POST", f"/imports/{made['id']}/confirm", json={})


async def test_the_same_file_again_changes_nothing_and_an_edited_one_only_that(show: Show) -> None:
    merchant, store = show.merchant, show.store["id"]
    await confirm(merchant, await send(merchant, store, TWO))
    again = await send(merchant, store, TWO)
    assert (again["create"], again["change"], again["same"]) == (0, 0, 2)
    assert await rows_of(merchant, again) == []
    edited = TWO.replace("MUG-B,5,9.50,,2", "MUG-B,7,8.00,,2").replace("Jug", "Big jug")
    made = await send(merchant, store, edited)
    changes = [row["changes"] for row in await rows_of(merchant, made, "?kind=change")]
    assert changes == [
        [
            {"field": "price", "sku": "MUG-B", "before": "950", "after": "800"},
            {"field": "stock", "sku": "MUG-B", "before": "5", "after": "7"},
        ],
        [{"field": "title", "sku": None, "before": "Jug", "after": "Big jug"}],
    ]
    await confirm(merchant, made)
    found = await products_of(show)
    assert (found["Mug"]["variants"][0]["price"]["amount_minor"], found["Mug"]["variants"][0]["stock"]) == (800, 7)
    assert "Big jug" in found
    journal = await merchant.ok("GET", f"/stores/{store}/stock/MUG-B/adjustments")
    assert (journal["items"][0]["delta"], journal["items"][0]["reason"]) == (2, "imported")


async def test_what_was_sold_since_the_preview_is_not_undone(show: Show) -> None:
    merchant, store = show.merchant, show.store["id"]
    text = "Title,Variant SKU,Variant Inventory Qty\nTea cup,CUP-1,12\n"
    made = await send(merchant, store, text)
    assert made["change"] == 1
    await show.buy(show.site.guest(), 2)
    done = await confirm(merchant, made)
    assert (done["written"], done["skipped"]) == (0, 1)
    assert [row["outcome"] for row in await rows_of(merchant, done)] == ["changed_meanwhile"]
    assert (await show.site.counts())["received"] == 10
    # from what there is now it works, and takes out of the room's offer what it has to
    fewer = await send(merchant, store, text.replace("12", "3"))
    await confirm(merchant, fewer)
    assert await show.site.counts() == {"received": 5, "free": 0, "available": 3, "held": 2, "sold": 0}


async def test_errors_are_told_by_line_and_left_out_if_asked(show: Show) -> None:
    merchant, store = show.merchant, show.store["id"]
    text = HEAD + (
        "a,A,,,,A-1,1,1.00,,\nb,,,,,B-1,1,1.00,,\nc,C,,,,C-1,1,cheap,,\nd,D,,,,MUG-R,1,1.00,,\ne,E,,,,E-1,1,,,\n"
    )
    await confirm(merchant, await send(merchant, store, TWO))
    made = await send(merchant, store, text + "mug,,,,,JUG,,,,\n")
    assert (made["create"], made["errors"]) == (1, 5)
    faults = [(f["line"], f["column"], f["code"]) for row in await rows_of(merchant, made, "?kind=error")
              for f in row["faults"]]  # fmt: skip
    assert faults == [
        (3, "", "title_missing"),
        (4, "Variant Price", "price_unreadable"),
        (5, "", "sku_taken"),
        (6, "", "price_missing"),
        (7, "", "sku_taken"),
    ]
    path = f"/imports/{made['id']}/confirm"
    refused = await merchant.refused(409, "import_has_errors", "POST", path, json={})
    assert refused["errors"] == 5
    done = await confirm(merchant, made, skip_errors=True)
    assert (done["state"], done["written"]) == ("done", 1)
    assert "A" in await products_of(show)


async def test_a_file_that_cannot_be_read(show: Show) -> None:
    merchant, store = show.merchant, show.store["id"]
    made = await send(merchant, store, 'Title,SKU,Price\nA,B,1\n"never closed\n')
    assert (made["state"], made["error"]) == ("failed", {"code": "csv_broken", "line": 3})
    made = await send(merchant, store, "Colour\nred\n")
    assert made["error"] == {"code": "columns_unknown", "line": 1}
    await merchant.refused(422, "invalid_input", "POST", f"/stores/{store}/imports", data=b"")
    await merchant.refused(422, "invalid_input", "GET", f"/imports/{made['id']}/rows?kind=nice")
    await merchant.refused(409, "import_not_ready", "POST", f"/imports/{made['id']}/confirm", json={})
    await merchant.refused(409, "import_not_ready", "DELETE", f"/imports/{made['id']}")


async def test_too_large_a_file_is_refused_while_it_comes(show: Show) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(90):
            yield b"x" * 256 * 1024

    path = f"/stores/{show.store['id']}/imports"
    await show.merchant.refused(413, "payload_too_large", "POST", path, data=endless())


async def test_ten_thousand_lines_and_others_are_served_meanwhile(show: Show) -> None:
    merchant, store = show.merchant, show.store["id"]
    lines = "".join(f"p-{n},Product {n},,Many > {n % 7},,SKU-{n},{n % 50},1.00,,\n" for n in range(10_000))
    made = await merchant.ok("POST", f"/stores/{store}/imports", data=(HEAD + lines).encode())
    await merchant.refused(409, "import_running", "POST", f"/stores/{store}/imports", data=b"x")
    seen: set[int] = set()
    while (found := await state(merchant, made))["state"] == "reading":
        seen.add(found["progress"]["position"])
        await merchant.ok("GET", f"/rooms/{show.room['id']}/offers")
        if len(seen) > 8:
            break
    assert len(seen) > 1, "progress was not to be seen"
    await show.site.commerce.imports.settled()
    found = await state(merchant, made)
    assert (found["state"], found["create"], found["lines"]) == ("ready", 10_000, 10_001)
    page = await merchant.ok("GET", f"/imports/{made['id']}/rows?limit=200")
    rest = await merchant.ok("GET", f"/imports/{made['id']}/rows?limit=1&after={page['next']}")
    assert (len(page["items"]), rest["items"][0]["line"]) == (200, 202)


async def test_an_import_goes_on_after_its_process_went_away(show: Show) -> None:
    merchant, store, site = show.merchant, show.store["id"], show.site
    lines = "".join(f"p-{n},Product {n},,,,SKU-{n},1,1.00,,\n" for n in range(120))
    made = await send(merchant, store, HEAD + lines)
    await merchant.ok("POST", f"/imports/{made['id']}/confirm", json={})
    # it looks gone, and runs: no second one is begun beside it
    site.clock.advance(STALE_MS / 1000 + 1)
    await merchant.refused(409, "import_not_ready", "POST", f"/imports/{made['id']}/confirm", json={})
    while (await state(merchant, made))["written"] < 10:
        await asyncio.sleep(0)
    await site.commerce.imports.close()
    cut = await state(merchant, made)
    assert (cut["state"], cut["written"] < 120) == ("writing", True)
    await merchant.refused(409, "import_not_ready", "POST", f"/imports/{made['id']}/confirm", json={})
    site.clock.advance(STALE_MS / 1000 + 1)
    assert (await state(merchant, made))["state"] == "interrupted"
    await confirm(merchant, made)
    assert len(await products_of(show)) == 121
    assert (await send(merchant, store, HEAD + lines))["same"] == 120


async def test_cancelled_before_it_is_written(show: Show) -> None:
    merchant = show.merchant
    made = await send(merchant, show.store["id"], TWO)
    assert (await merchant.ok("DELETE", f"/imports/{made['id']}"))["state"] == "cancelled"
    await merchant.refused(409, "import_not_ready", "POST", f"/imports/{made['id']}/confirm", json={})
    assert list(await products_of(show)) == ["Tea cup"]
    listed = await merchant.ok("GET", f"/stores/{show.store['id']}/imports")
    assert [one["id"] for one in listed["items"]] == [made["id"]]


async def test_who_may_not(show: Show) -> None:
    stranger, store = await show.site.account("Eve"), show.store["id"]
    made = await send(show.merchant, store, TWO)
    await stranger.refused(403, "not_store_owner", "POST", f"/stores/{store}/imports", data=b"x")
    await stranger.refused(403, "not_store_owner", "GET", f"/stores/{store}/imports")
    await stranger.refused(403, "not_store_owner", "GET", f"/stores/{store}/products.csv")
    await show.site.nobody.refused(401, "unauthenticated", "GET", f"/stores/{store}/products.csv")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/rows"), ("POST", "/confirm")):
        await stranger.refused(404, "import_not_found", method, f"/imports/{made['id']}{path}")
    assert (await state(show.merchant, made))["state"] == "ready"


async def test_what_was_exported_is_the_catalogue(show: Show) -> None:
    merchant, store = show.merchant, show.store["id"]
    await confirm(merchant, await send(merchant, store, TWO))
    patch = {"title": "=HYPERLINK(1)", "description": "Glazed & <fired>\nby hand"}
    await merchant.ok("PATCH", f"/products/{show.product['id']}", json=patch)
    await merchant.ok("PUT", f"/products/{show.product['id']}/picture", data=image("PNG"))
    headers = {"Authorization": f"Bearer {merchant.token}"}
    for delimiter, sign in (("comma", ","), ("semicolon", ";"), ("tab", "\t")):
        url = f"/api/v1/stores/{store}/products.csv?delimiter={delimiter}"
        async with show.site.http.get(url, headers=headers) as response:
            assert response.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
            data = await response.read()
        assert data.startswith(b"\xef\xbb\xbfHandle")
        table = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=sign))
        assert [row["Variant SKU"] for row in table] == ["CUP-1", "CUP-2", "MUG-B", "MUG-R", "JUG"]
        assert table[0]["Title"] == "'=HYPERLINK(1)"
        assert table[2]["Type"] == "Kitchen > Cups"
        made = await send(merchant, store, data)
        assert (made["create"], made["change"], made["same"], made["errors"]) == (0, 0, 3, 0)
    await merchant.refused(422, "invalid_input", "GET", f"/stores/{store}/products.csv?delimiter=x")


async def test_categories_are_a_tree(show: Show) -> None:
    merchant, path = show.merchant, f"/stores/{show.store['id']}/categories"
    kitchen = await merchant.ok("POST", path, json={"title": "  Kitchen "})
    cups = await merchant.ok("POST", path, json={"title": "Cups", "parent": kitchen["id"]})
    small = await merchant.ok("POST", path, json={"title": "Small", "parent": cups["id"]})
    assert (kitchen["title"], kitchen["parent"], cups["parent"]) == ("Kitchen", None, kitchen["id"])
    await merchant.refused(409, "category_taken", "POST", path, json={"title": "Kitchen"})
    await merchant.refused(422, "invalid_input", "POST", path, json={"title": "x", "parent": small["id"]})
    await merchant.refused(404, "category_not_found", "POST", path, json={"title": "x", "parent": "cat_0"})
    product = f"/products/{show.product['id']}"
    await merchant.ok("PATCH", product, json={"category": small["id"]})
    await merchant.refused(404, "category_not_found", "PATCH", product, json={"category": "cat_0"})
    for one in (kitchen, cups, small):
        assert list(await products_of(show, f"&category={one['id']}")) == ["Tea cup"]
    (offer,) = (await merchant.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
    assert offer["category"] == {"id": small["id"], "title": "Small"}
    renamed = await merchant.ok("PATCH", f"/categories/{small['id']}", json={"title": "Little"})
    assert renamed["title"] == "Little"
    # what is beneath goes up, and so do the products
    await merchant.ok("DELETE", f"/categories/{cups['id']}")
    found = {one["title"]: one["parent"] for one in (await merchant.ok("GET", path))["items"]}
    assert found == {"Kitchen": None, "Little": kitchen["id"]}
    await merchant.ok("DELETE", f"/categories/{small['id']}")
    assert (await products_of(show))["Tea cup"]["category"] == kitchen["id"]
    await merchant.ok("PATCH", product, json={"category": ""})
    assert (await products_of(show))["Tea cup"]["category"] is None
    stranger = await show.site.account("Eve")
    await stranger.refused(403, "not_store_owner", "POST", path, json={"title": "x"})
    await stranger.refused(404, "category_not_found", "PATCH", f"/categories/{kitchen['id']}", json={"title": "x"})
    await stranger.refused(404, "category_not_found", "DELETE", f"/categories/{kitchen['id']}")


async def test_products_are_found_by_words(show: Show) -> None:
    await confirm(show.merchant, await send(show.merchant, show.store["id"], TWO))
    assert list(await products_of(show, "&q=mug-b")) == ["Mug"]
    assert list(await products_of(show, "&q=tea+cup-1")) == ["Tea cup"]
    assert list(await products_of(show, "&q=tea+jug")) == []
    assert list(await products_of(show, "&q=%25")) == []
    assert list(await products_of(show, "&low=1")) == []
    await show.merchant.ok("PATCH", f"/stores/{show.store['id']}/stock/JUG", json={"low_stock": 3})
    assert list(await products_of(show, "&low=1")) == ["Jug"]


async def test_pictures_are_fetched_once(show: Show, gallery: tuple[str, list[str]]) -> None:
    url, asked = gallery
    merchant, store = show.merchant, show.store["id"]
    text = "Handle,Title,Variant SKU,Variant Price,Option1 Value,Image Src,Variant Image\n" + "".join(
        f"{name},{name},{name.upper()},1.00,,{url}/{name},\n" for name in ("there", "loop", "large", "text", "gone")
    ) + f"two,Two,T-1,1.00,a,{url}/picture,{url}/picture\ntwo,,T-2,1.00,b,,\n"  # fmt: skip
    done = await confirm(merchant, await send(merchant, store, text))
    assert (done["state"], done["written"], done["pictures_failed"]) == ("done", 6, 4)
    found = await products_of(show)
    assert found["there"]["picture"]["width"] == 40
    assert found["Two"]["picture"] == found["Two"]["variants"][0]["picture"] == found["there"]["picture"]
    assert found["Two"]["variants"][1]["picture"] is None
    faults = {row["title"]: [(f["line"], f["code"]) for f in row["faults"]] for row in await rows_of(merchant, done)}
    assert faults["loop"] == [(3, "picture_unreachable")]
    assert faults["large"] == [(4, "picture_unreadable")]
    assert faults["text"] == [(5, "picture_unreadable")]
    assert faults["gone"] == [(6, "picture_unreachable")]
    asked.clear()
    # those that could not be had are tried again with the file, the others are not
    again = await send(merchant, store, text)
    assert (again["change"], again["same"]) == (4, 2)
    await confirm(merchant, again)
    assert "/picture" not in asked


async def test_several_pictures_of_a_product(show: Show, gallery: tuple[str, list[str]]) -> None:
    url, asked = gallery
    merchant, store = show.merchant, show.store["id"]
    head = "Handle,Title,Variant SKU,Variant Price,Option1 Value,Image Src,Image Position\n"
    text = head + (
        f"two,Two,T-1,1.00,a,{url}/40,2\ntwo,,T-2,1.00,b,{url}/50,1\ntwo,,,,,{url}/60,3\ntwo,,,,,{url}/40,4\n"
        f"three,Three,T-3,1.00,a,{url}/70,\nthree,,,,,{url}/gone,\nthree,,,,,{url}/80,\n"
    )
    made = await send(merchant, store, text)
    done = await confirm(merchant, made)
    assert (done["state"], done["written"], done["pictures_failed"]) == ("done", 2, 1)
    assert done["progress"] == {"position": 6, "total": 6}
    found = await products_of(show)
    assert [picture["width"] for picture in found["Two"]["pictures"]] == [50, 40, 60]
    assert [picture["width"] for picture in found["Three"]["pictures"]] == [70, 80]
    faults = [(f["line"], f["code"]) for row in await rows_of(merchant, done) for f in row["faults"]]
    assert faults == [(7, "picture_unreachable")]
    asked.clear()
    # the file again: only what was missing is asked for, and what is there stays
    again = await send(merchant, store, text)
    (row,) = await rows_of(merchant, again)
    assert (row["title"], [one["field"] for one in row["changes"]]) == ("Three", ["pictures"])
    await confirm(merchant, again)
    assert asked == ["/gone"]
    assert [picture["width"] for picture in (await products_of(show))["Three"]["pictures"]] == [70, 80]
    # another order, fewer of them: what the file names is what there is
    fewer = head + f"two,Two,T-1,1.00,a,{url}/60,\ntwo,,,,,{url}/50,\n"
    await confirm(merchant, await send(merchant, store, fewer))
    assert [picture["width"] for picture in (await products_of(show))["Two"]["pictures"]] == [60, 50]
    # a file without pictures leaves them alone
    assert (await send(merchant, store, "Handle,Title,Variant SKU\ntwo,Two,T-1\n"))["same"] == 1
    # and what was exported is the same catalogue
    headers = {"Authorization": f"Bearer {merchant.token}"}
    async with show.site.http.get(f"/api/v1/stores/{store}/products.csv", headers=headers) as response:
        data = await response.read()
    made = await send(merchant, store, data)
    assert (made["create"], made["change"], made["same"], made["errors"]) == (0, 0, 3, 0)


async def test_pictures_are_not_fetched_from_inside(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path, gallery: tuple[str, list[str]]
) -> None:
    url, asked = gallery
    async with selling(database, clock, bus, tmp_path, private_pictures=False) as site:
        show = await open_show(site)
        local = url.replace("127.0.0.1", "localhost")
        text = f"Handle,Title,SKU,Price,Image Src\na,A,A,1,{url}/picture\nb,B,B,1,{local}/picture\n"
        done = await confirm(show.merchant, await send(show.merchant, show.store["id"], text))
        assert (done["state"], done["pictures_failed"], asked) == ("done", 2, [])
        codes = [fault["code"] for row in await rows_of(show.merchant, done) for fault in row["faults"]]
        assert codes == ["picture_refused", "picture_refused"]


async def test_a_picture_of_a_variant(site: SellingSite, show: Show) -> None:
    path = f"/products/{show.product['id']}/picture"
    made = await show.merchant.ok("PUT", f"{path}?sku=CUP-1", data=image("PNG"))
    assert (made["picture"], made["variants"][1]["picture"]) == (None, None)
    (offer,) = (await show.merchant.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
    assert offer["picture"] == made["variants"][0]["picture"]
    await show.merchant.refused(404, "sku_not_found", "PUT", f"{path}?sku=X", data=image("PNG"))
    gone = await show.merchant.ok("DELETE", f"{path}?sku=CUP-1")
    assert gone["variants"][0]["picture"] is None
    assert site is show.site
