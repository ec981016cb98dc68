"""Translations of lines that people wrote, and what a shop says, on both databases."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy import text as sql_text

from livehub.accounts.permissions import Role
from livehub.chat.conduct import Deed, Entry
from livehub.chat.model import About, Author, HistoryQuery, Message, Translation
from livehub.chat.search import SearchQuery
from livehub.commerce.catalog.shop_words import ShopWord, WordKind
from livehub.storage import migrate
from livehub.storage.chat import SqlChat
from livehub.storage.chat_corrections import SqlCorrections
from livehub.storage.chat_pins import SqlPins
from livehub.storage.chat_search import SqlSearch
from livehub.storage.commerce import categories, offers, products, stores, variants
from livehub.storage.database import Database, make_engine
from livehub.storage.digital_tables import digital_goods
from livehub.storage.pickups import pickup_places
from livehub.storage.shop_words import SqlShopWords, said_by
from livehub.storage.texts import SqlTexts
from livehub.translation.texts import Text, digest_of

ANN = Author("ann", "Ann", Role.VIEWER)
ROOM = "room_1"


def line(n: int, *, announcement: bool = False) -> Message:
    about = About(announcement=announcement)
    return Message(f"msg_{n}", ROOM, n * 10, ANN, f"Line {n}", "en", n * 1000, f"c{n}", about=about)


def noted(number: int) -> Entry:
    return Entry(f"log_{number}", ROOM, number, Deed.TRANSLATE, "host", "Host")


async def logged(database: Database) -> list[str]:
    return [entry.id for entry in (await SqlChat(database).entries(ROOM, None, 50)).entries]


async def shown(database: Database, locale: str = "es") -> dict[str, Translation]:
    page = await SqlChat(database).history(HistoryQuery(ROOM, 10, locale=locale))
    return {message.id: message.translations[locale] for message in page.messages if message.translations}


async def test_what_a_person_wrote_of_a_line_stays(migrated: Database) -> None:
    chat, corrections = SqlChat(migrated), SqlCorrections(migrated)
    for n in (1, 2):
        await chat.append(line(n))
    engine = Translation("línea", "e1")
    assert await chat.keep_translations([("msg_1", "es", engine), ("msg_2", "es", engine)]) == {}
    assert await corrections.edit(ROOM, "msg_1", "es", "Renglón uno", "host", noted(1))
    written = Translation("Renglón uno", "", edited=True)
    assert await shown(migrated) == {"msg_1": written, "msg_2": engine}
    # What an engine was slower with is not kept, and who asked for it is told what stands.
    late = [("msg_1", "es", Translation("tarde", "e2")), ("msg_1", "fr", Translation("ligne", "e2"))]
    assert await chat.keep_translations(late) == {("msg_1", "es"): written}
    assert (await shown(migrated))["msg_1"] == written
    assert (await shown(migrated, "fr"))["msg_1"] == Translation("ligne", "e2")
    page = await SqlSearch(migrated).search(SearchQuery(ROOM, ("renglon",), 50, locale="es"), 1000)
    assert [message.id for message in page.messages] == ["msg_1"]
    assert await corrections.edit(ROOM, "msg_1", "es", "Renglón 1", "host", None)
    assert (await shown(migrated))["msg_1"].text == "Renglón 1"
    # Only what a person wrote can be taken back.
    assert not await corrections.forget(ROOM, "msg_2", "es", noted(2))
    assert await corrections.forget(ROOM, "msg_1", "es", noted(3))
    assert not await corrections.forget(ROOM, "msg_1", "es", noted(4))
    assert await shown(migrated) == {"msg_2": engine}
    assert await logged(migrated) == ["log_3", "log_1"]
    assert await chat.keep_translations([("msg_1", "es", engine)]) == {}


async def test_nothing_is_looked_for_where_all_that_is_kept_is_new(migrated: Database) -> None:
    """Most lines are nobody's but an engine's, and each is kept while people chat."""
    chat, asked = SqlChat(migrated), []
    await chat.append(line(1))

    def executed(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(migrated.engine, "before_cursor_execute", executed)
    made = [("msg_1", locale, Translation("a line", "e1")) for locale in ("es", "fr", *map("x{}".format, range(100)))]
    assert await chat.keep_translations(made) == {}
    assert not any("chat_translations" in statement for statement in asked)
    assert await SqlCorrections(migrated).edit(ROOM, "msg_1", "vi", "Một dòng", "host", None)
    made = [("msg_1", locale, Translation("a line", "e1")) for locale in ("vi", "ja")]
    assert await chat.keep_translations(made) == {("msg_1", "vi"): Translation("Một dòng", "", edited=True)}


async def test_a_line_that_was_taken_back_or_is_elsewhere_is_not_corrected(migrated: Database) -> None:
    chat, corrections = SqlChat(migrated), SqlCorrections(migrated)
    await chat.append(line(1, announcement=True))
    assert not await corrections.edit("room_2", "msg_1", "es", "x", "host", noted(1))
    assert not await corrections.edit(ROOM, "msg_9", "es", "x", "host", noted(2))
    await chat.delete(ROOM, "msg_1", "ann", 5)
    assert not await corrections.edit(ROOM, "msg_1", "es", "x", "host", noted(3))
    assert await corrections.standing(ROOM, "msg_1") is None
    assert await corrections.announcements(ROOM, 10) == []
    assert await logged(migrated) == []


async def test_what_stands_in_a_room_comes_with_all_its_translations(migrated: Database) -> None:
    chat, corrections = SqlChat(migrated), SqlCorrections(migrated)
    for n, announcement in ((1, True), (2, False), (3, True)):
        await chat.append(line(n, announcement=announcement))
    await SqlPins(migrated).pin(ROOM, "msg_2", "host", 1, noted(1))
    await chat.keep_translations([("msg_2", "es", Translation("dos", "e1"))])
    await corrections.edit(ROOM, "msg_2", "fr", "deux", "host", None)
    every = {"es": Translation("dos", "e1"), "fr": Translation("deux", "", edited=True)}
    pinned = await corrections.pinned(ROOM)
    assert pinned is not None
    assert (pinned.id, dict(pinned.translations)) == ("msg_2", every)
    found = await corrections.standing(ROOM, "msg_2")
    assert found is not None
    assert (dict(found[0].translations), found[1]) == (every, True)
    other = await corrections.standing(ROOM, "msg_1")
    assert other is not None
    assert not other[1]
    assert [message.id for message in await corrections.announcements(ROOM, 10)] == ["msg_3", "msg_1"]
    assert [message.id for message in await corrections.announcements(ROOM, 1)] == ["msg_3"]
    assert await corrections.pinned("room_2") is None


async def test_the_log_tells_of_a_text_in_the_same_commit(migrated: Database) -> None:
    texts, scope, digest = SqlTexts(migrated), f"room:{ROOM}", digest_of("Why?")
    await texts.keep([(scope, "es", Text("Why?", "¿Por?", "e1"))], 1)
    assert not await texts.forget(scope, digest, "es", noted(1))
    assert await logged(migrated) == []
    await texts.edit(scope, "es", Text("Why?", "¿Por qué?", "", edited=True), "host", 2, noted(2))
    assert await texts.forget(scope, digest, "es", noted(3))
    assert not await texts.forget(scope, digest, "es", noted(4))
    assert await logged(migrated) == ["log_3", "log_2"]


async def fill(database: Database) -> None:
    def product(name: str, **more: Any) -> dict[str, Any]:
        return {"id": name, "store_id": "s", "title": name, "description": "", "created_at": 0, **more}

    def variant(name: str, product_id: str, title: str, **more: Any) -> dict[str, Any]:
        row = {"id": name, "product_id": product_id, "store_id": "s", "position": 0, "sku": name, "title": title}
        return {**row, "price_minor": 1, "received": 0, "free": 0, "archived": False, **more}

    def offer(name: str, title: str, **more: Any) -> dict[str, Any]:
        row = {"id": name, "room_id": "r", "store_id": "s", "title": title, "price_minor": 1, "currency": "EUR"}
        counts = {"quantity": 0, "available": 0, "held": 0, "sold": 0, "pinned": False, "created_at": 0}
        return {**row, **counts, "least_minor": None, "most_minor": None, **more}

    def place(name: str, title: str, **more: Any) -> dict[str, Any]:
        row = {"id": name, "store_id": "s", "title": title, "address": "A", "directions": "", "time_zone": "UTC"}
        return {**row, "created_at": 0, "closed_at": None, **more}

    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (stores, [{"id": name, "owner_id": "o", "title": name, "currency": "EUR", "created_at": 0} for name in "st"]),
        (products, [product("p", archived_at=None), product("gone", archived_at=1)]),
        (variants, [variant("v1", "p", "Red"), variant("v2", "p", ""), variant("v3", "p", "Blue", archived=True),
                    variant("v4", "gone", "Green")]),
        (offers, [offer("b", "Box"), offer("d", "A tree", least_minor=1, most_minor=2),
                  offer("o", "Elsewhere", store_id="t")]),
        (categories, [{"id": "c1", "store_id": "s", "parent_id": "", "title": "Cups"},
                      {"id": "c2", "store_id": "s", "parent_id": "c1", "title": "Red"}]),
        (pickup_places, [place("l1", "Gate", directions="Ring"), place("l2", "Barn", closed_at=1)]),
        (digital_goods, [{"variant_id": "v1", "kind": "link", "url": "https://x", "note": "Print it"},
                         {"variant_id": "v4", "kind": "link", "url": "https://x", "note": "Nobody reads it"}]),
    ]  # fmt: skip
    for table, values in rows:
        await database.write(lambda tx, table=table, values=values: tx.execute(insert(table), values).close())  # type: ignore[misc]


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_what_a_shop_says_each_once_and_in_pages(migrated: Database, limit: int) -> None:
    await fill(migrated)
    words, found, skip = SqlShopWords(migrated), list[ShopWord](), 0
    while page := await words.of_store("s", skip, limit):
        assert len(page) <= limit
        found += page
        skip += limit
    assert [(word.kind, word.text) for word in found] == [
        (WordKind.BUNDLE, "Box"), (WordKind.DONATION, "A tree"), (WordKind.CATEGORY, "Cups"),
        (WordKind.CATEGORY, "Red"), (WordKind.PLACE, "Gate"), (WordKind.DIRECTIONS, "Ring"),
        (WordKind.NOTE, "Print it"),
    ]  # fmt: skip
    for word in found:
        assert await words.find("s", word.text) == word
    for text in ("Blue", "Green", "Barn", "Nobody reads it", "Elsewhere", "p", "", "box"):
        assert await words.find("s", text) is None


async def test_a_shops_words_are_found_without_reading_through_those_of_others(tmp_path: Path) -> None:
    """What SQLite would do; for PostgreSQL see :mod:`tests.storage.test_plans`."""
    url = f"sqlite:///{tmp_path / 'livehub.db'}"
    migrate.upgrade(url)
    engine = make_engine(url)
    with engine.connect() as connection:
        for text in (None, "Box"):
            for said in said_by("s", text):
                statement = said.compile(engine, compile_kwargs={"literal_binds": True})
                plan = [row.detail for row in connection.execute(sql_text(f"EXPLAIN QUERY PLAN {statement}"))]
                assert not [step for step in plan if step.startswith("SCAN")], plan
    engine.dispose()
