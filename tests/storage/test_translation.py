"""Glossaries, usage, texts and reports on both databases."""

import asyncio

import pytest

from livehub.errors import InvalidInput
from livehub.storage.database import Database
from livehub.storage.texts import SqlTexts
from livehub.storage.translation import SqlGlossaries, SqlTranslationReports, SqlUsage, forget_room
from livehub.translation.glossary import Term
from livehub.translation.reports import TranslationReport
from livehub.translation.texts import Text, digest_of


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
