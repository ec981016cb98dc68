"""What a shop says in a room, in its viewers' languages: auctions, donations, claims and the replay, at 360 px."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.server import Server
from tests.e2e.test_recording import recorded
from tests.e2e.test_widths import NARROW, change_language, cut_off
from tests.e2e.translating import translating
from tests.e2e.words import Words

pytestmark = [pytest.mark.e2e, pytest.mark.ffmpeg, pytest.mark.timeout(300)]

#: as the shop wrote it → in the viewer's language; the longest as long as titles are
SAID = {
    "ar": {
        "Green tea": "شاي أخضر من أعالي الجبال",
        "An evening of tea": "أمسية شاي",
        "The animal shelter": "مأوى الحيوانات",
        "Breakfast box": "صندوق الإفطار",
        "A cup for one of you": "كوب لواحد منكم",
    },
    "tr": {
        "Green tea": "Yüksek dağlardan elle toplanmış yeşil çay",
        "An evening of tea": "Bir çay akşamı",
        "The animal shelter": "Hayvan barınağı",
        "Breakfast box": "Kahvaltı kutusu",
        "A cup for one of you": "Birinize bir fincan",
    },
}
PRICE = {"amount_minor": 700, "currency": "EUR"}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with translating(tmp_path_factory.mktemp("room"), SAID) as server:
        yield server


def watching(person: Person, server: Server, room: str, locale: str) -> tuple[Page, Words]:
    page = person(url=server.url, viewport=NARROW, locale=locale).new_page()
    page.goto(f"/r/{room}")
    return page, Words(locale)


def is_within(part: Locator, whole: Locator) -> bool:
    inner, outer = part.bounding_box(), whole.bounding_box()
    assert inner
    assert outer
    return outer["x"] <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]


@pytest.mark.parametrize("locale", SAID)
def test_an_auction_is_called_what_it_is_in_the_viewers_language(
    speaking: Server, person: Person, pictures: Path, locale: str
) -> None:
    merchant = Api.account(speaking.url, f"auction-{locale}@example.org", "Mila")
    room = merchant.live_show("An evening of tea")
    offer = merchant.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
    body = {"offer": offer, "start": PRICE, "increment": PRICE, "seconds": 600, "mode": "sudden"}
    auction = merchant.call("POST", f"/rooms/{room}/auctions", body)["id"]
    page, words = watching(person, speaking, room, locale)
    tea = SAID[locale]["Green tea"]
    named = words("Auction: {title}").format(title=tea)
    card = page.get_by_role("region", name=named)
    title = card.locator(".auction-title bdi")
    expect(title).to_have_text(tea)
    expect(title).to_have_attribute("lang", locale)
    assert cut_off(page) == []
    assert is_within(card.locator(".auction-title .chat-mark"), card)
    page.screenshot(path=pictures / f"room-auction-{locale}-phone.png", animations="disabled")
    card.get_by_role("button", name=words("Show the original")).click()
    expect(title).to_have_text("Green tea")
    card.get_by_role("button", name=words("Show the translation")).click()
    bid = card.locator(".auction-act .button-primary")
    bid.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words("Your name"), exact=True).fill("Noor")
    dialog.locator("button[type=submit]").click()
    expect(card.locator(".auction-standing")).not_to_be_empty()
    expect(card).to_have_class("auction is-leading")

    # Who has won it, and orders it after the show, in a page that was loaded anew.
    merchant.call("POST", f"/rooms/{room}/auctions/{auction}/end")
    expect(card).to_have_class("auction is-won")
    expect(card).to_contain_text(tea)
    merchant.call("POST", f"/rooms/{room}/end")
    page.reload()
    expect(card).to_contain_text(tea)
    assert is_within(card.locator(".auction-title .chat-mark"), card)
    page.screenshot(path=pictures / f"room-auction-won-{locale}-phone.png", animations="disabled")
    card.get_by_role("button", name=words("Order it")).click()
    sheet = page.get_by_role("dialog")
    sheet.locator("label.choice").last.click()
    sheet.get_by_role("button", name=words("Continue")).click()
    sheet.get_by_label(words("Name"), exact=True).fill("Noor")
    sheet.get_by_role("textbox", name=words("Email"), exact=True).fill("noor@example.org")
    sheet.get_by_role("button", name=words("Continue")).click()
    expect(sheet.locator(".article-title")).to_contain_text(tea)
    assert cut_off(page) == []
    page.screenshot(path=pictures / f"room-auction-order-{locale}-phone.png", animations="disabled")


@pytest.mark.parametrize("look", [NARROW, DESKTOP])
def test_the_original_of_a_title_of_many_lines_is_one_tap_away(
    speaking: Server, person: Person, pictures: Path, look: dict[str, int]
) -> None:
    merchant = Api.account(speaking.url, f"long-{look['width']}@example.org", "Mila")
    room = merchant.live_show("An evening of tea")
    store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
    (product,) = merchant.call("GET", f"/stores/{store}/products")["items"]
    long = "Her sabah elle toplanan ve aynı akşam kurutulan taze yeşil çay, iki yüz gramlık mavi teneke kutuda"
    merchant.call("PUT", f"/products/{product['id']}/translations/tr", {"title": long})
    words = Words("tr")
    page = person(url=speaking.url, viewport=look, locale="tr").new_page()
    page.goto(f"/r/{room}")
    title = page.locator(".pinned-title" if look == NARROW else ".strip .offer-title")
    expect(title).to_have_text(re.compile(long[:20]))
    mark = title.get_by_role("button", name=words("Show the original"))
    hit = mark.evaluate(
        "(mark) => { const { x, y, width, height } = mark.getBoundingClientRect();"
        " return mark.contains(document.elementFromPoint(x + width / 2, y + height / 2)); }"
    )
    assert hit, "it is cut off with the end of the title"
    page.screenshot(path=pictures / f"room-long-title-{look['width']}.png", animations="disabled")
    mark.click()
    expect(title.locator("bdi").first).to_have_text("Green tea")


@pytest.mark.parametrize("locale", SAID)
def test_donations_bundles_and_draws_are_called_what_they_are_in_the_viewers_language(
    speaking: Server, person: Person, pictures: Path, locale: str
) -> None:
    merchant = Api.account(speaking.url, f"donation-{locale}@example.org", "Mila")
    room = merchant.live_show("An evening of tea")
    tea = merchant.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
    box = {"title": "Breakfast box", "price": PRICE, "quantity": 2, "parts": [{"offer": tea, "quantity": 2}]}
    merchant.call("POST", f"/rooms/{room}/bundles", box)
    amounts = {"suggested": PRICE, "least": {**PRICE, "amount_minor": 100}, "most": {**PRICE, "amount_minor": 5000}}
    gift = merchant.call("POST", f"/rooms/{room}/donations", {"title": "The animal shelter", **amounts})["id"]
    merchant.call("PUT", f"/offers/{gift}/pin")
    merchant.call("POST", f"/rooms/{room}/draws", {"title": "A cup for one of you"})
    page, words = watching(person, speaking, room, locale)
    said = SAID[locale]
    expect(page.locator(".together-title")).to_have_text(said["A cup for one of you"])
    give = page.locator(".pinned .buy")
    expect(give.locator(".sr-only")).to_contain_text(said["The animal shelter"])
    give.click()
    sheet = page.get_by_role("dialog")
    title = sheet.locator(".article-title bdi")
    expect(title).to_have_text(said["The animal shelter"])
    expect(title).to_have_attribute("lang", locale)
    assert cut_off(page) == []
    page.screenshot(path=pictures / f"room-donation-{locale}-phone.png", animations="disabled")
    sheet.get_by_role("button", name=words("Show the original")).click()
    expect(title).to_have_text("The animal shelter")
    page.keyboard.press("Escape")

    page.locator(".controls .icon-button[aria-haspopup=dialog]").first.click()
    row = page.locator(".offer-row", has_text=said["Breakfast box"])
    expect(row).to_contain_text(said["Green tea"])
    assert cut_off(page) == []
    page.screenshot(path=pictures / f"room-bundle-{locale}-phone.png", animations="disabled")
    page.keyboard.press("Escape")
    page.locator(".together-card").click()
    expect(page.locator(".draw-title bdi")).to_have_text(said["A cup for one of you"])


@pytest.fixture(scope="module")
def replay(speaking: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    merchant = Api.account(speaking.url, "replay@example.org", "Mila")
    return recorded(speaking, merchant, tmp_path_factory.mktemp("film"))


@pytest.mark.parametrize("locale", SAID)
def test_a_replay_is_in_the_viewers_language(
    speaking: Server, replay: str, person: Person, pictures: Path, locale: str
) -> None:
    page, words = watching(person, speaking, replay, locale)
    tea = SAID[locale]["Green tea"]
    expect(page.locator(".replay-title bdi")).to_have_text(SAID[locale]["An evening of tea"])
    chapter = page.locator(".replay-chapter-list li").first
    title = chapter.locator(".replay-chapter-title")
    expect(title).to_have_text(tea)
    expect(title).to_have_attribute("lang", locale)
    assert cut_off(page) == []
    chapter.get_by_role("button", name=words("Show the original")).click()
    expect(title).to_have_text("Green tea")
    expect(title).not_to_have_attribute("lang", locale)
    chapter.get_by_role("button", name=words("Show the translation")).click()
    chapter.locator(".replay-chapter").click()
    page.evaluate("() => document.querySelector('.replay-video').pause()")
    shown = page.locator(".replay-offer-title bdi")
    expect(shown).to_have_text(tea)
    picture, about = (page.locator(part).bounding_box() for part in (".replay-picture", ".replay-about"))
    assert picture
    assert about
    assert picture["y"] + picture["height"] <= about["y"], "the title is under the picture"
    chapter.scroll_into_view_if_needed()
    page.screenshot(path=pictures / f"replay-{locale}-phone.png", animations="disabled", full_page=True)
    chapter.locator(".buy").click()
    expect(page.get_by_role("dialog").locator(".article-title bdi")).to_have_text(tea)
    page.keyboard.press("Escape")

    # Another language, as it is chosen in the page.
    page.evaluate("() => { window.stayed = true; }")
    change_language(page, "en")
    expect(title).to_have_text("Green tea")
    assert page.get_by_role("button", name="Show the original").count() == 0
    change_language(page, "tr")
    expect(title).to_have_text(SAID["tr"]["Green tea"])
    assert page.evaluate("() => window.stayed"), "the page was loaded anew"


def test_the_list_of_shows_is_in_the_readers_language(speaking: Server, person: Person, pictures: Path) -> None:
    """What somebody read there before; what nobody did stays as it is written."""
    merchant = Api.account(speaking.url, "listed@example.org", "Mila")
    merchant.live_show("An evening of tea")
    soon = {"kind": "show", "title": "A cup for one of you", "locale": "en", "starts_at": "2099-12-01T10:00:00Z"}
    planned = merchant.call("POST", "/rooms", soon)["id"]
    for room in merchant.call("GET", "/rooms?mine=1")["items"]:
        page, _ = watching(person, speaking, room["id"], "ar")
        expect(page.locator(".top-bar-title")).to_have_text(SAID["ar"][room["title"]])
        expect(page).to_have_title(f"{SAID['ar'][room['title']]} · livehub")
    reader = person(url=speaking.url, viewport=NARROW, locale="ar").new_page()
    reader.goto("/")
    live = reader.locator(".live-card-title bdi", has_text=SAID["ar"]["An evening of tea"]).first
    expect(live).to_have_attribute("lang", "ar")
    expect(live).to_have_attribute("title", "An evening of tea")
    card = reader.locator(".upcoming-card", has=reader.locator(f'a[href="/r/{planned}"]'))
    title = card.locator(".upcoming-title bdi")
    expect(title).to_have_text(SAID["ar"]["A cup for one of you"])
    assert cut_off(reader) == []
    reader.screenshot(path=pictures / "start-ar-phone.png", animations="disabled", full_page=True)
    card.get_by_role("button", name=Words("ar")("Show the original")).click()
    expect(title).to_have_text("A cup for one of you")
    search = reader.get_by_role("searchbox")
    search.fill("كوب لواحد")
    expect(title).to_be_visible()
    expect(live).to_have_count(0)
    search.fill("")
    change_language(reader, "tr")
    expect(title).to_have_text("A cup for one of you")
    expect(reader.locator(".upcoming-title .chat-mark")).to_have_count(0)
