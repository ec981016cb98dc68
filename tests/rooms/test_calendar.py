"""Calendar entries: what RFC 5545 wants of lines and texts, whatever people write."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from livehub.rooms.calendar import entry, escape, fold
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.model import Room, RoomState

AT = round(datetime(2026, 6, 1, 18, 0, tzinfo=UTC).timestamp() * 1000)
ROOM = Room(
    id="room_1", kind=RoomKind.SHOW, title="Cups, bowls; more", description="ถ้วยชาม " * 30, state=RoomState.SCHEDULED,
    locale="en", visibility=Visibility.PUBLIC, owner_id="a", owner_name="A", store_id=None, store_title=None,
    created_at=0, starts_at=AT,
)  # fmt: skip
URL = "https://shop.example/r/room_1"


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_an_entry_says_when_what_and_where() -> None:
    text = entry(ROOM, URL, AT - 86_400_000) or ""
    lines = unfolded(text)
    for line in (
        "DTSTART:20260601T180000Z", "DTEND:20260601T190000Z", "DTSTAMP:20260531T180000Z", "UID:room_1@livehub",
        "SUMMARY:Cups\\, bowls\\; more", f"URL:{URL}", "STATUS:CONFIRMED", "TRIGGER:-PT10M", "METHOD:PUBLISH",
    ):  # fmt: skip
        assert line in lines
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_what_was_called_off_is_cancelled_and_what_has_no_time_is_no_entry() -> None:
    lines = unfolded(entry(replace(ROOM, state=RoomState.ENDED, ended_at=AT), URL, AT) or "")
    assert {"STATUS:CANCELLED", "METHOD:CANCEL"} <= set(lines)
    held = unfolded(entry(replace(ROOM, state=RoomState.ENDED, started_at=AT, ended_at=AT), URL, AT) or "")
    assert "STATUS:CONFIRMED" in held
    assert entry(replace(ROOM, starts_at=None), URL, AT) is None


def test_a_later_copy_outranks_an_earlier_one() -> None:
    def sequence(now_ms: int) -> int:
        (line,) = [line for line in unfolded(entry(ROOM, URL, now_ms) or "") if line.startswith("SEQUENCE:")]
        return int(line.partition(":")[2])

    assert sequence(AT + 1000) == sequence(AT) + 1
    assert sequence(4_000_000_000_000) < 2**32


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_begins_a_line_of_its_own(text: str) -> None:
    made = entry(replace(ROOM, title=text, description=text), URL, AT) or ""
    lines = unfolded(made)
    assert len(lines) == len(unfolded(entry(ROOM, URL, AT) or ""))
    assert all(len(line.encode()) <= 75 for line in made.split("\r\n"))
    assert len(escape(text).splitlines()) <= 1


@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])))
def test_folding_loses_nothing(line: str) -> None:
    assert fold(line).replace("\r\n ", "") == line
