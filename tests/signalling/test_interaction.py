"""Polls, questions and draws over real sockets: who is told what, what is the snapshot's, and who may not."""

import asyncio

from sqlalchemy import event

from livehub.accounts.permissions import Role
from livehub.interaction import fairness
from tests.signalling.conftest import Stack, StackMaker

POLL = {"question": "Which glaze?", "options": ["Celadon", "Tenmoku", "Shino"]}


async def test_a_poll_from_opening_to_its_last_sum(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    assert ann.answer["state"]["poll"] is None
    poll = (await host.ok("poll:open", POLL))["poll"]["id"]
    await ann.until(lambda: ann.named("poll:changed"))
    assert ann.named("poll:changed")[0]["poll"]["state"] == "open"
    await ann.ok("poll:vote", {"poll": poll, "option": 0})
    await ben.ok("poll:vote", {"poll": poll, "option": 0})
    await ann.ok("poll:vote", {"poll": poll, "option": 2})
    await host.until(lambda: [1, 0, 1] in [told["votes"] for told in host.named("poll:results")])
    late = await stack.joined(room, "ann")
    assert late.answer["state"]["my_vote"] == 2
    assert [option["votes"] for option in late.answer["state"]["poll"]["options"]] == [1, 0, 1]
    await host.ok("poll:close", {"poll": poll})
    await ben.until(lambda: ben.named("poll:changed")[-1]["poll"]["state"] == "closed")
    assert [option["votes"] for option in ben.named("poll:changed")[-1]["poll"]["options"]] == [1, 0, 1]
    assert await ben.refused("poll:vote", {"poll": poll, "option": 1}) == "poll_closed"
    assert await host.refused("poll:close", {"poll": poll}) == "poll_closed"


async def test_who_was_away_is_told_of_polls_and_draws_in_order(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    seen = ann.answer["seq"]
    ann.break_off()
    poll = (await host.ok("poll:open", POLL))["poll"]["id"]
    draw = (await host.ok("draw:open", {"title": "A bowl"}))["draw"]["id"]
    await host.ok("poll:close", {"poll": poll})
    back = await stack.joined(room, "ann", since=seen)
    assert back.answer["resumed"]
    await back.until(lambda: len(back.named("poll:changed")) == 2)
    numbered = [(name, payload["seq"]) for name, payload in back.events if "seq" in payload]
    assert [name for name, _ in numbered] == ["poll:changed", "draw:changed", "poll:changed"]
    assert sorted(numbered, key=lambda event: event[1]) == numbered
    assert back.named("draw:changed")[0]["draw"]["id"] == draw


async def test_only_those_who_run_the_room_open_and_close(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    stack.tokens.account("mo")
    await stack.appoint(room, "mo", Role.MODERATOR)
    mo = await stack.joined(room, "mo")
    poll = (await host.ok("poll:open", POLL))["poll"]["id"]
    draw = (await host.ok("draw:open", {"title": "A bowl"}))["draw"]["id"]
    for client in (ann, mo):
        assert await client.refused("poll:open", POLL) == "forbidden"
        assert await client.refused("poll:close", {"poll": poll}) == "forbidden"
        for call in ("draw:close", "draw:draw", "draw:cancel"):
            assert await client.refused(call, {"draw": draw}) == "forbidden"
    assert await host.refused("poll:open", POLL) == "poll_open"
    assert await host.refused("draw:open", {"title": "Another"}) == "draw_running"
    for client in (host, mo):
        assert await client.refused("draw:enter", {"draw": draw}) == "forbidden"
    assert await ann.refused("poll:vote", {"poll": poll, "option": 3}) == "unknown_option"
    assert await ann.refused("poll:vote", {"poll": poll, "option": -1}) == "unknown_option"
    assert await ann.refused("poll:vote", {"poll": "poll_none", "option": 0}) == "poll_not_found"


async def test_another_rooms_poll_is_not_reached_from_here(stack: Stack) -> None:
    first, second = await stack.room(), await stack.room()
    host = await stack.joined(first, "host")
    poll = (await host.ok("poll:open", POLL))["poll"]["id"]
    ann = await stack.joined(second, stack.tokens.guest("ann"))
    assert await ann.refused("poll:vote", {"poll": poll, "option": 0}) == "poll_not_found"


async def test_questions_rise_are_answered_and_taken_back(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    host = await stack.joined(room, "host")
    first = (await ann.ok("question:ask", {"text": "How hot?", "client_id": "1"}))["question"]
    again = (await ann.ok("question:ask", {"text": "How hot?!", "client_id": "1"}))["question"]
    assert again == first
    second = (await ben.ok("question:ask", {"text": "How long?", "client_id": "1"}))["question"]
    await ann.ok("question:vote", {"question": second["id"]})
    await ann.ok("question:vote", {"question": second["id"]})
    await host.until(lambda: host.named("question:votes"))
    assert host.named("question:votes")[0]["items"] == [{"id": second["id"], "votes": 1}]
    late = await stack.joined(room, "ann")
    assert [item["text"] for item in late.answer["state"]["questions"]] == ["How long?", "How hot?"]
    assert late.answer["state"]["my_upvotes"] == [second["id"]]
    assert await ann.refused("question:mark", {"question": first["id"], "state": "answered"}) == "forbidden"
    await host.ok("question:mark", {"question": second["id"], "state": "answered"})
    await ann.until(lambda: ann.named("question:changed")[-1]["question"]["state"] == "answered")
    assert await ben.refused("question:vote", {"question": second["id"]}) == "question_answered"
    assert await ben.refused("question:remove", {"question": first["id"]}) == "not_yours"
    await ann.ok("question:remove", {"question": first["id"]})
    await ben.until(lambda: ben.named("question:removed"))
    assert ben.named("question:removed")[0]["question"] == first["id"]
    await host.ok("question:mark", {"question": second["id"], "state": "waiting"})
    await host.ok("question:remove", {"question": second["id"]})
    assert await host.refused("question:mark", {"question": second["id"], "state": "answered"}) == "question_not_found"


async def test_who_is_muted_asks_nothing_and_votes_still(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    host = await stack.joined(room, "host")
    poll = (await host.ok("poll:open", POLL))["poll"]["id"]
    await host.ok("member:mute", {"identity": "ann", "seconds": 60})
    assert await ann.refused("question:ask", {"text": "Why?", "client_id": "1"}) == "muted"
    await ann.ok("poll:vote", {"poll": poll, "option": 1})


async def test_a_draw_by_tap_and_by_keyword_that_anybody_can_check(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    names = [f"guest{n}" for n in range(5)]
    guests = [await stack.joined(room, stack.tokens.guest(name)) for name in names]
    opened = (await host.ok("draw:open", {"title": "Two bowls", "places": 2, "keyword": "Blue  bowl"}))["draw"]
    assert opened["seed"] is None
    await guests[0].until(lambda: guests[0].named("draw:changed"))
    tickets = [(await guest.ok("draw:enter", {"draw": opened["id"]}))["ticket"] for guest in guests[:3]]
    line = await guests[3].ok("chat:send", {"text": " blue BOWL ", "client_id": "1"})
    tickets.append(line["ticket"])
    other = await guests[4].ok("chat:send", {"text": "a blue bowl?", "client_id": "1"})
    assert "ticket" not in other
    assert tickets == [fairness.ticket_of(opened["id"], name) for name in names[:4]]
    await host.until(lambda: any(told["entries"] == 4 for told in host.named("draw:entries")))
    closed = (await host.ok("draw:close", {"draw": opened["id"]}))["draw"]
    assert (closed["seed"], closed["entries"]) == (None, 4)
    assert closed["entries_digest"] == fairness.entries_digest(tickets)
    assert await guests[4].refused("draw:enter", {"draw": opened["id"]}) == "draw_closed"
    assert "ticket" not in await guests[4].ok("chat:send", {"text": "blue bowl", "client_id": "2"})
    drawn = (await host.ok("draw:draw", {"draw": opened["id"]}))["draw"]
    await guests[0].until(lambda: guests[0].named("draw:changed")[-1]["draw"]["state"] == "drawn")
    told = guests[0].named("draw:changed")[-1]["draw"]
    seed = bytes.fromhex(told["seed"])
    assert fairness.commitment_to(seed) == opened["commitment"]
    assert [winner["ticket"] for winner in told["winners"]] == fairness.choose(seed, opened["id"], tickets, 2)
    assert "identity" not in told["winners"][0]
    by_ticket = dict(zip(tickets, names, strict=False))
    assert [winner["identity"] for winner in drawn["winners"]] == [by_ticket[won["ticket"]] for won in told["winners"]]
    late = await stack.joined(room, "guest0")
    assert late.answer["state"]["my_ticket"] == tickets[0]
    assert late.answer["state"]["draw"] == {**told}
    assert await host.refused("draw:draw", {"draw": opened["id"]}) == "illegal_transition"


async def test_many_votes_at_once_are_told_in_few_events(make_stack: StackMaker) -> None:
    stack = await make_stack()
    room = await stack.room()
    host = await stack.joined(room, "host")
    poll = (await host.ok("poll:open", POLL))["poll"]["id"]
    access = [await stack.rooms.access(room, stack.tokens.known[stack.tokens.guest(f"g{n}")]) for n in range(200)]
    await asyncio.gather(*(stack.interaction.polls.vote(one, poll, n % 3) for n, one in enumerate(access)))
    await host.until(lambda: any(told["voters"] == 200 for told in host.named("poll:results")))
    assert host.named("poll:results")[-1]["votes"] == [67, 67, 66]
    assert len(host.named("poll:results")) < 100


async def test_questions_keep_to_the_rooms_rules(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    words = {"*": {"refused": ["idiot"], "held": ["sale*"]}}
    await host.ok("moderation:rules", {"rules": {"words": words, "links": "refuse"}})
    for n, (text, code) in enumerate(
        (
            ("Are you an 1d1ot?", "word_refused"),
            ("When are the sales?", "word_refused"),
            ("See https://a.example.org/x?", "link_refused"),
        )
    ):
        assert await ann.refused("question:ask", {"text": text, "client_id": f"{n}"}) == code
    await ann.ok("question:ask", {"text": "How hot?", "client_id": "9"})


async def test_questions_that_others_take_away_or_the_rules_refuse_are_in_the_log(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    await host.ok("moderation:rules", {"rules": {"words": {"*": {"refused": ["idiot"], "held": []}}}})
    await ann.refused("question:ask", {"text": "Are you an idiot?", "client_id": "1"})
    own, other = [
        (await ann.ok("question:ask", {"text": text, "client_id": text}))["question"]["id"]
        for text in ("How hot?", "How rude?")
    ]
    await ann.ok("question:remove", {"question": own})
    await host.ok("question:remove", {"question": other, "reason": "off topic"})
    await host.until(lambda: len(host.named("moderation:logged")) == 3)
    _, refused, removed = [event["entry"] for event in host.named("moderation:logged")]
    assert (refused["action"], refused["by"]["identity"], refused["reason"]) == ("line.refuse", "auto:words", "idiot")
    assert refused["details"] == {"text": "Are you an idiot?"}
    assert (removed["action"], removed["by"]["identity"], removed["reason"]) == ("question.remove", "host", "off topic")
    assert removed["member"] == {"identity": "ann", "display_name": "Ann"}
    assert (removed["subject"], removed["details"], removed["undoable"]) == (other, {"text": "How rude?"}, False)
    assert ann.named("moderation:logged") == []
    kept = (await stack.chat.desk.entries(await stack.rooms.access(room, stack.tokens.known["host"]))).entries
    assert [entry.deed for entry in kept] == ["question.remove", "line.refuse", "rules.change"]


async def test_a_whole_audience_that_says_the_keyword_is_no_raid(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    await host.ok("moderation:rules", {"rules": {"raids": True, "hold_all": True}})
    guests = [await stack.joined(room, stack.tokens.guest(f"guest{n}")) for n in range(12)]
    draw = (await host.ok("draw:open", {"title": "A bowl", "keyword": "the blue bowl please"}))["draw"]["id"]
    for guest in guests:
        said = await guest.ok("chat:send", {"text": "The blue bowl please", "client_id": "1"})
        assert "held" not in said
        assert said["ticket"]
    assert "held" in await guests[0].ok("chat:send", {"text": "another line", "client_id": "2"})
    assert (await host.ok("draw:close", {"draw": draw}))["draw"]["entries"] == 12


async def test_a_crowd_of_lines_is_one_question_to_the_database(stack: Stack) -> None:
    room = await stack.room()
    access = await stack.rooms.access(room, stack.tokens.known["host"])
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM draws" in statement:
            asked.append(statement)

    event.listen(stack.database.engine, "before_cursor_execute", note)
    assert await asyncio.gather(*(stack.interaction.expects(access, f"line {n}") for n in range(50))) == [False] * 50
    assert len(asked) == 1
    host = await stack.joined(room, "host")
    await host.ok("draw:open", {"title": "A bowl", "keyword": "bowl"})
    assert await stack.interaction.expects(access, "bowl")
