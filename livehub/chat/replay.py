"""What was said while a recording ran, each line at its place in the replay."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from livehub.chat.model import Message

#: lines of one answer; of a fast chat the next answer goes on
MAX_LINES: Final = 200


@dataclass(frozen=True, slots=True)
class Said:
    """``at_s``: where in the replay."""

    at_s: float
    message: Message


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """``items`` in their order; the next page begins after ``next_after``, a ``seq``, None where nothing more was
    said."""

    items: Sequence[Said]
    next_after: int | None


class ReplayStore(Protocol):
    async def said(
        self, room_id: str, from_ms: int, after: int | None, limit: int, locale: str | None
    ) -> Sequence[Message]:
        """Lines that were not taken back, from a moment on and above a number, oldest first."""


class LineReplay:
    def __init__(self, store: ReplayStore) -> None:
        self._store = store

    async def page(
        self,
        room_id: str,
        from_ms: int,
        position_s: Callable[[int], float | None],
        *,
        after: int | None = None,
        limit: int = MAX_LINES,
        locale: str | None = None,
    ) -> ReplayPage:
        """``from_ms``: the moment of the recording that is looked at; ``position_s``: where in the replay a moment
        is, None after its end. What was said while nothing was recorded stands where the recording goes on."""
        found = await self._store.said(room_id, from_ms, after, limit + 1, locale)
        items: list[Said] = []
        for message in found[:limit]:
            at_s = position_s(message.at)
            if at_s is None:
                return ReplayPage(items, None)
            items.append(Said(round(at_s, 3), message))
        return ReplayPage(items, found[limit - 1].seq if len(found) > limit else None)
