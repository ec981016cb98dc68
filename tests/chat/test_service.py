"""Sending, reading back, deleting, reacting; who may."""

import asyncio

import pytest

from livehub.accounts.permissions import Role
from livehub.chat.errors import Banned, MessageEmpty, MessageNotFound, Muted, OutranksYou, UnknownReaction
from livehub.chat.model import HistoryQuery, Translation
from livehub.chat.moderation import Target
from livehub.chat.service import ChatService, Draft
from livehub.clock import ManualClock
from livehub.errors import Forbidden, Gone, InvalidInput, RateLimited, Unauthenticated
from livehub.events import EventBus, MemberSanctioned
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState
from livehub.storage.chat import SqlChat
from tests.chat.conftest import ROOM, Talk, access_of

ANN, BEN, HOST = access_of("ann"), access_of("ben"), access_of("host", Role.HOST)
MODERATOR, COHOST = access_of("mo", Role.MODERATOR), access_of("co", Role.COHOST)


async def test_a_line_is_kept_with_its_author_and_time(chat: ChatService, talk: Talk, clock: ManualClock) -> None:
    sent = await talk.say(ANN, " hello ")
    (kept,) = (await chat.history(BEN, HistoryQuery("room_1", 10))).messages
    assert kept == sent
    assert (kept.text, kept.at, kept.author.role) == ("hello", clock.now_ms(), Role.VIEWER)


async def test_the_same_client_id_gives_the_first_line(chat: ChatService, talk: Talk) -> None:
    first = await talk.say(ANN, "one", "x")
    assert await talk.say(ANN, "two", "x") == first
    assert (await talk.say(BEN, "three", "x")).text == "three"
    both = [
        await asyncio.gather(*(chat.append(chat.compose(ANN, Draft("at once", "y", "en"), seq)) for seq in (101, 102)))
    ][0]
    assert both[0][0] == both[1][0]
    assert sorted(is_new for _, is_new in both) == [False, True]


async def test_history_pages_both_ways(chat: ChatService, talk: Talk, clock: ManualClock) -> None:
    for number in range(1, 11):
        await talk.say(HOST, f"{number}")

    async def page(**bounds: int) -> tuple[list[str], bool]:
        found = await chat.history(ANN, HistoryQuery("room_1", 4, **bounds))  # type: ignore[arg-type]
        return [message.text for message in found.messages], found.more

    assert await page() == (["7", "8", "9", "10"], True)
    assert await page(before=7) == (["3", "4", "5", "6"], True)
    assert await page(before=3) == (["1", "2"], False)
    assert await page(after=0) == (["1", "2", "3", "4"], True)
    assert await page(after=8) == (["9", "10"], False)
    assert await page(after=2, before=5) == (["3", "4"], False)
    assert await chat.last_seq("room_1") == 10
    assert await chat.last_seq("room_2") == 0


async def test_members_are_slowed_down_and_staff_less(talk: Talk, clock: ManualClock) -> None:
    for number in range(5):
        await talk.say(ANN, f"{number}")
    with pytest.raises(RateLimited) as refusal:
        await talk.say(ANN, "one too many")
    assert 0 < refusal.value.retry_after_s <= 1
    await talk.say(BEN, "others are not concerned")
    for number in range(20):
        await talk.say(HOST, f"{number}")
    clock.advance(1)
    await talk.say(ANN, "again")


async def test_only_who_is_let_in_speaks(talk: Talk) -> None:
    with pytest.raises(Unauthenticated):
        await talk.say(Access(ROOM, None, None), "hello")
    with pytest.raises(Forbidden):
        await talk.say(access_of("guest", None), "hello")
    with pytest.raises(Gone):
        await talk.say(access_of("ann", state=RoomState.ENDED), "hello")
    with pytest.raises(MessageEmpty):
        await talk.say(ANN, "\u200b")


async def test_deleting(chat: ChatService, talk: Talk, store: SqlChat) -> None:
    line = await talk.say(ANN, "oops")
    await chat.keep_translations([(line.id, "th", Translation("อุ๊ย", "test"))])
    with pytest.raises(Forbidden):
        await chat.delete(BEN, line.id)
    assert (await chat.delete(ANN, line.id))[1]
    assert not (await chat.delete(MODERATOR, line.id))[1]
    kept = await store.find("room_1", line.id)
    assert kept is not None
    assert kept.deleted
    assert kept.text == "oops"
    shown = (await chat.recent("room_1", 10, "th"))[0].present("th")
    assert shown["text"] == ""
    assert shown["deleted"]
    assert "translation" not in shown
    with pytest.raises(MessageNotFound):
        await chat.delete(HOST, "msg_unknown")


async def test_nobody_deletes_upwards(chat: ChatService, talk: Talk) -> None:
    from_host, from_moderator = await talk.say(HOST, "from the host"), await talk.say(MODERATOR, "from a moderator")
    for access, line in (
        (MODERATOR, from_host),
        (COHOST, from_host),
        (access_of("mo2", Role.MODERATOR), from_moderator),
    ):
        with pytest.raises(OutranksYou):
            await chat.delete(access, line.id)
    assert (await chat.delete(COHOST, from_moderator.id))[1]


async def test_a_mute_lasts_as_long_as_it_says(
    chat: ChatService, talk: Talk, clock: ManualClock, bus: EventBus, store: SqlChat
) -> None:
    told: list[MemberSanctioned] = []
    bus.subscribe(MemberSanctioned, told.append)
    sanction = await chat.moderation.mute(MODERATOR, Target("ann", Role.VIEWER), 60, "shouting")
    assert sanction.until == clock.now_ms() + 60_000
    with pytest.raises(Muted) as refusal:
        await talk.say(ANN, "hello?")
    assert refusal.value.extra["until"]
    with pytest.raises(Muted):
        await chat.react(ANN, "👍")
    # as after a restart: read from SQL
    with pytest.raises(Muted):
        await Talk(ChatService(store, clock=clock, bus=bus)).say(ANN, "hello?")
    clock.advance(60)
    await talk.say(ANN, "back")
    await chat.moderation.mute(HOST, Target("ann", Role.VIEWER), 60)
    assert await chat.moderation.unmute(MODERATOR, Target("ann"))
    assert not await chat.moderation.unmute(MODERATOR, Target("ann"))
    await talk.say(ANN, "back again")
    assert [(event.sanction, event.lifted) for event in told] == [("mute", False), ("mute", False), ("mute", True)]


async def test_a_ban_keeps_out_of_this_room_alone(chat: ChatService, talk: Talk) -> None:
    await talk.say(ANN, "before")
    await chat.moderation.ban(MODERATOR, Target("ann", None))
    for attempt in (talk.say(ANN, "x"), chat.history(ANN, HistoryQuery("room_1", 1))):
        with pytest.raises(Banned):
            await attempt
    await chat.moderation.check_may_enter("room_2", "ann")
    await chat.moderation.unban(MODERATOR, Target("ann"))
    await talk.say(ANN, "after")


@pytest.mark.parametrize(
    ("actor", "target", "allowed"),
    [
        (Role.MODERATOR, Role.VIEWER, True),
        (Role.MODERATOR, Role.SPEAKER, True),
        (Role.MODERATOR, Role.MODERATOR, False),
        (Role.MODERATOR, Role.HOST, False),
        (Role.COHOST, Role.MODERATOR, True),
        (Role.COHOST, Role.HOST, False),
        (Role.HOST, Role.COHOST, True),
        (Role.SPEAKER, Role.VIEWER, False),
        (Role.VIEWER, Role.VIEWER, False),
    ],
)
async def test_rank(chat: ChatService, actor: Role, target: Role, allowed: bool) -> None:
    access = access_of("actor", actor)
    for attempt in (
        chat.moderation.mute(access, Target("target", target), 60),
        chat.moderation.ban(access, Target("target", target)),
    ):
        if allowed:
            assert (await attempt).identity == "target"
        else:
            with pytest.raises(Forbidden):
                await attempt


async def test_sanctions_need_sense(chat: ChatService) -> None:
    for attempt in (
        chat.moderation.mute(HOST, Target("ann", None), 0),
        chat.moderation.mute(HOST, Target("ann", None), 10**9),
        chat.moderation.ban(HOST, Target("host", None)),
    ):
        with pytest.raises(InvalidInput):
            await attempt


async def test_reactions_survive_by_flushing(
    chat: ChatService, store: SqlChat, clock: ManualClock, bus: EventBus
) -> None:
    for _ in range(3):
        await chat.react(ANN, "❤️")
    assert await store.reactions("room_1") == {}
    await chat.reactions.flush()
    await chat.reactions.flush()
    await chat.react(BEN, "❤️")
    await chat.reactions.flush()
    assert await store.reactions("room_1") == {"❤️": 4}
    assert await ChatService(store, clock=clock, bus=bus).reactions.totals("room_1") == {"❤️": 4}
    with pytest.raises(UnknownReaction):
        await chat.react(ANN, "<b>")


async def test_translations_are_kept_once_and_read_by_locale(chat: ChatService, talk: Talk) -> None:
    line = await talk.say(ANN, "hello")
    await chat.keep_translations([(line.id, "es", Translation("hola", "one"))])
    await chat.keep_translations([(line.id, "es", Translation("buenas", "two"))])
    (message,) = (await chat.history(BEN, HistoryQuery("room_1", 10, locale="es"))).messages
    assert message.present("es")["translation"] == {"locale": "es", "text": "hola", "engine": "one"}
    assert "translation" not in message.present("th")
    assert "translation" not in message.present("en")
