"""An order in its buyer's language: the page, and the sandbox's that takes the money; at 360 px in four scripts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import Person
from tests.e2e.server import Server
from tests.e2e.test_widths import NARROW, change_language, cut_off
from tests.e2e.translating import translating
from tests.e2e.words import Words

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TITLES = {"ar": "شاي أخضر", "th": "ชาเขียว", "zh": "绿茶", "tr": "Yeşil çay"}
#: what the order comes to, as it is written there (CLDR)
TOTALS = {"ar": "12.50", "th": "€12.50", "zh": "€12.50", "tr": "€12,50"}
CODES = {"zh": "zh-Hans"}
#: where it is picked up, how to find that, and what the shop answers
PLACES = {
    "ar": {
        "The shop in town": "المتجر في المدينة",
        "By the old well": "بجانب البئر القديمة",
        "It left us whole": "خرج من عندنا سليما",
    },
    "th": {"The shop in town": "ร้านในเมือง", "By the old well": "ข้างบ่อน้ำเก่า", "It left us whole": "ออกจากร้านเราในสภาพดี"},
}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    said = {CODES.get(tag, tag): {"Green tea": title, **PLACES.get(tag, {})} for tag, title in TITLES.items()}
    with translating(tmp_path_factory.mktemp("orders"), said) as server:
        yield server


@pytest.fixture(scope="module")
def room(speaking: Server) -> str:
    return Api.account(speaking.url, "tea@example.org", "Mila").live_show("Tea")


def placed(buyer: Api, room: str) -> tuple[str, str]:
    """The order's id and where it is paid."""
    offer = buyer.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
    body = {
        "room": room, "lines": [{"offer": offer, "quantity": 1}], "delivery": {"method": "pickup"},
        "contact": {"name": "Noor"}, "payment_provider": "sandbox",
    }  # fmt: skip
    order = buyer.call("POST", "/orders", body, **{"Idempotency-Key": room})
    return order["id"], order["payment"]["action_url"]


@pytest.mark.parametrize("locale", TITLES)
def test_an_order_in_the_buyers_language(
    speaking: Server, room: str, person: Person, pictures: Path, locale: str
) -> None:
    order, pay_at = placed(Api.account(speaking.url, f"{locale}@example.org", "Noor", locale), room)
    context = person(url=speaking.url, viewport=NARROW, locale=locale)
    assert context.request.post("/api/v1/sessions", data={"email": f"{locale}@example.org", "password": PASSWORD}).ok
    page, words = context.new_page(), Words(locale)
    page.goto(f"/orders/{order}")
    line = page.locator(".order-line")
    expect(line.locator(".order-line-title")).to_contain_text(TITLES[locale])
    expect(page.locator(".ticket-state")).to_have_text(words("Waiting for your payment."))
    expect(page.locator(".order-total").last).to_contain_text(TOTALS[locale])
    assert cut_off(page) == []
    page.screenshot(path=pictures / f"order-{locale}-phone.png", animations="disabled", full_page=True)
    line.get_by_role("button", name=words("Show the original")).click()
    expect(line.locator(".order-line-title")).to_contain_text("Green tea")

    page.goto(pay_at)
    expect(page.locator(".lines")).to_contain_text(TITLES[locale])
    expect(page.locator(".total")).to_contain_text(TOTALS[locale])
    expect(page.get_by_role("button", name=words("Approve the payment"))).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=pictures / f"order-pay-{locale}-phone.png", animations="disabled", full_page=True)
    page.get_by_role("button", name=words("Approve the payment")).click()
    page.get_by_role("link", name=words("Back to the order")).click()
    expect(page.locator(".ticket-head")).to_have_class("ticket-head is-paid")
    expect(page.locator(".ticket-state")).to_have_text(words("Paid. The shop is getting it ready for you."))
    page.evaluate("() => { window.stayed = true; }")
    change_language(page, "en")
    expect(page.locator(".order-line-title")).to_have_text("Green tea")
    assert page.evaluate("() => window.stayed"), "the page was loaded anew"

    # What was issued stays in the language that it was ordered in, whatever the page is read in now.
    issued = context.request.get(f"/api/v1/orders/{order}/service").json()["invoices"][0]
    page.goto(issued["url"])
    expect(page.locator("html")).to_have_attribute("lang", locale)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if locale == "ar" else "ltr")
    expect(page.get_by_role("heading", level=1)).to_contain_text(words("Invoice {number}").format(**issued))
    expect(page.locator("body")).to_contain_text(TOTALS[locale])
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=pictures / f"invoice-{locale}-phone.png", full_page=True)
    assert context.request.get(issued["pdf_url"]).body().startswith(b"%PDF-")


@pytest.mark.parametrize("locale", ["ar", "th"])
def test_a_list_of_orders_in_the_buyers_language(
    speaking: Server, room: str, person: Person, pictures: Path, locale: str
) -> None:
    """By one request; the mark shows what the shop wrote, the rest of the row leads to the order."""
    other = Api.account(speaking.url, f"other-{locale}@example.org", "Mila").live_show("More tea")
    buyer = Api.account(speaking.url, f"list-{locale}@example.org", "Noor", locale)
    orders = [placed(buyer, each)[0] for each in (room, other)]
    context = person(url=speaking.url, viewport=NARROW, locale=locale)
    email = f"list-{locale}@example.org"
    assert context.request.post("/api/v1/sessions", data={"email": email, "password": PASSWORD}).ok
    page, words = context.new_page(), Words(locale)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/texts" in request.url else None)
    page.goto("/account")
    rows = page.locator(".account-order")
    expect(rows.locator(".account-order-link")).to_have_text([TITLES[locale]] * 2)
    assert len(asked) == 1
    assert cut_off(page) == []
    page.locator(".account-orders").scroll_into_view_if_needed()
    page.screenshot(path=pictures / f"orders-{locale}-phone.png", animations="disabled", full_page=True)

    rows.first.get_by_role("button", name=words("Show the original")).click()
    expect(rows.locator(".account-order-link")).to_have_text(["Green tea", TITLES[locale]])
    rows.first.get_by_role("button", name=words("Show the translation")).click()
    expect(rows.locator(".account-order-link")).to_have_text([TITLES[locale]] * 2)
    page.evaluate("() => { window.stayed = true; }")
    change_language(page, "en")
    expect(rows.locator(".account-order-link")).to_have_text(["Green tea"] * 2)
    assert page.evaluate("() => window.stayed"), "the page was loaded anew"
    assert page.get_by_role("button", name="Show the original").count() == 0
    rows.last.click(position={"x": 5, "y": 5})
    page.wait_for_url(f"**/orders/{orders[0]}")


def test_the_bag_and_ones_orders_in_a_room_are_in_the_readers_language(
    speaking: Server, room: str, person: Person, pictures: Path
) -> None:
    placed(Api.account(speaking.url, "bag@example.org", "Noor", "ar"), room)
    context = person(url=speaking.url, viewport=NARROW, locale="ar")
    assert context.request.post("/api/v1/sessions", data={"email": "bag@example.org", "password": PASSWORD}).ok
    page, words = context.new_page(), Words("ar")
    page.goto(f"/r/{room}")
    expect(page.locator(".pinned")).to_contain_text(TITLES["ar"])
    page.locator(".controls .icon-button[aria-haspopup=dialog]").first.click()
    page.get_by_role("button", name=words("Put {title} in the bag").format(title=TITLES["ar"])).click()
    expect(page.locator(".bag-line")).to_contain_text(TITLES["ar"])
    expect(page.locator(".my-order")).to_contain_text(f"1 × {TITLES['ar']}")
    assert cut_off(page) == []
    page.screenshot(path=pictures / "bag-ar-phone.png", animations="disabled")


@pytest.mark.parametrize("locale", PLACES)
def test_where_it_is_picked_up_and_what_the_shop_answers_is_in_the_buyers_language(
    speaking: Server, person: Person, pictures: Path, locale: str
) -> None:
    merchant = Api.account(speaking.url, f"place-{locale}@example.org", "Mila")
    room = merchant.live_show("Tea to take away")
    store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
    where = {
        "title": "The shop in town", "address": "7 Market Square\nHanoi", "directions": "By the old well",
        "time_zone": "Asia/Ho_Chi_Minh",
    }  # fmt: skip
    place = merchant.call("POST", f"/stores/{store}/pickup-places", where)["id"]
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    times = {"days": [day], "opens": "10:00", "closes": "12:00", "minutes": 60, "capacity": 5}
    merchant.call("POST", f"/pickup-places/{place}/slots", times)
    merchant.call("PUT", f"/stores/{store}/terms", {"return_days": 30})
    page, words, said = (
        person(url=speaking.url, viewport=NARROW, locale=locale).new_page(),
        Words(locale),
        PLACES[locale],
    )
    page.goto(f"/r/{room}")
    page.locator(".pinned .buy").click()
    sheet = page.get_by_role("dialog")
    further = sheet.get_by_role("button", name=words("Continue"))
    further.click()
    sheet.get_by_text(words("I pick it up")).click()
    named = sheet.locator("bdi", has_text=said["The shop in town"])
    expect(named).to_have_attribute("lang", locale)
    expect(sheet.locator(".lines").last).to_contain_text(said["By the old well"])
    expect(sheet).to_contain_text("7 Market Square")
    assert cut_off(page) == []
    page.screenshot(path=pictures / f"pickup-{locale}-phone.png", animations="disabled")
    named.locator("xpath=following-sibling::button[1]").click()
    expect(sheet).to_contain_text("The shop in town")
    sheet.get_by_label(words("Pick-up time")).select_option(index=1)
    further.click()
    sheet.get_by_label(words("Name"), exact=True).fill("Noor")
    sheet.get_by_role("textbox", name=words("Email"), exact=True).fill("noor@example.org")
    further.click()
    expect(sheet.locator(".summary bdi", has_text=said["The shop in town"])).to_be_visible()
    sheet.get_by_text(words("Pay when I get it")).click()
    sheet.locator("button[type=submit]").click()
    sheet.locator(".ticket-number").wait_for()
    (order,) = merchant.call("GET", f"/stores/{store}/orders")["items"]
    merchant.call("POST", f"/orders/{order['id']}/paid")
    merchant.call("POST", f"/orders/{order['id']}/fulfil")

    page.goto(f"/orders/{order['id']}")
    expect(page.locator(".facts bdi", has_text=said["The shop in town"])).to_have_attribute("lang", locale)
    expect(page.locator(".facts")).to_contain_text("7 Market Square")
    expect(page.locator(".shipment bdi").first).to_have_text(f"1 × {TITLES[locale]}")
    page.get_by_role("button", name=words("Ask for your money back")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".desk-list")).to_contain_text(TITLES[locale])
    dialog.locator("textarea").fill("It is dented")
    dialog.get_by_role("button", name=words("Ask the shop")).click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".note bdi").first).to_have_text(f"1 × {TITLES[locale]}")
    (asked,) = merchant.call("GET", f"/orders/{order['id']}/returns")["items"]
    merchant.call("POST", f"/returns/{asked['id']}/decline", {"answer": "It left us whole"})
    page.reload()
    answered = page.locator(".note .lines", has_text=said["It left us whole"])
    expect(answered).to_have_attribute("lang", locale)
    assert cut_off(page) == []
    answered.scroll_into_view_if_needed()
    page.screenshot(path=pictures / f"order-answered-{locale}-phone.png", animations="disabled", full_page=True)
    answered.get_by_role("button", name=words("Show the original")).click()
    expect(page.locator(".note")).to_contain_text("It left us whole")
