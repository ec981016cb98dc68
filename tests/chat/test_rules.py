"""What a room wants of its lines, on real SQLite: words, links, slow mode, repetition, raids, rates, plug-ins."""

import asyncio

import pytest

from livehub.accounts.permissions import Role
from livehub.chat.errors import Banned, LineRefused, Muted, Repeated, RoomBusy, SlowMode
from livehub.chat.moderation import Target
from livehub.chat.screening.flood import ONE_WINDOW_S, SAME_OF_MANY
from livehub.chat.screening.judges import Judges
from livehub.chat.screening.plugin import Judgement, Line
from livehub.chat.screening.rules import MAX_WORDS, Outcome, Rules, WordList
from livehub.chat.service import ChatLimits, ChatService, Draft
from livehub.clock import ManualClock
from livehub.errors import Forbidden, InvalidInput, RateLimited
from livehub.events import EventBus, RoomRulesChanged
from livehub.storage.chat import SqlChat
from tests.chat.conftest import ANN, HOST, MO, Talk, access_of, deeds, heard, screen

WORDS = Rules(words={"en": WordList(refused=("idiot",), held=("sale*",)), "fr": WordList(refused=("bite",))})


async def test_words_refuse_and_hold_by_language(chat: ChatService, bus: EventBus) -> None:
    told = heard(bus, RoomRulesChanged)
    await chat.desk.set_rules(MO, WORDS)
    assert told
    with pytest.raises(LineRefused) as caught:
        await screen(chat, ANN, "what an 1d10t")
    assert caught.value.error_code == "word_refused"
    assert "1d10t" not in str(caught.value)
    assert await screen(chat, ANN, "a bite of cake") is None
    # The room's own language counts whatever a line claims to be written in.
    with pytest.raises(LineRefused):
        await screen(chat, ANN, "idiot!", locale="fr")
    held = await screen(chat, ANN, "big sales here")
    assert (held.text, held.by, held.reason) == ("big sales here", "words", "sale*")
    assert await screen(chat, MO, "idiot") is None
    assert await deeds(chat) == ["line.hold", "line.refuse", "line.refuse", "rules.change"]


async def test_links(chat: ChatService) -> None:
    await chat.desk.set_rules(MO, Rules(links=Outcome.REFUSE, allowed_hosts=("https://Shop.example.org/",)))
    assert (await chat.desk.rules("room_1")).allowed_hosts == ("shop.example.org",)
    assert await screen(chat, ANN, "see https://shop.example.org/pots") is None
    with pytest.raises(LineRefused) as caught:
        await screen(chat, ANN, "cheaper at evil[.]com")
    assert caught.value.error_code == "link_refused"
    await chat.desk.set_rules(MO, Rules(links=Outcome.HOLD))
    assert (await screen(chat, ANN, "https://shop.example.org/pots 2")).by == "links"


async def test_rules_that_cannot_be_kept(chat: ChatService) -> None:
    for wrong in (
        Rules(words={"xx": WordList()}),
        Rules(words={"en": WordList(refused=("...",))}),
        Rules(words={"en": WordList(refused=("a" * 30 + "bc" * 30,))}),
        Rules(
            words={"en": WordList(held=tuple(f"word{n}x" for n in range(MAX_WORDS))), "*": WordList(refused=("one",))}
        ),
        Rules(allowed_hosts=("nowhere",)),
    ):
        with pytest.raises(InvalidInput):
            await chat.desk.set_rules(MO, wrong)
    with pytest.raises(Forbidden):
        await chat.desk.set_rules(ANN, Rules(slow_s=5))


async def test_broken_characters_are_left_out(chat: ChatService) -> None:
    kept = await chat.desk.set_rules(MO, Rules(words={"en": WordList(refused=("id\ud800iot",))}))
    assert kept.words["en"].refused == ("idiot",)
    await chat.moderation.mute(MO, Target("ann"), 60, "\udc00loud")
    assert (await chat.desk.entries(MO)).entries[0].reason == "loud"


async def test_slow_mode_counts_what_was_kept(chat: ChatService, talk: Talk, clock: ManualClock) -> None:
    await chat.desk.set_rules(MO, Rules(slow_s=30))
    await talk.say(ANN, "one", "c1")
    with pytest.raises(SlowMode) as caught:
        await chat.check_send(ANN, client_id="c2")
    assert 0 < caught.value.retry_after_s <= 30
    await chat.check_send(ANN, client_id="c1")  # sent again, as after a lost answer
    await talk.say(access_of("ben"), "mine")
    await talk.say(HOST, "one")
    await talk.say(HOST, "two")
    clock.advance(31)
    await chat.check_send(ANN, client_id="c2")


async def test_one_member_is_slowed(chat: ChatService, talk: Talk, clock: ManualClock) -> None:
    await chat.moderation.slow(MO, Target("ann", Role.VIEWER, "Ann"), 60, 3600)
    await talk.say(ANN, "one")
    await talk.say(access_of("ben"), "one")
    clock.advance(30)
    with pytest.raises(SlowMode):
        await chat.check_send(ANN, client_id="c9")
    await talk.say(access_of("ben"), "two")
    assert await chat.moderation.unslow(MO, Target("ann"))
    await chat.check_send(ANN, client_id="c9")
    assert not await chat.moderation.unslow(MO, Target("ann"))


async def test_saying_the_same_again_and_again(chat: ChatService, clock: ManualClock) -> None:
    assert await screen(chat, ANN, "BUY NOW", "1") is None
    assert await screen(chat, ANN, "buy n0w!", "2") is None
    assert await screen(chat, ANN, "buy n0w!", "2") is None
    with pytest.raises(Repeated) as caught:
        await screen(chat, ANN, "b.u.y now", "3")
    assert 0 < caught.value.retry_after_s <= ONE_WINDOW_S
    clock.advance(ONE_WINDOW_S)
    assert await screen(chat, ANN, "buy now", "4") is None


async def test_a_raid_is_held(chat: ChatService) -> None:
    said = [await screen(chat, access_of(f"raider{n}"), "down with this shop") for n in range(SAME_OF_MANY)]
    assert said[:-1] == [None] * (SAME_OF_MANY - 1)
    assert said[-1].by == "raid"
    assert all([await screen(chat, access_of(f"raider{n}"), "hello") is None for n in range(SAME_OF_MANY + 5)])


async def test_an_address_and_a_room_have_limits_of_their_own(
    store: SqlChat, clock: ManualClock, bus: EventBus
) -> None:
    limits = ChatLimits(address_rate_per_s=1, address_burst=2, room_rate_per_s=1, room_burst=4)
    chat = ChatService(store, clock=clock, bus=bus, limits=limits)
    for name in ("a", "b"):
        await chat.check_send(access_of(name), address="203.0.113.7")
    with pytest.raises(RateLimited) as caught:
        await chat.check_send(access_of("c"), address="203.0.113.7")
    assert (caught.value.error_code, caught.value.retry_after_s) == ("rate_limited", 1)
    for name in ("d", "e"):
        await chat.check_send(access_of(name), address="198.51.100.1")
    with pytest.raises(RoomBusy) as busy:
        await chat.check_send(access_of("f"), address="192.0.2.1")
    assert (busy.value.error_code, busy.value.retry_after_s) == ("room_busy", 1)
    await chat.check_send(HOST, address="203.0.113.7")
    clock.advance(1)
    await chat.check_send(access_of("f"), address="192.0.2.1")


async def test_what_plug_ins_say_is_done(store: SqlChat, clock: ManualClock, bus: EventBus) -> None:
    asked: list[Line] = []

    class Grump:
        name = "grump"

        async def judge(self, line: Line) -> Judgement:
            asked.append(line)
            return Judgement(Outcome.REFUSE if "!" in line.text else Outcome.HOLD, f"{line.display_name} again")

        async def close(self) -> None:
            return None

    chat = ChatService(store, clock=clock, bus=bus, judges=Judges([Grump()]))
    held = await screen(chat, ANN, "hello")
    assert (held.by, held.reason) == ("auto:grump", "Ann again")
    with pytest.raises(LineRefused) as caught:
        await screen(chat, ANN, "hello!!")
    assert "again" not in str(caught.value)
    assert await screen(chat, MO, "hello!!!") is None
    assert [entry.by for entry in (await chat.desk.entries(MO)).entries] == ["auto:grump", "auto:grump"]
    # In the language of the line, whichever its author reads.
    await chat.screen(ANN, Draft("สวัสดี", "th", "th"), frozenset({"en", "th"}))
    assert asked[-1] == Line("room_1", "ann", "Ann", Role.VIEWER, "สวัสดี", "th")


async def test_who_is_banned_while_a_program_thinks_about_their_line_says_nothing(
    store: SqlChat, clock: ManualClock, bus: EventBus
) -> None:
    thinks, thought = asyncio.Event(), asyncio.Event()

    class Slow:
        name = "slow"

        async def judge(self, line: Line) -> Judgement:
            thinks.set()
            await thought.wait()
            return Judgement(Outcome.ALLOW)

        async def close(self) -> None:
            return None

    chat = ChatService(store, clock=clock, bus=bus, judges=Judges([Slow()], deadline_s=60))
    for banning, refused in ((True, Banned), (False, Muted)):
        sending = asyncio.create_task(screen(chat, ANN, "hello"))
        await thinks.wait()
        act = chat.moderation.ban(MO, Target("ann")) if banning else chat.moderation.mute(MO, Target("ann"), 60)
        await act
        thought.set()
        with pytest.raises(refused):
            await sending
        await chat.moderation.unban(MO, Target("ann"))
        thinks.clear()
        thought.clear()
