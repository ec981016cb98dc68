"""Letters about money that a buyer asks back: to both, through a real SMTP server."""

from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from livehub.clock import ManualClock
from livehub.commerce.webhooks.ports import Parcel
from livehub.events import EventBus
from livehub.followers.letters import Letters
from livehub.followers.notices import Notices
from livehub.followers.notices import Sender as NoticeSender
from livehub.notifying import asked_of_with
from livehub.storage.catalog import SqlCatalog
from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from livehub.storage.followers import SqlFollowers, notice_addresses
from livehub.web.assets import share_dir
from livehub.web.i18n import Catalogues
from livehub.worker.mailing import MailCarrier
from livehub.worker.posting import Postman, Smtp
from tests.commerce.selling import open_show, selling
from tests.worker.test_notices import MailServer, Postbox
from tests.worker.test_order_mail import letters, paid


async def test_asking_for_money_back_is_written_to_both_and_a_no_to_the_buyer(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path
) -> None:
    postbox = Postbox()
    server = MailServer(postbox, hostname="127.0.0.1", port=0)
    server.start()
    smtp = Smtp("127.0.0.1", server.port, "none")
    async with selling(database, clock, bus, tmp_path, work=True, postman=Postman(smtp)) as site:
        show = await open_show(site)
        await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"return_days": 14})
        store = await SqlCatalog(site.database).store(show.store["id"])
        assert store is not None
        own: dict[str, Any] = {"id": "adr_1", "identity": store.owner_id, "email": "mai@example.org", "locale": "en"}
        own |= {"state": "confirmed", "created_at": 0}
        await site.database.write(lambda tx: tx.execute(insert(notice_addresses), own).close())
        buyer = site.guest("Ana")
        order = await paid(site, buyer, show.basket(2))
        await show.merchant.ok("POST", f"/orders/{order['id']}/fulfil")
        await letters(postbox, 3)
        lines = [{"offer": show.offer["id"], "quantity": 1}]
        body = {"reason": "The glaze is\ncracked", "lines": lines}
        asked = await buyer.ok("POST", f"/orders/{order['id']}/returns", json=body)
        letter = (await letters(postbox, 4))[-1]
        wants = f"You want your money back for order {order['number']}"
        assert (letter["To"], letter["Subject"]) == ("ana@example.org", wants)
        assert "1 × Tea cup (blue)" in letter.get_content()
        assert "€" not in letter.get_content()

        def of_owner(connection: Any) -> list[Parcel]:
            rows = connection.execute(select(outbox).where(outbox.c.target == "mail:adr_1")).all()
            return [Parcel(row.id, row.target, row.body.encode(), row.created_at, row.attempts) for row in rows]

        (parcel,) = await site.database.read(of_owner)
        words, sender = Catalogues(share_dir("translations")), NoticeSender(site.url, "hub@example.org")
        carrier = MailCarrier(
            smtp,
            SqlFollowers(site.database, site.outbox.added),
            Notices(words, Letters("s" * 32), sender),
            site.rooms.get,
            site.clock,
            asked_of=asked_of_with(site.database, site.outbox),
        )
        carrier.start()
        assert (await carrier.carry(parcel)).is_done
        letter = (await letters(postbox, 5))[-1]
        wants = f"Mai's pottery: the buyer of order {order['number']} wants money back"
        assert (letter["To"], letter["Subject"]) == ("mai@example.org", wants)
        for part in ("The glaze is", "cracked", f"{site.url}/orders/{order['id']}", "/letters/stop#"):
            assert part in letter.get_content(), part

        answer = {"answer": "It was sold as cracked."}
        await show.merchant.ok("POST", f"/returns/{asked['id']}/decline", json=answer)
        letter = (await letters(postbox, 6))[-1]
        assert letter["Subject"] == f"Your request about order {order['number']}"
        assert "It was sold as cracked." in letter.get_content()
        # What is decided by then is not told of any more.
        assert not (await carrier.carry(parcel)).is_done
        await carrier.close()
        again = await buyer.ok("POST", f"/orders/{order['id']}/returns", json=body)
        await letters(postbox, 7)
        await show.merchant.ok("POST", f"/returns/{again['id']}/approve")
        letter = (await letters(postbox, 8))[-1]
        assert letter["Subject"] == f"Money back for order {order['number']}"
        assert "€12.50" in letter.get_content()
    server.stop()
