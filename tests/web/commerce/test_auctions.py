"""Auctions over HTTP: the unit that is held, bids and their secrets, the end, and what becomes of what was won."""

import json
from typing import Any

from livehub.accounts.principal import Principal, PrincipalKind
from livehub.commerce.auctions.desk import BIDS_BURST
from livehub.commerce.money import Money
from livehub.commerce.orders.model import RESERVATION_MS
from livehub.events import AuctionChanged
from tests.commerce.selling import Person, SellingSite, Show, euros, open_show

Json = dict[str, Any]
SECRET = 987_653


async def start(show: Show, **changes: Any) -> Json:
    body = {
        "offer": show.offer["id"],
        "start": euros(1000),
        "increment": euros(100),
        "seconds": 60,
        "mode": "soft",
        "extend_s": 15,
        "pay_minutes": 10,
    }
    made: Json = await show.merchant.ok("POST", f"/rooms/{show.room['id']}/auctions", json=body | changes)
    return made


def at(show: Show, auction: Json, rest: str = "") -> str:
    return f"/rooms/{show.room['id']}/auctions/{auction['id']}{rest}"


async def bid(show: Show, auction: Json, person: Person, amount: int, key: str | None = None) -> Json:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"max": euros(amount)}
    taken: Json = await person.ok("POST", at(show, auction, "/bids"), json=body, headers=headers)
    return taken


async def refused(show: Show, auction: Json, person: Person, amount: int, status: int, code: str) -> Json:
    return await person.refused(status, code, "POST", at(show, auction, "/bids"), json={"max": euros(amount)})


async def pass_by(site: SellingSite, seconds: float) -> None:
    site.clock.advance(seconds)
    await site.worker.sweeper.sweep()


def won(show: Show, auction: Json, **changes: Any) -> Json:
    return show.basket(lines=[{"offer": show.offer["id"], "quantity": 1, "auction": auction["id"]}], **changes)


async def test_from_the_first_bid_to_the_paid_order(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    assert await site.counts() == {"received": 10, "free": 0, "available": 9, "held": 1, "sold": 0}
    ana, ben = site.guest("Ana"), site.guest("Ben")
    taken = await bid(show, auction, ana, 3000)
    assert (taken["price"], taken["minimum"], taken["bids"]) == (euros(1000), euros(1100), 1)
    assert taken["mine"] == {"max": euros(3000), "leads": True, "order": None}
    assert taken["leader"]["display_name"] == "Ana"
    taken = await bid(show, auction, ben, 2000)
    assert taken["mine"] == {"max": euros(2000), "leads": False, "order": None}
    assert (taken["price"], taken["leader"]["display_name"]) == (euros(2100), "Ana")
    await pass_by(site, 61)
    closed = await ana.ok("GET", at(show, auction))
    assert closed["state"] == "awarded"
    assert closed["winner"]["price"] == euros(2100)
    await ben.refused(409, "auction_not_yours", "POST", "/orders", json=won(show, auction))
    quote = await ana.ok("POST", "/quotes", json={k: won(show, auction)[k] for k in ("room", "lines", "delivery")})
    assert quote["total"] == euros(2100)
    headers = {"Idempotency-Key": "mine"}
    order = await ana.ok("POST", "/orders", json=won(show, auction), headers=headers)
    assert (order["total"], order["lines"][0]["auction"]) == (euros(2100), auction["id"])
    again = await ana.ok("POST", "/orders", json=won(show, auction), headers=headers)
    assert again["id"] == order["id"]
    await ana.refused(409, "auction_not_yours", "POST", "/orders", json=won(show, auction))
    mine = (await ana.ok("GET", at(show, auction)))["mine"]
    assert mine["order"] == order["id"]
    assert await site.counts() == {"received": 10, "free": 0, "available": 9, "held": 1, "sold": 0}
    assert (await site.report(order))[0] == 204
    assert (await ana.ok("GET", at(show, auction)))["state"] == "sold"
    assert await site.counts() == {"received": 10, "free": 0, "available": 9, "held": 0, "sold": 1}
    await site.commerce.auction_announcer.flush()
    assert site.seen(AuctionChanged)[-1].auction["state"] == "sold"


async def test_a_maximum_is_told_to_nobody(site: SellingSite) -> None:
    """Not in what anybody reads, not in what is told, not by the count or the end moving when a leader raises it."""
    show = await open_show(site)
    auction = await start(show)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    before = await bid(show, auction, ana, 5000)
    site.clock.advance(55)  # in the last seconds of a soft close
    after = await bid(show, auction, ana, SECRET)
    assert after["mine"]["max"] == euros(SECRET)
    assert (after["bids"], after["ends_at"], after["price"]) == (before["bids"], before["ends_at"], before["price"])
    await bid(show, auction, ben, 1500)
    for person in (ben, show.merchant, site.nobody):
        for path in ("", "/bids"):
            assert str(SECRET) not in json.dumps(await person.ok("GET", at(show, auction, path)))
        assert str(SECRET) not in json.dumps(await person.ok("GET", f"/rooms/{show.room['id']}/auctions"))
    low = await refused(show, auction, ben, 1, 409, "bid_too_low")
    assert low["minimum_minor"] == 1700
    await site.commerce.auction_announcer.flush()
    assert site.seen(AuctionChanged)
    assert not [event for event in site.events if str(SECRET) in repr(event)]
    await pass_by(site, 120)
    await site.commerce.auction_announcer.flush()
    for person in (ben, show.merchant):
        assert str(SECRET) not in json.dumps(await person.ok("GET", at(show, auction)))
    assert not [event for event in site.events if str(SECRET) in repr(event)]


async def test_a_soft_close_gives_the_others_time_and_sudden_death_does_not(site: SellingSite) -> None:
    show = await open_show(site)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    auction = await start(show)
    site.clock.advance(40)
    assert (await bid(show, auction, ana, 2000))["ends_at"] == auction["ends_at"]
    site.clock.advance(19)
    later = await bid(show, auction, ben, 3000)
    assert later["ends_at"] > auction["ends_at"]
    await pass_by(site, 13)
    assert (await ana.ok("GET", at(show, auction)))["state"] == "open"
    await pass_by(site, 4)
    assert (await ana.ok("GET", at(show, auction)))["winner"]["display_name"] == "Ben"

    sudden = await start(show, mode="sudden")
    site.clock.advance(59)
    assert (await bid(show, sudden, ana, 2000))["ends_at"] == sudden["ends_at"]
    site.clock.advance(1)
    await refused(show, sudden, ben, 9000, 409, "auction_closed")
    await pass_by(site, 1)
    assert (await ana.ok("GET", at(show, sudden)))["winner"]["display_name"] == "Ana"


async def test_the_unit_goes_on_when_it_is_not_ordered_or_not_paid(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    ana, ben, cem = site.guest("Ana"), site.guest("Ben"), site.guest("Cem")
    await bid(show, auction, ana, 2000)
    await bid(show, auction, ben, 3000)
    await bid(show, auction, cem, 5000)
    await pass_by(site, 120)
    assert (await cem.ok("GET", at(show, auction)))["winner"]["price"] == euros(3100)
    await pass_by(site, 601)
    second = await ben.ok("GET", at(show, auction))
    assert (second["winner"]["display_name"], second["winner"]["is_runner_up"]) == ("Ben", True)
    assert second["winner"]["price"] == euros(2100)  # what it had come to without Cem
    await cem.refused(409, "auction_not_yours", "POST", "/orders", json=won(show, auction))
    order = await ben.ok("POST", "/orders", json=won(show, auction))
    await pass_by(site, RESERVATION_MS / 1000 + 1)
    assert (await ben.ok("GET", f"/orders/{order['id']}"))["status"] == "expired"
    third = await ana.ok("GET", at(show, auction))
    assert (third["winner"]["display_name"], third["winner"]["price"]) == ("Ana", euros(1000))
    assert (await site.counts())["held"] == 1
    order = await ana.ok("POST", "/orders", json=won(show, auction))
    await ana.ok("POST", f"/orders/{order['id']}/cancel")
    assert (await ana.ok("GET", at(show, auction)))["state"] == "unsold"
    assert await site.counts() == {"received": 10, "free": 0, "available": 10, "held": 0, "sold": 0}


async def test_the_merchant_may_want_no_runner_up(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show, lapse="release")
    await bid(show, auction, site.guest("Ben"), 2000)
    await bid(show, auction, site.guest("Ana"), 3000)
    await pass_by(site, 120)
    await pass_by(site, 601)
    assert (await site.nobody.ok("GET", at(show, auction)))["state"] == "unsold"
    assert (await site.counts())["available"] == 10


async def test_an_order_that_is_paid_after_it_went_to_another_takes_no_further_unit(site: SellingSite) -> None:
    show = await open_show(site, stock=2, quantity=2)
    auction = await start(show)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    await bid(show, auction, ben, 2000)
    await bid(show, auction, ana, 3000)
    await pass_by(site, 120)
    order = await ana.ok("POST", "/orders", json=won(show, auction))
    await pass_by(site, RESERVATION_MS / 1000 + 1)
    assert (await ben.ok("GET", at(show, auction)))["winner"]["display_name"] == "Ben"
    assert (await site.report(order))[0] == 204
    late = await ana.ok("GET", f"/orders/{order['id']}")
    assert (late["status"], late["payment"]["status"]) == ("expired", "paid")  # and on its way back
    await site.worker.sweeper.sweep()
    assert (await ana.ok("GET", f"/orders/{order['id']}"))["payment"]["status"] == "refunded"
    theirs = await ben.ok("POST", "/orders", json=won(show, auction))
    assert (await site.report(theirs, event_id="evt_2"))[0] == 204
    assert await site.counts() == {"received": 2, "free": 0, "available": 1, "held": 0, "sold": 1}


async def test_an_order_that_is_paid_late_and_went_to_nobody_else_is_served(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    ana = site.guest("Ana")
    await bid(show, auction, ana, 3000)
    await pass_by(site, 120)
    order = await ana.ok("POST", "/orders", json=won(show, auction))
    await pass_by(site, RESERVATION_MS / 1000 + 1)
    assert (await ana.ok("GET", at(show, auction)))["state"] == "unsold"
    assert (await site.report(order))[0] == 204
    assert (await ana.ok("GET", f"/orders/{order['id']}"))["status"] == "paid"
    assert (await ana.ok("GET", at(show, auction)))["state"] == "sold"
    assert await site.counts() == {"received": 10, "free": 0, "available": 9, "held": 0, "sold": 1}


async def test_when_the_show_ends_its_leader_wins_and_can_still_order(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show, seconds=3600)
    ana = site.guest("Ana")
    await bid(show, auction, ana, 3000)
    await show.end()
    assert (await ana.ok("GET", at(show, auction)))["state"] == "awarded"
    assert await site.counts() == {"received": 10, "free": 9, "available": 0, "held": 1, "sold": 0}
    await ana.refused(409, "room_not_live", "POST", "/orders", json=show.basket())
    order = await ana.ok("POST", "/orders", json=won(show, auction))
    assert (await site.report(order))[0] == 204
    assert await site.counts() == {"received": 10, "free": 9, "available": 0, "held": 0, "sold": 1}


async def test_nobody_bids_and_the_unit_is_free_again(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    await pass_by(site, 61)
    assert (await site.nobody.ok("GET", at(show, auction)))["state"] == "unsold"
    assert (await site.counts())["available"] == 10


async def test_hosts_end_it_early_or_call_it_off(site: SellingSite) -> None:
    show = await open_show(site)
    ana = site.guest("Ana")
    auction = await start(show)
    await show.merchant.refused(
        409, "auction_running", "POST", f"/rooms/{show.room['id']}/auctions",
        json={"offer": show.offer["id"], "start": euros(1), "increment": euros(1), "seconds": 60},
    )  # fmt: skip
    await bid(show, auction, ana, 3000)
    await ana.refused(403, "forbidden", "POST", at(show, auction, "/end"))
    ended = await show.merchant.ok("POST", at(show, auction, "/end"))
    assert (ended["state"], ended["winner"]["display_name"]) == ("awarded", "Ana")
    await show.merchant.refused(409, "auction_closed", "POST", at(show, auction, "/cancel"))
    other = await start(show)
    await bid(show, other, ana, 3000)
    off = await show.merchant.ok("POST", at(show, other, "/cancel"))
    assert (off["state"], off["winner"]) == ("cancelled", None)
    assert (await site.counts())["held"] == 1
    await refused(show, other, ana, 9000, 409, "auction_closed")


async def test_a_repeated_bid_is_one_bid(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    ana = site.guest("Ana")
    first = await bid(show, auction, ana, 3000, key="one")
    again = await bid(show, auction, ana, 3000, key="one")
    assert (first["bids"], again["bids"], again["mine"]) == (1, 1, first["mine"])
    body, headers = {"max": euros(4000)}, {"Idempotency-Key": "one"}
    await ana.refused(409, "bid_key_reused", "POST", at(show, auction, "/bids"), json=body, headers=headers)
    await pass_by(site, 61)
    # Asked again after the end, the answer is how it stands.
    assert (await bid(show, auction, ana, 3000, key="one"))["state"] == "awarded"


async def test_no_bid_is_taken_back(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    await bid(show, auction, ana, 3000)
    await refused(show, auction, ana, 2999, 409, "bid_too_low")
    for method in ("DELETE", "PUT", "PATCH"):
        assert (await ana.call(method, at(show, auction, "/bids")))[0] == 405
    assert (await ana.call("POST", at(show, auction, "/cancel")))[0] == 403
    await bid(show, auction, ben, 4000)
    lines = (await site.nobody.ok("GET", at(show, auction, "/bids")))["items"]
    assert [(line["display_name"], line["price"]) for line in lines] == [("Ben", euros(3100)), ("Ana", euros(1000))]


async def test_who_may_and_what_is_asked_for(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    ana, room = site.guest("Ana"), show.room["id"]
    await refused(show, auction, show.merchant, 3000, 403, "own_auction")
    await refused(show, auction, site.nobody, 3000, 401, "unauthenticated")
    low = await refused(show, auction, ana, 999, 409, "bid_too_low")
    assert low["minimum_minor"] == 1000
    wrong = {"max": {"amount_minor": 3000, "currency": "USD"}}
    await ana.refused(422, "currency_mismatch", "POST", at(show, auction, "/bids"), json=wrong)
    await ana.refused(404, "auction_not_found", "GET", f"/rooms/{room}/auctions/auc_none")
    other = await open_show(site, stock=3, quantity=3)
    await ana.refused(404, "auction_not_found", "GET", at(other, auction))
    body = {"offer": show.offer["id"], "start": euros(1000), "increment": euros(100), "seconds": 60}
    path = f"/rooms/{other.room['id']}/auctions"
    await ana.refused(403, "forbidden", "POST", path, json=body)
    await other.merchant.refused(404, "offer_not_found", "POST", path, json=body)
    body["offer"] = other.offer["id"]
    for change in ({"seconds": 9}, {"seconds": 86_401}, {"extend_s": 4}, {"pay_minutes": 0}, {"mode": "dutch"}):
        assert (await other.merchant.call("POST", path, json=body | change))[0] == 422
    for number in range(3):
        await other.buy(site.guest(f"Buyer {number}"))
    await other.merchant.refused(409, "sold_out", "POST", path, json=body)
    await other.end()
    await other.merchant.refused(409, "room_not_live", "POST", path, json=body)


async def test_nobody_bids_faster_than_people_do(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    ana = site.guest("Ana")
    for number in range(BIDS_BURST):
        await bid(show, auction, ana, 3000 + number)
    await refused(show, auction, ana, 9000, 429, "rate_limited")
    await bid(show, auction, site.guest("Ben"), 4000)
    site.clock.advance(1)
    await bid(show, auction, ana, 9000)


async def test_a_guest_who_signs_in_keeps_their_bids(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    ana = site.guest("Ana")
    taken = await bid(show, auction, ana, 3000, key="same")
    guest = taken["leader"]["identity"]
    # Both used the same, longest, key; the account's own bid is the lower one.
    key = "k" * 255
    taken = await bid(show, auction, ana, 4000, key=key)
    own = Principal(PrincipalKind.ACCOUNT, "acc_ana", "Ana", "en")
    access = await site.rooms.access(show.room["id"], own)
    await site.commerce.auctions.bid(access, auction["id"], Money(2000, "EUR"), key)
    await site.commerce.desk.hand_over(guest, "acc_ana")
    ((after, mine),) = await site.commerce.auctions.in_room(access)
    assert after.standing.leader == "acc_ana"
    assert mine is not None
    assert mine.leads
    await pass_by(site, 61)
    ((after, _),) = await site.commerce.auctions.in_room(access)
    assert after.award is not None
    assert after.award.bidder_id == "acc_ana"


async def test_a_winner_who_says_no_hands_it_on_at_once(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    await bid(show, auction, ana, 2000)
    await bid(show, auction, ben, 3000)
    await ben.refused(409, "auction_not_yours", "POST", at(show, auction, "/decline"))
    await pass_by(site, 120)
    for person in (ana, show.merchant):
        await person.refused(409, "auction_not_yours", "POST", at(show, auction, "/decline"))
    await site.nobody.refused(401, "unauthenticated", "POST", at(show, auction, "/decline"))
    other = await open_show(site, stock=1, quantity=1)
    await ben.refused(404, "auction_not_found", "POST", at(other, auction, "/decline"))
    said = await ben.ok("POST", at(show, auction, "/decline"))
    assert (said["winner"]["display_name"], said["winner"]["is_runner_up"], said["declined"]) == ("Ana", True, 1)
    assert said["winner"]["price"] == euros(1000)
    await ben.refused(409, "auction_not_yours", "POST", at(show, auction, "/decline"))
    await ben.refused(409, "auction_not_yours", "POST", "/orders", json=won(show, auction))
    assert (await show.merchant.ok("GET", at(show, auction)))["declined"] == 1
    await site.commerce.auction_announcer.flush()
    assert site.seen(AuctionChanged)[-1].auction["declined"] == 1
    # What is ordered is the order's matter.
    order = await ana.ok("POST", "/orders", json=won(show, auction))
    await ana.refused(409, "auction_not_yours", "POST", at(show, auction, "/decline"))
    await ana.ok("POST", f"/orders/{order['id']}/cancel")
    assert (await ana.ok("GET", at(show, auction)))["state"] == "unsold"


async def test_where_no_runner_up_is_wanted_a_no_frees_the_unit(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show, lapse="release")
    ana = site.guest("Ana")
    await bid(show, auction, site.guest("Ben"), 2000)
    await bid(show, auction, ana, 3000)
    await pass_by(site, 120)
    said = await ana.ok("POST", at(show, auction, "/decline"))
    assert (said["state"], said["declined"]) == ("unsold", 1)
    assert await site.counts() == {"received": 10, "free": 0, "available": 10, "held": 0, "sold": 0}


async def put_ceiling(show: Show, amount: int) -> None:
    rule = {"sku": "CUP-1", "ceiling": euros(amount)}
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/goods-rules", json=rule)


async def test_listed_goods_are_auctioned_for_no_more_than_their_ceiling(site: SellingSite) -> None:
    show = await open_show(site)
    await put_ceiling(show, 2000)
    body = {"offer": show.offer["id"], "start": euros(2001), "increment": euros(100), "seconds": 60}
    path = f"/rooms/{show.room['id']}/auctions"
    high = await show.merchant.refused(409, "price_ceiling", "POST", path, json=body)
    assert (high["field"], high["ceiling"]) == ("start", euros(2000))
    auction = await start(show)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    high = await refused(show, auction, ana, 2001, 409, "price_ceiling")
    assert high["field"] == "max"
    await bid(show, auction, ana, 2000)
    taken = await bid(show, auction, ben, 2000)
    assert (taken["leader"]["display_name"], taken["price"]) == ("Ana", euros(2000))
    assert taken["ceiling"] == euros(2000)
    # Nobody is told of a minimum that they may not bid.
    full = await refused(show, auction, site.guest("Cem"), 2000, 409, "price_ceiling")
    assert (full["field"], full["ceiling"]) == ("max", euros(2000))
    await pass_by(site, 120)
    order = await ana.ok("POST", "/orders", json=won(show, auction))
    assert order["total"] == euros(2000)


async def test_the_last_step_below_a_ceiling_may_be_a_small_one(site: SellingSite) -> None:
    show = await open_show(site)
    await put_ceiling(show, 1750)
    auction = await start(show)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    await bid(show, auction, ana, 1700)
    taken = await bid(show, auction, ben, 1650)
    assert (taken["price"], taken["minimum"]) == (euros(1700), euros(1750))
    taken = await bid(show, auction, ben, taken["minimum"]["amount_minor"])
    assert (taken["leader"]["display_name"], taken["price"]) == ("Ben", euros(1750))


async def test_a_ceiling_that_comes_during_an_auction_binds_it_and_tells_no_maximum(site: SellingSite) -> None:
    show = await open_show(site)
    auction = await start(show)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    await bid(show, auction, ana, SECRET)
    await bid(show, auction, site.guest("Cem"), 1300)
    await bid(show, auction, ben, 1500)  # 16 € is the price now
    rule = {"sku": "CUP-1", "ceiling": euros(1599)}
    path = f"/stores/{show.store['id']}/goods-rules"
    low = await show.merchant.refused(409, "price_ceiling", "PUT", path, json=rule)
    assert (low["field"], str(SECRET) in json.dumps(low)) == ("ceiling", False)
    await put_ceiling(show, 1750)
    taken = await bid(show, auction, ben, 1700)
    assert (taken["price"], taken["leader"]["display_name"]) == (euros(1750), "Ana")
    await pass_by(site, 120)
    # What it had come to without Ana, 14 €, is bound by what holds by then.
    await put_ceiling(show, 1250)
    said = await ana.ok("POST", at(show, auction, "/decline"))
    assert said["winner"]["price"] == euros(1250)


async def ana_wins(site: SellingSite) -> tuple[Show, Json, Person]:
    """For 21 €, and she has not ordered yet."""
    show = await open_show(site)
    auction = await start(show)
    ana = site.guest("Ana")
    await bid(show, auction, ana, 3000)
    await bid(show, auction, site.guest("Ben"), 2000)
    await pass_by(site, 61)
    return show, auction, ana


async def test_a_ceiling_that_comes_while_the_winner_has_not_ordered_lowers_what_they_pay(site: SellingSite) -> None:
    show, auction, ana = await ana_wins(site)
    assert (await ana.ok("GET", at(show, auction)))["winner"]["price"] == euros(2100)
    basket = won(show, auction)
    quote = {key: basket[key] for key in ("room", "lines", "delivery")}
    before = await ana.ok("POST", "/quotes", json=quote)
    await site.commerce.auction_announcer.flush()
    told = len(site.seen(AuctionChanged))
    await put_ceiling(show, 1700)
    await site.commerce.auction_announcer.flush()
    (news,) = site.seen(AuctionChanged)[told:]
    assert news.auction["winner"]["price"] == euros(1700)
    assert (await ana.ok("GET", at(show, auction)))["winner"]["price"] == euros(1700)
    stale = await ana.refused(409, "quote_stale", "POST", "/orders", json={**basket, "quote": before["quote"]})
    assert stale["subtotal_minor"] == 1700
    again = await ana.ok("POST", "/quotes", json=quote)
    assert again["total"] == euros(1700)
    order = await ana.ok("POST", "/orders", json={**basket, "quote": again["quote"]})
    assert order["total"] == euros(1700)
    # What is ordered stands, whatever ceiling comes or goes after it.
    for ceiling in (1500, 9000):
        await put_ceiling(show, ceiling)
        assert (await ana.ok("GET", at(show, auction)))["winner"]["price"] == euros(1700)
    assert (await site.report(order))[0] == 204
    assert (await ana.ok("GET", at(show, auction)))["state"] == "sold"


async def test_a_ceiling_that_goes_before_the_order_gives_the_price_back_that_it_was_won_for(site: SellingSite) -> None:
    show, auction, ana = await ana_wins(site)
    await put_ceiling(show, 1700)
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/goods-rules", json={"sku": "CUP-1"})
    assert (await ana.ok("POST", "/orders", json=won(show, auction)))["total"] == euros(2100)


async def test_merchants_systems_are_told_and_no_maximum_with_it(site: SellingSite) -> None:
    show = await open_show(site)
    told = {"url": "https://shop.example/hook", "store_id": show.store["id"]}
    names = [f"auction.{one}" for one in ("started", "awarded", "declined", "sold", "unsold", "cancelled")]
    made = await show.merchant.ok("POST", "/webhook-endpoints", json=told | {"events": names})
    auction = await start(show)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    await bid(show, auction, ana, 2000)
    await bid(show, auction, ben, SECRET)
    await show.merchant.ok("POST", at(show, auction, "/end"))
    await ben.ok("POST", at(show, auction, "/decline"))
    order = await ana.ok("POST", "/orders", json=won(show, auction))
    assert (await site.report(order))[0] == 204
    other = await start(show)
    await show.merchant.ok("POST", at(show, other, "/cancel"))
    nobodys = await start(show)
    await show.merchant.ok("POST", at(show, nobodys, "/end"))
    log = (await show.merchant.ok("GET", f"/webhook-endpoints/{made['id']}/deliveries"))["items"]
    assert str(SECRET) not in json.dumps(log)
    bodies = [one["body"] if isinstance(one["body"], dict) else json.loads(one["body"]) for one in log]
    of_first = {body["type"]: body["data"] for body in bodies if body["data"]["id"] == auction["id"]}
    assert set(of_first) == {"auction.started", "auction.awarded", "auction.declined", "auction.sold"}
    declined = of_first["auction.declined"]
    assert (declined["winner"]["display_name"], declined["declined"]) == ("Ben", 1)
    assert of_first["auction.sold"]["winner"]["display_name"] == "Ana"
    awarded = sorted(body["data"]["winner"]["display_name"] for body in bodies if body["type"] == "auction.awarded")
    assert awarded == ["Ana", "Ben"]
    assert {body["type"] for body in bodies if body["data"]["id"] == other["id"]} == {
        "auction.started", "auction.cancelled",
    }  # fmt: skip
    assert {body["type"] for body in bodies if body["data"]["id"] == nobodys["id"]} == {
        "auction.started", "auction.unsold",
    }  # fmt: skip
