"""Glossaries, usage, texts and reports on both databases."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from livehub.clock import SystemClock
from livehub.errors import InvalidInput
from livehub.events import EventBus, TextForgotten, TextsTranslated
from livehub.rooms.model import RoomState
from livehub.rooms.service import RoomService
from livehub.storage.accounts import SqlAccounts
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms
from livehub.storage.texts import SqlTexts
from livehub.storage.translation import SqlGlossaries, SqlTranslationReports, SqlUsage, forget_room
from livehub.translation.desk import GlossaryDesk
from livehub.translation.glossary import Term
from livehub.translation.reports import TranslationReport
from livehub.translation.rooms import RoomTranslator
from livehub.translation.service import TranslationService
from livehub.translation.texts import Source, Text, Texts, digest_of
from tests.storage.test_sql_rooms import ANA, ROOM
from tests.translation.engines import Engine


async def test_a_glossary_is_changed_replaced_and_bounded(migrated: Database) -> None:
    store = SqlGlossaries(migrated)
    one = Term({"en": ("size",), "ar": ("مقاس",)}, note="n", id="t1")
    two = Term({"": ("Lumi",)}, keep=True, id="t2")
    await store.put("store:s", [one], 1, 2)
    await store.put("store:s", [two], 1, 2)
    await store.put("room:r", [Term({"": ("Other",)}, keep=True, id="t3")], 1, 2)
    assert await store.terms("store:s") == [one, two]
    with pytest.raises(InvalidInput):
        await store.put("store:s", [Term({"": ("X",)}, keep=True, id="t4")], 1, 2)
    changed = Term({"": ("Size",)}, keep=True, id="t1")
    await store.put("store:s", [changed], 2, 2)
    assert await store.terms("store:s") == [changed, two]
    assert not await store.delete("room:r", "t1")  # somebody else's
    assert await store.delete("store:s", "t1")
    await store.replace_all("store:s", [], 3)
    assert await store.terms("store:s") == []
    assert len(await store.terms("room:r")) == 1


async def test_what_processes_use_adds_up(migrated: Database) -> None:
    store = SqlUsage(migrated)
    await asyncio.gather(*(store.add("2026-01-31", {"a": 2, "b": 1}) for _ in range(20)))
    assert await store.add("2026-01-31", {"a": 0, "c": -1}) == {"a": 40, "c": -1}
    assert await store.add("2026-02-01", {"a": 5}) == {"a": 5}


async def test_what_a_person_wrote_outlives_engines(migrated: Database) -> None:
    store = SqlTexts(migrated)
    key = ("store:s", digest_of("Green tea"))
    await store.keep([("store:s", "es", Text("Green tea", "té", "e1"))], 1)
    await store.keep([("store:s", "es", Text("Green tea", "té verde", "e2"))], 2)
    assert (await store.find([key], ["es", "fr"]))[(*key, "es")].engine == "e2"
    await store.edit("store:s", "es", Text("Green tea", "Té Verde", "", edited=True), "ana", 3)
    await store.keep([("store:s", "es", Text("Green tea", "té", "e1"))], 4)
    assert await store.find([key], ["es"]) == {(*key, "es"): Text("Green tea", "Té Verde", "", edited=True)}
    assert await store.find([("store:other", key[1])], ["es"]) == {}
    assert await store.find([], ["es"]) == {}
    await store.forget(*key, "es")
    assert await store.find([key], ["es"]) == {}


async def test_rooms_that_show_a_shops_texts(migrated: Database) -> None:
    await SqlAccounts(migrated).add(ANA)
    at = {"scheduled": (RoomState.SCHEDULED, 3), "old": (RoomState.SCHEDULED, 1), "live": (RoomState.LIVE, 2),
          "over": (RoomState.ENDED, 4), "deleted": (RoomState.SCHEDULED, 5)}  # fmt: skip
    kept = SqlRooms(migrated)
    for name, (state, created_at) in at.items():
        await kept.add(replace(ROOM, id=name, state=state, created_at=created_at, store_id="s"))
    await kept.add(replace(ROOM, id="other", store_id="other"))
    await kept.delete("deleted", 9, lambda _room: None)
    store = SqlTexts(migrated)
    assert await store.rooms_of("store:s") == ["live", "scheduled", "old"]
    assert await store.rooms_of("room:live") == ["live"]
    assert await store.rooms_of("store:none") == await store.rooms_of("room:over") == []


class Process:
    """What one process of a server knows of texts; what it told."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self.bus = EventBus()
        self.service = TranslationService([engine], clock=SystemClock(), deadline_s=60.0)
        rooms = RoomService(
            SqlRooms(database), clock=SystemClock(), bus=self.bus, viewers=lambda _: 0, store_of=_no_store
        )
        desk = GlossaryDesk(SqlGlossaries(database), rooms.get, self.bus, SystemClock())
        self.lines = RoomTranslator(self.service, desk)
        self.texts = Texts(SqlTexts(database), self.lines, self.bus, SystemClock())
        self.told: asyncio.Queue[TextsTranslated] = asyncio.Queue()
        self.forgotten: list[TextForgotten] = []
        self.bus.subscribe(TextsTranslated, self.told.put_nowait)
        self.bus.subscribe(TextForgotten, self.forgotten.append)

    async def close(self) -> None:
        await self.texts.close()
        await self.lines.close()
        await self.service.close()


async def _no_store(_: str) -> None:
    return None


async def test_what_a_person_wrote_is_told_to_the_shops_rooms_and_taken_back_in_every_process(
    migrated: Database,
) -> None:
    await SqlAccounts(migrated).add(ANA)
    await SqlRooms(migrated).add(replace(ROOM, state=RoomState.LIVE, store_id="s"))
    here, there = Process(migrated, Engine()), Process(migrated, Engine())
    for process in (here, there):
        process.lines.start()
    source = Source("store:s", "Green tea", "en")
    # Nobody came by this process: its shop's rooms are told all the same.
    await here.texts.edit(source, "es", "Té verde", "ana")
    told = here.told.get_nowait()
    assert (told.room_id, told.locale, told.texts[0]["text"]) == (ROOM.id, "es", "Té verde")
    assert [text.text for text in await there.texts.shown(ROOM.id, [source], "es")] == ["Té verde"]

    await here.texts.forget(source, "es")
    assert here.forgotten == [TextForgotten("store:s", "Green tea", "en", "es", (ROOM.id,))]
    assert there.told.empty()
    there.bus.hear(here.forgotten[0])
    assert await there.texts.shown(ROOM.id, [source], "es") == []
    async with asyncio.timeout(60):
        told = await there.told.get()
    assert (told.room_id, told.texts[0]["edited"]) == (ROOM.id, False)
    for process in (here, there):
        await process.close()


async def test_an_engine_that_is_slower_than_a_person_does_not_show_its_own(migrated: Database) -> None:
    engine = Engine()
    process = Process(migrated, engine)
    process.lines.start()
    source = Source("store:s", "Green tea", "en")
    gate = engine.gates["es"] = asyncio.Event()
    making = asyncio.create_task(process.texts.make("room_1", source, "es"))
    async with asyncio.timeout(60):
        while not engine.running:
            await asyncio.sleep(0.01)
    await process.texts.edit(source, "es", "Té verde", "ana")
    gate.set()
    made = await making
    assert made is not None
    assert (made.text, made.edited) == ("Té verde", True)
    await process.close()


GREEN = "Very strong green tea."
PIECES = [f"es({' '.join([GREEN] * count)})" for count in (21, 21, 21, 21, 21, 21, 4)]


class Brands(Engine):
    """Leaves names of brands as they are, as engines do."""

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        await super().translate(texts, source, target)
        return [text if text == "Lumi Glow" else f"{target}({text})" for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lumi Glow\nStrong green tea.", "Lumi Glow\nes(Strong green tea.)"),
        ("Strong green tea.\nhttps://example.org/tea", "es(Strong green tea.)\nhttps://example.org/tea"),
        (f"{' '.join([GREEN] * 130)}\nGood.", f"{' '.join(PIECES)}\nes(Good.)"),
    ],
    ids=["a brand", "a link", "one long paragraph"],
)
async def test_a_description_is_translated_whole_whatever_one_of_its_lines_is(
    migrated: Database, text: str, expected: str
) -> None:
    """A line that stays as it is, or was longer than lines of chat may be, left the whole untranslated for ever."""
    await SqlAccounts(migrated).add(ANA)
    await SqlRooms(migrated).add(replace(ROOM, state=RoomState.LIVE, store_id="s"))
    process = Process(migrated, Brands())
    process.lines.start()
    for _ in range(2):  # by an engine, and from its memory
        made = await process.texts.make(ROOM.id, Source("store:s", text, "en"), "es")
        assert made is not None
        assert made.text == expected
        await SqlTexts(migrated).forget("store:s", digest_of(text), "es")
    await process.close()


async def test_a_deleted_room_leaves_nothing(migrated: Database) -> None:
    for scope in ("room:r", "room:other"):
        await SqlGlossaries(migrated).put(scope, [Term({"": ("Lumi",)}, keep=True, id=scope)], 1, 9)
        await SqlTexts(migrated).keep([(scope, "es", Text("Green tea", "té", "e1"))], 1)
    await SqlUsage(migrated).add("2026-01-31", {"r": 5, "other": 5})
    await SqlTranslationReports(migrated).add(report(1), 9)
    await forget_room(migrated, "r")
    assert await SqlGlossaries(migrated).terms("room:r") == []
    assert await SqlTranslationReports(migrated).of(room_id="r", limit=9) == []
    assert await SqlUsage(migrated).add("2026-01-31", {"r": 0, "other": 0}) == {"r": 0, "other": 5}
    key = digest_of("Green tea")
    assert set(await SqlTexts(migrated).find([("room:r", key), ("room:other", key)], ["es"])) == {
        ("room:other", key, "es")
    }


def report(number: int, identity: str = "ana") -> TranslationReport:
    return TranslationReport(
        f"trp_{number}", "r", "s", f"m{number}", "en", "es", "hello", "hola", "e", "", identity, number
    )


async def test_reports_are_one_a_person_and_bounded(migrated: Database) -> None:
    store = SqlTranslationReports(migrated)
    for number in range(3):
        await store.add(report(number), 3)
    again = TranslationReport("trp_9", "r", "s", "m1", "en", "es", "hello", "hola", "e", "buenas", "ana", 9)
    await store.add(again, 3)
    with pytest.raises(InvalidInput):
        await store.add(report(5, "ben"), 3)
    assert [each.id for each in await store.of(room_id="r", limit=10)] == ["trp_9", "trp_2", "trp_0"]
    assert [each.id for each in await store.of(store_id="s", after="trp_9", limit=1)] == ["trp_2"]
    assert await store.of(store_id="other", limit=10) == []
    assert await store.find("trp_9") == again
    assert await store.delete("trp_9")
    assert not await store.delete("trp_9")
    assert await store.find("trp_9") is None
