"""What was said in a room, as its replay reads it, on both databases."""

from dataclasses import replace

from livehub.media.captions.model import Line
from livehub.storage.accounts import SqlAccounts
from livehub.storage.captions import SqlCaptions
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms
from tests.storage.test_sql_rooms import ANA, ROOM


async def test_a_reader_of_one_language_gets_that_alone(migrated: Database) -> None:
    """A minute of the replay was read with the whole show in all eleven languages."""
    await SqlAccounts(migrated).add(ANA)
    for name in ("room", "other"):
        await SqlRooms(migrated).add(replace(ROOM, id=name))
    store = SqlCaptions(migrated)
    assert await store.locales_of("room") == []
    said = [("a", "fr", "bonjour"), ("b", "en", "hello"), ("c", "en", "tea")]
    await store.add("room", [Line(key, 10 + at, 20 + at, locale, text) for at, (key, locale, text) in enumerate(said)])
    await store.add("other", [Line("x", 1, 2, "ja", "お茶")])
    await store.translate([("a", "en", "hello"), ("b", "th", "สวัสดี"), ("c", "es", "té"), ("x", "vi", "trà")])
    assert await store.locales_of("room") == ["en", "fr", "es", "th"]

    async def read(*locales: str) -> list[tuple[str, dict[str, str]]]:
        return [(line.id, dict(line.translations)) for line in await store.of_room("room", 9, locales)]

    assert await read("th") == [("a", {}), ("b", {"th": "สวัสดี"}), ("c", {})]
    assert await read() == [("a", {}), ("b", {}), ("c", {})]
    whole = await store.of_room("room", 9)
    assert [line.translations for line in whole] == [{"en": "hello"}, {"th": "สวัสดี"}, {"es": "té"}]
    assert len(await store.of_room("room", 2)) == 2
