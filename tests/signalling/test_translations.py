"""The original at once, translations by id to those who read them, kept with the line."""

from tests.signalling.conftest import Stack


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
