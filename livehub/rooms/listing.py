"""Which rooms a list shows, in which order, and the cursor between its pages."""

import base64
import binascii
import re
from dataclasses import dataclass

from livehub.errors import InvalidInput
from livehub.rooms.model import RoomState

MAX_CURSOR_CHARS = 120
#: how long after its time a room that never started still counts as coming up
OVERDUE_MS = 12 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of the last room of a page: its sort key (milliseconds) and, among equals, its id."""

    key: int
    room_id: str

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.key}:{self.room_id}".encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises: InvalidInput for anything that :meth:`__str__` did not make."""
        try:
            decoded = base64.urlsafe_b64decode(text[:MAX_CURSOR_CHARS] + "=" * (-len(text) % 4)).decode()
        except (ValueError, binascii.Error):
            decoded = ""
        match = re.fullmatch(r"([0-9]{1,18}):([a-z0-9_]+)", decoded, re.ASCII)
        if match is None:
            raise InvalidInput("Pass the cursor back as it was given", field="after")
        return cls(int(match[1]), match[2])


@dataclass(frozen=True, slots=True)
class RoomQuery:
    """``member`` lists the rooms that this identity owns or was appointed in; without it, public rooms are listed.

    Live and ended rooms come newest first, scheduled ones by their time (those without a time last), and without a
    state all come newest first. ``planned_since`` (ms) leaves out scheduled rooms whose time was before that;
    ``with_replay`` leaves out rooms that cannot be watched again.
    """

    state: RoomState | None = None
    member: str | None = None
    after: Cursor | None = None
    limit: int = 50
    planned_since: int | None = None
    with_replay: bool = False
