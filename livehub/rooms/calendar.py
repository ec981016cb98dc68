"""A planned room as a calendar entry (RFC 5545), so that a reminder needs no account. Pure."""

from datetime import UTC, datetime
from typing import Final

from livehub.rooms.model import Room, RoomState

MEDIA_TYPE: Final = "text/calendar"
#: how long a show is taken to last: calendars want an end
LENGTH_MS: Final = 3600 * 1000
ALARM: Final = "-PT10M"
#: octets of a content line, its line break not counted (section 3.1)
_LINE_OCTETS: Final = 75


def entry(room: Room, url: str, now_ms: int) -> str | None:
    """An iCalendar object of one event with an alarm ten minutes before; None for a room without a time.

    The same ``UID`` every time, so that taking it again moves the entry; one that was called off comes as CANCELLED.
    """
    if room.starts_at is None:
        return None
    is_off = room.state is RoomState.ENDED and room.started_at is None
    text = f"{room.description}\n{url}".strip()
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//livehub//rooms//EN",
        f"METHOD:{'CANCEL' if is_off else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{room.id}@livehub",
        f"DTSTAMP:{_stamp(now_ms)}",
        # Seconds since 2020: a later copy outranks an earlier one, and a 32-bit integer lasts until 2088.
        f"SEQUENCE:{max(0, now_ms // 1000 - 1_577_836_800)}",
        f"DTSTART:{_stamp(room.starts_at)}",
        f"DTEND:{_stamp(room.starts_at + LENGTH_MS)}",
        f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
        f"SUMMARY:{escape(room.title)}",
        f"DESCRIPTION:{escape(text)}",
        f"URL:{url}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"TRIGGER:{ALARM}",
        f"DESCRIPTION:{escape(room.title)}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{fold(line)}\r\n" for line in lines)


def escape(text: str) -> str:
    """A TEXT value (section 3.3.11): no line of it can begin a property of its own."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(plain.splitlines())


def fold(line: str) -> str:
    """Lines of at most 75 octets, continued by a space; no character is cut in two."""
    parts, size = [""], 0
    for char in line:
        octets = len(char.encode())
        if size + octets > _LINE_OCTETS:
            parts.append("")
            size = 1  # the space that continues
        parts[-1] += char
        size += octets
    return "\r\n ".join(parts)


def _stamp(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
