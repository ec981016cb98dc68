"""Letters to those who bid, through a real SMTP server: once in a while, in their language, and only while it is so."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from livehub.clock import ManualClock
from livehub.commerce.auctions.letters import AGAIN_MS, BID_TARGET, END_TARGET, OUTBID_DELAY_MS, OUTBID_PER_HOUR
from livehub.commerce.auctions.model import MAX_AWARDS
from livehub.commerce.webhooks.ports import Parcel
from livehub.events import EventBus
from livehub.followers.letters import Letters, Purpose
from livehub.followers.notices import Notices, Sender
from livehub.storage.auction_letters import SqlBidders
from livehub.storage.auctions import SqlAuctions
from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from livehub.storage.followers import SqlFollowers, notice_addresses
from livehub.web.assets import share_dir
from livehub.web.i18n import Catalogues
from livehub.worker.auction_mailing import AuctionEnds, BidMailCarrier
from livehub.worker.carrier import Outcome
from livehub.worker.posting import Postman, Smtp
from tests.commerce.selling import Json, Person, SellingSite, Show, open_show, selling
from tests.web.commerce.test_auctions import at, bid, pass_by, start, won
from tests.worker.test_notices import MailServer, Postbox

LETTERS = Letters("s" * 32)


@dataclass
class House:
    site: SellingSite
    show: Show
    postbox: Postbox
    carrier: BidMailCarrier
    here: set[tuple[str, str]] = field(default_factory=set)

    async def bidder(self, name: str, locale: str = "en", state: str = "confirmed") -> Person:
        """Somebody whose address is known."""
        person = self.site.guest(name.title())
        row = {"id": f"adr_{name}", "identity": self.identity(person), "email": f"{name}@example.org", "locale": locale}
        values = {**row, "state": state, "created_at": 0}
        await self.site.database.write(lambda tx: tx.execute(insert(notice_addresses), values).close())
        return person

    def identity(self, person: Person) -> str:
        assert person.token is not None
        return self.site.signer.read(person.token).identity

    async def parcels(self, target: str = BID_TARGET) -> list[Parcel]:
        mine = select(outbox).where(outbox.c.target.startswith(f"{target}:")).order_by(outbox.c.created_at, outbox.c.id)
        rows: Sequence[Any] = await self.site.database.read(lambda connection: connection.execute(mine).all())
        return [Parcel(row.id, row.target, row.body.encode(), row.created_at, row.attempts) for row in rows]

    async def end(self) -> list[Parcel]:
        """What those who did not win are sent, once it was seen to, however often."""
        (ended,) = await self.parcels(END_TARGET)
        ends = AuctionEnds(SqlBidders(self.site.database, self.site.outbox), self.site.clock)
        before = {parcel.id for parcel in await self.parcels()}
        for _ in range(2):
            assert (await ends.carry(ended)).is_done
        return [parcel for parcel in await self.parcels() if parcel.id not in before]

    async def letter(self, parcel: Parcel) -> EmailMessage:
        before = len(self.postbox.letters)
        assert await self.carrier.carry(parcel) == Outcome(True, "sent")
        assert len(self.postbox.letters) == before + 1
        return self.postbox.letters[-1]

    async def is_left(self, parcel: Parcel) -> bool:
        outcome = await self.carrier.carry(parcel)
        return not outcome.is_done and outcome.retry_s is None


@pytest.fixture
async def house(database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path) -> AsyncIterator[House]:
    postbox = Postbox()
    server = MailServer(postbox, hostname="127.0.0.1", port=0)
    server.start()
    postman = Postman(Smtp("127.0.0.1", server.port, "none"))
    here: set[tuple[str, str]] = set()
    async with selling(database, clock, bus, tmp_path, postman=postman) as site:
        notices = Notices(Catalogues(share_dir("translations")), LETTERS, Sender(site.url, "hub@example.org"))
        auctions, store = SqlAuctions(database, site.outbox), SqlFollowers(database)
        carrier = BidMailCarrier(postman, store, auctions, notices, lambda *who: who in here, clock)
        carrier.start()
        yield House(site, await open_show(site), postbox, carrier, here)
        await carrier.close()
    server.stop()


async def long_one(house: House) -> Json:
    return await start(house.show, seconds=3600)


async def test_who_is_outbid_is_told_once_in_a_while(house: House) -> None:
    auction = await long_one(house)
    ana, ben = await house.bidder("ana"), await house.bidder("ben", state="pending")
    await bid(house.show, auction, ana, 2000)
    assert await house.parcels() == []
    await bid(house.show, auction, ben, 3000)
    (first,) = await house.parcels()
    due = select(outbox.c.due_at - outbox.c.created_at).where(outbox.c.id == first.id)
    assert await house.site.database.read(lambda connection: connection.execute(due).scalar()) == OUTBID_DELAY_MS
    letter = await house.letter(first)
    assert (letter["To"], letter["Subject"]) == ("ana@example.org", "You were outbid: Tea cup, blue")
    stop = LETTERS.link(Purpose.STOP, "adr_ana")
    for part in ("€21.00 now", f"{house.site.url}/r/{house.show.room['id']}", f"/letters/stop#{stop}"):
        assert part in letter.get_content(), part
    assert stop in letter["List-Unsubscribe"]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # A war of bids is one letter in a minute; Ben, who has confirmed no address, gets none.
    for amount in (4000, 6000):
        await bid(house.show, auction, ana, amount)
        await bid(house.show, auction, ben, amount + 1000)
    assert len(await house.parcels()) == 1
    for minute in range(OUTBID_PER_HOUR + 2):
        house.site.clock.advance(AGAIN_MS / 1000 + 1)
        await bid(house.show, auction, ana, 8000 + 2000 * minute)
        await bid(house.show, auction, ben, 9000 + 2000 * minute)
    assert len(await house.parcels()) == OUTBID_PER_HOUR


async def test_what_is_not_so_any_more_is_not_told(house: House) -> None:
    auction = await long_one(house)
    ana, ben = await house.bidder("ana"), await house.bidder("ben", "es")
    await bid(house.show, auction, ana, 2000)
    await bid(house.show, auction, ben, 3000)
    (parcel,) = await house.parcels()
    house.here.add((house.show.room["id"], house.identity(ana)))
    assert await house.is_left(parcel), "she is in the room"
    house.here.clear()
    await bid(house.show, auction, ana, 5000)
    assert await house.is_left(parcel), "she leads again"
    (of_ben,) = [one for one in await house.parcels() if one.target.endswith("ben")]
    letter = await house.letter(of_ben)
    assert "outbid" not in letter["Subject"]
    assert "Tea cup, blue" in letter["Subject"]
    assert "31,00\xa0€" in letter.get_content()
    await bid(house.show, auction, ben, 9000)
    await house.show.merchant.ok("POST", at(house.show, auction, "/cancel"))
    assert await house.is_left(parcel), "it is called off"
    assert await house.parcels(END_TARGET) == []
    await house.site.database.write(lambda tx: tx.execute(notice_addresses.delete()).close())
    assert await house.is_left(of_ben), "the address was taken away"


async def test_the_end_is_told_to_all_and_to_the_next_when_the_winner_says_no(house: House) -> None:
    show = house.show
    auction = await start(show)
    people = {name: await house.bidder(name) for name in ("ana", "ben", "cem")}
    amounts = {"ana": 2000, "ben": 3000, "cem": 1500, "dea": 1000}
    people["dea"] = house.site.guest("Dea")
    for name, amount in sorted(amounts.items(), key=lambda one: one[1]):
        await bid(show, auction, people[name], amount)
    before = {parcel.id for parcel in await house.parcels()}
    await pass_by(house.site, 61)
    (told,) = [parcel for parcel in await house.parcels() if parcel.id not in before]
    letter = await house.letter(told)
    assert (letter["To"], letter["Subject"]) == ("ben@example.org", "You won: Tea cup, blue")
    assert "€21.00" in letter.get_content()
    assert "UTC" in letter.get_content()
    lost = await house.end()
    assert {parcel.target for parcel in lost} == {f"{BID_TARGET}:adr_{name}" for name in ("ana", "cem")}
    assert len(lost) == 2
    for parcel in lost:
        letter = await house.letter(parcel)
        assert letter["Subject"] == "The auction is over: Tea cup, blue"
        assert "for €21.00. If they do not take it, it may be yours: we write to you then." in letter.get_content()
    known = {parcel.id for parcel in await house.parcels()}
    await people["ben"].ok("POST", at(show, auction, "/decline"))
    assert await house.is_left(told)
    (next_one,) = [parcel for parcel in await house.parcels() if parcel.id not in known]
    letter = await house.letter(next_one)
    assert (letter["To"], letter["Subject"]) == ("ana@example.org", "It is yours after all: Tea cup, blue")
    assert "€16.00" in letter.get_content()
    await people["ana"].ok("POST", "/orders", json=won(show, auction))
    assert await house.is_left(next_one), "it is ordered"


async def test_who_cannot_inherit_any_more_is_not_told_that_they_may(house: House) -> None:
    show = house.show
    names = [f"p{number}" for number in range(MAX_AWARDS + 1)]
    people = [await house.bidder(name) for name in names]
    auction = await start(show)
    for person, maximum in zip(people, (9000, 2000, 3000, 4000, 5000, 6000), strict=True):
        await bid(show, auction, person, maximum)
    await show.merchant.ok("POST", at(show, auction, "/end"))
    lost = {parcel.target.partition("adr_")[2]: parcel for parcel in await house.end()}
    assert set(lost) == set(names[1:])
    # Of six bidders the one with the lowest bid comes after the fifth, who is the last to inherit.
    assert "it may be yours" not in (await house.letter(lost["p1"])).get_content()
    assert "it may be yours" in (await house.letter(lost["p2"])).get_content()
    # It fell to p5, then to p4: whoever had their turn is not told of another one.
    await people[0].ok("POST", at(show, auction, "/decline"))
    await people[5].ok("POST", at(show, auction, "/decline"))
    assert "it may be yours" not in (await house.letter(lost["p5"])).get_content()
    assert await house.is_left(lost["p4"]), "it is theirs by now"
    order = await people[4].ok("POST", "/orders", json=won(show, auction))
    assert "it may be yours" in (await house.letter(lost["p3"])).get_content(), "an order can lapse"
    assert (await house.site.report(order))[0] == 204
    assert "it may be yours" not in (await house.letter(lost["p3"])).get_content(), "it is sold"


async def test_where_nobody_inherits_nobody_is_told_that_they_may(house: House) -> None:
    auction = await start(house.show, lapse="release")
    ana, ben = await house.bidder("ana"), await house.bidder("ben", "tr")
    await bid(house.show, auction, ben, 2000)
    await bid(house.show, auction, ana, 3000)
    await house.show.merchant.ok("POST", at(house.show, auction, "/end"))
    (lost,) = await house.end()
    text = (await house.letter(lost)).get_content()
    assert "€21,00 ile kazandı." in text
    assert "sizin olabilir" not in text
