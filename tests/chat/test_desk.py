"""The moderators' desk on real SQLite: review, reports, the log, undoing."""

import pytest

from livehub.accounts.origin import Origin
from livehub.accounts.permissions import Role
from livehub.chat.conduct import UNDOABLE, Deed, Reach, ReportReason
from livehub.chat.errors import DecidedAlready, MessageNotFound, Muted, NotUndoable, OutranksYou, QueueFull
from livehub.chat.model import HistoryQuery
from livehub.chat.moderation import Target
from livehub.chat.screening.rules import Rules, WordList
from livehub.chat.service import ChatService
from livehub.clock import ManualClock
from livehub.errors import Forbidden, InvalidInput, RateLimited
from livehub.events import EventBus, LineDecided, LineHeld, MessageRestored, ModerationLogged
from tests.chat.conftest import ANN, HOST, MO, Talk, access_of, deeds, heard, screen


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
    appointment = chat.desk.appointment(HOST, "mo", Role.MODERATOR)
    await chat.desk.log(appointment)
    chat.desk.tell(appointment)
    assert await deeds(chat) == [
        "member.appoint", "message.delete", "network.ban", "member.unban", "member.ban", "member.unmute", "member.mute",
    ]  # fmt: skip
    first = await chat.desk.entries(MO, limit=2)
    rest = await chat.desk.entries(MO, before=first.next)
    assert len(first.entries) + len(rest.entries) == len(told) == 7
    mute = rest.entries[-1].present()
    assert (mute["by"]["display_name"], mute["member"]["display_name"], mute["reason"]) == ("Mo", "Ann", "shouting")
    assert (mute["details"], mute["undoable"]) == ({"seconds": 60}, True)


async def test_who_moderates_takes_nothing_back_that_was_done_to_them(chat: ChatService, talk: Talk) -> None:
    line, mo = await talk.say(MO, "mine"), Target("mo", Role.MODERATOR, "Mo")
    await chat.delete(HOST, line.id)
    await chat.moderation.mute(HOST, mo, 60)
    await chat.moderation.slow(HOST, mo, 30, None)
    await chat.moderation.ban(HOST, mo)
    for entry in (await chat.desk.entries(HOST)).entries:
        with pytest.raises(Forbidden):
            await chat.desk.undo(MO, entry.id)
    for lift in (chat.moderation.unmute, chat.moderation.unslow, chat.moderation.unban):
        with pytest.raises(Forbidden):
            await lift(MO, mo)
    assert {item["kind"] for item in await chat.moderation.present("room_1")} == {"mute", "slow", "ban"}
    assert [message.deleted for message in await chat.recent("room_1", 10**9, None)] == [True]
    for entry in (await chat.desk.entries(HOST)).entries:
        await chat.desk.undo(HOST, entry.id)
    await chat.moderation.check_may_speak("room_1", "mo")


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


async def test_everything_that_can_be_undone_is(chat: ChatService, talk: Talk) -> None:
    line, ann = await talk.say(ANN, "fine"), Target("ann", Role.VIEWER, "Ann")
    await chat.desk.report(access_of("ben"), line.id, ReportReason.SPAM)
    await chat.desk.resolve(MO, line.id, False)
    await chat.delete(MO, line.id)
    await chat.moderation.mute(MO, ann, 60)
    await chat.moderation.slow(MO, ann, 30, None)
    await chat.moderation.ban(MO, ann)
    await chat.moderation.ban_network(MO, "203.0.113.0/24", 3600)
    await chat.desk.set_rules(MO, Rules(hold_all=True))
    held = await screen(chat, access_of("cat"), "may I?")
    await chat.desk.decide(MO, held, False)
    done = [entry for entry in (await chat.desk.entries(MO)).entries if entry.present()["undoable"]]
    assert {entry.deed for entry in done} == UNDOABLE
    for entry in done:
        await chat.desk.undo(HOST, entry.id)
    assert await chat.moderation.present("room_1") == []
    await chat.moderation.check_may_enter("room_1", "x", Origin("203.0.113.9"))
    assert await chat.moderation.slowed_to("room_1", "ann") == 0
    assert [item.id for item in await chat.desk.waiting(MO)] == [held.id]
    assert [item["message"]["text"] for item in await chat.desk.reported(MO)] == ["fine"]
    assert not (await chat.desk.rules("room_1")).hold_all
    shown = [entry.present() for entry in (await chat.desk.entries(MO)).entries]
    undone = {entry["id"] for entry in shown if entry["undone_at"]}
    assert undone == {entry.id for entry in done}, "and it stays in the log"


async def test_undoing_takes_back_nothing_that_came_later(chat: ChatService, clock: ManualClock) -> None:
    ann = Target("ann", Role.VIEWER, "Ann")
    for who, seconds in ((MO, 60), (HOST, 3600)):
        await chat.moderation.mute(who, ann, seconds)
        await chat.moderation.slow(who, ann, seconds, None)
        await chat.moderation.ban(who, ann, seconds=seconds)
        await chat.moderation.ban_network(who, "203.0.113.0/24", seconds)
        clock.advance(1)
    entries = (await chat.desk.entries(MO)).entries
    assert [entry.by for entry in entries] == ["host"] * 4 + ["mo"] * 4
    for entry in entries[4:]:
        with pytest.raises(NotUndoable):
            await chat.desk.undo(MO, entry.id)
    assert {item["kind"] for item in await chat.moderation.present("room_1")} == {"mute", "slow", "ban", "network"}
    for entry in entries[:4]:
        await chat.desk.undo(MO, entry.id)
    assert await chat.moderation.present("room_1") == []


async def test_of_rules_goes_back_what_was_changed_then(chat: ChatService) -> None:
    await chat.desk.set_rules(MO, Rules(slow_s=9))
    await chat.desk.set_rules(HOST, Rules(slow_s=9, words={"en": WordList(refused=("idiot",))}))
    await chat.desk.set_rules(MO, Rules(slow_s=30, words={"en": WordList(refused=("idiot",))}))
    slower, words, slow = (await chat.desk.entries(MO)).entries
    with pytest.raises(NotUndoable):
        await chat.desk.undo(MO, slow.id)
    await chat.desk.undo(MO, words.id)
    assert await chat.desk.rules("room_1") == Rules(slow_s=30)
    await chat.desk.undo(MO, slower.id)
    await chat.desk.undo(MO, slow.id)
    assert await chat.desk.rules("room_1") == Rules()


async def test_what_was_undone_says_so_in_the_commit_of_the_undoing(
    chat: ChatService, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it another one, a process that ended between would offer to undo it again."""
    line = await talk.say(ANN, "fine")
    await chat.delete(MO, line.id)
    (delete,) = (await chat.desk.entries(MO)).entries
    monkeypatch.setattr(chat.moderation, "tell", _ends)
    with pytest.raises(ZeroDivisionError):
        await chat.desk.undo(MO, delete.id)
    undoing, done = (await chat.desk.entries(MO)).entries
    assert (undoing.deed, done.undone_by, done.undone_at) == (Deed.UNDO, "mo", undoing.at)


def _ends(*_: object) -> None:
    raise ZeroDivisionError
