"""Claims over HTTP and by lines: units kept, a line that inherits, orders that take claims over, limits."""

from typing import Any

import pytest

from livehub.commerce.offers import claims as rules
from livehub.commerce.orders.model import RESERVATION_MS
from livehub.events import ClaimChanged
from tests.commerce.selling import Json, Person, SellingSite, Show, open_show

SECONDS = 60


async def claimable(site: SellingSite, quantity: int = 5, **offer: Any) -> Show:
    claim = {"word": "SOLD 12", "seconds": SECONDS}
    return await open_show(site, quantity=quantity, **({"claim": claim} | offer))


async def claim(show: Show, buyer: Person, quantity: int = 1) -> Json:
    made: Json = await buyer.ok("POST", f"/offers/{show.offer['id']}/claims", json={"quantity": quantity})
    return made


async def mine(show: Show, buyer: Person) -> Json:
    """The newest."""
    return dict((await buyer.ok("GET", f"/rooms/{show.room['id']}/claims"))["items"][0])


async def pass_time(show: Show, seconds: float) -> None:
    show.site.clock.advance(seconds)
    await show.site.worker.sweeper.sweep()


async def test_a_claim_keeps_units_until_its_time_is_over_and_the_next_in_line_inherits(site: SellingSite) -> None:
    show = await claimable(site)
    ana, ben, cho = site.guest("Ana"), site.guest("Ben"), site.guest("Cho")
    first = await claim(show, ana, 4)
    assert (first["state"], first["quantity"], first["wanted"], first["ahead"]) == ("held", 4, 4, None)
    assert (await site.counts())["held"] == 4
    # One is left of the three that Ben wants; Cho waits, and then Dan behind her.
    second = await claim(show, ben, 3)
    assert (second["state"], second["quantity"], second["wanted"]) == ("held", 1, 3)
    third = await claim(show, cho, 3)
    assert (third["state"], third["quantity"], third["ahead"]) == ("waiting", 0, 0)
    dan = site.guest("Dan")
    assert (await claim(show, dan, 2))["ahead"] == 1
    await site.guest().refused(409, "sold_out", "POST", "/orders", json=show.basket())
    # Ben lets his go: Cho has it, whoever else wants to buy.
    released = await ben.ok("DELETE", f"/claims/{second['id']}")
    assert released["state"] == "released"
    assert ((await mine(show, cho))["state"], (await mine(show, cho))["quantity"]) == ("held", 1)
    assert (await mine(show, dan))["ahead"] == 0
    # Ana's time is over: Dan has his two, and the other two are for everybody.
    await pass_time(show, SECONDS + 0.001)
    assert (await mine(show, ana))["state"] == "expired"
    assert ((await mine(show, dan))["state"], (await mine(show, dan))["quantity"]) == ("held", 2)
    assert await site.counts() == {"received": 10, "free": 5, "available": 3, "held": 2, "sold": 0}


async def test_the_merchant_sees_all_and_each_is_told_of_their_own(site: SellingSite) -> None:
    show = await claimable(site, 1)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    await claim(show, ana)
    waiting = await claim(show, ben)
    await site.worker.sweeper.sweep()
    seen = site.seen(ClaimChanged)
    assert [event.claim["state"] for event in seen] == ["held", "waiting"]
    assert len({event.buyer for event in seen}) == 2
    await pass_time(show, SECONDS + 1)
    assert [event.claim["state"] for event in site.seen(ClaimChanged)[2:]] == ["expired", "held"]
    await site.worker.sweeper.sweep()
    assert len(site.seen(ClaimChanged)) == 4
    room = f"/rooms/{show.room['id']}/claims"
    everybody = (await show.merchant.ok("GET", f"{room}?all=true"))["items"]
    assert [one["buyer"]["display_name"] for one in everybody] == ["Ben", "Ana"]
    page = await show.merchant.ok("GET", f"{room}?all=true&limit=1")
    rest = await show.merchant.ok("GET", f"{room}?all=true&limit=1&after={page['next']}")
    assert [one["id"] for one in (*page["items"], *rest["items"])] == [one["id"] for one in everybody]
    assert rest["next"] is None
    # Others see nothing of it, and cannot release it; the merchant can.
    await ana.refused(403, "forbidden", "GET", f"{room}?all=true")
    await ana.refused(404, "claim_not_found", "DELETE", f"/claims/{waiting['id']}")
    assert [one["id"] for one in (await ana.ok("GET", room))["items"]] == [everybody[1]["id"]]
    assert (await show.merchant.ok("DELETE", f"/claims/{waiting['id']}"))["state"] == "released"
    await show.merchant.refused(409, "claim_over", "DELETE", f"/claims/{waiting['id']}")
    await site.nobody.refused(401, "unauthenticated", "POST", f"/offers/{show.offer['id']}/claims")


async def test_an_order_takes_the_claim_over_and_what_it_leaves_goes_down_the_line(site: SellingSite) -> None:
    show = await claimable(site, 3)
    ana, ben = site.guest("Ana"), site.guest("Ben")
    await claim(show, ana, 3)
    await claim(show, ben, 2)
    # She orders two of her three: the third is Ben's at once.
    order = await show.buy(ana, 2)
    taken = await mine(show, ana)
    assert (taken["state"], taken["order"]) == ("ordered", order["id"])
    assert ((await mine(show, ben))["state"], (await mine(show, ben))["quantity"]) == ("held", 1)
    assert await site.counts() == {"received": 10, "free": 7, "available": 0, "held": 3, "sold": 0}
    # More than is kept for him there is not.
    await ben.refused(409, "sold_out", "POST", "/orders", json=show.basket(2))
    # The order runs out while Cho waits.
    await show.buy(ben)
    cho = site.guest("Cho")
    assert (await claim(show, cho))["state"] == "waiting"
    await pass_time(show, RESERVATION_MS / 1000 + 1)
    assert (await mine(show, cho))["state"] == "held"
    assert await site.counts() == {"received": 10, "free": 7, "available": 2, "held": 1, "sold": 0}
    # Money that went back frees units too.
    paid = await show.buy(cho)
    await site.report(paid)
    other = site.guest()
    rest = await claim(show, other, 3)
    assert (rest["quantity"], rest["wanted"]) == (2, 3)
    last = site.guest()
    assert (await claim(show, last))["state"] == "waiting"
    await show.merchant.ok("POST", f"/orders/{paid['id']}/refunds")
    assert (await mine(show, last))["state"] == "held"


async def test_another_number_changes_the_claim_and_a_larger_offer_serves_the_line(site: SellingSite) -> None:
    show = await claimable(site, 3)
    ana, ben = site.guest(), site.guest()
    first = await claim(show, ana, 3)
    assert (await claim(show, ana, 3))["id"] == first["id"]
    await claim(show, ben, 2)
    less = await claim(show, ana, 2)
    assert (less["id"], less["quantity"], less["expires_at"]) == (first["id"], 2, first["expires_at"])
    assert (await mine(show, ben))["quantity"] == 1
    more = await claim(show, ana, 3)
    assert (more["quantity"], more["wanted"]) == (2, 3)
    cho = site.guest()
    await claim(show, cho, 1)
    await show.merchant.ok("PATCH", f"/offers/{show.offer['id']}", json={"quantity": 6})
    assert (await mine(show, cho))["state"] == "held"
    assert (await site.counts())["available"] == 2


async def test_limits(site: SellingSite, monkeypatch: pytest.MonkeyPatch) -> None:
    show = await claimable(site, 1, per_buyer_limit=2)
    ana, ben = site.guest(), site.guest()
    path = f"/offers/{show.offer['id']}/claims"
    await ana.refused(409, "buyer_limit", "POST", path, json={"quantity": 3})
    await ana.refused(422, "invalid_input", "POST", path, json={"quantity": 0})
    await ana.refused(422, "invalid_input", "POST", path, json={"quantity": rules.MAX_UNITS + 1})
    await ana.refused(404, "offer_not_found", "POST", "/offers/ofr_none/claims", json={})
    # Whoever lets it run out again and again has to buy.
    for _ in range(rules.MAX_RUN_OUT):
        assert (await claim(show, ana))["state"] == "held"
        await pass_time(show, SECONDS + 1)
    assert (await ana.refused(409, "claims_ran_out", "POST", path))["limit"] == rules.MAX_RUN_OUT
    monkeypatch.setattr("livehub.storage.claiming.MAX_WAITING", 1)
    await claim(show, ben)
    await claim(show, site.guest())
    await site.guest().refused(409, "waitlist_full", "POST", path)
    monkeypatch.setattr("livehub.storage.claiming.MAX_LIVE", 1)
    second = await show.merchant.ok(
        "POST", f"/rooms/{show.room['id']}/offers", json={"sku": "CUP-2", "quantity": 1, "claim": {"word": "red"}}
    )
    assert second["claim"] == {"word": "red", "seconds": rules.CLAIM_S}
    await ben.refused(409, "too_many_claims", "POST", f"/offers/{second['id']}/claims")
    busy = site.guest()
    for _ in range(10):
        await busy.call("POST", path)
    await busy.refused(429, "rate_limited", "POST", path)


async def test_keywords_are_one_offers_each_and_can_be_taken_away(site: SellingSite) -> None:
    show = await claimable(site, 1)
    offers = f"/rooms/{show.room['id']}/offers"
    second = {"sku": "CUP-2", "quantity": 1, "claim": {"word": " sold  12 "}}
    await show.merchant.refused(409, "claim_word_taken", "POST", offers, json=second)
    await show.merchant.refused(422, "invalid_input", "POST", offers, json=second | {"claim": {"word": "<b>"}})
    await show.merchant.refused(
        422, "invalid_input", "POST", offers, json=second | {"claim": {"word": "red", "seconds": 5}}
    )
    changed = await show.merchant.ok("PATCH", f"/offers/{show.offer['id']}", json={"claim": None})
    assert changed["claim"] is None
    await site.guest().refused(409, "claim_not_offered", "POST", f"/offers/{show.offer['id']}/claims")
    assert (await show.merchant.ok("POST", offers, json=second))["claim"]["word"] == "sold 12"


async def test_claims_end_with_the_show(site: SellingSite) -> None:
    show = await claimable(site, 1)
    ana, ben = site.guest(), site.guest()
    await claim(show, ana)
    await claim(show, ben)
    await show.end()
    assert [(await mine(show, who))["state"] for who in (ana, ben)] == ["expired", "expired"]
    assert await site.counts() == {"received": 10, "free": 10, "available": 0, "held": 0, "sold": 0}
    await ana.refused(409, "room_not_live", "POST", f"/offers/{show.offer['id']}/claims")


async def test_a_line_claims_once_and_tells_why_not(site: SellingSite) -> None:
    show = await claimable(site, 2)
    desk = site.commerce.claims
    token = site.signer.guest("Ana", "en").token
    principal = site.signer.read(token)
    access = await site.rooms.access(show.room["id"], principal)
    assert await desk.expects(access, "sold 12 x2")
    assert not await desk.expects(access, "is it sold 12?")
    said = await desk.take_line(access, "msg_1", "sold 12 x2")
    assert (said["claim"]["state"], said["claim"]["quantity"], said["claim"]["message"]) == ("held", 2, "msg_1")
    again = await desk.take_line(access, "msg_1", "sold 12 x2")
    assert again["claim"]["id"] == said["claim"]["id"]
    assert await desk.take_line(access, "msg_2", "lovely") == {}
    await show.merchant.ok("PATCH", f"/offers/{show.offer['id']}", json={"per_buyer_limit": 1})
    refused = await desk.take_line(access, "msg_3", "SOLD 12 3")
    assert refused["claim_refused"]["code"] == "buyer_limit"
    await show.end()
    ended = await site.rooms.access(show.room["id"], principal)
    assert await desk.take_line(ended, "msg_4", "sold 12") == {}


async def test_who_pays_first_has_it_and_the_money_of_the_second_goes_back(site: SellingSite) -> None:
    show = await claimable(site, 1, served="first_paid")
    assert show.offer["served"] == "first_paid"
    ana, ben = site.guest(), site.guest()
    opened = await claim(show, ana)
    assert (opened["state"], opened["quantity"]) == ("open", 1)
    assert (await site.counts())["held"] == 0
    first, second = await show.buy(ana), await show.buy(ben)
    assert (await mine(show, ana))["state"] == "ordered"
    assert [line["held"] for line in first["lines"]] == [False]
    assert await site.counts() == {"received": 10, "free": 9, "available": 1, "held": 0, "sold": 0}
    await site.report(second, event_id="evt_ben")
    assert (await ben.ok("GET", f"/orders/{second['id']}"))["status"] == "paid"
    assert await site.counts() == {"received": 10, "free": 9, "available": 0, "held": 0, "sold": 1}
    # Ana pays later: nothing is left, her order is over and her money on its way back by itself.
    await site.report(first, event_id="evt_ana")
    await site.worker.sweeper.sweep()
    late = await ana.ok("GET", f"/orders/{first['id']}")
    assert (late["status"], late["payment"]["status"], late["refunded"]["amount_minor"]) == (
        "expired",
        "refunded",
        1250,
    )
    assert await site.counts() == {"received": 10, "free": 9, "available": 0, "held": 0, "sold": 1}
    # Nobody can order what is gone; cancelling an order that held nothing gives nothing back.
    await site.guest().refused(409, "sold_out", "POST", "/orders", json=show.basket())


async def test_who_is_authorised_first_holds_and_by_hand_needs_units(site: SellingSite) -> None:
    show = await claimable(site, 1, served="first_paid")
    ana, ben, cho = site.guest(), site.guest(), site.guest()
    orders = [await show.buy(who) for who in (ana, ben)]
    by_hand = await show.buy(cho, payment_provider="manual")
    await site.report(orders[0])
    await show.merchant.refused(409, "sold_out", "POST", f"/orders/{by_hand['id']}/paid")
    assert (await cho.ok("POST", f"/orders/{by_hand['id']}/cancel"))["status"] == "cancelled"
    await pass_time(show, RESERVATION_MS / 1000 + 1)
    assert (await ben.ok("GET", f"/orders/{orders[1]['id']}"))["status"] == "expired"
    assert await site.counts() == {"received": 10, "free": 9, "available": 0, "held": 0, "sold": 1}


async def test_what_a_guest_claimed_is_the_accounts_that_they_make(site: SellingSite) -> None:
    show = await claimable(site, 3)
    ana = site.guest("Ana")
    assert ana.token is not None
    await claim(show, ana, 2)
    account = await site.account("Ana")
    own = await claim(show, account, 1)
    await account.ok("DELETE", f"/claims/{own['id']}")
    await site.commerce.desk.hand_over(site.signer.read(ana.token).identity, own["buyer"]["id"])
    kept = (await account.ok("GET", f"/rooms/{show.room['id']}/claims"))["items"]
    assert sorted(one["state"] for one in kept) == ["held", "released"]
    order = await show.buy(account, 2)
    kept = (await account.ok("GET", f"/rooms/{show.room['id']}/claims"))["items"]
    assert {one["order"] for one in kept} == {order["id"], None}
    assert (await site.counts())["held"] == 2
