"""A package's way to pay whose money moves by hand: everybody reads what it says, in their language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import Person
from tests.e2e.server import Server
from tests.e2e.test_widths import NARROW, cut_off
from tests.packages import EXAMPLES, install, path_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EMAIL = "cheques@example.org"


@pytest.fixture
def taking_cheques(tmp_path: Path) -> Iterator[Server]:
    package = install(EXAMPLES / "livehub-example-shop", tmp_path / "installed")
    settings = {"PYTHONPATH": path_of(package), "LIVEHUB_PAYMENTS": "cheque:Mila's tea house"}
    server = Server(tmp_path / "data", settings)
    server.start()
    yield server
    assert server.stop() == 0, server.log()
    assert "Traceback" not in server.log(), server.log()


def test_a_cheque_from_the_checkout_to_the_money_back(taking_cheques: Server, person: Person, pictures: Path) -> None:
    merchant = Api.account(taking_cheques.url, EMAIL, "Mila")
    room = merchant.live_show("Tea by cheque")
    viewer = person(url=taking_cheques.url, viewport=NARROW, locale="fr").new_page()
    viewer.goto(f"/r/{room}")
    viewer.get_by_role("button", name=re.compile("^Acheter maintenant|^Acheter")).first.click()
    sheet = viewer.get_by_role("dialog")
    go_on = sheet.get_by_role("button", name="Continuer", exact=True)
    go_on.click()
    sheet.locator("label").filter(has=viewer.locator("input[value=pickup]")).click()
    go_on.click()
    sheet.get_by_role("textbox").first.fill("Noah")
    sheet.locator("input[type=email]").fill("noah@example.org")
    go_on.click()
    # It is ordered, not paid: no payment page opens.
    sheet.get_by_role("button", name=re.compile("^Commander")).click()
    expect(sheet.get_by_text("Envoyez un chèque à l’ordre de Mila's tea house")).to_be_visible()
    assert cut_off(viewer) == []
    viewer.screenshot(path=pictures / "cheque-ticket-phone-french.png", animations="disabled")

    (order,) = merchant.call("GET", f"/stores/{merchant.call('GET', f'/rooms/{room}')['store']['id']}/orders")["items"]
    context = person(url=taking_cheques.url, viewport=NARROW)
    assert context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD}).ok
    desk = context.new_page()
    desk.emulate_media(color_scheme="dark")
    desk.goto(f"/orders/{order['id']}")
    desk.get_by_role("button", name="Mark as paid").click()
    desk.get_by_role("button", name="Yes, it is paid").click()
    desk.get_by_role("button", name="Refund").click()
    expect(desk.get_by_text("Write a cheque to the buyer and post it to the address of the order.")).to_be_visible()
    expect(desk.get_by_text("This cannot be undone.")).to_have_count(0)
    desk.screenshot(path=pictures / "cheque-refund-phone-dark.png", animations="disabled")
    desk.get_by_role("button", name=re.compile("^Give €12.50 back")).click()
    expect(desk.get_by_text("You get a cheque by post.")).to_be_visible()
    expect(sheet.get_by_text("Vous recevez un chèque par courrier.")).to_be_visible()
