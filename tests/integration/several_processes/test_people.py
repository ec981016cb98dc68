"""What is decided, said and sold in one process, in all of them: rules, bans, lines, offers, languages."""

import asyncio
from functools import partial

import pytest

from tests.integration.several_processes.conftest import House, Show, guest, identity, line

pytestmark = pytest.mark.timeout(300)


async def test_rules_hold_in_every_process(house: House, show: Show) -> None:
    ann = await house.joined(house.one, show.room, show.token("ann", "viewer"))
    mod = await house.joined(house.two, show.room, show.token("mod", "moderator"))
    await line(ann, "hello")
    await mod.until(lambda: mod.lines() == ["hello"], 20)

    await mod.ok("member:mute", {"identity": identity(ann), "seconds": 600})
    await ann.until(lambda: ann.named("member:muted"), 20)
    assert await ann.refused("chat:send", {"text": "still", "client_id": "s"}) == "muted"
    await mod.ok("member:unmute", {"identity": identity(ann)})
    await line(ann, "again")

    # Somebody of her rank in another process is not below her.
    other = await house.joined(house.one, show.room, show.token("other", "moderator"))
    await mod.until(lambda: mod.named("room:presence")[-1:] and mod.named("room:presence")[-1]["count"] == 3, 20)
    assert await mod.refused("member:ban", {"identity": identity(other)}) == "outranks_you"

    await mod.ok("member:ban", {"identity": identity(ann)})
    await ann.until(lambda: [item["reason"] for item in ann.named("room:removed")] == ["banned"], 20)
    for server in (house.one, house.two):
        back = await house.client(server, show.token("ann", "viewer"))
        assert await back.refused("room:join", {"room": show.room, "locale": "en"}) == "banned"


async def test_a_range_is_shut_in_every_process_under_any_name(house: House, show: Show) -> None:
    """The moderator's process knows nothing of where its member came from: the other one does."""
    mod = await house.joined(house.two, show.room, show.token("mod", "moderator"))
    ann = await house.joined(house.one, show.room, await guest(house.one, "Ann"), "203.0.113.7")
    near = await house.joined(house.two, show.room, await guest(house.two, "Ben"), "203.0.113.9")
    far = await house.joined(house.one, show.room, await guest(house.one, "Cat"), "198.51.100.1")
    await mod.ok("member:ban", {"identity": identity(ann), "reach": "range", "seconds": 3600, "reason": "spam"})
    for client in (ann, near):
        await client.until(partial(client.named, "room:removed"), 20)
        assert client.named("room:removed")[0]["reason"] == "banned"
    fresh = [
        await house.client(server, await guest(server, name), "203.0.113.200")
        for server in (house.one, house.two)
        for name in ("Annie", "Bella")
    ]
    for client in fresh:
        assert await client.refused("room:join", {"room": show.room, "locale": "en"}) == "banned"
    await line(far, "still here")
    await mod.ok("member:unban", {"identity": identity(ann)})
    for client in fresh:
        async with asyncio.timeout(20):
            while not (await client.call("room:join", {"room": show.room, "locale": "en"}))["ok"]:
                await asyncio.sleep(0.1)


async def test_what_is_said_again_and_again_is_counted_wherever_it_is_said(house: House, show: Show) -> None:
    here = await house.joined(house.one, show.room, show.token("ann", "viewer"))
    there = await house.joined(house.two, show.room, show.token("ann", "viewer"))
    await line(here, "Buy my bowls!", "first")
    await line(here, "Buy my bowls!", "second")
    # What one process tells the other arrives in its order: with the lines came that they were said.
    await there.until(lambda: there.lines() == ["Buy my bowls!"] * 2, 20)
    assert await there.refused("chat:send", {"text": "buy my  BOWLS", "client_id": "third"}) == "repeated"


async def test_who_is_appointed_moderates_wherever_they_are_and_whoever_is_not_any_more_does_not(
    house: House, show: Show
) -> None:
    ann = await house.joined(house.one, show.room, show.token("ann", "viewer"))
    gus = await house.joined(house.two, show.room, await guest(house.two, "Gus"))
    mute = {"identity": identity(ann), "seconds": 600, "reason": "shouting"}
    path = f"/rooms/{show.room}/members/{identity(gus)}/role"
    assert await gus.refused("member:mute", mute) == "forbidden"
    await asyncio.to_thread(show.api.call, "PUT", path, {"role": "moderator"})
    await gus.until(lambda: gus.named("member:appointed"), 20)
    await gus.ok("member:mute", mute)
    await ann.until(lambda: ann.named("member:muted"), 20)
    await asyncio.to_thread(show.api.call, "PUT", path, {"role": "viewer"})
    await gus.until(lambda: len(gus.named("member:appointed")) == 2, 20)
    assert await gus.refused("member:unmute", {"identity": identity(ann)}) == "forbidden"
    log = (await asyncio.to_thread(show.api.call, "GET", f"/rooms/{show.room}/moderation/log"))["items"]
    assert [(entry["action"], entry["by"]["display_name"], entry["reason"]) for entry in log] == [
        ("member.appoint", "Hana", ""), ("member.mute", "Gus", "shouting"), ("member.appoint", "Hana", ""),
    ]  # fmt: skip


async def test_slow_mode_holds_wherever_the_next_line_comes_in(house: House, show: Show) -> None:
    """The room's, and that of one member in a room without."""
    mod = await house.joined(house.two, show.room, show.token("mod", "moderator"))
    here = await house.joined(house.one, show.room, show.token("ann", "viewer"))
    there = await house.joined(house.two, show.room, show.token("ann", "viewer"))
    await mod.ok("moderation:rules", {"rules": {"slow_s": 600}})
    await here.until(lambda: here.named("room:rules"), 20)
    await line(here, "one")
    answer = await there.call("chat:send", {"text": "two", "client_id": "two"})
    assert answer["error"]["code"] == "slow_mode"
    assert 500 < answer["error"]["retry_after_s"] <= 600
    await mod.ok("moderation:rules", {"rules": {}})
    await here.until(lambda: len(here.named("room:rules")) == 2, 20)
    await line(there, "two")
    await mod.ok("member:slow", {"identity": identity(here), "every_s": 600})
    assert await there.refused("chat:send", {"text": "three", "client_id": "three"}) == "slow_mode"
    path = f"/rooms/{show.room}/moderation/sanctions"
    async with asyncio.timeout(20):  # the other process is told, and tells nobody
        while [one["kind"] for one in (await asyncio.to_thread(show.api.call, "GET", path))["items"]] != ["slow"]:
            await asyncio.sleep(0.1)
    assert await here.refused("chat:send", {"text": "three", "client_id": "three"}) == "slow_mode"


async def test_what_is_sold_and_ended_is_told_everywhere(house: House, show: Show) -> None:
    ann = await house.joined(house.two, show.room, show.token("ann", "viewer"))
    offer = show.api.call("GET", f"/rooms/{show.room}/offers")["items"][0]["id"]
    await asyncio.to_thread(show.api.call, "DELETE", f"/offers/{offer}/pin")
    await ann.until(lambda: ann.named("offer:pinned"), 20)
    assert ann.named("offer:pinned")[-1]["offer"] is None

    await asyncio.to_thread(show.api.call, "POST", f"/rooms/{show.room}/end")
    await ann.until(lambda: [item["reason"] for item in ann.named("room:removed")] == ["ended"], 20)


async def test_what_a_merchant_writes_in_another_language_reaches_readers_at_every_process(
    house: House, show: Show
) -> None:
    reader = await house.joined(house.two, show.room, show.token("ann", "viewer"), locale="es")
    product = await asyncio.to_thread(show.product)
    # Through a process that nobody of this room is connected to.
    path = f"/products/{product}/translations/es"
    await asyncio.to_thread(show.api.call, "PUT", path, {"title": "Té verde"})
    await reader.until(lambda: reader.named("text:translations"), 20)
    [told] = reader.named("text:translations")[-1]["items"]
    assert (told["source"], told["text"], told["edited"]) == ("Green tea", "Té verde", True)


async def test_what_a_host_writes_in_another_language_reaches_readers_at_every_process(
    house: House, show: Show
) -> None:
    reader = await house.joined(house.two, show.room, show.token("ann", "viewer"), locale="es")
    cohost = await house.joined(house.two, show.room, show.token("co", "cohost"))
    call = {"text": "We ship on Monday", "client_id": "c1", "announcement": True}
    message = (await cohost.ok("chat:send", call))["message"]["id"]
    # Through a process that nobody of this room is connected to.
    path = f"/rooms/{show.room}/translations/es"
    await asyncio.to_thread(show.api.call, "PUT", path, {"source": "Show", "text": "Función"})
    await reader.until(lambda: reader.named("text:translations"), 20)
    [told] = reader.named("text:translations")[-1]["items"]
    assert (told["source"], told["text"], told["edited"]) == ("Show", "Función", True)
    await asyncio.to_thread(show.api.call, "PUT", path, {"message": message, "text": "Enviamos el lunes"})
    await reader.until(lambda: reader.named("chat:translations"), 20)
    [line] = reader.named("chat:translations")[-1]["items"]
    assert line == {"id": message, "text": "Enviamos el lunes", "engine": "", "edited": True}
    for server in (house.one, house.two):
        late = await house.joined(server, show.room, show.token("late", "viewer"), locale="es")
        assert late.answer["state"]["announcement"]["message"]["translation"]["text"] == "Enviamos el lunes"
        assert "Función" in {item["text"] for item in late.answer["state"]["texts"]}
