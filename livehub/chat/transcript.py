"""The whole chat of a room as a file, and what of it was said during a stretch of a recording."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, Literal

import msgspec

from livehub.accounts.permissions import Action
from livehub.chat.model import HistoryQuery, Message
from livehub.chat.store import ChatStore
from livehub.clock import Clock, iso
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.text import safe_cell

Format = Literal["csv", "json"]
#: lines read at once: so many are in memory however long the chat is
BATCH: Final = 500
#: files a minute by one person
EXPORTS_PER_S: Final = 1 / 20
EXPORTS_BURST: Final = 3.0

COLUMNS: Final = (
    "at", "seq", "id", "author", "identity", "role", "locale", "text",
    "reply_to", "mentions", "announcement", "deleted",
)  # fmt: skip
_encode = msgspec.json.Encoder().encode


class Transcripts:
    def __init__(self, store: ChatStore, clock: Clock) -> None:
        self._store = store
        self._rates = TokenBuckets(clock, EXPORTS_PER_S, EXPORTS_BURST)

    def check(self, access: Access) -> None:
        """Raises: Forbidden, Unauthenticated; RateLimited."""
        access.require(Action.CHAT_EXPORT)
        self._rates.take(access.require_principal().identity)

    async def written(self, room_id: str, form: Format) -> AsyncIterator[bytes]:
        """The file in pieces, oldest line first; a line that was taken back has no text."""
        if form == "csv":
            # The mark by which spreadsheets know UTF-8.
            yield b"\xef\xbb\xbf" + _rows([COLUMNS])
            async for batch in self._batches(room_id):
                yield _rows([_row(message) for message in batch])
            return
        separator = b"[\n"
        async for batch in self._batches(room_id):
            yield separator + b",\n".join(_encode(message.present()) for message in batch)
            separator = b",\n"
        yield b"[]\n" if separator == b"[\n" else b"\n]\n"

    async def _batches(self, room_id: str) -> AsyncIterator[Sequence[Message]]:
        after, more = 0, True
        while more:
            page = await self._store.history(HistoryQuery(room_id, BATCH, after=after))
            if page.messages:
                yield page.messages
                after = page.messages[-1].seq
            more = page.more


def _row(message: Message) -> tuple[Any, ...]:
    about, text = message.about, "" if message.deleted else message.text
    return (
        iso(message.at),
        message.seq,
        message.id,
        safe_cell(message.author.display_name),
        safe_cell(message.author.identity),
        message.author.role.value,
        message.locale,
        safe_cell(text),
        about.reply_to.id if about.reply_to else "",
        safe_cell(" ".join(one.identity for one in about.mentions)),
        "yes" if about.announcement else "",
        "yes" if message.deleted else "",
    )


def _rows(rows: Sequence[Sequence[Any]]) -> bytes:
    page = io.StringIO(newline="")
    csv.writer(page).writerows(rows)
    return page.getvalue().encode()
