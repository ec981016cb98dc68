"""Buyers' letters through a real SMTP server: each step once, in the buyer's language, none without an address."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import select

from livehub.clock import ManualClock, SystemClock
from livehub.commerce.gateway import HandWords
from livehub.commerce.gateways.manual import ManualGateway
from livehub.events import EventBus
from livehub.ids import new_id
from livehub.rooms.service import RoomService
from livehub.storage.catalog import SqlCatalog
from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms
from livehub.storage.texts import SqlTexts
from livehub.storage.translation import SqlGlossaries
from livehub.translating import MerchantWords
from livehub.translation.desk import GlossaryDesk
from livehub.translation.rooms import RoomTranslator
from livehub.translation.service import TranslationService
from livehub.translation.texts import Source, Texts
from livehub.worker.posting import Postman, Smtp
from tests.commerce.selling import Json, Person, SellingSite, open_show, selling, until
from tests.translation.engines import Engine
from tests.web.commerce.test_pickup import picked_up, place_with_slots
from tests.worker.test_notices import MailServer, Postbox

COURIER = {"method": "courier", "address": "1 Tea Lane\nHanoi"}


@dataclass
class Abroad:
    """A town whose letters are translated, by an engine that tests can stop."""

    site: SellingSite
    postbox: Postbox
    engine: Engine
    texts: Texts


@pytest.fixture
async def abroad(database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path) -> AsyncIterator[Abroad]:
    engine, postbox = Engine(), Postbox()
    service = TranslationService([engine], clock=SystemClock())
    rooms = RoomService(
        SqlRooms(database), clock=clock, bus=bus, viewers=lambda _room: 0, store_of=SqlCatalog(database).store_of
    )
    lines = RoomTranslator(service, GlossaryDesk(SqlGlossaries(database), rooms.get, bus, clock))
    lines.start()
    texts = Texts(SqlTexts(database), lines, bus, clock)
    server = MailServer(postbox, hostname="127.0.0.1", port=0)
    server.start()
    postman = Postman(Smtp("127.0.0.1", server.port, "none"))
    # Far above what an instant engine needs; where the engine never answers, this is all that the letter waits.
    words = MerchantWords(texts, rooms, deadline_s=2.0)
    async with selling(database, clock, bus, tmp_path, work=True, postman=postman, words=words) as site:
        yield Abroad(site, postbox, engine, texts)
    server.stop()
    await texts.close()
    await lines.close()
    await service.close()


@pytest.fixture
async def town(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path
) -> AsyncIterator[tuple[SellingSite, Postbox]]:
    postbox = Postbox()
    server = MailServer(postbox, hostname="127.0.0.1", port=0)
    server.start()
    postman = Postman(Smtp("127.0.0.1", server.port, "none"))
    payments = ("sandbox", "manual", "transfer")
    async with selling(database, clock, bus, tmp_path, work=True, postman=postman, payments=payments) as site:
        yield site, postbox
    server.stop()


async def letters(postbox: Postbox, count: int) -> list[EmailMessage]:
    async def there() -> bool:
        return len(postbox.letters) >= count

    await until(there, f"{count} letters")
    assert len(postbox.letters) == count
    return postbox.letters


def subjects(found: list[EmailMessage]) -> list[str]:
    return [str(letter["Subject"]) for letter in found]


async def paid(site: SellingSite, buyer: Person, body: Json) -> Json:
    order: Json = await buyer.ok("POST", "/orders", json=body)
    await site.report(order, event_id=new_id("evt"))
    return order


async def test_from_placed_to_refunded(town: tuple[SellingSite, Postbox]) -> None:
    site, postbox = town
    show = await open_show(site)
    terms = {"seller_email": "mai@example.org"}
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json=terms)
    buyer = site.guest("Ana")
    order = await paid(site, buyer, show.basket(2, delivery=COURIER))
    number = order["number"]
    placed, receipt = sorted(await letters(postbox, 2), key=lambda letter: "paid" in str(letter["Subject"]))
    assert subjects([placed, receipt]) == [f"Your order {number} at Mai's pottery", f"Order {number} is paid"]
    assert (placed["To"], placed["Reply-To"]) == ("ana@example.org", "mai@example.org")
    assert placed["From"].addresses[0].addr_spec == "shop@example.org"
    assert placed["From"].addresses[0].display_name == "Mai's pottery"
    for part in ("2 × Tea cup (blue)", "€25.00", "1 Tea Lane", f"{site.url}/orders/{order['id']}"):
        assert part in placed.get_content(), part
    invoice = (await buyer.ok("GET", f"/orders/{order['id']}/service"))["invoices"][0]
    assert f"{site.url}{invoice['url']}" in receipt.get_content()

    path = f"/orders/{order['id']}/shipments"
    lines = [{"offer": show.offer["id"], "quantity": 1}]
    packed = await show.merchant.ok("POST", path, json={"lines": lines})
    tracking = {"tracking_number": "RR 1", "tracking_url": "https://post.example.org/RR1"}
    sent = {"status": "shipped", "tracking": tracking}
    await show.merchant.ok("PATCH", f"{path}/{packed['shipments'][0]['id']}", json=sent)
    shipped = (await letters(postbox, 3))[-1]
    assert shipped["Subject"] == f"Order {number} is on its way"
    for part in ("1 × Tea cup", "RR 1", "https://post.example.org/RR1"):
        assert part in shipped.get_content(), part
    assert "€" not in shipped.get_content()

    await show.merchant.ok("POST", f"/orders/{order['id']}/refunds", json={"lines": lines})
    back = (await letters(postbox, 4))[-1]
    assert back["Subject"] == f"Money back for order {number}"
    assert "€12.50" in back.get_content()
    assert "/invoices/inv_" in back.get_content()


async def test_a_letter_says_where_to_transfer_the_money_until_it_is_there(
    town: tuple[SellingSite, Postbox],
) -> None:
    site, postbox = town
    show = await open_show(site)
    account = "Mai's pottery\nIBAN DE02 1203 0000 0000 2020 51"
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"transfer_to": account})
    buyer = Person(site, site.signer.guest("Ana", "es").token)
    order = await buyer.ok("POST", "/orders", json=show.basket(2, payment_provider="transfer"))
    (placed,) = await letters(postbox, 1)
    told = placed.get_content().replace("\r\n", "\n")
    assert f"25,00\xa0€ a esta cuenta:\n{account}\nReferencia: {order['number']}\n" in told
    assert "UTC" in told.partition("Referencia")[2], "and until when"
    await show.merchant.ok("POST", f"/orders/{order['id']}/paid")
    receipt = (await letters(postbox, 2))[-1]
    assert "IBAN" not in receipt.get_content()
    await buyer.ok("POST", "/orders", json=show.basket(payment_provider="manual"))
    assert "IBAN" not in (await letters(postbox, 3))[-1].get_content()


async def test_who_has_not_paid_is_reminded_and_told_when_it_is_over(town: tuple[SellingSite, Postbox]) -> None:
    site, postbox = town
    show = await open_show(site)
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"transfer_to": "IBAN 1", "wait_days": 7})
    buyer = site.guest("Ana")
    order = await show.buy(buyer, 2, payment_provider="transfer")
    paid_in_time = await show.buy(buyer, payment_provider="transfer")
    await letters(postbox, 2)
    site.clock.advance(4.9 * 24 * 3600)
    await show.merchant.ok("POST", f"/orders/{paid_in_time['id']}/paid")
    await letters(postbox, 3)
    site.clock.advance(0.2 * 24 * 3600)
    reminder = (await letters(postbox, 4))[-1]
    assert reminder["Subject"] == f"Order {order['number']} waits for your money"
    told = reminder.get_content().replace("\r\n", "\n")
    assert f"to this account:\nIBAN 1\nReference: {order['number']}\nThe money has to be there by " in told
    site.clock.advance(2 * 24 * 3600)
    over = (await letters(postbox, 5))[-1]
    assert over["Subject"] == f"Order {order['number']} is not kept any longer"
    assert "or your money back" in over.get_content()
    # What comes late and is served, or goes back, has letters of its own.
    await show.merchant.ok("POST", f"/orders/{order['id']}/paid")
    assert (await letters(postbox, 6))[-1]["Subject"] == f"Order {order['number']} is paid"
    rest = await show.buy(site.guest("Ben"), (await site.counts())["available"], payment_provider="sandbox")
    await show.merchant.ok("POST", f"/orders/{rest['id']}/cancel")
    assert "UTC" not in (await letters(postbox, 8))[6].get_content(), "whose minutes are shown where they pay"


async def test_no_letter_says_that_money_is_missing_that_goes_back(town: tuple[SellingSite, Postbox]) -> None:
    """First paid, first served: the order is over with the money that came for nothing."""
    site, postbox = town
    show = await open_show(site, stock=1, quantity=1, served="first_paid")
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"transfer_to": "IBAN 1"})
    first, second = [await show.buy(site.guest(name), payment_provider="transfer") for name in ("A", "B")]
    await show.merchant.ok("POST", f"/orders/{first['id']}/paid")
    path = f"/orders/{second['id']}/paid"
    await show.merchant.refused(409, "sold_out", "POST", path)
    await show.merchant.ok("POST", path, json={"or_give_back": True})
    found = await letters(postbox, 4)
    assert subjects(found)[-1] == f"Money back for order {second['number']}"


class Till(ManualGateway):
    id = "till"
    words: Mapping[str, HandWords] = MappingProxyType(
        {
            "en": HandWords("Pay at the till.", "From the till.", "You get it back at the till."),
            "es": HandWords("Paga en caja.", "De la caja.", "Te lo devuelven en caja."),
        }
    )


async def test_letters_say_what_a_gateway_says_of_money_by_hand(town: tuple[SellingSite, Postbox]) -> None:
    site, postbox = town
    show = await open_show(site)
    site.commerce.gateways["till"] = Till()
    # From one to the other, each in their language; a language that the package lacks is told in English.
    for locale, waits, comes_back in (
        ("es", "Paga en caja.", "Te lo devuelven en caja."),
        ("th", "Pay at the till.", "You get it back at the till."),
    ):
        postbox.letters.clear()
        buyer = Person(site, site.signer.guest("Ana", locale).token)
        order = await buyer.ok("POST", "/orders", json=show.basket(payment_provider="till"))
        assert waits in (await letters(postbox, 1))[-1].get_content()
        await show.merchant.ok("POST", f"/orders/{order['id']}/paid")
        assert waits not in (await letters(postbox, 2))[-1].get_content()
        await show.merchant.ok("POST", f"/orders/{order['id']}/refunds")
        back = (await letters(postbox, 3))[-1].get_content()
        assert comes_back in back
        assert "till." not in back.replace(comes_back, ""), "what the shop has to do is not the buyer's"


async def test_cancelled_once_and_nobody_without_an_address(town: tuple[SellingSite, Postbox]) -> None:
    site, postbox = town
    show = await open_show(site)
    silent = await show.buy(site.guest("Bo"), contact={"name": "Bo", "phone": "+49 170"})
    order = await show.buy(site.guest("Ana"))
    await show.merchant.ok("POST", f"/orders/{silent['id']}/cancel")
    await show.merchant.ok("POST", f"/orders/{order['id']}/cancel")
    found = await letters(postbox, 2)
    assert {str(letter["To"]) for letter in found} == {"ana@example.org"}
    assert any("was cancelled" in subject for subject in subjects(found))

    def kept(connection: Any) -> list[str]:
        return [row.target for row in connection.execute(select(outbox.c.target).order_by(outbox.c.created_at))]

    assert await site.database.read(kept) == [f"ordermail:{order['id']}"] * 2


async def test_the_shops_words_in_the_buyers_language_and_as_the_shop_wrote_them(abroad: Abroad) -> None:
    site = abroad.site
    show = await open_show(site)
    _, slots = await place_with_slots(show)
    edited = Source(f"store:{show.store['id']}", "Ring twice", "en")
    await abroad.texts.edit(edited, "ar", "رن مرتين", "mai")
    buyer = Person(site, site.signer.guest("Amal", "ar").token)
    await buyer.ok("POST", "/orders", json=show.basket(2, **picked_up(slots[0])))
    (letter,) = await letters(abroad.postbox, 1)
    rows = letter.get_content().splitlines()
    for shown, written in [
        ("2 × ar:Tea cup (ar:blue)", "Tea cup (blue)"),
        ("رن مرتين", "Ring twice"),  # as the merchant wrote it: no engine has a say
    ]:
        assert rows[rows.index(shown) + 1] == f"    {written}"
    assert any("ar:The shop" in row for row in rows)
    assert "1 Tea Lane" in rows
    asked = len(abroad.engine.calls)
    # Kept: the next letter asks nobody.
    await show.merchant.ok("POST", f"/orders/{(await show.buy(buyer, delivery=COURIER))['id']}/cancel")
    await letters(abroad.postbox, 3)
    assert len(abroad.engine.calls) == asked
    # In the shop's own language nothing is translated, nor said about it.
    await show.buy(site.guest("Ana"), delivery=COURIER)
    plain = (await letters(abroad.postbox, 4))[-1].get_content()
    assert "1 × Tea cup (blue)\n" in plain.replace("\r\n", "\n")
    assert "what the shop wrote" not in plain
    # But for what the merchant has worded in it: that it is in that language was a guess.
    await abroad.texts.edit(Source(f"store:{show.store['id']}", "Tea cup", "en"), "en", "Cup for tea", "mai")
    await show.buy(site.guest("Ben"), delivery=COURIER)
    worded = (await letters(abroad.postbox, 5))[-1].get_content()
    assert "1 × Cup for tea (blue)\n" in worded.replace("\r\n", "\n")
    assert len(abroad.engine.calls) == asked


async def test_a_letter_does_not_wait_for_an_engine_that_hangs(abroad: Abroad) -> None:
    site = abroad.site
    show = await open_show(site)
    abroad.engine.gates["ar"] = asyncio.Event()  # never set
    buyer = Person(site, site.signer.guest("Amal", "ar").token)
    await buyer.ok("POST", "/orders", json=show.basket(2, delivery=COURIER))
    (letter,) = await letters(abroad.postbox, 1)
    assert letter["Content-Language"] == "ar"
    assert "2 × Tea cup (blue)" in letter.get_content()
    assert "ar:" not in letter.get_content()


async def test_in_the_buyers_language_with_its_money_and_again_after_a_full_mailbox(
    town: tuple[SellingSite, Postbox],
) -> None:
    site, postbox = town
    show = await open_show(site)
    postbox.answers = ["452 full"]
    buyer = Person(site, site.signer.guest("Amal", "ar").token)
    order = await buyer.ok("POST", "/orders", json=show.basket(2))

    async def postponed() -> bool:
        def read(connection: Any) -> Any:
            return connection.execute(select(outbox.c.attempts)).scalar()

        return bool(await site.database.read(read))

    await until(postponed, "a first attempt")
    assert postbox.letters == []
    site.clock.advance(3600)
    (letter,) = await letters(postbox, 1)
    assert letter["Content-Language"] == "ar"
    assert order["number"] in str(letter["Subject"])
    assert "Your order" not in str(letter["Subject"])
    assert "25.00" in letter.get_content()
