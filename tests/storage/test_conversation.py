"""Quotes, pins, search and replay on both databases."""

from dataclasses import replace
from typing import Any

from alembic import command
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from livehub.accounts.permissions import Role
from livehub.chat.conduct import Deed, Entry
from livehub.chat.model import About, Author, HistoryQuery, Mention, Message, Translation
from livehub.chat.references import QUOTE_CHARS, quote_of
from livehub.chat.search import SearchPage, SearchQuery
from livehub.chat.words import fold, terms
from livehub.storage import migrate
from livehub.storage.chat import SqlChat
from livehub.storage.chat_pins import SqlPins
from livehub.storage.chat_search import SqlSearch
from livehub.storage.conduct import SqlConduct
from livehub.storage.conversation import SqlReplay
from livehub.storage.database import Database, make_engine

ANN = Author("ann", "Ann", Role.VIEWER)
#: the version that knew of no folding
BEFORE_FOLDING = "0006"
LINE = Message("msg_1", "room_1", 10, ANN, "How tall is the blue vase?", "en", 1000, "c1")


def line(n: int, said: str, *, room: str = "room_1", author: Author = ANN) -> Message:
    return Message(f"msg_{n}", room, n * 10, author, said, "en", n * 1000, f"c{n}")


async def said(database: Database, *texts: str) -> list[Message]:
    chat = SqlChat(database)
    return [(await chat.append(line(n, each))) for n, each in enumerate(texts, 1)]


async def found(database: Database, query: str, *, most: int = 1000, **more: Any) -> SearchPage:
    wanted = replace(SearchQuery("room_1", terms(query), 50), **more)
    return await SqlSearch(database).search(wanted, most)


async def texts(database: Database, query: str, **more: Any) -> list[str]:
    return [message.text for message in (await found(database, query, **more)).messages]


async def test_what_a_line_refers_to_is_read_back_and_a_quote_goes_with_its_line(migrated: Database) -> None:
    chat = SqlChat(migrated)
    first = await chat.append(replace(LINE, text="x" * 400))
    about = About(quote_of(first), (Mention("ann", "Ann"),), announcement=True)
    answer = replace(LINE, id="msg_2", seq=20, client_id="c2", text="@Ann 40 cm", about=about)
    await chat.append(answer)
    assert await chat.append(answer) == answer
    assert await chat.find("room_1", "msg_2") == answer
    (_, read) = (await chat.history(HistoryQuery("room_1", 10))).messages
    shown = read.present()
    assert len(shown["reply_to"]["text"]) == QUOTE_CHARS
    assert shown["mentions"] == [{"identity": "ann", "display_name": "Ann"}]
    assert shown["announcement"]
    await chat.delete("room_1", "msg_1", "host", 5)
    (gone, read) = (await chat.history(HistoryQuery("room_1", 10))).messages
    assert read.present()["reply_to"] == {"id": "msg_1", "seq": 10, "deleted": True}
    await chat.delete("room_1", "msg_2", "host", 5)
    assert {"reply_to", "mentions", "announcement"}.isdisjoint(
        (await chat.history(HistoryQuery("room_1", 1))).messages[0].present()
    )
    assert gone.deleted


def noted(number: str, room_id: str = "room_1") -> Entry:
    return Entry(f"log_{number}", room_id, int(number), Deed.PIN, "host", "Host")


async def test_one_line_a_room_is_pinned_until_it_is_taken_back(migrated: Database) -> None:
    chat, pins = SqlChat(migrated), SqlPins(migrated)
    await said(migrated, "one", "two")
    await chat.append(replace(line(3, "elsewhere"), room_id="room_2"))
    await chat.keep_translations([("msg_2", "es", Translation("dos", "test"))])
    assert await pins.pinned("room_1", "es") is None
    assert await pins.pin("room_1", "msg_1", "host", 1, noted("1"))
    assert not await pins.pin("room_1", "msg_1", "host", 2, noted("2"))
    assert await pins.pin("room_1", "msg_2", "host", 3, noted("3"))
    assert await pins.pin("room_2", "msg_3", "host", 3, noted("4", "room_2"))
    shown = await pins.pinned("room_1", "es")
    assert shown is not None
    assert shown.present("es")["translation"]["text"] == "dos"
    await chat.delete("room_1", "msg_2", "host", 4)
    assert await pins.pinned("room_1", None) is None
    assert await pins.unpin("room_1", noted("5"))
    assert not await pins.unpin("room_1", noted("6"))
    assert (await pins.pinned("room_2", None)) is not None
    kept = (await SqlConduct(migrated).entries("room_1", None, 10)).entries
    assert [entry.id for entry in kept] == ["log_5", "log_3", "log_1"], "what changed nothing is not in the log"


async def test_lines_are_found_in_every_script_newest_first(migrated: Database) -> None:
    await said(
        migrated, "The BLUE vase", "vaso azul", "青い花瓶はいくらですか", "แจกันสีน้ำเงินราคาเท่าไหร่", "蓝色的花瓶",
        "100 % wool_blend \\ 'x'; DROP TABLE chat_messages; --", "The red vase",
    )  # fmt: skip
    assert await texts(migrated, "vase") == ["The red vase", "The BLUE vase"]
    assert await texts(migrated, "vase the blue") == ["The BLUE vase"]
    assert await texts(migrated, '"vase the"') == []
    assert await texts(migrated, "花瓶") == ["蓝色的花瓶", "青い花瓶はいくらですか"]
    assert await texts(migrated, "สีน้ำเงิน") == ["แจกันสีน้ำเงินราคาเท่าไหร่"]
    for literal in ("%", "wool_b", "\\", "'x'; DROP TABLE", "--"):
        assert len(await texts(migrated, literal)) == 1, literal
    assert await texts(migrated, "_") == await texts(migrated, "wool")
    await SqlChat(migrated).delete("room_1", "msg_7", "host", 1)
    assert await texts(migrated, "vase") == ["The BLUE vase"]
    assert await texts(migrated, "vase", author="ben") == []
    assert await texts(migrated, "vase", room_id="room_2") == []


async def test_a_reader_finds_lines_by_their_translation(migrated: Database) -> None:
    await said(migrated, "青い花瓶", "vaso")
    await SqlChat(migrated).keep_translations([("msg_1", "es", Translation("Jarrón azul", "test"))])
    assert await texts(migrated, "jarron", locale="es") == ["青い花瓶"]
    assert await texts(migrated, "jarron", locale="fr") == []
    assert await texts(migrated, "jarron") == []


async def test_pages_are_bounded_walks_that_miss_nothing(migrated: Database) -> None:
    await said(migrated, *(("needle" if n in {1, 4, 5, 20} else "hay") for n in range(1, 31)))
    walked: list[int] = []
    before, pages = None, 0
    while pages == 0 or before is not None:
        page = await found(migrated, "needle", most=7, limit=2, before=before)
        walked += [message.seq for message in page.messages]
        before, pages = page.next_before, pages + 1
    assert walked == [200, 50, 40, 10]
    assert pages == 5  # 30–24, 23–17, 16–10, 9–3, 2–1
    exact = await found(migrated, "hay", most=30, limit=50)
    assert (len(exact.messages), exact.next_before) == (26, None)
    half = await found(migrated, "needle", limit=2)
    assert half.next_before == 50


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20))
async def test_no_query_is_anything_but_text(migrated: Database, query: str) -> None:
    """Nothing was said, so nothing is found, and no query is an error."""
    assume(fold(query.replace('"', "")))
    assert await texts(migrated, query) == []


async def test_what_was_said_before_the_migration_is_found_after_it(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.execution_options(writer=True).begin() as connection:
        config = migrate._config(connection)
        command.upgrade(config, BEFORE_FOLDING)
        rows = [
            {"id": f"msg_{n}", "room_id": "room_1", "seq": n, "author_id": "ann", "author_name": "Ann", "text": "Crème",
             "author_role": "viewer", "locale": "fr", "at": n, "client_id": f"c{n}"}
            for n in range(1, 1503)
        ]  # fmt: skip
        columns = ", ".join(rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        connection.execute(text(f"INSERT INTO chat_messages ({columns}) VALUES ({values})"), rows)
        connection.execute(text("INSERT INTO chat_translations VALUES ('msg_7', 'es', 'Jarrón', 'test')"))
        command.upgrade(config, "head")
        folded = connection.execute(text("SELECT DISTINCT folded FROM chat_messages")).scalars().all()
        translated = connection.execute(text("SELECT folded FROM chat_translations")).scalars().all()
    engine.dispose()
    assert (folded, translated) == (["creme"], ["jarron"])


async def test_replay_reads_from_a_moment_on(migrated: Database) -> None:
    await said(migrated, "one", "two", "three", "four")
    await SqlChat(migrated).delete("room_1", "msg_3", "host", 1)
    replay = SqlReplay(migrated)
    assert [m.text for m in await replay.said("room_1", 2000, None, 10, None)] == ["two", "four"]
    assert [m.text for m in await replay.said("room_1", 0, 10, 1, None)] == ["two"]
