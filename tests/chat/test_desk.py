"""The moderators' desk on real SQLite: rules, slow mode, review, reports, bans that reach further, the log, undoing."""

from dataclasses import replace

import pytest

from livehub.accounts.origin import Origin
from livehub.accounts.permissions import Role
from livehub.chat.conduct import Deed, MarkKind, Reach, ReportReason
from livehub.chat.errors import (
    Banned,
    DecidedAlready,
    LineRefused,
    MessageNotFound,
    Muted,
    NotUndoable,
    OutranksYou,
    QueueFull,
    Repeated,
    RoomBusy,
    SlowMode,
)
from livehub.chat.model import HistoryQuery
from livehub.chat.moderation import DEFAULT_NETWORK_S, Target
from livehub.chat.screening.flood import ONE_WINDOW_S, SAME_OF_MANY
from livehub.chat.screening.judges import Judges
from livehub.chat.screening.plugin import Judgement, Line
from livehub.chat.screening.rules import MAX_WORDS, Outcome, Rules, WordList
from livehub.chat.service import ChatLimits, ChatService, Draft
from livehub.clock import ManualClock
from livehub.errors import Forbidden, InvalidInput, RateLimited
from livehub.events import (
    Event,
    EventBus,
    LineDecided,
    LineHeld,
    MemberSanctioned,
    MessageRestored,
    ModerationLogged,
    RoomRulesChanged,
)
from livehub.rooms.access import Access
from livehub.storage.chat import SqlChat
from tests.chat.conftest import Talk, access_of

HOST = access_of("host", Role.HOST)
MO = access_of("mo", Role.MODERATOR)
ANN = access_of("ann")
WORDS = Rules(words={"en": WordList(refused=("idiot",), held=("sale*",)), "fr": WordList(refused=("bite",))})


async def screen(chat: ChatService, access: Access, text: str, client_id: str = "", locale: str = "en"):  # type: ignore[no-untyped-def]
    return await chat.screen(access, Draft(text, client_id or text[:60], locale), frozenset({locale}))


async def deeds(chat: ChatService) -> list[str]:
    return [entry.deed.value for entry in (await chat.desk.entries(MO)).entries]


def heard(bus: EventBus, *kinds: type[Event]) -> list[Event]:
    events: list[Event] = []
    for kind in kinds:
        bus.subscribe(kind, events.append)
    return events


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


async def test_review(chat: ChatService, bus: EventBus) -> None:
    told = heard(bus, LineHeld, LineDecided)
    await chat.desk.set_rules(MO, Rules(hold_all=True))
    held = await screen(chat, ANN, "may I?", "c1")
    again = await screen(chat, ANN, "may I?", "c1")
    assert again.id == held.id
    assert [item.id for item in await chat.desk.waiting(MO)] == [held.id]
    for who in (ANN, access_of("sam", Role.SPEAKER)):
        with pytest.raises(Forbidden):
            await chat.desk.waiting(who)
    await chat.desk.decide(MO, held, False, "off topic")
    with pytest.raises(DecidedAlready):
        await chat.desk.decide(HOST, held, True)
    with pytest.raises(DecidedAlready):
        await chat.desk.waiting_line(MO, held.id)
    assert [type(event).__name__ for event in told] == ["LineHeld", "LineDecided"]
    rejected = (await chat.desk.entries(MO)).entries[0]
    assert (rejected.deed, rejected.reason, rejected.name) == (Deed.REJECT, "off topic", "Ann")
    await chat.desk.undo(MO, rejected.id)
    assert [item.id for item in await chat.desk.waiting(MO)] == [held.id]


async def test_the_queue_is_bounded(chat: ChatService) -> None:
    await chat.desk.set_rules(MO, Rules(hold_all=True))
    for n in range(5):
        await screen(chat, ANN, f"line {'abcdefgh'[n]}")
    with pytest.raises(QueueFull) as caught:
        await screen(chat, ANN, "one more")
    assert caught.value.retry_after_s > 0
    assert await screen(chat, access_of("ben"), "mine") is not None


async def test_reports(chat: ChatService, talk: Talk) -> None:
    rude, fine = await talk.say(ANN, "rude"), await talk.say(ANN, "fine")
    ben, cat = access_of("ben"), access_of("cat")
    assert await chat.desk.report(ben, rude.id, ReportReason.ABUSE, "see")
    assert not await chat.desk.report(ben, rude.id, ReportReason.SPAM)
    assert await chat.desk.report(cat, rude.id, ReportReason.SPAM)
    assert await chat.desk.report(cat, fine.id, ReportReason.OTHER)
    with pytest.raises(InvalidInput):
        await chat.desk.report(ANN, rude.id, ReportReason.OTHER)
    with pytest.raises(MessageNotFound):
        await chat.desk.report(ben, "msg_none", ReportReason.OTHER)
    shown = await chat.desk.reported(MO)
    assert [(item["message"]["text"], item["reports"]) for item in shown] == [("rude", 2), ("fine", 1)]
    assert (shown[0]["reasons"], shown[0]["notes"]) == ({"abuse": 1, "spam": 1}, ["see"])
    assert "ben" not in str(shown)
    await chat.desk.resolve(MO, rude.id, True, "rude indeed")
    await chat.desk.resolve(MO, fine.id, False)
    assert await chat.desk.reported(MO) == []
    with pytest.raises(DecidedAlready):
        await chat.desk.resolve(MO, fine.id, True)
    page = await chat.history(ANN, HistoryQuery("room_1", 10))
    assert [message.deleted for message in page.messages] == [True, True]


async def test_who_reports_much_waits(chat: ChatService, talk: Talk) -> None:
    lines = [await talk.say(HOST, f"line {n}") for n in range(6)]
    for line in lines[:5]:
        await chat.desk.report(ANN, line.id, ReportReason.SPAM)
    with pytest.raises(RateLimited):
        await chat.desk.report(ANN, lines[5].id, ReportReason.SPAM)


async def test_every_act_is_in_the_log(chat: ChatService, talk: Talk, bus: EventBus) -> None:
    told = heard(bus, ModerationLogged)
    line = await talk.say(ANN, "rude")
    ann = Target("ann", Role.VIEWER, "Ann")
    await chat.moderation.mute(MO, ann, 60, "shouting")
    await chat.moderation.unmute(MO, ann)
    await chat.moderation.ban(MO, ann, "spam", seconds=3600)
    await chat.moderation.unban(HOST, ann)
    await chat.moderation.ban_network(HOST, "203.0.113.0/24", None, "raids")
    await chat.delete(MO, line.id, "rude")
    own = await talk.say(ANN, "mine")
    await chat.delete(ANN, own.id)  # one's own is nobody's business
    await chat.desk.log_appointment(HOST, "mo", Role.MODERATOR)
    assert await deeds(chat) == [
        "member.appoint", "message.delete", "network.ban", "member.unban", "member.ban", "member.unmute", "member.mute",
    ]  # fmt: skip
    first = await chat.desk.entries(MO, limit=2)
    rest = await chat.desk.entries(MO, before=first.next)
    assert len(first.entries) + len(rest.entries) == len(told) == 7
    mute = rest.entries[-1].present()
    assert (mute["by"]["display_name"], mute["member"]["display_name"], mute["reason"]) == ("Mo", "Ann", "shouting")
    assert (mute["details"], mute["undoable"]) == ({"seconds": 60}, True)


async def test_undoing(chat: ChatService, talk: Talk, bus: EventBus) -> None:
    told = heard(bus, MessageRestored)
    line, ann = await talk.say(ANN, "fine"), Target("ann", Role.VIEWER, "Ann")
    await chat.delete(MO, line.id)
    await chat.moderation.mute(MO, ann, 60)
    await chat.moderation.ban(MO, ann, reach=Reach.DEVICE)
    await chat.desk.set_rules(MO, Rules(slow_s=9))
    rules, ban, mute, delete = (await chat.desk.entries(MO)).entries
    for entry in (rules, ban, mute, delete):
        undoing = await chat.desk.undo(MO, entry.id)
        assert undoing.details == {"undoes": entry.id, "action": entry.deed}
        with pytest.raises(NotUndoable):
            await chat.desk.undo(MO, entry.id)
        with pytest.raises(NotUndoable):
            await chat.desk.undo(MO, undoing.id)
    assert (await chat.desk.rules("room_1")).slow_s == 0
    await chat.moderation.check_may_speak("room_1", "ann")
    assert isinstance(told[0], MessageRestored)
    assert told[0].message["text"] == "fine"
    assert [message.text for message in await chat.recent("room_1", 10**9, None)] == ["fine"]


async def test_undoing_needs_what_doing_needs(chat: ChatService) -> None:
    await chat.moderation.mute(MO, Target("ann", Role.VIEWER), 60)
    entry = (await chat.desk.entries(MO)).entries[0]
    for who in (ANN, access_of("sam", Role.SPEAKER)):
        with pytest.raises(Forbidden):
            await chat.desk.undo(who, entry.id)
    with pytest.raises(Muted):
        await chat.moderation.check_may_speak("room_1", "ann")
    with pytest.raises(OutranksYou):
        await chat.moderation.slow(MO, Target("host", Role.HOST), 5, None)


async def test_a_ban_reaches_the_device_under_another_name(chat: ChatService) -> None:
    here = Origin("203.0.113.7", "d" * 22)
    chat.moderation.saw("room_1", "ann", here)
    sanction = await chat.moderation.ban(MO, Target("ann", Role.VIEWER))
    assert sanction.marked == (MarkKind.DEVICE,)
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "ann2", here)
    await chat.moderation.check_may_enter("room_1", "ann2", replace(here, device="e" * 22))
    await chat.moderation.check_may_enter("room_1", "mo")  # whom a role brings here is asked for no origin
    await chat.moderation.check_may_enter("room_2", "ann2", here)
    await chat.moderation.unban(MO, Target("ann"))
    await chat.moderation.check_may_enter("room_1", "ann2", here)


@pytest.mark.parametrize(
    ("reach", "address", "caught", "free"),
    [
        (Reach.ADDRESS, "203.0.113.7", "203.0.113.7", "203.0.113.8"),
        (Reach.RANGE, "203.0.113.7", "203.0.113.8", "203.0.114.7"),
        (Reach.ADDRESS, "2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1:3::/64"),
        (Reach.RANGE, "2001:db8:1:2::/64", "2001:db8:1:3::/64", "2001:db8:2:2::/64"),
    ],
)
async def test_a_ban_reaches_an_address_for_a_while(
    chat: ChatService, clock: ManualClock, reach: Reach, address: str, caught: str, free: str
) -> None:
    chat.moderation.saw("room_1", "ann", Origin(address))
    assert (await chat.moderation.ban(MO, Target("ann"), reach=reach)).marked == (MarkKind.NETWORK,)
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "x", Origin(caught))
    await chat.moderation.check_may_enter("room_1", "x", Origin(free))
    clock.advance(DEFAULT_NETWORK_S)
    await chat.moderation.check_may_enter("room_1", "x", Origin(caught))
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "ann", Origin(free))


async def test_who_was_seen_elsewhere_by_another_process_is_banned_from_there_as_well(
    chat: ChatService, store: SqlChat, clock: ManualClock, bus: EventBus
) -> None:
    other = ChatService(store, clock=clock, bus=EventBus())
    chat.moderation.saw("room_1", "ann", Origin("203.0.113.7", "d" * 22))
    other.moderation.saw("room_1", "ann", Origin("198.51.100.7", "d" * 22))
    told: list[MemberSanctioned] = []
    bus.subscribe(MemberSanctioned, told.append)
    await chat.moderation.ban(MO, Target("ann"), reach=Reach.ADDRESS)
    (event,) = told
    assert (event.reach, event.networks) == ("address", ("203.0.113.7/32",))
    await chat.moderation.extend(event)  # it hears itself, and knows nothing more
    assert len(told) == 1
    await other.moderation.extend(event)
    for address in ("203.0.113.7", "198.51.100.7"):
        with pytest.raises(Banned):
            await other.moderation.check_may_enter("room_1", "anna", Origin(address))
    await chat.moderation.unban(MO, Target("ann"))
    late = ChatService(store, clock=clock, bus=EventBus())
    late.moderation.saw("room_1", "ann", Origin("192.0.2.7"))
    await late.moderation.extend(event)
    await late.moderation.check_may_enter("room_1", "anna", Origin("192.0.2.7"))


async def test_a_network_is_banned_by_name(chat: ChatService) -> None:
    await chat.moderation.ban_network(MO, "198.51.100.0/24", 3600)
    with pytest.raises(Banned):
        await chat.moderation.check_may_enter("room_1", "x", Origin("198.51.100.9"))
    assert await chat.moderation.present("room_1") != []
    assert await chat.moderation.unban_network(MO, "198.51.100.0/24")
    await chat.moderation.check_may_enter("room_1", "x", Origin("198.51.100.9"))
    for wrong in ("0.0.0.0/0", "10.0.0.0/8", "127.0.0.1", "::/0", "x", ""):
        with pytest.raises(InvalidInput):
            await chat.moderation.ban_network(MO, wrong, None)


async def test_what_one_process_decides_another_reads(chat: ChatService, store: SqlChat, clock: ManualClock) -> None:
    """Two services on one database, as in two processes; the second hears of what the first did."""
    other_bus = EventBus()
    other = ChatService(store, clock=clock, bus=other_bus)
    await other.moderation.check_may_speak("room_1", "ann")
    assert (await other.desk.rules("room_1")).slow_s == 0
    await chat.moderation.ban(MO, Target("ann"))
    await chat.desk.set_rules(MO, Rules(slow_s=7))
    other_bus.hear(MemberSanctioned("room_1", "ann", "ban"))
    other_bus.hear(RoomRulesChanged("room_1", {}))
    with pytest.raises(Banned):
        await other.moderation.check_may_speak("room_1", "ann")
    assert (await other.desk.rules("room_1")).slow_s == 7


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
    class Grump:
        name = "grump"

        async def judge(self, line: Line) -> Judgement:
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
