"""A product's gallery over HTTP: adding, linking, arranging, taking off, and what viewers see of it."""

import asyncio
from functools import partial

from livehub.commerce.catalog.gallery import MAX_PICTURES, Shown, added
from livehub.storage.catalog import SqlCatalog
from tests.commerce.selling import Json, Person, SellingSite, Show, euros
from tests.web.commerce.test_products import image, put_picture


def ids(product: Json) -> list[str]:
    return [picture["id"] for picture in product["pictures"]]


async def add(who: Person, product: Json, width: int) -> Json:
    """A picture that is known by its width."""
    made: Json = await who.ok("POST", f"/products/{product['id']}/pictures", data=image("PNG", (width, 30)))
    return made


def widths(product: Json) -> list[int]:
    return [picture["width"] for picture in product["pictures"]]


async def test_several_pictures_in_their_order(show: Show) -> None:
    merchant, path = show.merchant, f"/products/{show.product['id']}/pictures"
    assert show.product["pictures"] == []
    for width in (40, 50, 60):
        product = await add(merchant, show.product, width)
    assert widths(product) == [40, 50, 60]
    first = product["pictures"][0]
    assert product["picture"] == {key: value for key, value in first.items() if key != "id"}
    # the same one again is there already
    assert widths(await add(merchant, show.product, 50)) == [40, 50, 60]
    a, b, c = ids(product)
    assert widths(await merchant.ok("PUT", path, json={"pictures": [c, a, b]})) == [60, 40, 50]
    (offer,) = (await merchant.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
    assert offer["picture"]["width"] == 60
    for wrong in ([c, a], [c, a, b, b], [c, a, "x"], []):
        await merchant.refused(409, "pictures_changed", "PUT", path, json={"pictures": wrong})
    assert widths(await merchant.ok("DELETE", f"{path}/{a}")) == [60, 50]
    await merchant.refused(404, "picture_not_found", "DELETE", f"{path}/{a}")
    async with show.site.http.get(f"/pictures/{b}.webp") as response:
        assert response.status == 200
    listed = (await merchant.ok("GET", f"/stores/{show.store['id']}/products"))["items"]
    assert widths(next(one for one in listed if one["id"] == show.product["id"])) == [60, 50]


async def test_the_one_picture_of_before_is_the_first(show: Show) -> None:
    await add(show.merchant, show.product, 40)
    await add(show.merchant, show.product, 50)
    assert widths(await put_picture(show.merchant, show.product, image("PNG", (60, 30)))) == [60, 50]
    # what stands further behind comes to the front instead of standing twice
    assert widths(await put_picture(show.merchant, show.product, image("PNG", (50, 30)))) == [50]
    await add(show.merchant, show.product, 70)
    gone = await show.merchant.ok("DELETE", f"/products/{show.product['id']}/picture")
    assert (widths(gone), gone["picture"]["width"]) == ([70], 70)


async def test_a_picture_by_its_address(show: Show, gallery: tuple[str, list[str]]) -> None:
    url, _ = gallery
    path = f"/products/{show.product['id']}/pictures/link"
    made = await show.merchant.ok("POST", path, json={"url": f" {url}/there "})
    assert widths(made) == [40]
    codes = {"gone": "picture_unreachable", "text": "picture_unreadable", "large": "picture_unreadable"}
    for name, code in codes.items():
        refused = await show.merchant.refused(422, code, "POST", path, json={"url": f"{url}/{name}"})
        assert refused["field"] == "url"
    await show.merchant.refused(422, "picture_refused", "POST", path, json={"url": "file:///etc/passwd"})
    await show.merchant.refused(422, "invalid_input", "POST", path, json={"url": ""})


async def test_no_more_than_there_may_be(show: Show) -> None:
    catalog = SqlCatalog(show.site.database)
    for number in range(MAX_PICTURES):
        await catalog.change_gallery(show.product["id"], partial(added, new=Shown(f"{number:032x}-1x1")))
    path = f"/products/{show.product['id']}/pictures"
    refused = await show.merchant.refused(409, "too_many_pictures", "POST", path, data=image("PNG"))
    assert refused["limit"] == MAX_PICTURES
    await show.merchant.refused(409, "too_many_pictures", "POST", f"{path}/link", json={"url": "http://x.example/a"})


async def test_pictures_that_come_at_once_are_all_kept(show: Show) -> None:
    await asyncio.gather(*(add(show.merchant, show.product, width) for width in (40, 50, 60, 70)))
    listed = (await show.merchant.ok("GET", f"/stores/{show.store['id']}/products"))["items"]
    assert sorted(widths(listed[0])) == [40, 50, 60, 70]


async def test_who_may_not(show: Show) -> None:
    stranger, path = await show.site.account("Eve"), f"/products/{show.product['id']}/pictures"
    (picture,) = ids(await add(show.merchant, show.product, 40))
    calls: list[tuple[str, str, Json]] = [
        ("POST", path, {"data": image("PNG")}),
        ("POST", f"{path}/link", {"json": {"url": "http://x.example/a"}}),
        ("PUT", path, {"json": {"pictures": [picture]}}),
        ("DELETE", f"{path}/{picture}", {}),
    ]
    for method, address, body in calls:
        await stranger.refused(403, "not_store_owner", method, address, **body)
        await show.site.nobody.refused(401, "unauthenticated", method, address, **body)
    await show.merchant.refused(422, "picture_unreadable", "POST", path, data=b"hello")
    await show.merchant.refused(404, "product_not_found", "POST", "/products/prd_0/pictures", data=image("PNG"))


async def test_viewers_see_pictures_and_description(site: SellingSite, show: Show) -> None:
    merchant, guest = show.merchant, site.guest()
    await merchant.ok("PATCH", f"/products/{show.product['id']}", json={"description": "Glazed\nby hand"})
    await add(merchant, show.product, 40)
    await add(merchant, show.product, 50)
    path = f"/rooms/{show.room['id']}/offers"
    sheet = await guest.ok("GET", f"{path}/{show.offer['id']}/product")
    assert (sheet["offer"], sheet["description"], widths(sheet)) == (show.offer["id"], "Glazed\nby hand", [40, 50])
    # a variant's own picture is what its card shows: it comes first
    variant = f"/products/{show.product['id']}/picture?sku={show.offer['sku']}"
    await merchant.ok("PUT", variant, data=image("PNG", (60, 30)))
    assert widths(await guest.ok("GET", f"{path}/{show.offer['id']}/product")) == [60, 40, 50]
    parts = [{"offer": show.offer["id"], "quantity": 2}]
    two = {"title": "Two", "price": euros(900), "quantity": 1, "parts": parts}
    bundle = await merchant.ok("POST", f"/rooms/{show.room['id']}/bundles", json=two)
    of_bundle = await guest.ok("GET", f"{path}/{bundle['id']}/product")
    assert (widths(of_bundle), of_bundle["description"]) == ([60], "")
    await guest.refused(404, "offer_not_found", "GET", f"{path}/ofr_0/product")
    other = await merchant.ok("POST", "/rooms", json={"kind": "show", "title": "Other", "locale": "en"})
    await guest.refused(404, "offer_not_found", "GET", f"/rooms/{other['id']}/offers/{show.offer['id']}/product")
