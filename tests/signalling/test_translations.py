"""The original at once, translations by id to those who read them, kept with the line."""

from typing import Any

from livehub.accounts.permissions import Role
from livehub.chat.model import Message, Translation
from livehub.chat.moderation import Target
from livehub.chat.service import RECENT
from livehub.events import LineTranslated
from livehub.rooms.access import Access
from tests.signalling.conftest import Client, Stack


async def test_each_locale_present_is_asked_for_once(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    thai = [await stack.joined(room, stack.tokens.guest(f"t{number}"), "th") for number in range(3)]
    spanish = await stack.joined(room, stack.tokens.guest("es"), "es")
    line = await ann.say("hello there")
    for client, locale in ((thai[0], "th"), (thai[2], "th"), (spanish, "es")):
        await client.until(lambda client=client: client.named("chat:translations"))  # type: ignore[misc]
        (event,) = client.named("chat:translations")
        assert event["locale"] == locale
        assert event["items"] == [{"id": line["id"], "text": f"{locale}: HELLO THERE", "engine": "shout"}]
        assert event["seq"] > line["seq"]
    await ann.quiet()
    assert ann.named("chat:translations") == []
    assert sorted(target for _, _, target in stack.engine.asked) == ["es", "th"]


async def test_a_slow_engine_never_delays_the_original(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    stack.engine.hold.clear()
    await ann.say("hello there")
    await thai.until(lambda: thai.lines() == ["hello there"], 1.0)
    assert thai.named("chat:translations") == []
    stack.engine.hold.set()
    await thai.until(lambda: thai.named("chat:translations"))


async def test_a_room_of_one_language_asks_for_nothing(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    await ann.say("hello there")
    await ben.until(lambda: ben.lines())
    await ben.quiet()
    assert stack.engine.asked == []


async def test_history_and_snapshots_carry_them_per_reader(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    await ann.say("hello there")
    await thai.until(lambda: thai.named("chat:translations"))
    await thai.quiet(0.05)
    late = await stack.joined(room, stack.tokens.guest("late"), "th")
    (message,) = late.answer["state"]["messages"]
    assert message["translation"] == {"locale": "th", "text": "th: HELLO THERE", "engine": "shout"}
    english = await stack.joined(room, stack.tokens.guest("english"), "en")
    assert "translation" not in english.answer["state"]["messages"][0]


async def test_the_first_reader_of_a_language_gets_the_lines_of_before(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    for number in range(3):
        await ann.say(f"line number {number}")
    assert stack.engine.asked == []
    vi = await stack.joined(room, stack.tokens.guest("vi"), "vi")
    await vi.until(lambda: sum(len(event["items"]) for event in vi.named("chat:translations")) == 3)
    await stack.joined(room, stack.tokens.guest("vi2"), "vi")
    await vi.quiet()
    assert len(stack.engine.asked) == 3


async def test_a_deleted_line_does_not_come_back_translated(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    stack.engine.hold.clear()
    line = await ann.say("hello there")
    await ann.ok("chat:delete", {"id": line["id"]})
    stack.engine.hold.set()
    await thai.until(lambda: thai.named("chat:deleted"))
    await thai.quiet()
    assert thai.named("chat:translations") == []


async def test_the_language_is_told_by_its_letters(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"), "en")
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    line = await thai.say("Hello from an English keyboard")
    assert line["locale"] == "en"
    message = await ann.say("สวัสดีครับ")
    assert message["locale"] == "th"
    # The Thai reader gets the English line in Thai, although its author's locale is Thai too.
    await thai.until(lambda: len(thai.named("chat:translations")) == 1)
    assert [(source, target) for _, source, target in stack.engine.asked] == [("en", "th"), ("th", "en")]


async def announced(stack: Stack, room: str, client: Client, text: str = "We ship on Monday") -> Message:
    sent = await client.ok("chat:send", {"text": text, "client_id": text, "announcement": True})
    found = await stack.conversation.corrections.find(await host_of(stack, room), sent["message"]["id"])
    assert found is not None
    return found[1]


async def host_of(stack: Stack, room: str) -> Access:
    return await stack.rooms.access(room, stack.tokens.known["host"])


def told(client: Client) -> list[dict[str, Any]]:
    return [item for event in client.named("chat:translations") for item in event["items"]]


async def test_what_a_person_wrote_goes_before_an_engine_that_was_slower(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    turkish = await stack.joined(room, stack.tokens.guest("turk"), "tr")
    stack.engine.hold.clear()
    line = await announced(stack, room, host)
    access = await host_of(stack, room)
    await stack.conversation.corrections.edit(access, line, "th", "ส่งวันจันทร์")
    written = {"id": line.id, "text": "ส่งวันจันทร์", "engine": "", "edited": True}
    await thai.until(lambda: told(thai))
    stack.engine.hold.set()
    await turkish.until(lambda: told(turkish))
    await thai.quiet()
    assert told(thai)[0] == written
    assert {item["text"] for item in told(thai)} == {"ส่งวันจันทร์"}
    assert told(turkish) == [{"id": line.id, "text": "tr: WE SHIP ON MONDAY", "engine": "shout"}]
    late = await stack.joined(room, stack.tokens.guest("late"), "th")
    shown = {"locale": "th", "text": "ส่งวันจันทร์", "engine": "", "edited": True}
    assert late.answer["state"]["messages"][0]["translation"] == shown
    assert late.answer["state"]["announcement"]["message"]["translation"] == shown
    english = await stack.joined(room, stack.tokens.guest("eve"), "en")
    assert "translation" not in english.answer["state"]["announcement"]["message"]


async def test_what_a_person_wrote_is_told_to_who_comes_back_to_it_later(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    line = await announced(stack, room, host)
    await thai.until(lambda: told(thai))
    at = thai.named("chat:translations")[-1]["seq"]
    thai.break_off()
    await stack.conversation.corrections.edit(await host_of(stack, room), line, "th", "ส่งวันจันทร์")
    back = await stack.client("thai")
    assert (await back.join(room, "th", since=at))["resumed"]
    await back.until(lambda: told(back))
    assert [item["text"] for item in told(back)] == ["ส่งวันจันทร์"]


async def test_a_line_that_is_pinned_or_shown_again_has_what_a_person_wrote_without_any_engine(stack: Stack) -> None:
    """Pages have read past it, or forgotten everything of it."""
    room = await stack.room()
    cohost = await stack.joined(room, stack.tokens.guest("co"))
    await stack.appoint(room, "co", Role.COHOST)
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    stack.engine.hold.clear()  # nobody waits for it
    line = await announced(stack, room, cohost)
    access = await host_of(stack, room)
    await stack.conversation.corrections.edit(access, line, "th", "ส่งวันจันทร์")
    await thai.until(lambda: len(told(thai)) == 1)
    await stack.conversation.pins.pin(access, line.id)
    await thai.until(lambda: len(told(thai)) == 2)
    await stack.chat.desk.delete(access, line, Target("co", Role.COHOST, "Co"))
    (deletion, *_) = (await stack.chat.desk.entries(access)).entries
    await stack.chat.desk.undo(access, deletion.id)
    await thai.until(lambda: len(told(thai)) == 3)
    assert {item["text"] for item in told(thai)} == {"ส่งวันจันทร์"}
    stack.engine.hold.set()


async def test_what_was_taken_back_is_an_engines_again(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    line = await announced(stack, room, host)
    await thai.until(lambda: told(thai))
    access = await host_of(stack, room)
    await stack.conversation.corrections.edit(access, line, "th", "ส่งวันจันทร์")
    await stack.conversation.corrections.forget(access, line, "th")
    await thai.until(lambda: len(told(thai)) == 4)
    translated = "th: WE SHIP ON MONDAY"
    assert [item["text"] for item in told(thai)] == [translated, "ส่งวันจันทร์", line.text, translated]
    # Nobody wrote any: there is nothing to take back, and nothing is told.
    await stack.conversation.corrections.forget(access, line, "th")
    await thai.quiet()
    assert len(told(thai)) == 4


async def test_what_was_taken_back_is_gone_where_no_engine_has_another(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    stack.engine.hold.clear()
    line = await announced(stack, room, host)
    access = await host_of(stack, room)
    await stack.conversation.corrections.edit(access, line, "th", "ส่งวันจันทร์")
    await stack.conversation.corrections.forget(access, line, "th")
    await thai.until(lambda: len(told(thai)) == 2)
    assert told(thai)[1] == {"id": line.id, "text": line.text, "engine": ""}
    stack.engine.hold.set()


async def test_an_old_line_that_is_pinned_over_http_is_translated_for_those_who_are_there(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    line = await host.say("We ship on Monday")
    for number in range(RECENT):
        await host.say(f"line {number}")
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    await stack.conversation.pins.pin(await host_of(stack, room), line["id"])
    await thai.until(lambda: line["id"] in {item["id"] for item in told(thai)})
    # Again, what is kept is told, and no engine is asked.
    asked = len(stack.engine.asked)
    await stack.conversation.pins.unpin(await host_of(stack, room))
    stack.engine.hold.clear()
    await stack.chat.keep_translations([(line["id"], "vi", Translation("Giao thứ Hai", "kept"))])
    vi = await stack.joined(room, stack.tokens.guest("vi"), "vi")
    await stack.conversation.pins.pin(await host_of(stack, room), line["id"])
    await vi.until(lambda: line["id"] in {item["id"] for item in told(vi)})
    await thai.until(lambda: [item["id"] for item in told(thai)].count(line["id"]) == 2)
    assert [item["engine"] for item in told(vi) if item["id"] == line["id"]] == ["kept"]
    assert line["text"] not in {text for text, _, _ in stack.engine.asked[asked:]}
    stack.engine.hold.set()


async def test_what_another_process_told_of_goes_before_what_was_kept_a_moment_earlier(stack: Stack) -> None:
    """An engine's is kept, a person's is after it, and told first."""
    room = await stack.room()
    host = await stack.joined(room, "host")
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    stack.engine.hold.clear()
    line = await announced(stack, room, host)
    written = {"text": "ส่งวันจันทร์", "engine": "", "edited": True}
    stack.bus.hear(LineTranslated(room, line.present(), "th", written))
    stack.engine.hold.set()
    await thai.until(lambda: told(thai))
    assert told(thai) == [{"id": line.id, **written}]


async def test_what_was_read_of_a_line_goes_behind_what_was_told_of_it_since_then(stack: Stack) -> None:
    """A line is pinned: what is kept of it was read before another process wrote it, or took it back, and is told after
    that."""
    room = await stack.room()
    host = await stack.joined(room, "host")
    thai = await stack.joined(room, stack.tokens.guest("thai"), "th")
    line, access = await announced(stack, room, host), await host_of(stack, room)
    await thai.until(lambda: told(thai))  # an engine's, which is kept
    written = {"text": "ส่งวันจันทร์", "engine": "", "edited": True}
    stack.bus.hear(LineTranslated(room, line.present(), "th", written))
    await stack.conversation.pins.pin(access, line.id)
    await thai.until(lambda: len(told(thai)) == 2)
    assert told(thai)[1] == {"id": line.id, **written}

    await stack.conversation.corrections.edit(access, line, "th", "วันจันทร์")
    await thai.until(lambda: len(told(thai)) == 3)
    stack.bus.hear(LineTranslated(room, line.present(), "th", None))
    await stack.conversation.pins.unpin(access)
    await stack.conversation.pins.pin(access, line.id)
    await thai.until(lambda: len(told(thai)) == 4)
    assert told(thai)[3] == {"id": line.id, "text": "th: WE SHIP ON MONDAY", "engine": "shout"}
